"""How many units of a capped product may this customer still have, over all orders that stand?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Numeric, cast, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict
from orderwright.domain.orders import OrderState
from orderwright.persistence import locks
from orderwright.persistence.tables import Customer, Order, OrderKit, OrderLine
from orderwright.services.carts.cart import CartLine

FALLEN = (OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED)


class BuyerCap(Conflict):
    """More units than one customer may have; `left` says how many he still may."""

    code = "buyer_cap"


@dataclass(frozen=True, slots=True)
class Capped:
    """Units of a product that are asked for, and how many one customer may have in all."""

    units: int
    cap: int


def of(lines: Sequence[CartLine]) -> dict[str, Capped]:
    """The capped products of a cart by SKU: kits themselves, and what is in kits."""
    wanted: dict[str, Capped] = {}
    for line in lines:
        inside = [(product, line.units * each) for product, each in line.components]
        for product, units in [(line.product, line.units), *inside]:
            if product.buyer_cap is not None:
                before = wanted[product.sku].units if product.sku in wanted else 0
                wanted[product.sku] = Capped(before + units, product.buyer_cap)
    return wanted


async def check(session: AsyncSession, customer: Customer, wanted: Mapping[str, Capped]) -> None:
    """Locks the customer until the order's lines are in: of two orders at once the later sees the earlier's.

    Raises BuyerCap. Called before the order's own lines are written.
    """
    if not wanted:
        return
    buyer = await locks.buyer(session, customer)
    had = await _had(session, buyer, sorted(wanted))
    for sku, capped in sorted(wanted.items()):
        left = max(0, capped.cap - had.get(sku, 0))
        if capped.units > left:
            said = f"one customer may have {capped.cap} of {sku}: {left} are left for this one"
            raise BuyerCap(said, sku=sku, cap=capped.cap, left=left)


async def _had(session: AsyncSession, buyer: Sequence[UUID], skus: Sequence[str]) -> dict[str, int]:
    """Units that stand, canceled ones left out; a kit stands while any of its components does."""
    theirs = (Order.customer_id.in_(buyer), Order.state.not_in(FALLEN))
    standing = OrderLine.ordered - OrderLine.canceled
    lines = (
        select(OrderLine.sku, standing.label("units"))
        .join(Order, Order.id == OrderLine.order_id)
        .where(*theirs, OrderLine.sku.in_(skus))
    )
    whole = func.ceil(cast(standing, Numeric) * OrderKit.units / OrderLine.ordered)
    kits = (
        select(OrderKit.sku, func.max(whole).label("units"))
        .join(Order, Order.id == OrderKit.order_id)
        .join(OrderLine, OrderLine.kit_id == OrderKit.id)
        .where(*theirs, OrderKit.sku.in_(skus))
        .group_by(OrderKit.id)
    )
    both = union_all(lines, kits).subquery()
    rows = await session.execute(select(both.c.sku, func.sum(both.c.units)).group_by(both.c.sku))
    return {sku: int(units) for sku, units in rows}
