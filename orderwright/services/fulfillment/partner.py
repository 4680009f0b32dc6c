"""What a warehouse says about a fulfillment order: compared and set, in any order, any number of times."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.domain.fulfillment.shipping import SHIPMENT_RANK, ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState, PartnerState
from orderwright.domain.orders import TaskKind
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Shipment
from orderwright.services.changes import following
from orderwright.services.fulfillment import purchasing
from orderwright.services.orders.ending import finish_recall

_WITH_WAREHOUSE = (FulfillmentState.RELEASED, FulfillmentState.IN_PROGRESS)


async def accepted(session: AsyncSession, fulfillment_id: UUID, *, by: str) -> None:
    """The warehouse will ship it. Nobody waits for this."""
    _, part = await locks.order_of(session, fulfillment_id)
    if part.partner is PartnerState.SUBMITTED and part.state in _WITH_WAREHOUSE:
        await _set(session, part, partner=PartnerState.ACCEPTED)
        await purchasing.follow(session, part, PurchaseState.ACCEPTED)
        await timeline.tell(session, part.order_id, "warehouse.accepted", by=by, part=part.number)


async def rejected(session: AsyncSession, fulfillment_id: UUID, *, by: str, reason: str) -> None:
    """The warehouse will not: the units look for another place, or are canceled where that was asked.

    Past the pivot its word changes nothing by itself: a person has to find out where the goods are.
    """
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state is FulfillmentState.IN_PROGRESS:
        await _ask(session, part, f"The warehouse rejects a part it was picking: {reason or 'no reason'}.")
        await outbox.wake(session, part.order_id)
    if part.state is not FulfillmentState.RELEASED:
        return
    recalled = part.partner is PartnerState.CANCEL_REQUESTED and part.recalled_for is None
    partner = PartnerState.CANCEL_ACCEPTED if recalled else PartnerState.REJECTED
    await _set(session, part, state=FulfillmentState.CANCELED, partner=partner, partner_reason=reason)
    await lines.move_part(session, part.id, Units.RELEASED, Units.CANCELED if recalled else Units.UNALLOCATED)
    await purchasing.follow(session, part, PurchaseState.REJECTED, reason)
    await timeline.tell(session, part.order_id, "warehouse.rejected", by=by, why=reason, part=part.number)
    await _answered(session, part, by)
    await outbox.wake(session, part.order_id)


async def picking(session: AsyncSession, fulfillment_id: UUID, *, by: str) -> None:
    """The pivot: from here on only forward. A recall that is still open has lost."""
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state is not FulfillmentState.RELEASED:
        return
    recalled = part.partner is PartnerState.CANCEL_REQUESTED
    await _set(
        session, part, state=FulfillmentState.IN_PROGRESS,
        partner=PartnerState.CANCEL_REJECTED if recalled else PartnerState.ACCEPTED,
    )  # fmt: skip
    await timeline.tell(session, part.order_id, "warehouse.picking", by=by, part=part.number)
    if recalled:
        await _recall_over(session, part, by)


async def shipped(session: AsyncSession, fulfillment_id: UUID, *, by: str) -> None:
    """The goods have left: stock is committed, the money may be captured."""
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state not in _WITH_WAREHOUSE:
        if part.state is FulfillmentState.CANCELED:
            await _ask(session, part, "The warehouse shipped a part that was called off.")
        return
    if part.method is DeliveryMethod.PICKUP:
        await _ask(session, part, "The warehouse says it shipped a part that is to be collected.")
        return
    recalled = part.partner is PartnerState.CANCEL_REQUESTED
    await _set(
        session, part, state=FulfillmentState.CLOSED, shipped_at=func.clock_timestamp(),
        partner=PartnerState.CANCEL_REJECTED if recalled else PartnerState.ACCEPTED,
    )  # fmt: skip
    await lines.move_part(session, part.id, Units.RELEASED, Units.SHIPPED)
    await purchasing.follow(session, part, PurchaseState.SHIPPED)
    shipment = await session.scalar(
        select(Shipment).where(Shipment.fulfillment_id == part.id, Shipment.state != ShipmentState.VOIDED)
    )
    if shipment is not None and SHIPMENT_RANK[shipment.state] < SHIPMENT_RANK[ShipmentState.HANDED_OVER]:
        await session.execute(
            update(Shipment).where(Shipment.id == shipment.id).values(state=ShipmentState.HANDED_OVER)
        )
    await stock.ship(session, part.id, order_id=part.order_id)
    await timeline.tell(session, part.order_id, "fulfillment.shipped", by=by, part=part.number)
    if recalled:
        await _answered(session, part, by)
    await outbox.wake(session, part.order_id)


async def recall_accepted(session: AsyncSession, fulfillment_id: UUID, *, by: str) -> None:
    """The warehouse has put it back."""
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state is not FulfillmentState.RELEASED or part.partner is not PartnerState.CANCEL_REQUESTED:
        return
    await _set(session, part, partner=PartnerState.CANCEL_ACCEPTED)
    if part.recalled_for is not None:
        await following.given_back(session, part, by=by)
    else:
        await _set(session, part, state=FulfillmentState.CANCELED)
        await lines.move_part(session, part.id, Units.RELEASED, Units.CANCELED)
    await purchasing.follow(session, part, PurchaseState.CANCELED)
    await _recall_over(session, part, by)


async def recall_refused(session: AsyncSession, fulfillment_id: UUID, *, by: str, reason: str) -> None:
    """Too late: the part goes on, and the asker is told."""
    _, part = await locks.order_of(session, fulfillment_id)
    if part.partner is not PartnerState.CANCEL_REQUESTED:
        return
    await _set(session, part, partner=PartnerState.CANCEL_REJECTED, partner_reason=reason)
    await _recall_over(session, part, by)


async def _recall_over(session: AsyncSession, part: FulfillmentOrder, by: str) -> None:
    await _answered(session, part, by)
    await outbox.wake(session, part.order_id)


async def _answered(session: AsyncSession, part: FulfillmentOrder, by: str) -> None:
    """Who asked for it is told once all that was asked for is answered: a cancel, or a change."""
    await finish_recall(session, part.order_id, by=by)
    await following.finish(session, part.order_id, by=by)


async def _ask(session: AsyncSession, part: FulfillmentOrder, question: str) -> None:
    """What the warehouse says and our rows do not fit together: the goods have to be looked for."""
    await holds.ask_person(session, part.order_id, TaskKind.DELIVERY, question, subject=f"part/{part.id}")


async def _set(session: AsyncSession, part: FulfillmentOrder, **values: object) -> None:
    await session.execute(update(FulfillmentOrder).where(FulfillmentOrder.id == part.id).values(**values))
    for name, value in values.items():
        if name in ("state", "partner"):
            setattr(part, name, value)
