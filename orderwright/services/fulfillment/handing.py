"""What the rows say before and after a part is handed to its warehouse or asked back."""

from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import ENDS, CancelState, HoldState, OrderState
from orderwright.persistence import lines, locks, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import (
    Document,
    FulfillmentLine,
    FulfillmentOrder,
    Hold,
    Order,
    OrderLine,
    Shipment,
)
from orderwright.ports.documents import SlipData, SlipLine
from orderwright.ports.failures import Refused
from orderwright.ports.warehouses import Handed
from orderwright.services.fulfillment import partner, purchasing, shipping
from orderwright.services.orders.ending import advance

SLIP = "packing_slip"


async def release(session: AsyncSession, fulfillment_id: UUID) -> bool:
    """The hand-off's one condition: labeled, open, no cancel requested. True also where we have released it.

    What is collected, or a supplier sends, has no label of ours.
    From here a cancel has to ask the warehouse, whether the call has gone out or not. The order is locked.
    """
    no_cancel = select(Order.id).where(
        Order.id == FulfillmentOrder.order_id,
        Order.cancel.not_in([CancelState.REQUESTED, CancelState.ACCEPTED]),
        Order.state.not_in(list(ENDS)),
    )
    labeled = select(Shipment.id).where(
        Shipment.fulfillment_id == FulfillmentOrder.id, Shipment.state == ShipmentState.LABELED
    )
    hold = select(Hold.id).where(
        Hold.order_id == FulfillmentOrder.order_id,
        Hold.state == HoldState.ACTIVE,
        or_(Hold.fulfillment_id.is_(None), Hold.fulfillment_id == FulfillmentOrder.id),
    )
    moved = await session.execute(
        update(FulfillmentOrder)
        .where(
            FulfillmentOrder.id == fulfillment_id,
            FulfillmentOrder.state == FulfillmentState.OPEN,
            no_cancel.exists(),
            ~hold.exists(),
            or_(FulfillmentOrder.needs_label.is_(False), labeled.exists()),
        )
        .values(
            state=FulfillmentState.RELEASED,
            partner=PartnerState.SUBMITTED,
            released_at=func.clock_timestamp(),
        )
        .returning(FulfillmentOrder.order_id, FulfillmentOrder.number)
    )
    row = moved.first()
    if row is None:
        return await _released_before(session, fulfillment_id)
    await lines.move_part(session, fulfillment_id, Units.ALLOCATED, Units.RELEASED)
    await advance(session, row.order_id, OrderState.IN_FULFILLMENT)
    await timeline.tell(session, row.order_id, "fulfillment.released", part=row.number)
    return True


async def order_from(session: AsyncSession, fulfillment_id: UUID) -> bool:
    """Release it to a partner; a supplier gets a purchase order with it."""
    if not await release(session, fulfillment_id):
        return False
    await purchasing.place(session, fulfillment_id)
    return True


async def _released_before(session: AsyncSession, fulfillment_id: UUID) -> bool:
    known = await session.scalar(
        select(FulfillmentOrder.id).where(
            FulfillmentOrder.id == fulfillment_id,
            FulfillmentOrder.state == FulfillmentState.RELEASED,
            FulfillmentOrder.partner == PartnerState.SUBMITTED,
        )
    )
    return known is not None


async def handed(session: AsyncSession, fulfillment_id: UUID, answer: Handed) -> None:
    """The warehouse has it."""
    part = await session.get_one(FulfillmentOrder, fulfillment_id)
    await timeline.tell(
        session, part.order_id, "fulfillment.handed_off", part=part.number, reference=answer.reference
    )


async def refused(session: AsyncSession, fulfillment_id: UUID, no: Refused) -> None:
    """A definite no at the door is a rejection: the units look for another place."""
    await partner.rejected(session, fulfillment_id, by="warehouse", reason=no.words or no.code)


async def recall_sent(session: AsyncSession, fulfillment_id: UUID) -> None:
    """The warehouse knows that we want it back."""
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == fulfillment_id)
        .values(recall_sent_at=func.clock_timestamp())
    )


async def recalled_here(session: AsyncSession, fulfillment_id: UUID) -> None:
    """No partner has it (our own station, or no call went out): given back unless picking has begun."""
    await locks.order_of(session, fulfillment_id)
    await recall_sent(session, fulfillment_id)
    await partner.recall_accepted(session, fulfillment_id, by="station")


async def slip(session: AsyncSession, fulfillment_id: UUID) -> SlipData | None:
    """What the packing slip says; None where it is made already."""
    made = await session.scalar(
        select(Document.id).where(Document.kind == SLIP, Document.subject_id == fulfillment_id).limit(1)
    )
    if made is not None:
        return None
    mate = aliased(FulfillmentOrder)
    count = select(func.count()).where(
        mate.order_id == FulfillmentOrder.order_id, mate.state != FulfillmentState.CANCELED
    )
    found = await session.execute(
        select(FulfillmentOrder, Order, Shipment, count.scalar_subquery())
        .join(Order, Order.id == FulfillmentOrder.order_id)
        .outerjoin(
            Shipment,
            and_(Shipment.fulfillment_id == FulfillmentOrder.id, Shipment.state != ShipmentState.VOIDED),
        )
        .where(FulfillmentOrder.id == fulfillment_id)
    )
    part, order, shipment, parts = found.one()
    rows = await session.execute(
        select(FulfillmentLine.sku, OrderLine.name, FulfillmentLine.units)
        .join(OrderLine, OrderLine.id == FulfillmentLine.line_id)
        .where(FulfillmentLine.fulfillment_id == fulfillment_id)
        .order_by(OrderLine.position)
    )
    return SlipData(
        order_number=order.number,
        ordered_on=order.placed_at.date(),
        ship_to=Address(**order.ship_to),
        lines=[SlipLine(sku, name, units) for sku, name, units in rows],
        service=(shipment.service if shipment else None) or order.service,
        carrier=(shipment.carrier if shipment else None) or "",
        tracking_code=(shipment.tracking_code if shipment else None) or "",
        part=part.number,
        parts=max(part.number, parts or 1),
    )


async def keep_slip(session: AsyncSession, fulfillment_id: UUID, content: bytes) -> None:
    """Store the packing slip as it was printed."""
    part = await session.get_one(FulfillmentOrder, fulfillment_id)
    await shipping.keep_document(session, part.order_id, SLIP, fulfillment_id, "application/pdf", content)
