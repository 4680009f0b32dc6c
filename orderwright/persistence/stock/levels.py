"""How many units are there, how many may be promised, and how do they come in?"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import InsufficientStock
from orderwright.domain.stock.units import MoveKind, Position, Tracking
from orderwright.persistence.stock import limits, lots
from orderwright.persistence.tables import (
    ChannelBuffer,
    Location,
    Product,
    StockLevel,
    StockLot,
    StockMove,
)

_RANK = (StockLevel.sku.collate("C"), StockLevel.location.collate("C"))
"""The order in which rows are locked; as Python sorts, whatever the database's collation."""


def _sellable(channel: str | None) -> ColumnElement[int]:
    """What may be promised to the channel: no safety stock, no buffer, no expired lot; never below zero."""
    here = and_(StockLot.sku == StockLevel.sku, StockLot.location == StockLevel.location)
    fresh = func.coalesce(StockLot.expires_on, func.current_date()) >= func.current_date()
    in_lots = select(func.coalesce(func.sum(StockLot.on_hand - StockLot.reserved), 0)).where(here, fresh)
    buffer = select(ChannelBuffer.units).where(
        ChannelBuffer.channel == channel,
        ChannelBuffer.sku == StockLevel.sku,
        ChannelBuffer.location == StockLevel.location,
    )
    free = case(
        (Product.tracking == Tracking.NONE, StockLevel.on_hand - StockLevel.reserved),
        else_=in_lots.scalar_subquery(),
    )
    return func.greatest(free - StockLevel.safety - func.coalesce(buffer.scalar_subquery(), 0), 0)


async def available(
    session: AsyncSession, skus: Collection[str], *, channel: str | None = None, locked: bool = False
) -> dict[str, dict[str, int]]:
    """Units that may be promised to `channel`, by location and SKU, at active locations.

    Unless `locked`, a picture: `reserve` decides. Of a SKU that the channel has a quota for, all locations
    together show no more than is left of it, unless `skus` says how many units are wanted (a mapping) and
    the quota has them.
    """
    wanted = sorted(set(skus))
    if locked:  # a statement of its own: lots and buffers must be read after the lock is there
        await session.execute(
            select(StockLevel.sku)
            .where(StockLevel.sku.in_(wanted))
            .order_by(*_RANK)
            .with_for_update(of=StockLevel)
        )
    found: dict[str, dict[str, int]] = {}
    left = await limits.left(session, channel, wanted, locked=locked)
    short = {sku for sku in left if not isinstance(skus, Mapping) or skus[sku] > left[sku]}
    for location, sku, units in (await session.execute(_levels(wanted, channel))).all():
        shown = min(units, left[sku]) if sku in short else units
        if sku in short:
            left[sku] -= shown
        found.setdefault(location, {})[sku] = shown
    return found


def _levels(skus: Collection[str], channel: str | None) -> Select[str, str, int]:
    return (
        select(StockLevel.location, StockLevel.sku, _sellable(channel))
        .join(Location, Location.code == StockLevel.location)
        .join(Product, Product.sku == StockLevel.sku)
        .where(StockLevel.sku.in_(skus), Location.active)
        .order_by(*_RANK)
    )


async def receive(
    session: AsyncSession,
    sku: str,
    location: str,
    units: int,
    *,
    actor: str,
    reason: str = "",
    lot: str | None = None,
    expires_on: date | None = None,
) -> Position:
    """Add units on hand (a receipt), or take them away (an adjustment). The product is known.

    Of a tracked product the lot (or serial number) is named. Raises InsufficientStock, Invalid, Conflict.
    """
    level = await (_add if units >= 0 else _take)(session, sku, location, units)
    tracking = await session.scalar(  # shared: who changes the product then sees our units
        select(Product.tracking).where(Product.sku == sku).with_for_update(read=True)
    )
    await lots.move(session, Tracking(tracking or Tracking.NONE), sku, location, units, lot, expires_on)
    kind = MoveKind.RECEIPT if units >= 0 else MoveKind.ADJUST
    await session.execute(
        insert(StockMove).values(
            sku=sku, location=location, lot=lot, kind=kind, on_hand=units, actor=actor, reason=reason
        )
    )
    return level


async def _add(session: AsyncSession, sku: str, location: str, units: int) -> Position:
    made = (
        upsert(StockLevel)
        .values(sku=sku, location=location, on_hand=units)
        .on_conflict_do_update(
            index_elements=["sku", "location"], set_={"on_hand": StockLevel.on_hand + units}
        )
    )
    row = (
        await session.execute(made.returning(StockLevel.on_hand, StockLevel.reserved, StockLevel.safety))
    ).one()
    return Position(row.on_hand, row.reserved, row.safety)


async def _take(session: AsyncSession, sku: str, location: str, units: int) -> Position:
    """`units` is below zero. Safety stock may go: it is kept from buyers, not from breaking."""
    here = and_(StockLevel.sku == sku, StockLevel.location == location)
    taken = (
        update(StockLevel)
        .where(here, StockLevel.on_hand + units >= StockLevel.reserved)
        .values(on_hand=StockLevel.on_hand + units)
    )
    row = (
        await session.execute(taken.returning(StockLevel.on_hand, StockLevel.reserved, StockLevel.safety))
    ).first()
    if row is None:
        raise InsufficientStock(f"fewer than {-units} free units of {sku} at {location}")
    return Position(row.on_hand, row.reserved, row.safety)


async def set_cost(session: AsyncSession, sku: str, location: str, unit_cost: int) -> None:
    """What a unit costs there, in minor units of the product's currency."""
    await session.execute(
        upsert(StockLevel)
        .values(sku=sku, location=location, unit_cost=unit_cost)
        .on_conflict_do_update(index_elements=["sku", "location"], set_={"unit_cost": unit_cost})
    )
