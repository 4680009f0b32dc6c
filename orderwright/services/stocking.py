"""Stock comes in, or is put right; orders that waited for it are woken."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, NotFound, UnknownProduct
from orderwright.domain.orders import HoldState, HoldType
from orderwright.domain.stock import Position
from orderwright.persistence import outbox, stock
from orderwright.persistence.tables import Hold, Location, OrderLine, Product

WOKEN_AT_ONCE = 100
"""Waiting orders woken by one receipt, oldest first; each that gets its units leaves less for the next."""


async def receive(
    session: AsyncSession, sku: str, location: str, units: int, actor: Actor, reason: str = ""
) -> Position:
    """Add units (or, below zero, take free ones away). Raises UnknownProduct, NotFound, InsufficientStock."""
    if units == 0:
        raise Invalid("a receipt of no units")
    if await session.get(Product, sku) is None:
        raise UnknownProduct(f"no product {sku}")
    if await session.get(Location, location) is None:
        raise NotFound(f"no location {location}")
    if units > 0:  # orders are woken before stock is locked: the ranking of locks
        waiting = await session.scalars(
            select(Hold.order_id)
            .join(OrderLine, OrderLine.order_id == Hold.order_id)
            .where(
                Hold.state == HoldState.ACTIVE,
                Hold.type == HoldType.STOCK,
                OrderLine.sku == sku,
                OrderLine.unallocated > 0,
            )
            .distinct()
            .order_by(Hold.order_id)
            .limit(WOKEN_AT_ONCE)
        )
        for order_id in waiting.all():
            await outbox.wake(session, order_id)
    return await stock.receive(session, sku, location, units, actor=actor.name, reason=reason)
