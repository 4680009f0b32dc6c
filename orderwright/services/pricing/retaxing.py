"""Would an order owe the same tax at another address? If so its lines learn whose tax that is."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.failures import Invalid
from orderwright.domain.pricing import ChargeKind, Rate
from orderwright.domain.pricing.tax import Item, Place, Sale, Taxed
from orderwright.persistence.tables import Order, OrderCharge, OrderLine
from orderwright.ports.tax import TaxEngine
from orderwright.services.pricing import taxing


async def move(session: AsyncSession, order: Order, ship_to: Address, tax: TaxEngine | None) -> None:
    """Raises Invalid where any rate differs: what was agreed and authorized would not be what is owed."""
    lines = (
        await session.scalars(
            select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
        )
    ).all()
    charges = (
        await session.scalars(
            select(OrderCharge).where(OrderCharge.order_id == order.id).order_by(OrderCharge.position)
        )
    ).all()
    fees = [one for one in charges if one.kind is ChargeKind.FEE]
    postage = [one for one in charges if one.kind is ChargeKind.SHIPPING]
    said = await taxing.assess_with(
        tax, session, order.customer_id,
        Sale(
            order.placed_at.date(), Place(ship_to.country, ship_to.region, ship_to.postal_code),
            [Item(line.tax_class, line.amount - line.discount) for line in lines],
            [Item(one.tax_class, one.amount) for one in fees], order.shipping if postage else 0, order.vat_id,
            order.currency,
        ),
    )  # fmt: skip
    shares = [one for _, one in said.shipping]
    taxed: list[OrderLine | OrderCharge] = [*lines, *fees, *postage]
    found = [*said.goods, *said.fees, *shares]
    if len(shares) != len(postage) or not all(map(_same, taxed, found)):
        raise Invalid("the tax there is another: cancel and order anew", field="ship_to")
    for row, one in zip(taxed, found, strict=True):
        row.jurisdiction = one.jurisdiction


def _same(row: OrderLine | OrderCharge, said: Taxed) -> bool:
    return Rate(row.tax_rate_ppm, row.tax_inclusive) == said.rate
