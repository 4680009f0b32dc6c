"""Promotions, as they are sent and read."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Currency, Identifier, Minor, Moment, Out, Slug, Words
from api.schemas.pricing.tariffs import Ppm
from orderwright.domain.pricing.promotions import PromotionKind, Stacking
from orderwright.services.pricing.campaigns import Campaign, PromotionData

PROMOTION: dict[str, JsonValue] = {
    "name": "Ten percent in November", "kind": "percentage", "code": "NOV10", "ppm": 100000,
    "valid_to": "2026-12-01T00:00:00Z", "limit_total": 1000, "limit_per_customer": 1,
}  # fmt: skip
MOST = 2**31 - 1
Count = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class TierBody(Body):
    """From `minimum` of goods on: so many millionths off, or an amount."""

    minimum: Minor
    ppm: Ppm = 0
    amount: Minor = 0


class PromotionBody(Body):
    """A promotion. Without `code` it is for everybody; amounts in minor units of `currency`."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROMOTION]})

    name: Words
    kind: PromotionKind
    code: Code | None = None
    currency: Currency | None = Field(default=None, description="Needed wherever there is an amount")
    ppm: Ppm = Field(default=0, description="Of buy_x_get_y: off each of the cheapest `get` units")
    amount: Minor = Field(default=0, description="Of free_shipping: at most that much; 0: all of it")
    buy: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    get: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    tiers: list[TierBody] = Field(default=[], max_length=20)
    minimum: Minor = Field(default=0, description="Of the goods it is for, before discounts")
    skus: list[Identifier] = Field(default=[], max_length=1000, description="Empty: all goods")
    channels: list[Slug] = Field(default=[], max_length=50, description="Empty: all")
    customers: list[UUID] = Field(default=[], max_length=1000, description="Empty: all")
    priority: Annotated[int, Field(strict=True, ge=-1000, le=1000)] = 0
    stacking: Stacking = Field(
        default=Stacking.COMBINABLE,
        description="`exclusive`: alone, where that is best; `priority`: only the first of these",
    )
    valid_from: Moment | None = Field(default=None, description="Left out: now")
    valid_to: Moment | None = None
    limit_total: Count | None = None
    limit_per_customer: Count | None = None

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        lacking = {
            PromotionKind.PERCENTAGE: not self.ppm,
            PromotionKind.AMOUNT: not self.amount,
            PromotionKind.BUY_X_GET_Y: not (self.buy and self.get and self.ppm),
            PromotionKind.FREE_SHIPPING: False,
            PromotionKind.TIERED: not self.tiers or any(not (one.ppm or one.amount) for one in self.tiers),
        }
        if lacking[self.kind]:
            raise PydanticCustomError("gives_nothing", "This would take nothing off: see what its kind needs")
        return self

    @model_validator(mode="after")
    def _in_a_currency(self) -> Self:
        amounts = self.amount or self.minimum or self.kind in (PromotionKind.AMOUNT, PromotionKind.TIERED)
        if amounts and self.currency is None:
            raise PydanticCustomError("currency", "Amounts need a currency")
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise PydanticCustomError("validity", "valid_to is not after valid_from")
        return self

    def data(self) -> PromotionData:
        """As the service has it."""
        return PromotionData(**self.model_dump())


class PromotionView(Out):
    """A promotion with its uses that stand and what it gave, in minor units by currency."""

    id: UUID
    name: str
    kind: PromotionKind
    code: str | None
    currency: str | None
    ppm: int
    amount: int
    buy: int
    get: int
    tiers: list[dict[str, int]]
    minimum: int
    skus: list[str]
    channels: list[str]
    customers: list[UUID]
    priority: int
    stacking: Stacking
    valid_from: datetime
    valid_to: datetime | None
    limit_total: int | None
    limit_per_customer: int | None
    ended_at: datetime | None
    created_by: str
    created_at: datetime
    uses: int
    given: dict[str, int]

    @classmethod
    def of(cls, found: Campaign) -> "PromotionView":
        """From the service."""
        own = {name: getattr(found.row, name) for name in cls.model_fields if hasattr(found.row, name)}
        return cls(**own, uses=found.uses, given=found.given)
