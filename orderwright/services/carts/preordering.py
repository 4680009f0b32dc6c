"""May units be sold that are not released yet? As many as the product says, counted under its lock."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict
from orderwright.domain.orders import OrderState
from orderwright.persistence.tables import Order, OrderLine, Product
from orderwright.services.carts.cart import CartLine

_LOST = (OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED)


class SoldOut(Conflict):
    """All units are sold that may be before the release."""

    code = "preorder_sold_out"


async def check(session: AsyncSession, lines: Sequence[CartLine]) -> None:
    """Let the order in only where its units fit below the product's limit. Raises SoldOut.

    The products are locked, by SKU, before anything else of the order is written: two who want the last unit
    come one after the other, and the second sees the first. What was canceled is free again by itself.
    """
    units = Counter[str]()
    for line in lines:
        for product, each in line.goods:
            if product.release_on is not None and product.preorder_limit is not None:
                units[product.sku] += line.units * each
    limited = sorted(units)
    if not limited:
        return
    rows = await session.scalars(
        select(Product)
        .where(Product.sku.in_(limited), Product.release_on > func.current_date())
        .order_by(Product.sku)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    locked = rows.all()
    taken = await sold(session, [one.sku for one in locked])
    for product in locked:
        left = (product.preorder_limit or 0) - taken.get(product.sku, 0)
        if units[product.sku] > left:
            raise SoldOut(
                f"only {max(0, left)} units may still be pre-ordered", sku=product.sku, left=max(0, left)
            )


async def sold(session: AsyncSession, skus: Sequence[str]) -> Mapping[str, int]:
    """Units in orders that stand, per SKU; what was canceled is left out."""
    rows = await session.execute(
        select(OrderLine.sku, func.sum(OrderLine.ordered - OrderLine.canceled))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.sku.in_(skus), Order.state.not_in(_LOST))
        .group_by(OrderLine.sku)
    )
    return {sku: int(units) for sku, units in rows}
