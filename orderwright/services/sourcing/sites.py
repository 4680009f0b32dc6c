"""What has a location been set up for, and how full is it? Read for a choice, a promise, a label."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.calendars import Calendar, Room
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.sourcing.constraints import Site, leaves_on
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence.tables import FulfillmentOrder, Location, LocationClosure, Reservation

_UNPLANNED = (Reservation.state == ReservationState.ACTIVE) & Reservation.fulfillment_id.is_(None)


async def sites(
    session: AsyncSession,
    rows: Sequence[Location],
    at: datetime,
    *,
    seen: Mapping[str, Collection[str]] | None = None,
    before: UUID | None = None,
) -> dict[str, Site]:
    """Locations with their calendars and room, by code; `before`: what was reserved first is ahead."""
    closed = await _closed(session, [row.code for row in rows], at)
    rooms = await _rooms(session, [row for row in rows if row.daily_capacity is not None], at, before)
    return {
        row.code: Site(
            row.code, active=row.active, ships=row.ships, pickup=row.pickup, serves=row.serves,
            hazmat=row.hazmat, carriers=row.carriers, seen=(seen or {}).get(row.code, ()),
            calendar=_calendar(row, closed.get(row.code, frozenset())), room=rooms.get(row.code, Room()),
        )
        for row in rows
    }  # fmt: skip


async def calendar(session: AsyncSession, row: Location, at: datetime) -> Calendar:
    """When a location works."""
    return _calendar(row, (await _closed(session, [row.code], at)).get(row.code, frozenset()))


async def shipping_day(session: AsyncSession, row: Location, order_id: UUID, at: datetime) -> date:
    """The day on which a part of this order leaves; a place that has filled up meanwhile takes it anyway."""
    first = None
    if row.daily_capacity is not None:
        mine = _UNPLANNED & (Reservation.order_id == order_id) & (Reservation.location == row.code)
        first = await session.scalar(select(Reservation.id).where(mine).order_by(Reservation.id).limit(1))
    site = (await sites(session, [row], at, before=first))[row.code]
    return leaves_on(site, at) or site.calendar.leaves(at) or at.date()


def _calendar(row: Location, closed: frozenset[date]) -> Calendar:
    return Calendar(row.timezone, row.cutoff, frozenset(map(int, row.workdays)), closed)


async def _closed(session: AsyncSession, codes: Sequence[str], at: datetime) -> dict[str, frozenset[date]]:
    rows = await session.execute(
        select(LocationClosure.location, func.array_agg(LocationClosure.day))
        .where(LocationClosure.location.in_(codes), LocationClosure.day >= _yesterday(at))
        .group_by(LocationClosure.location)
    )
    return {code: frozenset(days) for code, days in rows}


async def _rooms(
    session: AsyncSession, rows: Sequence[Location], at: datetime, before: UUID | None
) -> dict[str, Room]:
    """Parts by day, those that have left too, and orders with units held there that have no part yet."""
    if not rows:
        return {}
    codes = [row.code for row in rows]
    planned: dict[str, dict[date, int]] = {}
    parts = await session.execute(
        select(FulfillmentOrder.location, FulfillmentOrder.ships_on, func.count())
        .where(
            FulfillmentOrder.location.in_(codes),
            FulfillmentOrder.ships_on >= _yesterday(at),
            FulfillmentOrder.state != FulfillmentState.CANCELED,
        )
        .group_by(FulfillmentOrder.location, FulfillmentOrder.ships_on)
    )
    for code, day, count in parts:
        if day is not None:
            planned.setdefault(code, {})[day] = count
    ahead = await _ahead(session, codes, before)
    return {
        row.code: Room(row.daily_capacity, planned.get(row.code, {}), ahead.get(row.code, 0)) for row in rows
    }


async def _ahead(session: AsyncSession, codes: Sequence[str], before: UUID | None) -> dict[str, int]:
    there: ColumnElement[bool] = _UNPLANNED & Reservation.location.in_(codes)
    if before is not None:
        there &= Reservation.id < before
    waiting = await session.execute(
        select(Reservation.location, func.count(Reservation.order_id.distinct()))
        .where(there)
        .group_by(Reservation.location)
    )
    return dict(waiting.all())


def _yesterday(at: datetime) -> date:
    """Early enough for every time zone."""
    return at.date() - timedelta(days=1)
