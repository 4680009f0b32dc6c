"""Exchange rates, and the books in the base currency, as they are sent and read."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Currency, Identifier, Moment, Out
from orderwright.domain.books.exchange import NewRate
from orderwright.reporting.exchange import Exchange


class ExchangeRateBody(Body):
    """One unit of `base` is `rate` units of `quote` (of a yen, of a pound), from `valid_from` on."""

    base: Currency
    quote: Currency
    valid_from: Moment
    rate: Annotated[Decimal, Field(gt=0, max_digits=20, decimal_places=10, examples=["0.84638"])]

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.base == self.quote:
            raise PydanticCustomError("one_currency", "A currency has no rate to itself")
        return self


class ExchangeRatesBody(Body):
    """Rates to record. A correction is a later one from the same moment: nothing is overwritten."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "ecb",
                    "rates": [
                        {
                            "base": "EUR",
                            "quote": "GBP",
                            "valid_from": "2026-11-12T15:00:00Z",
                            "rate": "0.84638",
                        }
                    ],
                }
            ]
        }
    )

    source: Identifier = "manual"
    rates: list[ExchangeRateBody] = Field(min_length=1, max_length=2000)

    def data(self) -> list[NewRate]:
        """As the service has it."""
        return [NewRate(one.base, one.quote, one.valid_from, one.rate) for one in self.rates]


class ExchangeRateView(Out):
    """A rate as it was recorded."""

    base: str
    quote: str
    valid_from: datetime
    rate: Decimal
    source: str
    recorded_by: str
    recorded_at: datetime


class RecordedRatesView(Out):
    """What was recorded; rates that were in force from the same moment already are not among them."""

    data: list[ExchangeRateView]


class WorthView(Out):
    """One account in the base currency, in minor units; debits positive."""

    account: str
    amount: int


class GainView(Out):
    """What rates have brought an order; null: bookings without an order. Below zero: a loss."""

    order_number: str | None
    gain: int


class PositionView(Out):
    """What an account holds of another currency. `worth` and `unrealized` are null without a rate."""

    account: str
    currency: str
    amount: int
    book: int = Field(description="Its value in the books of the base currency")
    worth: int | None = Field(description="Its value at the rate of that moment")
    unrealized: int | None


class OrderRateView(Out):
    """What an order was placed at: one unit of `base` in units of `quote`, to ten digits."""

    base: str
    quote: str
    rate: str


class ExchangeView(Out):
    """The books in the base currency, at a moment. Amounts in its minor units, but for a position's own."""

    base_currency: str
    at: datetime | None
    trial: list[WorthView]
    realized: int
    gains: list[GainView] = Field(description="The largest first")
    positions: list[PositionView]
    unrealized: int
    waiting: int = Field(description="Bookings that are not valued yet: a rate is missing, or the run is due")

    rates: list[OrderRateView] = Field(description="What the order that was asked for was placed at")

    @classmethod
    def of(cls, found: Exchange, at: datetime | None) -> Self:
        """From the report."""
        return cls(
            base_currency=found.base_currency, at=at,
            trial=[WorthView(account=account, amount=amount) for account, amount in found.trial],
            realized=found.realized, gains=[GainView.model_validate(one) for one in found.gains],
            positions=[PositionView.model_validate(one) for one in found.positions],
            unrealized=found.unrealized, waiting=found.waiting,
            rates=[OrderRateView(base=one.base, quote=one.quote, rate=one.words) for one in found.rates],
        )  # fmt: skip
