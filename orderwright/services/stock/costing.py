"""What does a unit cost us at a location: weighed by rules with points for margin, paid to a supplier."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.orders import Scope
from orderwright.persistence import stock
from orderwright.persistence.tables import Product
from orderwright.services.stock.stocking import check_known


async def set_cost(session: AsyncSession, sku: str, location: str, unit_cost: int, actor: Actor) -> str:
    """So much from now on, in minor units of the product's currency, which is returned.

    Raises Forbidden, UnknownProduct, Invalid (no such location).
    """
    actor.require(Scope.OPERATIONS)
    await check_known(session, {sku}, {location})
    await stock.set_cost(session, sku, location, unit_cost)
    return (await session.scalars(select(Product.currency).where(Product.sku == sku))).one()
