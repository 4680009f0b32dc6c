"""The parcel of a fulfillment order, with all that carriers and warehouses need to know beside it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import FulfillmentOrder, Location, Order, Shipment


async def newest(
    session: AsyncSession, fulfillment_id: UUID
) -> tuple[Order, FulfillmentOrder, Shipment, Location]:
    """The parcel that is not voided, else the last one that was."""
    row = await session.execute(
        select(Order, FulfillmentOrder, Shipment, Location)
        .join(FulfillmentOrder, FulfillmentOrder.order_id == Order.id)
        .join(Shipment, Shipment.fulfillment_id == FulfillmentOrder.id)
        .join(Location, Location.code == FulfillmentOrder.location)
        .where(FulfillmentOrder.id == fulfillment_id)
        .order_by(Shipment.state == ShipmentState.VOIDED, Shipment.id.desc())
        .limit(1)
    )
    order, part, shipment, location = row.one()
    return order, part, shipment, location
