"""Divide the reserved units of an order into parts, with what each is worth."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.parts import Charges, LineRest, Part, divide
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, Order, OrderLine, Reservation


async def unplanned(session: AsyncSession, order: Order) -> Sequence[tuple[str, Part]]:
    """A part per location that holds units for no fulfillment order yet, by location code."""
    rows = await session.execute(
        select(Reservation.location, Reservation.line_id, func.sum(Reservation.units))
        .where(
            Reservation.order_id == order.id,
            Reservation.state == ReservationState.ACTIVE,
            Reservation.fulfillment_id.is_(None),
        )
        .group_by(Reservation.location, Reservation.line_id)
        .order_by(Reservation.location, Reservation.line_id)
    )
    by_location: dict[str, dict[str, int]] = {}
    for location, line_id, units in rows:
        by_location.setdefault(location, {})[str(line_id)] = units
    rest, charges = await _rest(session, order)
    return list(zip(by_location, divide(rest, charges, list(by_location.values())), strict=True))


async def still_to_ship(session: AsyncSession, order: Order) -> int:
    """What all units are worth that are in no fulfillment order and not canceled, with their charges."""
    open_units = OrderLine.unallocated + OrderLine.backordered + OrderLine.allocated
    rows = await session.execute(
        select(OrderLine.id, open_units).where(OrderLine.order_id == order.id, open_units > 0)
    )
    units = {str(line_id): wanted for line_id, wanted in rows}
    rest, charges = await _rest(session, order)
    return divide(rest, charges, [units])[0].amount


async def outside(session: AsyncSession, order: Order) -> int:
    """What all that no live or shipped part has is worth, with its charges."""
    rest, charges = await _rest(session, order)
    return sum(line.total for line in rest.values()) + charges.amount


async def _rest(session: AsyncSession, order: Order) -> tuple[dict[str, LineRest], Charges]:
    """What no live or shipped part has of each line and of the charges."""
    live = (
        select(
            FulfillmentLine.line_id,
            func.sum(FulfillmentLine.units - FulfillmentLine.free).label("units"),
            func.sum(FulfillmentLine.replaced - FulfillmentLine.free).label("replacing"),
            func.sum(FulfillmentLine.amount).label("amount"),
            func.sum(FulfillmentLine.tax).label("tax"),
            func.sum(FulfillmentLine.discount).label("discount"),
        )
        .join(FulfillmentOrder, FulfillmentOrder.id == FulfillmentLine.fulfillment_id)
        .where(FulfillmentOrder.order_id == order.id, FulfillmentOrder.state != FulfillmentState.CANCELED)
        .group_by(FulfillmentLine.line_id)
        .subquery()
    )
    zero = func.coalesce
    rows = await session.execute(
        select(
            OrderLine.id,
            OrderLine.ordered - OrderLine.removed - zero(live.c.units, 0),
            OrderLine.total - zero(live.c.amount, 0),
            OrderLine.tax - zero(live.c.tax, 0),
            OrderLine.discount - zero(live.c.discount, 0),
            zero(live.c.replacing, 0),
        )
        .outerjoin(live, live.c.line_id == OrderLine.id)
        .where(OrderLine.order_id == order.id)
        .order_by(OrderLine.position)
    )
    rest = {
        str(line): LineRest(int(units), int(total), int(tax), int(discount), int(replacing))
        for line, units, total, tax, discount, replacing in rows
    }
    return rest, await _charges(session, order)


async def _charges(session: AsyncSession, order: Order) -> Charges:
    """What of the order's charges no live or shipped part has."""
    columns = (
        FulfillmentOrder.shipping, FulfillmentOrder.shipping_tax, FulfillmentOrder.fees,
        FulfillmentOrder.fees_tax,
    )  # fmt: skip
    spent = await session.execute(
        select(*(func.coalesce(func.sum(column), 0) for column in columns)).where(
            FulfillmentOrder.order_id == order.id, FulfillmentOrder.state != FulfillmentState.CANCELED
        )
    )
    shipping, shipping_tax, fees, fees_tax = (int(value) for value in spent.one())
    return Charges(
        order.shipping + order.shipping_tax_added - shipping, order.shipping_tax - shipping_tax,
        order.fees + order.fees_tax_added - fees, order.fees_tax - fees_tax,
    )  # fmt: skip


def line_ids(part: Part) -> list[UUID]:
    """The order lines in a part."""
    return [UUID(line.line_id) for line in part.lines]
