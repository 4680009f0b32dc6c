"""Which lot or serial number are the units of, and until when are they good?"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, Exists, InsufficientStock, Invalid
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.tables import StockLot

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


async def move(
    session: AsyncSession,
    tracking: Tracking,
    sku: str,
    location: str,
    units: int,
    lot: str | None,
    expires_on: date | None,
) -> None:
    """Change a lot's units as its level's, whose lock is held. Raises Invalid, InsufficientStock, Exists."""
    if tracking is Tracking.NONE:
        if lot is not None or expires_on is not None:
            raise Invalid(f"{sku} is not tracked: neither a lot nor a date")
        return
    if not lot:
        raise Invalid(f"{sku} is tracked by {tracking}: which one?")
    if tracking is Tracking.SERIAL and abs(units) > 1:
        raise Invalid(f"a serial number of {sku} is one unit")
    if units >= 0:
        await _add(session, tracking, sku, location, units, lot, expires_on)
    else:
        await _take(session, sku, location, units, lot)


async def _add(
    session: AsyncSession,
    tracking: Tracking,
    sku: str,
    location: str,
    units: int,
    lot: str,
    expires_on: date | None,
) -> None:
    made = insert(StockLot).values(
        sku=sku, location=location, lot=lot, expires_on=expires_on, on_hand=units,
        serial=tracking is Tracking.SERIAL,
    )  # fmt: skip
    same_day = or_(made.excluded.expires_on.is_(None), StockLot.expires_on == made.excluded.expires_on)
    added = made.on_conflict_do_update(
        index_elements=["sku", "location", "lot"], set_={"on_hand": StockLot.on_hand + units}, where=same_day
    )
    try:
        known = await session.scalar(added.returning(StockLot.lot))
    except IntegrityError as error:  # of two who bring the same number in, the database lets one
        raise Exists(f"the serial number {lot} of {sku} is in stock already") from error
    if known is None:
        raise Invalid(f"the lot {lot} of {sku} at {location} expires on another day")


async def _take(session: AsyncSession, sku: str, location: str, units: int, lot: str) -> None:
    taken = await session.scalar(
        update(StockLot)
        .where(
            StockLot.sku == sku,
            StockLot.location == location,
            StockLot.lot == lot,
            StockLot.on_hand + units >= StockLot.reserved,
        )
        .values(on_hand=StockLot.on_hand + units)
        .returning(StockLot.lot)
    )
    if taken is None:
        raise InsufficientStock(f"fewer than {-units} free units of lot {lot} of {sku} at {location}")
