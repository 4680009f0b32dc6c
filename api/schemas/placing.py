"""An order, as it is placed. Amounts are integers in minor units."""

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import (
    Body,
    Currency,
    Flag,
    Identifier,
    Minor,
    Moment,
    Note,
    Positive,
    Slug,
    Units,
)
from api.schemas.customers import ADDRESS, CUSTOMER, AddressBody, CustomerBody, VatId
from api.schemas.pricing.promotions import Code
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy
from orderwright.domain.payments import KEPT, PaymentMethod
from orderwright.services.orders.placing import NewLine, NewOrder
from orderwright.services.payments.instruments import Deposit, Named

NEW_ORDER: dict[str, JsonValue] = {
    "channel": "web",
    "external_id": "checkout-1001",
    "customer": CUSTOMER,
    "ship_to": ADDRESS,
    "lines": [{"sku": "MUG", "quantity": 2}],
    "payment": {"method": "card", "source": "pm_card_visa"},
}


class LineBody(Body):
    """Units of a SKU. `unit_price` only where another than the catalog's was agreed, with the right to."""

    sku: Identifier
    quantity: Units
    may_wait: Flag = Field(
        default=True, description="With the policy `per_line`: missing units follow, else they are canceled"
    )
    unit: Slug | None = Field(
        default=None, description="A case, a pallet: `quantity` counts these; left out: single units"
    )
    unit_price: Minor | None = Field(default=None, description="Of a single unit")


class PaymentBody(Body):
    """How the customer pays. `source` is your payment provider's token: a card number is refused.

    By `transfer`: the order waits until the money has come.
    """

    method: PaymentMethod = PaymentMethod.CARD
    source: Identifier | None = None
    save: Flag = Field(default=False, description="Keep the card at your payment provider for the customer")
    saved: UUID | None = Field(default=None, description="A card that was saved, in place of `source`")

    def named(self) -> Named:
        """As the services have it."""
        return Named(self.method, self.source, keep=self.save, saved=self.saved)


class InstrumentBody(Body):
    """One of several. A gift card by its `code`; without an amount as much as is on it."""

    method: PaymentMethod
    source: Identifier | None = Field(default=None, description="Your payment provider's token of a card")
    code: Identifier | None = Field(default=None, description="Of a gift card")
    amount: Positive | None = Field(default=None, description="Of a gift card or store credit")
    save: Flag = Field(default=False, description="Keep the card at your payment provider for the customer")
    saved: UUID | None = Field(default=None, description="A card that was saved, in place of `source`")

    def named(self) -> Named:
        """As the services have it."""
        return Named(self.method, self.source, self.code, self.amount, self.save, self.saved)


class DepositBody(Body):
    """Paid at once; the rest as `payment` or `payments` say, when goods ship."""

    method: PaymentMethod = Field(description="`card` or `transfer`")
    source: Identifier | None = Field(default=None, description="Your payment provider's token of a card")
    amount: Positive | None = None
    percent: int | None = Field(default=None, strict=True, ge=1, le=99, description="Of the total")

    @model_validator(mode="after")
    def _so_much(self) -> Self:
        if (self.amount is None) == (self.percent is None):
            raise PydanticCustomError("deposit", "Give either amount or percent")
        return self

    def wanted(self) -> Deposit:
        """As the services have it."""
        return Deposit(self.method, self.source, self.amount, self.percent)


class PlaceOrder(Body):
    """A new order. The customer comes inline, or by one of the two ids."""

    model_config = ConfigDict(json_schema_extra={"examples": [NEW_ORDER]})

    channel: Slug = "web"
    external_id: Identifier | None = Field(default=None, description="Yours; unique in its channel")
    customer: CustomerBody | None = None
    customer_id: UUID | None = None
    customer_external_id: Identifier | None = None
    ship_to: AddressBody | None = Field(
        default=None, description="Where it is shipped; not used where it is collected"
    )
    bill_to: AddressBody | None = None
    method: DeliveryMethod = Field(
        default=DeliveryMethod.SHIPPING, description="`pickup`: collected at `pickup_at`, without shipping"
    )
    pickup_at: Identifier | None = Field(
        default=None, description="The location where it is collected; one that offers it"
    )
    lines: list[LineBody] = Field(min_length=1, max_length=1000)
    service: Slug = "standard"
    currency: Currency | None = Field(default=None, description="Default: that of the first line's price")
    convert_prices: Flag = Field(
        default=False,
        description="Convert catalog prices of other currencies at the rate of now; else they are refused",
    )
    payment: PaymentBody | None = Field(default=None, description="Where one instrument pays for all")
    payments: list[InstrumentBody] = Field(
        default=[], max_length=10,
        description="Several: gift cards are taken first, then store credit, then the one that pays the rest",
    )  # fmt: skip
    deposit: DepositBody | None = Field(default=None, description="A part that is paid before anything ships")
    shipping_amount: Minor | None = Field(
        default=None, description="Agreed, with the right to; else the flat price"
    )
    placed_at: Moment | None = Field(
        default=None, description="For imports, with the right to agree on prices"
    )
    policy: FulfillmentPolicy = Field(
        default=FulfillmentPolicy.SHIP_COMPLETE, description="Where not every unit is there"
    )
    priority: int | None = Field(
        default=None, strict=True, ge=0, le=100,
        description="Who waits with the highest is served first; with the right to agree on prices",
    )  # fmt: skip
    po_number: Identifier | None = None
    note: Note | None = None
    promotion_codes: list[Code] = Field(default=[], max_length=10)
    vat_id: VatId | None = Field(default=None, description="Of a company; default: the customer's")

    @model_validator(mode="after")
    def _one_customer(self) -> Self:
        given = (self.customer, self.customer_id, self.customer_external_id)
        if sum(value is not None for value in given) != 1:
            raise PydanticCustomError(
                "one_customer", "Give exactly one of customer, customer_id and customer_external_id"
            )
        return self

    @model_validator(mode="after")
    def _paid_somehow(self) -> Self:
        if (self.payment is None) == (not self.payments):
            raise PydanticCustomError("one_payment", "Give either payment or payments")
        if self.payment is not None and self.payment.method in KEPT:
            raise PydanticCustomError("kept_money", "Gift cards and store credit are named in payments")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.method is DeliveryMethod.PICKUP) != (self.pickup_at is not None):
            raise PydanticCustomError("pickup_at", "pickup_at goes with the method pickup, and only with it")
        if self.method is DeliveryMethod.SHIPPING and self.ship_to is None:
            raise PydanticCustomError("ship_to", "What is shipped needs ship_to")
        return self

    def _named(self) -> list[Named]:
        """Several, or the one of which more is to be said than its source."""
        if self.payment is not None and (self.payment.save or self.payment.saved is not None):
            return [self.payment.named()]
        return [one.named() for one in self.payments]

    def order(self) -> NewOrder:
        """As the services have it. Raises InvalidPhone."""
        country = None if self.ship_to is None else self.ship_to.country
        inline = None if self.customer is None else self.customer.data(country)
        customer = inline or self.customer_id or self.customer_external_id
        assert customer is not None  # noqa: S101 - _one_customer has seen to it
        single = self.payment or PaymentBody()
        return NewOrder(
            channel=self.channel, external_id=self.external_id, customer=customer,
            ship_to=None if self.ship_to is None else self.ship_to.address(),
            bill_to=None if self.bill_to is None else self.bill_to.address(),
            lines=[
                NewLine(line.sku, line.quantity, line.unit_price, line.may_wait, line.unit)
                for line in self.lines
            ],
            service=self.service, currency=self.currency, payment_method=single.method,
            payment_source=single.source, payments=self._named(),
            deposit=None if self.deposit is None else self.deposit.wanted(),
            shipping_amount=self.shipping_amount,
            placed_at=self.placed_at, po_number=self.po_number, note=self.note, policy=self.policy,
            priority=self.priority, method=self.method, pickup_at=self.pickup_at, vat_id=self.vat_id,
            codes=self.promotion_codes, convert_prices=self.convert_prices,
        )  # fmt: skip
