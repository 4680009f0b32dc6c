"""What does a cart cost: its lines, what promotions take off, shipping, fees, tax? See docs/adr/0014."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import Rate
from orderwright.domain.failures import CurrencyMismatch
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.money import Money
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing import Charge, PricedLine, Totals, carts
from orderwright.domain.pricing.fees import Fee, FeeKind, FeeRule, Load, fees
from orderwright.domain.pricing.promotions import Applied, CartItem, Discounts
from orderwright.domain.pricing.tax import Item, Place, Sale
from orderwright.persistence.tables import FeeRuleRow
from orderwright.ports.tax import TaxEngine
from orderwright.services.carts.cart import CartLine
from orderwright.services.exchange import ordering
from orderwright.services.orders import pricing
from orderwright.services.pricing import promoting, taxing
from orderwright.services.pricing.promoting import Buying

Discounting = Callable[[AsyncSession, Buying, Sequence[CartItem], int], Awaitable[Discounts]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A cart, who buys it, how and where to. `agreed`: unit prices other than the catalog's, or None.

    `convert`: prices in another currency are converted at the rate of `at`; without it they are refused.

    Where prices or the shipping were agreed, neither automatic promotions nor fees change them; but a
    penalty of the contract does.
    """

    lines: Sequence[CartLine]
    agreed: Sequence[int | None]
    channel: str
    destination: Place
    at: datetime
    currency: str | None = None
    service: str = "standard"
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    shipping_amount: int | None = None
    payment_method: PaymentMethod = PaymentMethod.CARD
    customer_id: UUID | None = None
    vat_id: str | None = None
    codes: Sequence[str] = ()
    convert: bool = False

    @property
    def own_prices(self) -> bool:
        """Whether all of it costs what our rules say."""
        return self.shipping_amount is None and all(price is None for price in self.agreed)


@dataclass(frozen=True, slots=True)
class Quote:
    """A price per line of the cart (a kit's not yet divided), charges beside them, and their sums.

    `rates`: what prices of other currencies were converted at.
    """

    currency: str
    lines: Sequence[tuple[CartLine, PricedLine]]
    charges: Sequence[Charge]
    applied: Sequence[Applied]
    totals: Totals
    evidence: str | None
    rates: Sequence[Rate] = ()


async def quote(session: AsyncSession, asked: Asked, tax: TaxEngine | None = None) -> Quote:
    """The price now; nothing is taken or held. Raises what `price` does."""
    return await price(session, asked, promoting.look, tax)


async def price(
    session: AsyncSession,
    asked: Asked,
    discounting: Discounting = promoting.discounts,
    tax: TaxEngine | None = None,
) -> Quote:
    """The price, with the uses of limited promotions taken for the customer.

    Raises CurrencyMismatch, UnknownService, UnknownTaxClass, UnknownPromotion, PromotionNotMet,
    PromotionUsedUp, AmountTooLarge, NoExchangeRate.
    """
    currency = asked.currency or asked.lines[0].product.currency
    rates = await _rates(session, asked, currency)
    items = [
        CartItem(
            line.product.sku, line.units, line.units * (_unit_price(line, rates) if own is None else own)
        )
        for line, own in zip(asked.lines, asked.agreed, strict=True)
    ]
    postage = _postage(asked, sum(item.amount for item in items), currency)
    buying = Buying(
        asked.channel, currency, asked.at, asked.customer_id, asked.codes, automatic=asked.own_prices
    )
    off = await discounting(session, buying, items, postage)
    due = await _fees(session, asked, currency, off, items, postage - off.shipping)
    classes = [line.product.tax_class for line in asked.lines]
    said = await taxing.assess_with(
        tax, session, asked.customer_id,
        Sale(
            asked.at.date(), asked.destination, carts.taxable(items, classes, off),
            [Item(fee.rule.tax_class, fee.amount) for fee in due], postage - off.shipping, asked.vat_id,
            currency,
        ),
    )  # fmt: skip
    made = carts.put_together(items, off, due, said, asked.service)
    lines = list(zip(asked.lines, made.lines, strict=True))
    return Quote(
        currency, lines, made.charges, made.applied, made.totals, said.evidence, list(rates.values())
    )


async def _rates(session: AsyncSession, asked: Asked, currency: str) -> Mapping[str, Rate]:
    """What catalog prices of other currencies are converted at. Raises CurrencyMismatch, NoExchangeRate."""
    priced = [line.product for own, line in zip(asked.agreed, asked.lines, strict=True) if own is None]
    for product in priced:
        if product.currency != currency and not asked.convert:
            raise CurrencyMismatch(f"the price of {product.sku} is in another currency", sku=product.sku)
    return await ordering.of_prices(session, [product.currency for product in priced], currency, asked.at)


def _unit_price(line: CartLine, rates: Mapping[str, Rate]) -> int:
    """In the order's currency, rounded for one unit: what is shown is what is multiplied."""
    product = line.product
    rate = rates.get(product.currency)
    return product.price if rate is None else rate.convert(Money(product.price, product.currency)).amount


def _postage(asked: Asked, subtotal: int, currency: str) -> int:
    flat = pricing.shipping(asked.service, subtotal, currency)
    if asked.shipping_amount is not None:
        return asked.shipping_amount
    return 0 if asked.method is DeliveryMethod.PICKUP else flat


async def _fees(
    session: AsyncSession,
    asked: Asked,
    currency: str,
    off: Discounts,
    items: Sequence[CartItem],
    postage: int,
) -> list[Fee]:
    """By the rules of the day; agreed prices bear what their contract itself says, and nothing else."""
    day = asked.at.date()
    rows = await session.scalars(
        select(FeeRuleRow).where(
            FeeRuleRow.currency == currency,
            FeeRuleRow.valid_from <= day,
            or_(FeeRuleRow.valid_to.is_(None), FeeRuleRow.valid_to > day),
            or_(literal(asked.own_prices), FeeRuleRow.kind == FeeKind.CONTRACT_PENALTY),
        )
    )
    rules = [
        FeeRule(
            row.code, row.name, row.kind, row.amount, row.ppm, row.below, row.per_unit, row.method,
            row.tax_class, row.below_units,
        )
        for row in rows
        if (not row.channels or asked.channel in row.channels)
        and (not row.customers or asked.customer_id in row.customers)
    ]  # fmt: skip
    hazardous = sum(
        line.units * each for line in asked.lines for product, each in line.goods if product.hazmat
    )
    goods = sum(item.amount for item in items) - sum(off.lines)
    units = sum(item.units for item in items)
    return fees(rules, Load(goods, postage, hazardous, asked.payment_method, units))
