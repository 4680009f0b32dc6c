"""Which rows do the lines of a cart become: an order line each, and for a kit one per component."""

from collections.abc import Sequence
from uuid import UUID

from uuid_utils.compat import uuid7

from orderwright.domain.pricing import Charge, PricedLine
from orderwright.domain.stock.kits import Component, explode
from orderwright.persistence.tables import OrderCharge, OrderKit, OrderLine, Product
from orderwright.services.carts.cart import CartLine


def lines(
    order_id: UUID, priced: Sequence[tuple[CartLine, PricedLine]]
) -> tuple[list[OrderLine], list[OrderKit]]:
    """Order lines in the cart's order, and its kits; a kit has the position of its first component."""
    made: list[OrderLine] = []
    kits: list[OrderKit] = []
    for line, price in priced:
        position = len(made) + 1
        if line.components:
            kit = _kit(order_id, position, line, price)
            kits.append(kit)
            made += _components(order_id, position, line, price, kit.id)
        else:
            row = _line(order_id, position, line, line.product, price)
            row.unit, row.unit_size = line.unit, line.unit_size
            made.append(row)
    return made, kits


def charges(order_id: UUID, found: Sequence[Charge]) -> list[OrderCharge]:
    """Shipping and fees in their order."""
    return [
        OrderCharge(
            id=uuid7(), order_id=order_id, position=nth, kind=one.kind, code=one.code, name=one.name,
            amount=one.amount, tax_class=one.tax_class, tax_rate_ppm=one.said.rate.ppm,
            tax_inclusive=one.said.rate.inclusive, jurisdiction=one.said.jurisdiction,
            tax_reason=one.said.reason, tax=one.said.tax, total=one.total,
        )
        for nth, one in enumerate(found, start=1)
    ]  # fmt: skip


def _kit(order_id: UUID, position: int, line: CartLine, price: PricedLine) -> OrderKit:
    return OrderKit(
        id=uuid7(), order_id=order_id, position=position, sku=line.product.sku, name=line.product.name,
        units=line.units, unit=line.unit, unit_size=line.unit_size, unit_price=price.unit_price,
        amount=price.amount, discount=price.discount, tax=price.tax, total=price.total,
    )  # fmt: skip


def _components(
    order_id: UUID, position: int, line: CartLine, price: PricedLine, kit_id: UUID
) -> list[OrderLine]:
    parts = [Component(product.sku, units, product.price) for product, units in line.components]
    made = []
    for nth, part in enumerate(explode(price, parts)):
        row = _line(order_id, position + nth, line, line.components[nth][0], part)
        row.kit_id, row.tax_class = kit_id, line.product.tax_class
        made.append(row)
    return made


def _line(order_id: UUID, position: int, line: CartLine, product: Product, price: PricedLine) -> OrderLine:
    return OrderLine(
        id=uuid7(), order_id=order_id, position=position, sku=product.sku, name=product.name,
        unit_price=price.unit_price, amount=price.amount, discount=price.discount,
        tax_class=product.tax_class, jurisdiction=price.jurisdiction, tax_reason=price.reason,
        tax_rate_ppm=price.rate.ppm, tax_inclusive=price.rate.inclusive, tax=price.tax, total=price.total,
        ordered=price.units, canceled=0, unallocated=price.units, backordered=0, allocated=0, released=0,
        shipped=0, delivered=0, undelivered=0, returned=0, refunded=0, may_wait=line.may_wait,
    )  # fmt: skip
