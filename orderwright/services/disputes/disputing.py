"""A customer's bank wants money back: written down, booked, and a person asked for evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, TaskKind, TaskState
from orderwright.domain.payments import CASH, Account, DisputeState
from orderwright.persistence import holds, locks, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Dispute, DisputeAnswer, DisputeFile, Payment, Task

BATCH = 500
LAPSED = "evidence_lapsed"


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of a dispute; `reference` is its own id.

    Not `taken`: the bank asks or announces, and the money is still ours. `fees`: what the provider takes
    for it (gives back, below zero), each by the reference of its movement.
    """

    reference: str
    amount: int
    reason: str
    evidence_due: datetime | None
    at: datetime
    taken: bool = True
    fees: Mapping[str, int] = field(default_factory=dict)


async def opened(session: AsyncSession, payment: Payment, told: Told) -> None:
    """The bank asks, or the money is gone until it has decided. Told again it changes nothing."""
    dispute_id = await session.scalar(
        insert(Dispute)
        .values(
            id=uuid7(), order_id=payment.order_id, payment_id=payment.id, reference=told.reference,
            amount=told.amount, currency=payment.currency, reason=told.reason, taken=False,
            evidence_due=told.evidence_due, opened_at=told.at,
        )
        .on_conflict_do_nothing(index_elements=["reference"])
        .returning(Dispute.id)
    )  # fmt: skip
    if dispute_id is not None:
        await timeline.tell(
            session, payment.order_id, "dispute.opened", why=told.reason, amount=told.amount,
            payment=str(payment.id), dispute=told.reference,
            evidence_due=told.evidence_due.isoformat() if told.evidence_due else None,
        )  # fmt: skip
        await _ask(session, payment, told)
    if told.taken:
        await _take(session, payment, told)
    await _book_fees(session, payment, told)


async def _ask(session: AsyncSession, payment: Payment, told: Told) -> None:
    await holds.ask_person(
        session, payment.order_id, TaskKind.DISPUTE,
        f"The customer's bank wants {Money(told.amount, payment.currency)} back ({told.reason}):"
        " answer it with evidence, or accept it. Where that was done at the provider, approve. After the"
        " deadline the bank decides without us.",
        subject=_subject(told.reference), deadline=told.evidence_due,
    )  # fmt: skip


async def ask_again(session: AsyncSession, dispute: Dispute, why: str) -> None:
    """The provider did not take our answer."""
    await holds.ask_person(
        session, dispute.order_id, TaskKind.DISPUTE,
        f"The provider did not take the answer to the dispute over {Money(dispute.amount, dispute.currency)}:"
        f" {why}. Answer it anew, or at the provider; then approve.",
        subject=_subject(dispute.reference), deadline=dispute.evidence_due,
    )  # fmt: skip


async def _take(session: AsyncSession, payment: Payment, told: Told) -> None:
    """Once, for what the bank took in the end: less, maybe, than it had announced."""
    taken = await session.scalar(
        update(Dispute)
        .where(Dispute.reference == told.reference, Dispute.taken.is_(False))
        .values(taken=True, amount=told.amount, evidence_due=told.evidence_due or Dispute.evidence_due)
        .returning(Dispute)
        .execution_options(populate_existing=True)
    )
    if taken is None:
        return
    await ledger.book(
        session, "dispute", {Account.DISPUTED: taken.amount, CASH[payment.method]: -taken.amount},
        currency=payment.currency, source=f"dispute/{told.reference}", order_id=payment.order_id,
    )  # fmt: skip
    await timeline.tell(
        session, payment.order_id, "dispute.taken", amount=taken.amount, payment=str(payment.id),
        dispute=told.reference,
    )  # fmt: skip


async def _book_fees(session: AsyncSession, payment: Payment, told: Told) -> None:
    """By the same source as where the provider's lists or files tell them: whoever is first books."""
    for movement, fee in told.fees.items():
        await ledger.book(
            session, "fee", {Account.PAYMENT_FEES: fee, Account.CLEARING: -fee},
            currency=payment.currency, source=f"fee/{movement}", order_id=payment.order_id,
        )  # fmt: skip


async def closed(session: AsyncSession, payment: Payment, told: Told, *, won: bool) -> None:
    """The bank has decided. Lost, the money has gone back as if refunded; told again it changes nothing.

    What was won can be lost still (a second chargeback), what is lost is lost. Lost without being taken, the
    bank has only stopped asking: it may take the money yet.
    """
    await opened(session, payment, told)  # this may have overtaken its beginning
    may_end = [DisputeState.OPEN] if won else [DisputeState.OPEN, DisputeState.WON]
    before = await session.scalar(select(Dispute.state).where(Dispute.reference == told.reference))
    ended = await session.scalar(
        update(Dispute)
        .where(
            Dispute.reference == told.reference,
            Dispute.state.in_(may_end),
            Dispute.taken.is_(True) if not won else true(),
        )
        .values(state=DisputeState.WON if won else DisputeState.LOST, closed_at=told.at)
        .returning(Dispute)
        .execution_options(populate_existing=True)
    )
    if ended is None:
        return
    if ended.taken:
        await _book_end(session, payment, ended, again=before is DisputeState.WON)
    await end_task(session, ended, TaskState.WITHDRAWN)
    await forget(session, ended)
    await timeline.tell(
        session, payment.order_id, f"dispute.{ended.state.value}", amount=ended.amount,
        payment=str(payment.id), dispute=told.reference,
    )  # fmt: skip


async def _book_end(session: AsyncSession, payment: Payment, ended: Dispute, *, again: bool) -> None:
    """`again`: the money had come back, and is gone for the second time."""
    cash = CASH[payment.method]
    won = ended.state is DisputeState.WON
    to, away = (cash if won else Account.REFUNDS), (cash if again else Account.DISPUTED)
    await ledger.book(
        session, "dispute.won" if won else "dispute.lost", {to: ended.amount, away: -ended.amount},
        currency=ended.currency, source=f"dispute.{'lost_again' if again else 'closed'}/{ended.reference}",
        order_id=payment.order_id,
    )  # fmt: skip


async def forget(session: AsyncSession, dispute: Dispute) -> None:
    """The bank has decided: what was put before it is with the provider, and is not kept here any longer."""
    answers = select(DisputeAnswer.id).where(DisputeAnswer.dispute_id == dispute.id)
    await session.execute(update(DisputeFile).where(DisputeFile.answer_id.in_(answers)).values(content=None))
    await session.execute(update(DisputeAnswer).where(DisputeAnswer.dispute_id == dispute.id).values(said=""))


async def end_task(
    session: AsyncSession,
    dispute: Dispute,
    state: TaskState,
    *,
    decision: Decision | None = None,
    by: str | None = None,
) -> bool:
    """The question to a person is over, or decided. False: it was not open."""
    decided = {} if decision is None else {
        "decision": decision.value, "decided_by": by, "decided_at": func.clock_timestamp(),
    }  # fmt: skip
    ended = await session.execute(
        update(Task)
        .where(
            Task.order_id == dispute.order_id,
            Task.kind == TaskKind.DISPUTE,
            Task.subject == _subject(dispute.reference),
            Task.state == TaskState.OPEN,
        )
        .values(state=state, **decided)
        .returning(Task.id)
    )
    return ended.first() is not None


async def lapse(db: Database) -> int:
    """Questions for evidence end at their deadline: the bank decides without us. How many there were."""
    async with db.transaction() as session:
        query = (
            select(Dispute.id)
            .join(
                Task, and_(Task.order_id == Dispute.order_id, Task.subject == "dispute/" + Dispute.reference)
            )
            .where(
                Task.kind == TaskKind.DISPUTE,
                Task.state == TaskState.OPEN,
                Task.deadline < func.clock_timestamp(),
            )
            .limit(BATCH)
        )
        due = (await session.scalars(query)).all()
    return sum([await _lapse(db, dispute_id) for dispute_id in due])


async def _lapse(db: Database, dispute_id: UUID) -> bool:
    async with db.transaction() as session:
        dispute = await session.get_one(Dispute, dispute_id)
        await locks.lock(session, dispute.order_id)
        if not await end_task(session, dispute, TaskState.EXPIRED):
            return False
        await timeline.tell(
            session, dispute.order_id, f"dispute.{LAPSED}", by="deadline", dispute=dispute.reference,
            payment=str(dispute.payment_id),
        )  # fmt: skip
        return True


async def taken_by_banks(session: AsyncSession, order_id: UUID) -> dict[UUID, int]:
    """What of each payment is disputed or lost: it cannot be refunded as well."""
    rows = await session.execute(
        select(Dispute.payment_id, func.sum(Dispute.amount))
        .where(Dispute.order_id == order_id, Dispute.state != DisputeState.WON)
        .group_by(Dispute.payment_id)
    )
    return {payment_id: int(amount) for payment_id, amount in rows}


def _subject(reference: str) -> str:
    return f"dispute/{reference}"
