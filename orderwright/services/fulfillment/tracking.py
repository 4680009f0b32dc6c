"""What a carrier saw. Scans may come in any order and twice; a parcel never moves back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.cases import CaseKind, Origin, kind_of
from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, SHIPMENT_RANK, UNSEEN, ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.persistence import lines, locks, outbox, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Shipment, ShipmentScan
from orderwright.services.delivery import opening
from orderwright.services.fulfillment import partner
from orderwright.services.receivables import uncollected


@dataclass(frozen=True, slots=True)
class Seen:
    """One scan. `problem`: what the carrier says is wrong, `place`: his city and country."""

    status: ShipmentState
    at: datetime
    problem: CaseKind | None = None
    place: str = ""


async def scanned(
    session: AsyncSession, shipment_id: UUID, status: ShipmentState, at: datetime, *, by: str
) -> Shipment:
    """Keep the scan, and move the parcel forward where it says something new. Raises NotFound."""
    return await saw(session, shipment_id, Seen(status, at), by=by)


async def saw(session: AsyncSession, shipment_id: UUID, seen: Seen, *, by: str) -> Shipment:
    """The same with all that a carrier says. What says nothing new locks nothing: thousands may come at once.

    Where a parcel is only ever rises, so a state read without a lock is never too high.
    """
    shipment = await session.get(Shipment, shipment_id, populate_existing=True)
    if shipment is None:
        raise NotFound("no such shipment")
    is_new = await _keep(session, shipment_id, seen)
    problem = kind_of(seen.status, seen.problem)
    if not is_new or (_says_nothing(shipment, seen.status) and seen.problem is None):
        return shipment
    _, part = await locks.order_of(session, shipment.fulfillment_id)
    shipment = await session.get_one(Shipment, shipment_id, populate_existing=True)
    if part.method is DeliveryMethod.PICKUP or shipment.state is ShipmentState.VOIDED:
        return shipment  # handed out for its code only; or a label that nobody carries
    if not _says_nothing(shipment, seen.status):
        moved = await _move(session, shipment, part, seen, by=by)
        if moved is None:
            return shipment
        shipment = moved
    if problem is not None and shipment.state not in ARRIVED:
        await opening.found(session, shipment, problem, origin=Origin.CARRIER, by=by)
    return shipment


def _says_nothing(shipment: Shipment, status: ShipmentState) -> bool:
    return status in UNSEEN or SHIPMENT_RANK[status] <= SHIPMENT_RANK[shipment.state]


async def _keep(session: AsyncSession, shipment_id: UUID, seen: Seen) -> bool:
    """False: it was told before."""
    kept = await session.execute(
        insert(ShipmentScan)
        .values(shipment_id=shipment_id, status=seen.status, at=seen.at, place=seen.place[:100])
        .on_conflict_do_nothing()
        .returning(ShipmentScan.seq)
    )
    return kept.first() is not None


async def _move(
    session: AsyncSession, shipment: Shipment, part: FulfillmentOrder, seen: Seen, *, by: str
) -> Shipment | None:
    """None: its fulfillment order has not left by our rows, and a person has to look."""
    left = SHIPMENT_RANK[seen.status] >= SHIPMENT_RANK[ShipmentState.IN_TRANSIT]
    if left and part.state is not FulfillmentState.CLOSED:
        await partner.shipped(session, part.id, by=by)  # the carrier has it: it left, whatever came first
        part = await session.get_one(FulfillmentOrder, part.id, populate_existing=True)
        if part.state is not FulfillmentState.CLOSED:
            return None
        shipment = await session.get_one(Shipment, shipment.id, populate_existing=True)
    before = shipment.state
    first = func.coalesce(Shipment.delivered_at, seen.at)
    arrived = {"delivered_at": first} if seen.status in ARRIVED else {}
    moved = await session.scalars(
        update(Shipment)
        .where(Shipment.id == shipment.id)
        .values(state=seen.status, **arrived)
        .returning(Shipment)
        .execution_options(populate_existing=True)
    )
    shipment = moved.one()
    await timeline.tell(
        session, shipment.order_id, f"shipment.{seen.status.value}", by=by, shipment=str(shipment.id),
        seen_at=seen.at.isoformat(),
    )  # fmt: skip
    await _follow(session, shipment, before)
    return shipment


def _units(state: ShipmentState) -> Units:
    if state in ARRIVED:
        return Units.DELIVERED
    return Units.UNDELIVERED if state in GONE else Units.SHIPPED


async def _follow(session: AsyncSession, shipment: Shipment, before: ShipmentState) -> None:
    """The units go where the parcel is, those apart in whose place others were sent; then cases end."""
    source, target = _units(before), _units(shipment.state)
    if source is not target:
        await lines.move_part(session, shipment.fulfillment_id, source, target)
    if shipment.state in ARRIVED:
        await opening.arrived(session, shipment)
    if shipment.state in GONE:
        await opening.gone(session, shipment)
    if shipment.state in ARRIVED | GONE:
        await outbox.wake(session, shipment.order_id)
    if shipment.state in GONE:
        await uncollected.let_go(session, shipment.fulfillment_id)


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
