"""Orders that wait for stock are told of every unit that comes: none falls between the look and the wait."""

import hashlib
from collections.abc import Collection

from sqlalchemy import Integer, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import Order, OrderLine, Outbox

WOKEN_AT_ONCE = 100
"""Waiting orders told of one arrival, first in the queue first; each that gets its units leaves less."""

_SHELVES = 256
"""SKUs share this many locks, so that a long list of them needs no long list of locks."""

_CLASS = 0x5706  # sets these advisory locks apart from all others


async def look_last(session: AsyncSession, skus: Collection[str]) -> None:
    """Lock these SKUs' shelves, shared, for one last look before the order joins their queue.

    Until the caller commits, nobody brings units there; whoever does afterwards sees the queue.
    Ranked between the order's own rows and stock.
    """
    await session.execute(select(func.pg_advisory_xact_lock_shared(_CLASS, _shelves(skus))))


async def tell(session: AsyncSession, skus: Collection[str]) -> None:
    """Units of these SKUs are about to come: wake the orders that wait for them.

    Called before stock is locked. No order is locked for it: its flag is left alone, so that a wake too many
    may come, never one too few.
    """
    if not skus:
        return
    await session.execute(select(func.pg_advisory_xact_lock(_CLASS, _shelves(skus))))
    waiting = (  # a statement of its own: its snapshot must be younger than the lock
        select(OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.waiting_since.is_not(None),
            OrderLine.sku.in_(sorted(skus)),
            OrderLine.unallocated + OrderLine.backordered > 0,
        )
        .group_by(OrderLine.order_id, Order.priority)
        .order_by(Order.priority.desc(), func.min(OrderLine.waiting_since), OrderLine.order_id)
        .limit(WOKEN_AT_ONCE)
    )
    await session.execute(insert(Outbox).from_select(["order_id"], waiting))


def _shelves(skus: Collection[str]) -> object:
    """A row per shelf, in order: two who lock several never wait for each other in a circle."""
    numbers = {int.from_bytes(hashlib.sha256(sku.encode()).digest()[:2]) % _SHELVES for sku in skus}
    return func.unnest(bindparam("shelves", sorted(numbers), type_=ARRAY(Integer)))
