"""Holds and the questions to people that go with them; each ends once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import AtDeadline, HoldOutcome, HoldState, HoldType, TaskKind, TaskState
from orderwright.persistence import stock, timeline
from orderwright.persistence.tables import Hold, Task

STOCK_KEPT_AFTER = timedelta(hours=2)
"""How long the order's units outlive a hold's deadline: time to go on where it ends at the last moment."""


async def open_hold(
    session: AsyncSession,
    order_id: UUID,
    kind: HoldType,
    *,
    reason: str,
    deadline: datetime | None,
    at_deadline: AtDeadline,
    words: str = "",
    fulfillment_id: UUID | None = None,
    ask: TaskKind | None = None,
    question: str = "",
    by: str = "system",
) -> UUID | None:
    """Hold the order, and ask a person where `ask` says so. None: it is held like that already.

    The order's stock is kept past the deadline, in this transaction.
    """
    hold_id: UUID | None = await session.scalar(
        insert(Hold)
        .values(
            order_id=order_id, fulfillment_id=fulfillment_id, type=kind, reason=reason, words=words,
            deadline=deadline, at_deadline=at_deadline,
        )
        .on_conflict_do_nothing()
        .returning(Hold.id)
    )  # fmt: skip
    if hold_id is None:
        return None
    if ask is not None:
        await ask_person(
            session,
            order_id,
            ask,
            question or reason,
            subject=str(hold_id),
            hold_id=hold_id,
            deadline=deadline,
        )
    await stock.keep(session, order_id, None if deadline is None else deadline + STOCK_KEPT_AFTER)
    await timeline.tell(
        session, order_id, "hold.opened", by=by, why=reason, hold=str(hold_id), type=kind.value,
        deadline=deadline.isoformat() if deadline else None, at_deadline=at_deadline.value,
    )  # fmt: skip
    return hold_id


async def release(
    session: AsyncSession, hold_id: UUID, outcome: HoldOutcome, *, by: str = "system", why: str = ""
) -> Hold | None:
    """End an active hold, once. None: it was released before. Its open question is withdrawn."""
    hold: Hold | None = await session.scalar(
        update(Hold)
        .where(Hold.id == hold_id, Hold.state == HoldState.ACTIVE)
        .values(state=HoldState.RELEASED, outcome=outcome, released_at=func.clock_timestamp())
        .returning(Hold)
    )
    if hold is None:
        return None
    await session.execute(
        update(Task)
        .where(Task.hold_id == hold_id, Task.state == TaskState.OPEN)
        .values(state=TaskState.EXPIRED if outcome is HoldOutcome.DEADLINE else TaskState.WITHDRAWN)
    )
    await timeline.tell(
        session, hold.order_id, "hold.released", by=by, why=why, hold=str(hold_id), type=hold.type.value,
        outcome=outcome.value,
    )  # fmt: skip
    return hold


async def release_all(
    session: AsyncSession,
    order_id: UUID,
    outcome: HoldOutcome,
    *,
    kind: HoldType | None = None,
    by: str = "system",
) -> int:
    """End the order's active holds (of one type, where given). How many there were."""
    query = select(Hold.id).where(Hold.order_id == order_id, Hold.state == HoldState.ACTIVE).order_by(Hold.id)
    ids = (await session.scalars(query.where(Hold.type == kind) if kind else query)).all()
    return sum([await release(session, hold_id, outcome, by=by) is not None for hold_id in ids])


async def active(session: AsyncSession, order_id: UUID) -> Sequence[Hold]:
    """The active holds of an order, oldest first."""
    rows = await session.scalars(
        select(Hold).where(Hold.order_id == order_id, Hold.state == HoldState.ACTIVE).order_by(Hold.id)
    )
    return rows.all()


async def ask_person(
    session: AsyncSession,
    order_id: UUID,
    kind: TaskKind,
    question: str,
    *,
    subject: str = "",
    hold_id: UUID | None = None,
    deadline: datetime | None = None,
) -> UUID | None:
    """Ask once per subject while the question is open. None: it is asked already."""
    task_id: UUID | None = await session.scalar(
        insert(Task)
        .values(
            order_id=order_id,
            hold_id=hold_id,
            kind=kind,
            subject=subject,
            question=question,
            deadline=deadline,
        )
        .on_conflict_do_nothing()
        .returning(Task.id)
    )
    if task_id is not None:
        await timeline.tell(
            session, order_id, "task.opened", why=question, task=str(task_id), kind=kind.value
        )
    return task_id
