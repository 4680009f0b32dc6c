"""How many units are there, how many may be promised, and how do they come in?"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.units import MoveKind, Position, Tracking
from orderwright.persistence.stock import limits, moves
from orderwright.persistence.tables import ChannelBuffer, Location, Product, StockLevel, StockLot

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

    Of a tracked product the lot (or serial number) is named. Raises InsufficientStock, Invalid, Exists.
    """
    kind = MoveKind.RECEIPT if units >= 0 else MoveKind.ADJUST
    change = Change(sku, location, units, lot, expires_on)
    return await moves.change(session, change, moves.Why(kind, actor, reason=reason))


async def set_cost(session: AsyncSession, sku: str, location: str, unit_cost: int) -> None:
    """What a unit costs there, in minor units of the product's currency."""
    await session.execute(
        upsert(StockLevel)
        .values(sku=sku, location=location, unit_cost=unit_cost)
        .on_conflict_do_update(index_elements=["sku", "location"], set_={"unit_cost": unit_cost})
    )
