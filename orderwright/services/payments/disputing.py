"""A customer's bank wants money back: written down, booked, and a person asked for evidence."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind, TaskState
from orderwright.domain.payments import CASH, Account, DisputeState
from orderwright.persistence import holds, timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Dispute, Payment, Task


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of a dispute; `reference` is its own id."""

    reference: str
    amount: int
    reason: str
    evidence_due: datetime | None
    at: datetime


async def opened(session: AsyncSession, payment: Payment, told: Told) -> None:
    """The money is gone until the bank has decided. Told again, or after its end, it changes nothing."""
    dispute_id = await session.scalar(
        insert(Dispute)
        .values(
            id=uuid7(), order_id=payment.order_id, payment_id=payment.id, reference=told.reference,
            amount=told.amount, currency=payment.currency, reason=told.reason,
            evidence_due=told.evidence_due, opened_at=told.at,
        )
        .on_conflict_do_nothing(index_elements=["reference"])
        .returning(Dispute.id)
    )  # fmt: skip
    if dispute_id is None:
        return
    await ledger.book(
        session, "dispute", {Account.DISPUTED: told.amount, CASH[payment.method]: -told.amount},
        currency=payment.currency, source=f"dispute/{told.reference}", order_id=payment.order_id,
    )  # fmt: skip
    await timeline.tell(
        session, payment.order_id, "dispute.opened", why=told.reason, amount=told.amount,
        payment=str(payment.id), dispute=told.reference,
        evidence_due=told.evidence_due.isoformat() if told.evidence_due else None,
    )  # fmt: skip
    await holds.ask_person(
        session, payment.order_id, TaskKind.DISPUTE,
        f"The customer's bank wants {Money(told.amount, payment.currency)} back ({told.reason}):"
        " send evidence to the provider, then approve; reject to let it go.",
        subject=_subject(told.reference), deadline=told.evidence_due,
    )  # fmt: skip


async def closed(session: AsyncSession, payment: Payment, told: Told, *, won: bool) -> None:
    """The bank has decided. Lost, the money has gone back as if refunded; told again it changes nothing."""
    await opened(session, payment, told)  # this may have overtaken its beginning
    ended = await session.scalar(
        update(Dispute)
        .where(Dispute.reference == told.reference, Dispute.state == DisputeState.OPEN)
        .values(state=DisputeState.WON if won else DisputeState.LOST, closed_at=told.at)
        .returning(Dispute)
    )
    if ended is None:
        return
    to = CASH[payment.method] if won else Account.REFUNDS
    await ledger.book(
        session, "dispute.won" if won else "dispute.lost",
        {to: ended.amount, Account.DISPUTED: -ended.amount},
        currency=ended.currency, source=f"dispute.closed/{told.reference}", order_id=payment.order_id,
    )  # fmt: skip
    await session.execute(
        update(Task)
        .where(
            Task.order_id == payment.order_id,
            Task.kind == TaskKind.DISPUTE,
            Task.subject == _subject(told.reference),
            Task.state == TaskState.OPEN,
        )
        .values(state=TaskState.WITHDRAWN)
    )
    await timeline.tell(
        session, payment.order_id, f"dispute.{ended.state.value}", amount=ended.amount,
        payment=str(payment.id), dispute=told.reference,
    )  # fmt: skip


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
