"""Which lot or serial number are the units of, and until when are they good?"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Date, and_, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, Exists, InsufficientStock, Invalid
from orderwright.domain.stock.lots import Change, LotUnits, check
from orderwright.domain.stock.units import MoveKind, ReservationState, Tracking
from orderwright.persistence.stock.arrays import any_of
from orderwright.persistence.tables import Reservation, ReservationLot, StockLot, StockMove

_MISFIT = text("""
SELECT p.sku FROM products p JOIN stock_levels l ON l.sku = p.sku
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(t.on_hand), 0) AS on_hand,
              coalesce(bool_or(t.on_hand > 0 AND t.serial <> (p.tracking = 'serial')), false) AS other
         FROM stock_lots t WHERE t.sku = l.sku AND t.location = l.location) t
 WHERE p.sku = ANY(CAST(:skus AS text[]))
   AND (t.on_hand <> CASE WHEN p.tracking = 'none' THEN 0 ELSE l.on_hand END OR t.other)
 ORDER BY p.sku LIMIT 1""")


async def check_fit(session: AsyncSession, skus: Collection[str]) -> None:
    """The stock of these products must be told apart as they say, once they have changed. Raises Conflict."""
    misfit = await session.scalar(_MISFIT, {"skus": sorted(skus)})
    if misfit is not None:
        raise Conflict(f"{misfit} is in stock: how it is tracked can change when none is left", sku=misfit)


async def move(session: AsyncSession, tracking: Tracking, change: Change) -> None:
    """Change a lot's units as its level's, whose lock is held. Raises Invalid, InsufficientStock, Exists."""
    check(change.sku, tracking, change.units, change.lot, change.expires_on)
    if tracking is not Tracking.NONE:
        await (_add(session, tracking, change) if change.units >= 0 else _take(session, change))


async def first_out(session: AsyncSession, place: tuple[str, str], units: int) -> Sequence[LotUnits]:
    """Free units of the lots that expire first, none of an expired one; the level's lock is held.

    Raises InsufficientStock.
    """
    free = StockLot.on_hand - StockLot.reserved
    fresh = func.coalesce(StockLot.expires_on, func.current_date()) >= func.current_date()
    rows = await session.execute(
        select(StockLot.lot, free)
        .where(StockLot.sku == place[0], StockLot.location == place[1], free > 0, fresh)
        .order_by(StockLot.expires_on.nulls_last(), StockLot.lot.collate("C"))
    )
    picked = []
    for lot, there in rows:
        if units > 0:
            picked.append(LotUnits(lot, min(there, units)))
            units -= there
    if units > 0:
        raise InsufficientStock(f"{units} units too few of {place[0]} at {place[1]} in lots that are good")
    return picked


async def dated(
    session: AsyncSession, location: str, sku: str, parts: Sequence[LotUnits]
) -> Sequence[LotUnits]:
    """The same with the last days that these lots have there. Raises Invalid for another day."""
    rows = await session.execute(
        select(StockLot.lot, StockLot.expires_on).where(
            StockLot.sku == sku,
            StockLot.location == location,
            StockLot.lot == any_of([part.lot for part in parts]),
        )
    )
    days = {lot: day for lot, day in rows if day is not None}
    for part in parts:
        if part.expires_on not in (None, days.get(part.lot, part.expires_on)):
            raise Invalid(f"the lot {part.lot} of {sku} expires on {days[part.lot]}", sku=sku)
    return [replace(part, expires_on=days.get(part.lot, part.expires_on)) for part in parts]


async def on_hand(session: AsyncSession, location: str, skus: Collection[str]) -> dict[str, list[str]]:
    """The lots that lie there, by SKU."""
    found: dict[str, list[str]] = {}
    rows = await session.execute(
        select(StockLot.sku, StockLot.lot)
        .where(StockLot.location == location, StockLot.sku == any_of(skus), StockLot.on_hand > 0)
        .order_by(StockLot.sku, StockLot.lot.collate("C"))
    )
    for sku, lot in rows:
        found.setdefault(sku, []).append(lot)
    return found


async def divide(session: AsyncSession, old: UUID, new: UUID, units: int) -> None:
    """So many units of a reservation's lots, those that expire last, are another's."""
    rows = await session.execute(
        select(ReservationLot.sku, ReservationLot.location, ReservationLot.lot, ReservationLot.units)
        .join(
            StockLot,
            and_(
                StockLot.sku == ReservationLot.sku,
                StockLot.location == ReservationLot.location,
                StockLot.lot == ReservationLot.lot,
            ),
        )
        .where(ReservationLot.reservation_id == old)
        .order_by(StockLot.expires_on.desc().nulls_first(), StockLot.lot.collate("C").desc())
    )
    for sku, location, lot, there in rows:
        taken = min(there, units)
        units -= taken
        mine = update(ReservationLot).where(ReservationLot.reservation_id == old, ReservationLot.lot == lot)
        if taken == there:
            await session.execute(mine.values(reservation_id=new))
        elif taken:
            await session.execute(mine.values(units=there - taken))
            row = {"sku": sku, "location": location, "lot": lot, "units": taken}
            await session.execute(insert(ReservationLot).values(reservation_id=new, **row))


async def left_with(session: AsyncSession, order_id: UUID, sku: str) -> dict[str, int]:
    """Units by lot that were shipped for the order, whose lock is held, and have not come back."""
    gone = await session.execute(
        select(ReservationLot.lot, func.sum(ReservationLot.units))
        .join(Reservation, Reservation.id == ReservationLot.reservation_id)
        .where(
            Reservation.order_id == order_id,
            Reservation.state == ReservationState.COMMITTED,
            Reservation.sku == sku,
        )
        .group_by(ReservationLot.lot)
    )
    back = await session.execute(
        select(StockMove.lot, func.sum(StockMove.on_hand))
        .where(StockMove.order_id == order_id, StockMove.kind == MoveKind.RETURN, StockMove.sku == sku)
        .group_by(StockMove.lot)
    )
    returned = {lot: int(units) for lot, units in back}
    return {lot: left for lot, units in gone if (left := int(units) - returned.get(lot, 0)) > 0}


async def _add(session: AsyncSession, tracking: Tracking, change: Change) -> None:
    """A lot that comes without its day keeps the one it has here, or else elsewhere: never an endless one."""
    elsewhere = select(func.min(StockLot.expires_on)).where(
        StockLot.sku == change.sku, StockLot.lot == change.lot
    )
    made = insert(StockLot).values(
        sku=change.sku, location=change.location, lot=change.lot, on_hand=change.units,
        serial=tracking is Tracking.SERIAL,
        expires_on=func.coalesce(literal(change.expires_on, Date), elsewhere.scalar_subquery()),
    )  # fmt: skip
    added = made.on_conflict_do_update(
        index_elements=["sku", "location", "lot"],
        set_={"on_hand": StockLot.on_hand + change.units},
        where=None if change.expires_on is None else StockLot.expires_on == change.expires_on,
    )
    try:
        known = await session.scalar(added.returning(StockLot.lot))
    except IntegrityError as error:  # of two who bring the same number in, the database lets one
        raise Exists(f"the serial number {change.lot} of {change.sku} is in stock already") from error
    if known is None:
        raise Invalid(f"the lot {change.lot} of {change.sku} at {change.location} expires on another day")


async def _take(session: AsyncSession, change: Change) -> None:
    taken = await session.scalar(
        update(StockLot)
        .where(
            StockLot.sku == change.sku,
            StockLot.location == change.location,
            StockLot.lot == change.lot,
            StockLot.on_hand + change.units >= StockLot.reserved,
        )
        .values(on_hand=StockLot.on_hand + change.units)
        .returning(StockLot.lot)
    )
    if taken is None:
        raise InsufficientStock(
            f"fewer than {-change.units} free units of lot {change.lot} of {change.sku} at {change.location}",
            sku=change.sku, location=change.location, lot=change.lot,
        )  # fmt: skip
