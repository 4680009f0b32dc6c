"""May this order still be canceled? One answer, under the order's lock."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, PastPivot
from orderwright.domain.fulfillment.states import (
    BEFORE_RELEASE,
    LIVE,
    PAST_PIVOT,
    FulfillmentState,
    PartnerState,
)
from orderwright.domain.orders import ENDS, CancelState, HoldOutcome, HoldType, OrderState
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderLine
from orderwright.services.changes import following
from orderwright.services.orders.ending import end_unshipped
from orderwright.services.stock import stocking


async def request(session: AsyncSession, order_id: UUID, actor: Actor, reason: str) -> CancelState:
    """Cancel, or ask the warehouse to give back what it has.

    ACCEPTED: canceled, compensations follow. REQUESTED: the warehouse is being asked. PARTLY: picking has
    begun, and only what was to follow later is canceled. Raises Conflict where the order has ended, PastPivot
    where picking has begun; a repeated request gets the first one's answer.
    """
    order = await locks.order(session, order_id)
    parts = await locks.fulfillment_orders(session, order_id)
    if order.state is OrderState.CANCELED:
        return CancelState.ACCEPTED
    if order.state in ENDS:
        raise Conflict(f"the order is {order.state.value}")
    if order.cancel is CancelState.REQUESTED:
        return CancelState.REQUESTED
    if any(part.state in PAST_PIVOT for part in parts):
        if await _nothing_follows(session, order_id, parts, actor, reason):
            return CancelState.PARTLY
        raise PastPivot("picking has begun: let it arrive, then return it")
    released = [part for part in parts if part.state is FulfillmentState.RELEASED]
    if any(part.partner is PartnerState.CANCEL_REJECTED for part in released):
        raise PastPivot("the warehouse has refused to give it back")
    answer = CancelState.REQUESTED if released else CancelState.ACCEPTED
    await session.execute(
        update(Order)
        .where(Order.id == order_id)
        .values(cancel=answer, cancel_reason=reason, version=Order.version + 1)
    )
    await following.give_up(session, order_id, by=actor.name)
    await timeline.tell(session, order_id, "cancel.requested", by=actor.name, why=reason)
    if released:
        await _recall(session, order_id, parts)
    else:
        await end_unshipped(session, order_id, OrderState.CANCELED, reason=reason, by=actor.name)
    await outbox.wake(session, order_id)
    return answer


async def _nothing_follows(
    session: AsyncSession, order_id: UUID, parts: Sequence[FulfillmentOrder], actor: Actor, reason: str
) -> bool:
    """Of an order that has left as far as it was there, cancel what was to follow. False: nothing was."""
    following = await session.scalar(
        select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.backordered > 0).limit(1)
    )
    if following is None or any(part.state in LIVE - PAST_PIVOT for part in parts):
        return False
    await lines.move_all(session, order_id, Units.BACKORDERED, Units.CANCELED)
    await session.execute(
        update(Order)
        .where(Order.id == order_id)
        .values(cancel=CancelState.PARTLY, cancel_reason=reason, version=Order.version + 1)
    )
    await timeline.tell(session, order_id, "cancel.partly_canceled", by=actor.name, why=reason)
    await outbox.wake(session, order_id)
    return True


async def _recall(session: AsyncSession, order_id: UUID, parts: Sequence[FulfillmentOrder]) -> None:
    """What no warehouse has is canceled now; what one has is asked for."""
    for part in parts:
        if part.state in BEFORE_RELEASE:
            await drop_part(session, part)
        elif part.state is FulfillmentState.RELEASED:
            await session.execute(
                update(FulfillmentOrder)
                .where(FulfillmentOrder.id == part.id)
                .values(partner=PartnerState.CANCEL_REQUESTED, recalled_for=None)
            )
    await lines.move_all(session, order_id, Units.UNALLOCATED, Units.CANCELED)
    await lines.move_all(session, order_id, Units.BACKORDERED, Units.CANCELED)
    await holds.release_all(session, order_id, HoldOutcome.WITHDRAWN, kind=HoldType.ROUTING)
    unplanned = [row for row in await stock.active(session, order_id) if row.fulfillment_id is None]
    for row in unplanned:
        await lines.move(session, row.line_id, row.units, Units.ALLOCATED, Units.CANCELED)
    await stocking.free(session, unplanned, order_id)


async def drop_part(session: AsyncSession, part: FulfillmentOrder) -> bool:
    """Cancel the units of one part that no warehouse has. False: one has them by now."""
    dropped = await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id, FulfillmentOrder.state.in_(list(BEFORE_RELEASE)))
        .values(state=FulfillmentState.CANCELED)
        .returning(FulfillmentOrder.id)
    )
    if dropped.first() is None:
        return False
    await lines.move_part(session, part.id, Units.ALLOCATED, Units.CANCELED)
    for hold in await holds.active(session, part.order_id):
        if hold.fulfillment_id == part.id:
            await holds.release(session, hold.id, HoldOutcome.WITHDRAWN)
    return True
