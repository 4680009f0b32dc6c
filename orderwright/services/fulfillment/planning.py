"""Make fulfillment orders from the reservations, with a parcel and a promise each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row, func, insert, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.parts import Part
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState, needs_label
from orderwright.domain.orders import ENDS, OrderState
from orderwright.domain.payments import PaymentState
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import holds, locks, stock, timeline
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Location,
    Order,
    OrderLine,
    Product,
    Reservation,
    Shipment,
)
from orderwright.persistence.tables.base import Json
from orderwright.services.fulfillment import closing, dating
from orderwright.services.fulfillment.parting import line_ids, unplanned
from orderwright.services.orders.ending import advance
from orderwright.services.payments import opening

_PAID = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.CAPTURED)
SMALLEST = Parcel(50, 150, 100, 20)
"""What a parcel weighs and measures at least, packaging included."""


async def plan(session: AsyncSession, order_id: UUID, at: datetime) -> None:
    """Accept the order, make a fulfillment order per location, unless a hold or unpaid money forbids it."""
    order = await locks.order(session, order_id)
    if order.state in ENDS or await holds.active(session, order_id):
        return
    payments = await opening.of(session, order_id)
    if order.verified_at is None and order.state is OrderState.SUBMITTED:
        return  # the address was corrected
    if await _unallocated(session, order_id) and order.planned_at is None:
        return  # the units were given back when their time ran out
    if order.total and not any(payment.state in _PAID for payment in payments):
        return
    parts = await locks.fulfillment_orders(session, order_id)
    if any(_asked_back(part) for part in parts):
        return  # a change waits for its warehouse, and says afterwards what is planned
    if await closing.give_up(session, order_id):
        return  # its run looks for another place
    number = len(parts)
    free = await opening.free_money(session, payments)
    await advance(session, order_id, OrderState.ACCEPTED)
    for location, part in await unplanned(session, order):
        number += 1
        shares = await opening.shares_for(session, order, part.amount, payments, free)
        await _part(session, order, location, part, number, shares, at)
    await session.execute(update(Order).where(Order.id == order_id).values(planned_at=func.clock_timestamp()))
    await stock.keep(session, order_id, None)


def _asked_back(part: FulfillmentOrder) -> bool:
    """Whether a change waits for its warehouse."""
    waits = part.partner is PartnerState.CANCEL_REQUESTED and part.state is FulfillmentState.RELEASED
    return waits and part.recalled_for is not None


async def _unallocated(session: AsyncSession, order_id: UUID) -> bool:
    query = select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.unallocated > 0)
    return await session.scalar(query.limit(1)) is not None


async def _part(
    session: AsyncSession,
    order: Order,
    location: str,
    part: Part,
    number: int,
    shares: Sequence[tuple[UUID, int]],
    at: datetime,
) -> None:
    place = (await session.scalars(select(Location).where(Location.code == location))).one()
    days = await dating.days(session, order, place, at)
    ships, promised = days.ships, days.promised
    hurried = await _hurried(session, order.id, location)
    if hurried is not None:
        promised = min(promised, hurried.promised_on or promised)
    planned = await session.execute(
        insert(FulfillmentOrder)
        .values(
            order_id=order.id, number=number, location=location,
            state=FulfillmentState.OPEN, amount=part.amount, tax=part.tax, **asdict(part.charges),
            ships_on=ships, promised_on=promised, method=order.method,
            needs_label=needs_label(order.method, place.kind),
            hurried=null() if hurried is None else hurried.hurried,
        )
        .returning(FulfillmentOrder.id)
    )  # fmt: skip
    fulfillment_id = planned.scalar_one()
    await opening.write(session, fulfillment_id, shares)
    units = await _units(session, part, fulfillment_id)
    await _take_reservations(session, order.id, location, fulfillment_id)
    await _plan_parcel(session, order.id, fulfillment_id, units, promised)
    await dating.wait(session, order, place, fulfillment_id, days)
    await timeline.tell(
        session, order.id, "fulfillment.planned", part=number, location=location, amount=part.amount,
        ships_on=ships.isoformat(), promised_on=promised.isoformat(),
    )  # fmt: skip


async def _hurried(session: AsyncSession, order_id: UUID, location: str) -> Row[date | None, Json] | None:
    """What a part there was canceled for, so that it goes with a faster service; taken over once."""
    taken = await session.execute(
        text("""
            UPDATE fulfillment_orders f SET hurried = NULL
              FROM (SELECT id, promised_on, hurried FROM fulfillment_orders
                     WHERE order_id = :order_id AND location = :location AND state = 'canceled'
                       AND hurried IS NOT NULL ORDER BY promised_on) AS was
             WHERE f.id = was.id RETURNING was.promised_on, was.hurried"""),
        {"order_id": order_id, "location": location},
    )
    return taken.first()


async def _units(session: AsyncSession, part: Part, fulfillment_id: UUID) -> Counter[str]:
    """Its lines are written down; how many units there are of each SKU."""
    skus = await _skus(session, part)
    await session.execute(
        insert(FulfillmentLine),
        [
            {"fulfillment_id": fulfillment_id, "line_id": UUID(line.line_id), "sku": skus[UUID(line.line_id)],
             "units": line.units, "amount": line.amount, "tax": line.tax, "discount": line.discount,
             "free": line.free}
            for line in part.lines
        ],
    )  # fmt: skip
    units = Counter[str]()
    for line in part.lines:
        units[skus[UUID(line.line_id)]] += line.units
    return units


async def _take_reservations(
    session: AsyncSession, order_id: UUID, location: str, fulfillment_id: UUID
) -> None:
    await session.execute(
        update(Reservation)
        .where(
            Reservation.order_id == order_id,
            Reservation.location == location,
            Reservation.state == ReservationState.ACTIVE,
            Reservation.fulfillment_id.is_(None),
        )
        .values(fulfillment_id=fulfillment_id)
    )


async def _skus(session: AsyncSession, part: Part) -> dict[UUID, str]:
    rows = await session.execute(select(OrderLine.id, OrderLine.sku).where(OrderLine.id.in_(line_ids(part))))
    return dict(rows.all())


async def _plan_parcel(
    session: AsyncSession, order_id: UUID, fulfillment_id: UUID, units: Mapping[str, int], promised: date
) -> None:
    parcel = await parcel_of(session, units)
    await session.execute(
        insert(Shipment).values(
            order_id=order_id, fulfillment_id=fulfillment_id, grams=parcel.grams, length_mm=parcel.length_mm,
            width_mm=parcel.width_mm, height_mm=parcel.height_mm, promised_on=promised,
        )
    )  # fmt: skip


async def parcel_of(session: AsyncSession, units: Mapping[str, int]) -> Parcel:
    """One parcel: weights add up, the largest footprint counts, heights are stacked up to a meter."""
    products = (await session.scalars(select(Product).where(Product.sku.in_(sorted(units))))).all()
    grams = sum(product.grams * units[product.sku] for product in products)
    height = sum(product.height_mm * units[product.sku] for product in products)
    return Parcel(
        max(SMALLEST.grams, grams),
        max([SMALLEST.length_mm, *(product.length_mm for product in products)]),
        max([SMALLEST.width_mm, *(product.width_mm for product in products)]),
        max(SMALLEST.height_mm, min(height, 1000)),
    )
