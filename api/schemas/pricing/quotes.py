"""The price of a cart before it is ordered, and what is charged beside lines."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.schemas.base import Body, Country, Currency, Flag, Identifier, Out, Slug, Text
from api.schemas.customers import VatId
from api.schemas.pricing.promotions import Code
from api.schemas.stock.availability import CartLineBody
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing import Charge, ChargeKind, PricedLine, TaxReason
from orderwright.domain.pricing.tax import Place
from orderwright.services.carts.cart import CartLine, Wanted
from orderwright.services.pricing.asking import Cart
from orderwright.services.pricing.quoting import Quote

QUOTE: dict[str, JsonValue] = {
    "channel": "web",
    "ship_to": {"country": "GB", "postal_code": "SW1A 1AA"},
    "lines": [{"sku": "MUG", "quantity": 2}],
    "promotion_codes": ["NOV10"],
}


class TaxedAtBody(Body):
    """As much of an address as decides about tax."""

    country: Country
    region: Text = ""
    postal_code: Text = ""


class QuoteBody(Body):
    """A cart: nothing is taken or held by asking."""

    model_config = ConfigDict(json_schema_extra={"examples": [QUOTE]})

    channel: Slug = "web"
    ship_to: TaxedAtBody | None = Field(default=None, description="Left out where it is collected")
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: Identifier | None = None
    service: Slug = "standard"
    currency: Currency | None = None
    convert_prices: Flag = Field(default=False, description="As with an order")
    payment_method: PaymentMethod = PaymentMethod.CARD
    customer_id: UUID | None = None
    vat_id: VatId | None = None
    promotion_codes: list[Code] = Field(default=[], max_length=10)
    lines: list[CartLineBody] = Field(min_length=1, max_length=1000)

    def cart(self) -> Cart:
        """As the service has it."""
        place = None if self.ship_to is None else Place(**self.ship_to.model_dump())
        return Cart(
            self.channel, [Wanted(line.sku, line.quantity, line.unit) for line in self.lines], place,
            self.service, self.method, self.pickup_at, self.currency, self.payment_method, self.customer_id,
            self.vat_id, self.promotion_codes, self.convert_prices,
        )  # fmt: skip


class ChargeView(Out):
    """Shipping or a fee, at one tax rate."""

    kind: ChargeKind
    code: str
    name: str
    amount: int
    tax_class: str
    tax_rate_ppm: int
    tax_inclusive: bool
    jurisdiction: str
    tax_reason: TaxReason
    tax: int
    total: int = Field(description="amount, and the tax where it is not in it")

    @classmethod
    def of(cls, one: Charge) -> "ChargeView":
        """From the rules."""
        return cls(
            kind=one.kind, code=one.code, name=one.name, amount=one.amount, tax_class=one.tax_class,
            tax_rate_ppm=one.said.rate.ppm, tax_inclusive=one.said.rate.inclusive,
            jurisdiction=one.said.jurisdiction, tax_reason=one.said.reason, tax=one.said.tax, total=one.total,
        )  # fmt: skip


class GivenView(Out):
    """What a promotion takes off lines and shipping, in minor units."""

    promotion_id: UUID
    name: str
    code: str | None
    lines: int
    shipping: int


class QuoteLineView(Out):
    """A line in single units (of a kit: kits)."""

    sku: str
    units: int
    unit_price: int
    amount: int
    discount: int
    tax_rate_ppm: int
    tax_inclusive: bool
    jurisdiction: str
    tax_reason: TaxReason
    tax: int
    total: int

    @classmethod
    def of(cls, line: CartLine, price: PricedLine) -> "QuoteLineView":
        """From the service."""
        return cls(
            sku=line.product.sku, units=price.units, unit_price=price.unit_price, amount=price.amount,
            discount=price.discount, tax_rate_ppm=price.rate.ppm, tax_inclusive=price.rate.inclusive,
            jurisdiction=price.jurisdiction, tax_reason=price.reason, tax=price.tax, total=price.total,
        )  # fmt: skip


class QuoteView(Out):
    """total = subtotal - discount + shipping + fees + tax_added; all in minor units of `currency`."""

    currency: str
    lines: list[QuoteLineView]
    promotions: list[GivenView]
    charges: list[ChargeView]
    subtotal: int
    discount: int
    shipping: int
    fees: int
    tax: int
    tax_added: int
    total: int
    tax_evidence: str | None = Field(description="Why no tax is owed: a certificate's number, a VAT id")

    @classmethod
    def of(cls, found: Quote) -> Self:
        """From the service."""
        sums = {
            name: getattr(found.totals, name)
            for name in ("subtotal", "discount", "shipping", "fees", "tax", "tax_added", "total")
        }
        return cls(
            currency=found.currency,
            lines=[QuoteLineView.of(line, price) for line, price in found.lines],
            promotions=[
                GivenView(
                    promotion_id=one.promotion.id, name=one.promotion.name, code=one.promotion.code,
                    lines=sum(one.lines), shipping=one.shipping,
                )
                for one in found.applied
            ],
            charges=[ChargeView.of(one) for one in found.charges],
            tax_evidence=found.evidence,
            **sums,
        )  # fmt: skip
