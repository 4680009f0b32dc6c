"""Are units of these products told apart? Then they move lot by lot, not in a heap."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.tables import Product

WHY = "tracked by lot or serial number: received and adjusted by its lot"


async def refuse(session: AsyncSession, skus: Collection[str]) -> None:
    """Raises Invalid for a tracked product. No lock: products are locked by those who hold stock already."""
    rows = await session.execute(
        select(Product.sku, Product.tracking)
        .where(Product.sku.in_(sorted(skus)))
        .order_by(Product.sku.collate("C"))
    )
    tracked = [sku for sku, tracking in rows if tracking is not Tracking.NONE]
    if tracked:
        raise Invalid(f"{tracked[0]} is {WHY}", skus=tracked)
