"""Tax rates, regimes, certificates and fees, as they are sent and read."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Country, Currency, Day, Flag, Identifier, Minor, Out, Slug, Text, Words
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.fees import FeeKind
from orderwright.domain.pricing.tax import Basis, Rounding, ShippingTax
from orderwright.services.pricing.tariffs import ExemptionData, FeeData, RateData, RegimeData

RATES: dict[str, JsonValue] = {
    "rates": [
        {"tax_class": "standard", "country": "US", "region": "NY", "postal_prefix": "100",
         "rate_ppm": 88750, "valid_from": "2026-01-01"}
    ]
}  # fmt: skip
REGIME: dict[str, JsonValue] = {"country": "DE", "shipping": "goods", "seller_country": "DE"}
EXEMPTION: dict[str, JsonValue] = {
    "customer_id": "01970000-0000-7000-8000-000000000001", "number": "ST-119", "country": "US",
    "region": "NY", "valid_from": "2026-01-01",
}  # fmt: skip
FEE: dict[str, JsonValue] = {
    "code": "small", "currency": "EUR", "name": "Small order", "kind": "small_order", "amount": 300,
    "below": 2000, "valid_from": "2026-01-01",
}  # fmt: skip

Ppm = Annotated[int, Field(strict=True, ge=0, le=1_000_000, description="Millionths: 88750 is 8.875 %")]
Land = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|\*)$")]
Region = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9 -]{1,30}|\*)$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 -]{0,10}$")]


class _Valid(Body):
    """From a day to before another."""

    valid_from: Day
    valid_to: Day | None = Field(default=None, description="From that day on no more")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("validity", "valid_to is before valid_from")
        return self


class RateBody(_Valid):
    """A rate of a class. `*`: every country or region; the most exact place counts."""

    tax_class: Slug
    rate_ppm: Ppm
    country: Land = "*"
    region: Region = "*"
    postal_prefix: Prefix = Field(default="", description="How postal codes there begin")
    inclusive: Flag = Field(default=False, description="Prices hold it already")


class RatesBody(Body):
    """Rates to put in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [RATES]})

    rates: list[RateBody] = Field(min_length=1, max_length=1000)

    def data(self) -> list[RateData]:
        """As the service has them."""
        return [RateData(**rate.model_dump()) for rate in self.rates]


class RateView(Out):
    """A dated rate."""

    id: UUID
    tax_class: str
    country: str
    region: str
    postal_prefix: str
    rate_ppm: int
    inclusive: bool
    valid_from: date
    valid_to: date | None


class RatesView(Out):
    """Rates that were put in force."""

    data: list[RateView]


class RegimeBody(Body):
    """How tax is counted in a country or region. The seller's place is ours for sales there."""

    model_config = ConfigDict(json_schema_extra={"examples": [REGIME]})

    country: Land = "*"
    region: Region = "*"
    basis: Basis = Field(default=Basis.DESTINATION, description="`origin`: the seller's rates count")
    shipping: ShippingTax = Field(
        default=ShippingTax.UNTAXED, description="`goods`: by the mix of the goods; `own_class`: by its own"
    )
    shipping_class: Slug = "standard"
    rounding: Rounding = Field(default=Rounding.LINE, description="`document`: once per rate")
    seller_country: Country | None = Field(
        default=None, description="Companies of other EU states owe their tax themselves (reverse charge)"
    )
    seller_region: Text = ""
    seller_postal_code: Text = ""

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if self.basis is Basis.ORIGIN and self.seller_country is None:
            raise PydanticCustomError("origin", "The basis origin needs seller_country")
        return self

    def data(self) -> RegimeData:
        """As the service has it."""
        return RegimeData(**self.model_dump())


class RegimeView(Out):
    """A regime."""

    country: str
    region: str
    basis: Basis
    shipping: ShippingTax
    shipping_class: str
    rounding: Rounding
    seller_country: str | None
    seller_region: str
    seller_postal_code: str


class RegimesView(Out):
    """All regimes."""

    data: list[RegimeView]


class ExemptionBody(_Valid):
    """A customer's certificate that no tax is owed in a country or region."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXEMPTION]})

    customer_id: UUID
    number: Identifier
    country: Country
    region: Region = "*"

    def data(self) -> ExemptionData:
        """As the service has it."""
        return ExemptionData(**self.model_dump())


class ExemptionView(Out):
    """A certificate."""

    id: UUID
    customer_id: UUID
    number: str
    country: str
    region: str
    valid_from: date
    valid_to: date | None


class ExemptionsView(Out):
    """A customer's certificates."""

    data: list[ExemptionView]


class FeeBody(_Valid):
    """A fee: `amount` in minor units, and `ppm` of what it is counted on beside it."""

    model_config = ConfigDict(json_schema_extra={"examples": [FEE]})

    code: Slug
    currency: Currency
    name: Words
    kind: FeeKind = Field(
        description="`small_order`: below `below`, ppm of the goods; `fuel`: ppm of the shipping;"
        " `hazmat`: once, or per unit; `payment_method`: ppm of goods and shipping; `contract_penalty`:"
        " below `below` or `below_units`, ppm of the goods, at agreed prices too"
    )
    amount: Minor = 0
    ppm: Ppm = 0
    below: Minor = 0
    below_units: int = Field(default=0, strict=True, ge=0, le=2_000_000_000, description="Single units")
    per_unit: Flag = False
    method: PaymentMethod | None = Field(default=None, description="Of `payment_method`, and only of it")
    channels: list[Slug] = Field(default=[], max_length=50, description="Empty: all")
    customers: list[UUID] = Field(
        default=[], max_length=1000, description="Empty: all; a `contract_penalty` says whose contract it is"
    )
    tax_class: Slug = "standard"

    @model_validator(mode="after")
    def _of_a_method(self) -> Self:
        if (self.kind is FeeKind.PAYMENT_METHOD) != (self.method is not None):
            raise PydanticCustomError("method", "method goes with the kind payment_method, and only with it")
        return self

    @model_validator(mode="after")
    def _of_a_contract(self) -> Self:
        terms, penalty = self.below or self.below_units, self.kind is FeeKind.CONTRACT_PENALTY
        if penalty and not (self.customers and terms):
            raise PydanticCustomError(
                "contract", "A contract_penalty needs customers, and below or below_units"
            )
        if self.below_units and not penalty:
            raise PydanticCustomError("contract", "below_units goes with the kind contract_penalty only")
        return self

    def data(self) -> FeeData:
        """As the service has it."""
        return FeeData(**self.model_dump())


class FeeView(Out):
    """A fee."""

    code: str
    currency: str
    name: str
    kind: FeeKind
    amount: int
    ppm: int
    below: int
    below_units: int
    per_unit: bool
    method: PaymentMethod | None
    channels: list[str]
    customers: list[UUID]
    tax_class: str
    valid_from: date
    valid_to: date | None


class FeesView(Out):
    """All fees."""

    data: list[FeeView]
