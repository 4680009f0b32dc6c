"""What a carrier saw. Scans may come in any order and twice; a parcel never moves back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, SHIPMENT_RANK, ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.orders import TaskKind
from orderwright.persistence import holds, lines, locks, outbox, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Shipment, ShipmentScan
from orderwright.services.fulfillment import partner
from orderwright.services.receivables import uncollected

_ASKS = {
    ShipmentState.EXCEPTION: "The carrier reports a problem with the parcel.",
    ShipmentState.LOST: "The carrier has lost the parcel: refund or ship again.",
    ShipmentState.RETURNED: "The parcel has come back: refund or ship again.",
}


async def scanned(
    session: AsyncSession, shipment_id: UUID, status: ShipmentState, at: datetime, *, by: str
) -> Shipment:
    """Keep the scan, and move the parcel forward where it says something new. Raises NotFound."""
    fulfillment_id = await session.scalar(select(Shipment.fulfillment_id).where(Shipment.id == shipment_id))
    if fulfillment_id is None:
        raise NotFound("no such shipment")
    _, part = await locks.order_of(session, fulfillment_id)
    shipment = await session.get_one(Shipment, shipment_id, populate_existing=True)
    await session.execute(insert(ShipmentScan).values(shipment_id=shipment_id, status=status, at=at))
    ends = shipment.state in ARRIVED | GONE | {ShipmentState.VOIDED}
    if part.method is DeliveryMethod.PICKUP:
        return shipment  # handed out for its code only
    if ends or SHIPMENT_RANK[status] <= SHIPMENT_RANK[shipment.state]:
        return shipment
    left = SHIPMENT_RANK[status] >= SHIPMENT_RANK[ShipmentState.IN_TRANSIT]
    if left and part.state is not FulfillmentState.CLOSED:
        await partner.shipped(session, part.id, by=by)  # the carrier has it: it left, whatever came first
        part = await session.get_one(FulfillmentOrder, part.id, populate_existing=True)
        if part.state is not FulfillmentState.CLOSED:
            return shipment
    arrived = {"delivered_at": func.clock_timestamp()} if status in ARRIVED else {}
    moved = await session.scalars(
        update(Shipment)
        .where(Shipment.id == shipment_id)
        .values(state=status, **arrived)
        .returning(Shipment)
        .execution_options(populate_existing=True)
    )
    shipment = moved.one()
    await timeline.tell(
        session,
        shipment.order_id,
        f"shipment.{status.value}",
        by=by,
        shipment=str(shipment_id),
        seen_at=at.isoformat(),
    )
    await _follow(session, shipment, part, status)
    return shipment


async def _follow(
    session: AsyncSession, shipment: Shipment, part: FulfillmentOrder, status: ShipmentState
) -> None:
    if status in ARRIVED:
        await lines.move_part(session, part.id, Units.SHIPPED, Units.DELIVERED)
    if status in GONE:
        await lines.move_part(session, part.id, Units.SHIPPED, Units.UNDELIVERED)
    if status in _ASKS:
        await holds.ask_person(
            session,
            shipment.order_id,
            TaskKind.DELIVERY,
            _ASKS[status],
            subject=f"{status.value}/{shipment.id}",
        )
    if status in ARRIVED | GONE or status in _ASKS:
        await outbox.wake(session, shipment.order_id)
    if status in GONE:
        await uncollected.let_go(session, part.id)


async def named(session: AsyncSession, fulfillment_id: UUID, parcel: Mapping[str, str]) -> None:
    """A supplier's carrier: what he says of the parcel is kept, once. The order is locked."""
    drop_shipped = select(FulfillmentOrder.id).where(
        FulfillmentOrder.id == Shipment.fulfillment_id,
        FulfillmentOrder.needs_label.is_(False),
        FulfillmentOrder.method == DeliveryMethod.SHIPPING,
    )
    await session.execute(
        update(Shipment)
        .where(
            Shipment.fulfillment_id == fulfillment_id,
            Shipment.state != ShipmentState.VOIDED,
            Shipment.tracking_code.is_(None),
            drop_shipped.exists(),
        )
        .values(
            carrier=parcel.get("carrier"),
            tracking_code=parcel.get("tracking_code"),
            tracking_url=parcel.get("tracking_url"),
        )
    )


async def delivered(session: AsyncSession, fulfillment_id: UUID, at: datetime, *, by: str) -> None:
    """A supplier says that his parcel has arrived. Raises NotFound."""
    shipment_id = await session.scalar(
        select(Shipment.id).where(
            Shipment.fulfillment_id == fulfillment_id, Shipment.state != ShipmentState.VOIDED
        )
    )
    if shipment_id is None:
        raise NotFound("no such parcel")
    await scanned(session, shipment_id, ShipmentState.DELIVERED, at, by=by)
