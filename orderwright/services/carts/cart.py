"""What do the lines of a cart come to: products that are sold, single units, kits with their components?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid, UnknownProduct
from orderwright.persistence.tables import Product
from orderwright.services import kits, measures

MOST_LINES = 2000
"""Lines of an order once its kits are exploded, at most."""


class TooManyLines(Invalid):
    """More lines than an order may have, components of kits counted."""

    code = "too_many_lines"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of a SKU as they were asked for: of `unit` (a case, a pallet), or single ones."""

    sku: str
    units: int
    unit: str | None = None
    may_wait: bool = True


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line in single units. `components` of a kit: products with their units in one kit; else empty."""

    product: Product
    units: int
    unit: str | None
    unit_size: int | None
    components: Sequence[tuple[Product, int]] = ()
    may_wait: bool = True

    @property
    def goods(self) -> Sequence[tuple[Product, int]]:
        """What has to be on a shelf for one unit of it."""
        return self.components or [(self.product, 1)]


async def read(session: AsyncSession, wanted: Sequence[Wanted]) -> Sequence[CartLine]:
    """The lines, in their order; two statements, three where units are named.

    Raises UnknownProduct (components too), UnknownUnit, TooManyUnits, TooManyLines.
    """
    inside = await kits.components(session, {line.sku for line in wanted})
    products = await _products(session, {line.sku for line in wanted}.union(*inside.values()))
    sizes = await measures.sizes(session, [(line.sku, line.unit) for line in wanted])
    lines = []
    for line in wanted:
        size = None if line.unit is None else sizes[line.sku, line.unit]
        units = measures.each(line.sku, line.units, size or 1)
        parts = [(products[sku], each) for sku, each in inside.get(line.sku, {}).items()]
        for product, each in parts:
            measures.each(product.sku, units, each)
        lines.append(CartLine(products[line.sku], units, line.unit, size, parts, line.may_wait))
    if sum(len(line.goods) for line in lines) > MOST_LINES:
        raise TooManyLines(f"more than {MOST_LINES} lines, components of kits counted", most=MOST_LINES)
    return lines


async def _products(session: AsyncSession, skus: set[str]) -> dict[str, Product]:
    found = await session.scalars(select(Product).where(Product.sku == func.any(sorted(skus))))
    products = {product.sku: product for product in found if product.active}
    if missing := sorted(skus - set(products)):
        raise UnknownProduct("no such product, or not sold any more", skus=missing[:20])
    return products
