"""On which day does a part leave and arrive, as its place works and its customer wants it?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import arrival
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.geography import transit_days
from orderwright.domain.orders import AtDeadline, HoldType
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import holds
from orderwright.persistence.tables import Location, Order, Reservation
from orderwright.services.sourcing.sites import calendar, shipping_day


@dataclass(frozen=True, slots=True)
class Days:
    """When a part leaves and is promised for; `soonest`: the first day on which it could be there.

    `waits`: it could leave before.
    """

    ships: date
    promised: date
    soonest: date
    waits: bool = False


async def days(session: AsyncSession, order: Order, place: Location, at: datetime) -> Days:
    """As soon as it can; where the customer wants it later, as late as reaches that day."""
    first = await shipping_day(session, place, order.id, at)
    if order.method is DeliveryMethod.PICKUP:
        return Days(first, first, first)
    transit = transit_days(place.address["country"], order.ship_to["country"], order.service)
    soonest = arrival(first, transit)
    if order.wanted_on is None or order.wanted_on <= soonest:
        return Days(first, soonest, soonest)
    works, day = await calendar(session, place, at), order.wanted_on
    while day > first and not (works.opens(day) and arrival(day, transit) <= order.wanted_on):
        day -= timedelta(days=1)
    return Days(day, order.wanted_on, soonest, waits=day > first)


async def of_units(session: AsyncSession, order: Order, at: datetime) -> Days | None:
    """Of the latest of the places that hold units of it for no part. None: no place does."""
    places = await session.scalars(
        select(Location)
        .where(
            Location.code.in_(
                select(Reservation.location).where(
                    Reservation.order_id == order.id, Reservation.state == ReservationState.ACTIVE,
                    Reservation.fulfillment_id.is_(None),
                )
            )
        )
        .order_by(Location.code)
    )  # fmt: skip
    found = [await days(session, order, place, at) for place in places]
    return max(found, key=lambda one: (one.soonest, one.promised), default=None)


async def wait(
    session: AsyncSession, order: Order, place: Location, fulfillment_id: UUID, found: Days
) -> None:
    """Where the customer wants it later: neither label nor hand-off before the day it leaves begins there."""
    if not found.waits:
        return
    begins = datetime.combine(found.ships, time(), ZoneInfo(place.timezone)).astimezone(UTC)
    await holds.open_hold(
        session, order.id, HoldType.DATE, reason="wanted_later", deadline=begins,
        at_deadline=AtDeadline.GO_ON, fulfillment_id=fulfillment_id,
    )  # fmt: skip
