"""Are units of these products told apart? Then they move lot by lot, not in a heap."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.units import Tracking
from orderwright.persistence.stock.arrays import any_of
from orderwright.persistence.tables import Product


async def of(session: AsyncSession, skus: Collection[str]) -> Mapping[str, Tracking]:
    """How each is tracked, to refuse early: no lock, whoever moves the units looks again."""
    rows = await session.execute(select(Product.sku, Product.tracking).where(Product.sku == any_of(skus)))
    return {sku: tracking for sku, tracking in rows}
