"""What becomes of a change that waits for warehouses, once they have answered."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.changes.wishes import ChangeState
from orderwright.domain.failures import Failure
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import ENDS, CancelState
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.tables import FulfillmentOrder, OrderChange
from orderwright.services.changes import applying, naming, taking
from orderwright.services.changes.applying import Said


async def given_back(session: AsyncSession, part: FulfillmentOrder, *, by: str) -> None:
    """The warehouse has put a part back that was asked for by a change: its units are in no part again."""
    await taking.unplan(session, part)
    await timeline.tell(session, part.order_id, "change.recalled", by=by, part=part.number)


async def finish(session: AsyncSession, order_id: UUID, *, by: str) -> None:
    """When every warehouse has answered: the change is made, or refused and the asker told."""
    row = await applying.waiting(session, order_id)
    if row is None:
        return
    order = await locks.order(session, order_id)
    parts = await locks.fulfillment_orders(session, order_id)
    asked = [part for part in parts if part.recalled_for == row.id]
    if any(
        part.partner is PartnerState.CANCEL_REQUESTED and part.state is FulfillmentState.RELEASED
        for part in asked
    ):
        return
    kept = [part for part in asked if part.state is not FulfillmentState.CANCELED]
    if order.state in ENDS or order.cancel in (CancelState.REQUESTED, CancelState.ACCEPTED):
        await _refuse(session, row, "the order is canceled", by)
    elif kept:
        why = kept[0].partner_reason or "picking has begun"
        await _refuse(session, row, f"part {kept[0].number} was not given back: {why}", by)
    else:
        await _apply(session, row, by)


async def give_up(session: AsyncSession, order_id: UUID, *, by: str) -> None:
    """The whole order is to be canceled: what was to be different about it does not matter any more."""
    row = await applying.waiting(session, order_id)
    if row is not None:
        await _refuse(session, row, "the order is canceled", by)


async def _apply(session: AsyncSession, row: OrderChange, by: str) -> None:
    """By the rows as they are now; what is not possible any more is refused, and the parts are made anew."""
    row_id, delta, said = row.id, applying.of_json(row.delta), Said(row.actor, row.reason)
    order = await locks.order(session, row.order_id)
    parts = await locks.fulfillment_orders(session, row.order_id)
    there = await naming.content(session, row.order_id)
    try:
        async with session.begin_nested():
            made = await applying.make(
                session, order, parts, there, delta, by=said, at=datetime.now(UTC), row=row
            )
            if made.recall:
                raise Failure("a part was handed over meanwhile")
            await applying.keep(session, row, made)
    except Failure as refused:
        row = await session.get_one(OrderChange, row_id, populate_existing=True)
        await _refuse(session, row, str(refused), by)


async def _refuse(session: AsyncSession, row: OrderChange, why: str, by: str) -> None:
    row.state, row.answer, row.ended_at = ChangeState.REFUSED, why, datetime.now(UTC)
    row.delta = applying.without_address(row.delta)
    await session.flush()
    await timeline.tell(session, row.order_id, "change.refused", by=by, why=why, change=row.number)
    await outbox.wake(session, row.order_id)
