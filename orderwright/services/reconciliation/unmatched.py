"""Money that came without an order: booked at once, then adopted or given back by a person's decision."""

from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.books.reconciliation import (
    MoneyDecision,
    PaymentDifferenceKind,
    PaymentDifferenceState,
)
from orderwright.domain.failures import AlreadyDecided, Conflict, NotFound
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, Scope, TaskKind, TaskState
from orderwright.domain.payments import Account
from orderwright.persistence import locks, timeline
from orderwright.persistence.money import differences as money_differences
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Order, PaymentDifference, Task
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Refunded

_ASKS = " Approve to keep it (for the order it names, else as unmatched money), reject to give it back."


async def found(session: AsyncSession, row: PaymentDifference) -> None:
    """It is at the provider and somebody's: booked as unmatched, and a person is asked."""
    await _booked(session, row)
    await _ask(session, row, row.words)


async def changed(session: AsyncSession, row: PaymentDifference, before: int | None) -> None:
    """The provider has given part of it back, or taken more: booked anew."""
    await _unbooked(session, row, before, "another amount is left")
    await _booked(session, row)


async def gone(session: AsyncSession, row: PaymentDifference) -> None:
    """It was ours after all, or is given back: the booking is taken back, and nobody is asked any more."""
    await _unbooked(session, row, row.theirs, "it is no longer without an order")
    await session.execute(
        update(Task)
        .where(Task.subject == _subject(row), Task.state == TaskState.OPEN)
        .values(state=TaskState.WITHDRAWN)
    )


async def _booked(session: AsyncSession, row: PaymentDifference) -> None:
    amount = row.theirs or 0
    await ledger.book(
        session, "unmatched", {Account.CLEARING: amount, Account.UNMATCHED: -amount},
        currency=row.currency, source=_source(row, amount), order_id=None,
    )  # fmt: skip


async def _unbooked(session: AsyncSession, row: PaymentDifference, amount: int | None, why: str) -> None:
    await ledger.reverse(session, _source(row, amount or 0), by="reconciliation", why=why)


def _source(row: PaymentDifference, amount: int) -> str:
    return f"unmatched/{row.id}/{amount}"


def _subject(row: PaymentDifference) -> str:
    return f"difference/{row.id}"


async def _ask(session: AsyncSession, row: PaymentDifference, words: str) -> None:
    await session.execute(
        insert(Task).values(kind=TaskKind.UNMATCHED_MONEY, subject=_subject(row), question=f"{words}.{_ASKS}")
    )


async def decide(session: AsyncSession, task_id: UUID, decision: Decision, actor: Actor, note: str) -> Task:
    """The task's answer: approve adopts, for the order that the provider names if it does; reject refunds."""
    task = await session.get(Task, task_id)
    if task is None:
        raise NotFound("no such task")
    difference_id = UUID(task.subject.partition("/")[2])
    if decision is Decision.APPROVE:
        row = await money_differences.read(session, difference_id)
        await adopt(session, difference_id, actor, order_id=row.order_id, note=note)
    else:
        await refund(session, difference_id, actor, note=note)
    return await session.get_one(Task, task_id, populate_existing=True)


async def adopt(
    session: AsyncSession, difference_id: UUID, actor: Actor, *, order_id: UUID | None, note: str = ""
) -> PaymentDifference:
    """Keep the money: on account of an order, or as unmatched. Raises AlreadyDecided, Conflict, NotFound."""
    actor.require(Scope.OPERATIONS)
    order = await locks.order(session, order_id) if order_id is not None else None
    row = await _decided(
        session, difference_id, MoneyDecision.ADOPT, PaymentDifferenceState.SETTLED, actor, note, order_id
    )
    if order is not None:
        await _on_account(session, row, order, actor)
    return row


async def _on_account(session: AsyncSession, row: PaymentDifference, order: Order, actor: Actor) -> None:
    if order.currency != row.currency:
        raise Conflict(f"the order is in {order.currency}, the money in {row.currency}")
    amount = row.theirs or 0
    await ledger.book(
        session, "adoption", {Account.UNMATCHED: amount, Account.DEPOSITS: -amount},
        currency=row.currency, source=f"adoption/{row.id}", order_id=order.id,
    )  # fmt: skip
    await timeline.tell(
        session, order.id, "money.adopted", by=actor.name, why=row.note, amount=amount,
        currency=row.currency, reference=row.reference,
    )  # fmt: skip


async def refund(
    session: AsyncSession, difference_id: UUID, actor: Actor, *, note: str = ""
) -> PaymentDifference:
    """Give it back with the next reconciliation. Raises AlreadyDecided, NotFound."""
    actor.require(Scope.OPERATIONS)
    return await _decided(
        session, difference_id, MoneyDecision.REFUND, PaymentDifferenceState.DECIDED, actor, note
    )


async def _decided(
    session: AsyncSession,
    difference_id: UUID,
    decision: MoneyDecision,
    state: PaymentDifferenceState,
    actor: Actor,
    note: str,
    order_id: UUID | None = None,
) -> PaymentDifference:
    row = await session.scalar(
        update(PaymentDifference)
        .where(
            PaymentDifference.id == difference_id,
            PaymentDifference.state == PaymentDifferenceState.OPEN,
            PaymentDifference.kind == PaymentDifferenceKind.MONEY_WITHOUT_ORDER,
        )
        .values(
            state=state, decision=decision, decided_by=actor.name, decided_at=func.clock_timestamp(),
            note=note, order_id=order_id,
        )
        .returning(PaymentDifference)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is None:
        raise await _undecidable(session, difference_id)
    answer = Decision.APPROVE if decision is MoneyDecision.ADOPT else Decision.REJECT
    await session.execute(
        update(Task)
        .where(Task.subject == _subject(row), Task.state == TaskState.OPEN)
        .values(
            state=TaskState.DECIDED, decision=answer.value, decided_by=actor.name, note=note,
            decided_at=func.clock_timestamp(),
        )
    )  # fmt: skip
    return row


async def _undecidable(session: AsyncSession, difference_id: UUID) -> Conflict:
    row = await money_differences.read(session, difference_id)
    if row.kind is not PaymentDifferenceKind.MONEY_WITHOUT_ORDER:
        return Conflict("only money without an order is decided; this one ends when both sides agree")
    return AlreadyDecided(f"this is {row.decision or row.state} already", decided_by=row.decided_by)


async def to_refund(session: AsyncSession, provider: str) -> list[PaymentDifference]:
    """What a person has decided to give back and nobody has yet, oldest first."""
    query = select(PaymentDifference).where(
        PaymentDifference.provider == provider, PaymentDifference.state == PaymentDifferenceState.DECIDED
    )
    return list(await session.scalars(query.order_by(PaymentDifference.id)))


async def may_refund(session: AsyncSession, difference_id: UUID) -> bool:
    """Whether it is still to be given back; the difference is locked."""
    row = await money_differences.read(session, difference_id)
    return row.state is PaymentDifferenceState.DECIDED


async def refunded(session: AsyncSession, difference_id: UUID, answer: Refunded) -> None:
    """The provider has given it back: it is no longer ours to owe."""
    row = await session.scalar(
        update(PaymentDifference)
        .where(
            PaymentDifference.id == difference_id, PaymentDifference.state == PaymentDifferenceState.DECIDED
        )
        .values(state=PaymentDifferenceState.SETTLED)
        .returning(PaymentDifference)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    amount = answer.amount.amount
    await ledger.book(
        session, "unmatched.refund", {Account.UNMATCHED: amount, Account.CLEARING: -amount},
        currency=row.currency, source=f"unmatched.refund/{row.id}", order_id=None,
    )  # fmt: skip


async def refused(session: AsyncSession, difference_id: UUID, no: Refused) -> None:
    """The provider does not give it back: the person is asked again, with his words."""
    row = await session.scalar(
        update(PaymentDifference)
        .where(
            PaymentDifference.id == difference_id, PaymentDifference.state == PaymentDifferenceState.DECIDED
        )
        .values(state=PaymentDifferenceState.OPEN, decision=None, decided_by=None, decided_at=None)
        .returning(PaymentDifference)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        amount = Money(row.theirs or 0, row.currency)
        await _ask(session, row, f"The refund of {amount} was refused: {no.words or no.code}")
