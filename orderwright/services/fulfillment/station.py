"""The built-in pick and pack station: our own people answer where a partner's system would."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, NotFound, PastPivot
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import FulfillmentOrder, Shipment
from orderwright.services.fulfillment import partner, tracking


async def accept(session: AsyncSession, fulfillment_id: UUID, actor: Actor) -> FulfillmentOrder:
    """Take the work on. Raises Conflict where it is not here (any more)."""
    await _at_station(session, fulfillment_id, actor, FulfillmentState.RELEASED)
    await partner.accepted(session, fulfillment_id, by=actor.name)
    return await _part(session, fulfillment_id)


async def reject(session: AsyncSession, fulfillment_id: UUID, actor: Actor, reason: str) -> FulfillmentOrder:
    """Give it back: the units look for another location."""
    await _at_station(session, fulfillment_id, actor, FulfillmentState.RELEASED)
    await partner.rejected(session, fulfillment_id, by=actor.name, reason=reason)
    return await _part(session, fulfillment_id)


async def pick(session: AsyncSession, fulfillment_id: UUID, actor: Actor) -> FulfillmentOrder:
    """Begin to pick: from here on the order cannot be canceled."""
    await _at_station(session, fulfillment_id, actor, FulfillmentState.RELEASED)
    await partner.picking(session, fulfillment_id, by=actor.name)
    return await _part(session, fulfillment_id)


async def ship(session: AsyncSession, fulfillment_id: UUID, actor: Actor) -> FulfillmentOrder:
    """The parcel is with the carrier."""
    await _at_station(session, fulfillment_id, actor, FulfillmentState.RELEASED, FulfillmentState.IN_PROGRESS)
    if (await _part(session, fulfillment_id)).method is DeliveryMethod.PICKUP:
        raise Conflict("this fulfillment order is collected, not shipped")
    await partner.shipped(session, fulfillment_id, by=actor.name)
    return await _part(session, fulfillment_id)


async def scan(
    session: AsyncSession, shipment_id: UUID, status: ShipmentState, actor: Actor, at: datetime
) -> Shipment:
    """A scan by hand, for carriers that send none."""
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    return await tracking.scanned(session, shipment_id, status, at, by=actor.name)


async def _part(session: AsyncSession, fulfillment_id: UUID) -> FulfillmentOrder:
    part = await session.scalar(
        select(FulfillmentOrder)
        .where(FulfillmentOrder.id == fulfillment_id)
        .execution_options(populate_existing=True)
    )
    if part is None:
        raise NotFound("no such fulfillment order")
    return part


async def _at_station(
    session: AsyncSession, fulfillment_id: UUID, actor: Actor, *states: FulfillmentState
) -> None:
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    part = await _part(session, fulfillment_id)
    if part.state in (FulfillmentState.IN_PROGRESS, FulfillmentState.CLOSED) and part.state not in states:
        raise PastPivot(f"the fulfillment order is {part.state.value}")
    if part.state not in states:
        raise Conflict(f"the fulfillment order is {part.state.value}")
