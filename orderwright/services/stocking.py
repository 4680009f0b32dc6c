"""Stock comes in, or is put right; orders that waited for it are woken."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, UnknownProduct
from orderwright.domain.orders import HoldState, HoldType
from orderwright.domain.stock import Position
from orderwright.persistence import outbox, stock
from orderwright.persistence.tables import Hold, Location, OrderLine, Product

WOKEN_AT_ONCE = 100
"""Waiting orders woken by one receipt, oldest first; each that gets its units leaves less for the next."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units that came in, or (below zero) free ones that are taken away."""

    sku: str
    location: str
    units: int
    reason: str = ""


async def receive(
    session: AsyncSession, sku: str, location: str, units: int, actor: Actor, reason: str = ""
) -> Position:
    """One receipt. Raises UnknownProduct, Invalid, InsufficientStock."""
    found = await receive_all(session, [Receipt(sku, location, units, reason)], actor)
    return found[sku, location]


async def receive_all(
    session: AsyncSession, receipts: Sequence[Receipt], actor: Actor
) -> dict[tuple[str, str], Position]:
    """All receipts or none; where each SKU stands after them. Raises as `receive`.

    Orders are woken before stock is locked, and stock is locked by SKU and location: the ranking of locks.
    """
    if any(receipt.units == 0 for receipt in receipts):
        raise Invalid("a receipt of no units")
    await _check_known(session, receipts)
    await _wake_waiting(session, {receipt.sku for receipt in receipts if receipt.units > 0})
    found = {}
    for receipt in sorted(receipts, key=lambda r: (r.sku, r.location)):
        found[receipt.sku, receipt.location] = await stock.receive(
            session, receipt.sku, receipt.location, receipt.units, actor=actor.name, reason=receipt.reason
        )
    return found


async def _check_known(session: AsyncSession, receipts: Sequence[Receipt]) -> None:
    skus = {receipt.sku for receipt in receipts}
    codes = {receipt.location for receipt in receipts}
    unknown = skus - set(await session.scalars(select(Product.sku).where(Product.sku.in_(skus))))
    if unknown:
        raise UnknownProduct(f"no product {min(unknown)}")
    nowhere = codes - set(await session.scalars(select(Location.code).where(Location.code.in_(codes))))
    if nowhere:
        raise Invalid(f"no location {min(nowhere)}")


async def _wake_waiting(session: AsyncSession, skus: set[str]) -> None:
    waiting = await session.scalars(
        select(Hold.order_id)
        .join(OrderLine, OrderLine.order_id == Hold.order_id)
        .where(
            Hold.state == HoldState.ACTIVE,
            Hold.type == HoldType.STOCK,
            OrderLine.sku.in_(skus),
            OrderLine.unallocated > 0,
        )
        .distinct()
        .order_by(Hold.order_id)
        .limit(WOKEN_AT_ONCE)
    )
    for order_id in waiting.all():
        await outbox.wake(session, order_id)
