"""What is the order worth after a change? Lines keep their exact shares, new ones have today's price."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.changes.repricing import Worth, at_price, keep
from orderwright.domain.failures import CurrencyMismatch
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.money import share
from orderwright.domain.pricing import Charge, ChargeKind, PricedLine, Rate, totals
from orderwright.domain.pricing.tax import Item, Place, Sale, Taxed, tax_of
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    OrderCharge,
    OrderKit,
    OrderLine,
    PromotionUse,
)
from orderwright.ports.tax import TaxEngine
from orderwright.services.carts import cart, lining
from orderwright.services.carts.cart import CartLine
from orderwright.services.changes.naming import Added, Delta
from orderwright.services.orders import pricing
from orderwright.services.pricing import taxing


async def add(
    session: AsyncSession, order: Order, more: Sequence[Added], tax: TaxEngine | None
) -> list[UUID]:
    """New lines after the others, taxed as of the order's day. Raises as `cart.read`, CurrencyMismatch."""
    found = await cart.read(session, [cart.Wanted(one.sku, one.units) for one in more])
    prices = [_price(order, line, one) for line, one in zip(found, more, strict=True)]
    goods = [
        Item(line.product.tax_class, price * line.units) for line, price in zip(found, prices, strict=True)
    ]
    said = await taxing.assess_with(tax, session, order.customer_id, _sale(order, goods))
    priced = [
        (line, PricedLine(price, line.units, Rate(), price * line.units, 0).taxed(taxed))
        for line, price, taxed in zip(found, prices, said.goods, strict=True)
    ]
    last = await session.scalar(select(func.max(OrderLine.position)).where(OrderLine.order_id == order.id))
    lines, kits = lining.lines(order.id, priced)
    for kit in kits:
        kit.position += last or 0
    for line in lines:
        line.position += last or 0
    session.add_all(kits)
    await session.flush()
    session.add_all(lines)
    await session.flush()
    return [line.id for line in lines]


def _price(order: Order, line: CartLine, wanted: Added) -> int:
    if wanted.unit_price is not None:
        return wanted.unit_price
    if line.product.currency != order.currency:
        sku = line.product.sku
        raise CurrencyMismatch(f"the price of {sku} is in another currency: agree on one", sku=sku)
    return line.product.price


def _sale(order: Order, goods: Sequence[Item], shipping: int = 0) -> Sale:
    to = Address(**order.ship_to)
    place = Place(to.country, to.region, to.postal_code)
    return Sale(order.placed_at.date(), place, goods, [], shipping, order.vat_id, order.currency)


async def count(session: AsyncSession, order: Order, delta: Delta, tax: TaxEngine | None) -> None:
    """Amounts anew, of lines, kits, shipping and the order; units that are canceled are worth nothing more.

    What parts have that go on stays as it is. Raises AmountTooLarge, UnknownService.
    """
    before = order.subtotal
    lines = await _lines(session, order.id)
    begun = await _begun(session, order.id)
    for line in lines:
        worth = keep(_worth(line), begun.get(line.id, Worth(0, 0, 0, 0)), line.ordered - line.canceled)
        if line.id in delta.prices:
            worth = at_price(worth, delta.prices[line.id], _rate(line))
            line.unit_price = delta.prices[line.id]
        line.amount, line.discount, line.tax = worth.amount, worth.discount, worth.tax
        line.total, line.removed = worth.total(_rate(line)), line.canceled
    await session.flush()
    await _count_kits(session, order.id, lines)
    if not begun:
        await _count_shipping(session, order, delta, lines, before, tax)
    await _count_order(session, order, lines)
    await _count_promotions(session, order)


async def _lines(session: AsyncSession, order_id: UUID) -> Sequence[OrderLine]:
    rows = await session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()


def _rate(row: OrderLine | OrderCharge) -> Rate:
    return Rate(row.tax_rate_ppm, row.tax_inclusive)


def _worth(line: OrderLine) -> Worth:
    return Worth(line.ordered - line.removed, line.amount, line.discount, line.tax)


async def _begun(session: AsyncSession, order_id: UUID) -> Mapping[UUID, Worth]:
    """What parts that go on have of each line."""
    rows = await session.execute(
        select(
            OrderLine.id, OrderLine.tax_inclusive, func.sum(FulfillmentLine.units),
            func.sum(FulfillmentLine.amount), func.sum(FulfillmentLine.discount),
            func.sum(FulfillmentLine.tax),
        )
        .join(FulfillmentLine, FulfillmentLine.line_id == OrderLine.id)
        .join(FulfillmentOrder, FulfillmentOrder.id == FulfillmentLine.fulfillment_id)
        .where(FulfillmentOrder.order_id == order_id, FulfillmentOrder.state != FulfillmentState.CANCELED)
        .group_by(OrderLine.id)
    )  # fmt: skip
    return {
        line: Worth(int(units), int(paid - (0 if inclusive else tax) + off), int(off), int(tax))
        for line, inclusive, units, paid, off, tax in rows
    }


async def _count_kits(session: AsyncSession, order_id: UUID, lines: Sequence[OrderLine]) -> None:
    for kit in await session.scalars(select(OrderKit).where(OrderKit.order_id == order_id)):
        inside = [line for line in lines if line.kit_id == kit.id]
        kit.amount, kit.discount = sum(one.amount for one in inside), sum(one.discount for one in inside)
        kit.tax, kit.total = sum(one.tax for one in inside), sum(one.total for one in inside)
    await session.flush()


async def _count_shipping(
    session: AsyncSession,
    order: Order,
    delta: Delta,
    lines: Sequence[OrderLine],
    before: int,
    tax: TaxEngine | None,
) -> None:
    """As the rules say where they said so before; taking away makes it never dearer. An agreed one stays."""
    uses = await session.scalars(select(PromotionUse).where(PromotionUse.order_id == order.id))
    given = sum(use.shipping for use in uses)
    service = delta.service or order.service
    subtotal = sum(line.amount for line in lines)
    by_rule = order.shipping + given == pricing.shipping(order.service, before, order.currency)
    if order.method is not DeliveryMethod.SHIPPING or not (by_rule or delta.service):
        return
    postage = max(0, pricing.shipping(service, subtotal, order.currency) - given)
    if not delta.more and delta.service is None:
        postage = min(postage, order.shipping)
    order.service = service
    if postage != order.shipping:
        goods = [Item(line.tax_class, line.amount - line.discount) for line in lines if line.amount]
        await _charge_shipping(session, order, goods, postage, tax)


async def _charge_shipping(
    session: AsyncSession, order: Order, goods: Sequence[Item], postage: int, tax: TaxEngine | None
) -> None:
    """At the rates that it was charged at; where it was free before, as it is taxed with these goods."""
    of_shipping = (OrderCharge.order_id == order.id, OrderCharge.kind == ChargeKind.SHIPPING)
    query = select(OrderCharge).where(*of_shipping).order_by(OrderCharge.position)
    rows = (await session.scalars(query)).all()
    if sum(row.amount for row in rows):
        for row, amount in zip(rows, share(postage, [row.amount for row in rows]), strict=True):
            row.amount, row.tax, row.code = amount, tax_of(amount, _rate(row)), order.service
            row.total = amount + (0 if row.tax_inclusive else row.tax)
        await session.flush()
        return
    said = await taxing.assess_with(tax, session, order.customer_id, _sale(order, goods, postage))
    await session.execute(delete(OrderCharge).where(*of_shipping))
    query_last = select(func.max(OrderCharge.position)).where(OrderCharge.order_id == order.id)
    last = await session.scalar(query_last) or 0
    charges = [
        Charge(
            ChargeKind.SHIPPING, order.service, "Shipping", item.amount - taxed.relief, item.tax_class, taxed
        )
        for item, taxed in said.shipping
    ]
    rows = lining.charges(order.id, charges)
    for row in rows:
        row.position += last
    session.add_all(rows)
    await session.flush()


async def _count_order(session: AsyncSession, order: Order, lines: Sequence[OrderLine]) -> None:
    rows = await session.scalars(
        select(OrderCharge).where(OrderCharge.order_id == order.id).order_by(OrderCharge.position)
    )
    priced = [
        PricedLine(line.unit_price, line.ordered, _rate(line), line.amount, line.tax, line.discount)
        for line in lines
    ]
    sums = totals(priced, [_charge(row) for row in rows])
    values = {
        name: getattr(sums, name)
        for name in (
            "subtotal", "discount", "shipping", "shipping_tax", "shipping_tax_added", "fees", "fees_tax",
            "fees_tax_added", "tax", "tax_added", "total",
        )
    }  # fmt: skip
    for name, value in values.items():
        setattr(order, name, value)
    await session.flush()


def _charge(row: OrderCharge) -> Charge:
    said = Taxed(_rate(row), row.jurisdiction, row.tax_reason, row.tax)
    return Charge(row.kind, row.code, row.name, row.amount, row.tax_class, said)


async def _count_promotions(session: AsyncSession, order: Order) -> None:
    """What they gave, without what they gave on units that are gone."""
    uses = (
        await session.scalars(
            select(PromotionUse).where(PromotionUse.order_id == order.id).order_by(PromotionUse.position)
        )
    ).all()
    if uses and sum(use.lines for use in uses) != order.discount:
        parts = share(order.discount, [use.lines for use in uses])
        for use, part in zip(uses, parts, strict=True):
            use.lines = part
        await session.flush()
