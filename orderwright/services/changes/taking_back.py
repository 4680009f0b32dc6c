"""What a change added and nobody paid in time goes again; the order goes on without it."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.changes.wishes import ChangeState
from orderwright.domain.failures import Conflict
from orderwright.domain.payments import PaymentState
from orderwright.persistence import timeline
from orderwright.persistence.tables import OrderChange, OrderLine, Payment
from orderwright.services.changes import applying
from orderwright.services.changes.applying import Said
from orderwright.services.changes.naming import Delta

_UNPAID = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)


async def unpaid(session: AsyncSession, order_id: UUID) -> bool:
    """Take away the units that changes added and that their payment has not come for. The order is locked.

    False, and nothing is done: they have begun, nothing else would be left, or the money was for a price.
    """
    changes = select(Payment.change_id).where(
        Payment.order_id == order_id, Payment.change_id.is_not(None), Payment.state.in_(_UNPAID)
    )
    query = select(OrderChange).where(OrderChange.id.in_(changes), OrderChange.state == ChangeState.APPLIED)
    rows = (await session.scalars(query)).all()
    ids = [row.id for row in rows]
    try:
        async with session.begin_nested():
            delta = await _added(session, [UUID(line) for row in rows for line in row.added["lines"]])
            await _take_away(session, order_id, delta)
            await session.execute(
                update(Payment)
                .where(Payment.change_id.in_(ids), Payment.state.in_(_UNPAID))
                .values(unwanted=True)
            )
            await session.execute(
                update(OrderChange).where(OrderChange.id.in_(ids)).values(state=ChangeState.TAKEN_BACK)
            )
    except Conflict:
        return False
    await timeline.tell(session, order_id, "change.taken_back", by="deadline", why="unpaid")
    return True


async def _added(session: AsyncSession, line_ids: list[UUID]) -> Delta:
    lines = await session.scalars(
        select(OrderLine).where(OrderLine.id.in_(line_ids)).execution_options(populate_existing=True)
    )
    return Delta({line.id: left for line in lines if (left := line.ordered - line.canceled)})


async def _take_away(session: AsyncSession, order_id: UUID, delta: Delta) -> None:
    """Raises Conflict."""
    if not delta.less:
        raise Conflict("nothing was added that could go again")
    order, parts, there = await applying.locked(session, order_id)
    by = Said("deadline", "unpaid")
    made = await applying.make(session, order, parts, there, delta, by=by, at=datetime.now(UTC))
    if made.recall or made.further > 0:
        raise Conflict("a warehouse has it, or it would not be paid without it either")
    await applying.keep(session, made.row, made)
