"""Products, locations and stock, as they are sent and read."""

from datetime import date, datetime, time
from functools import cache
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, field_validator, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import (
    Body,
    Currency,
    Day,
    Flag,
    Identifier,
    Measure,
    Minor,
    Out,
    Slug,
    Text,
    Units,
    Words,
)
from api.schemas.customers import ADDRESS, AddressBody
from orderwright.domain.fulfillment.states import LocationRole, WarehouseKind
from orderwright.domain.stock.units import Position, Tracking
from orderwright.persistence.tables import StockLevel
from orderwright.services.catalog import LocationData, ProductData
from orderwright.services.stock.stocking import Receipt

PRODUCT: dict[str, JsonValue] = {
    "sku": "MUG", "name": "Mug, blue", "price": 1250, "currency": "GBP", "tax_class": "standard",
    "grams": 350, "length_mm": 120, "width_mm": 100, "height_mm": 100,
}  # fmt: skip
LOCATION: dict[str, JsonValue] = {
    "code": "LON", "name": "London", "kind": "station", "address": ADDRESS, "latitude": 51.5,
    "longitude": -0.13, "timezone": "Europe/London", "cutoff": "16:00:00", "role": "warehouse",
    "workdays": [1, 2, 3, 4, 5], "daily_capacity": 400, "carriers": [], "serves": ["GB", "IE"],
}  # fmt: skip


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        raise PydanticCustomError("timezone_unknown", "No such time zone")
    return name


def _known_days(days: list[int]) -> list[int]:
    if len(set(days)) < len(days):
        raise PydanticCustomError("workday_twice", "A day of the week is named twice")
    return sorted(days)


Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
Workdays = Annotated[list[Weekday], Field(min_length=1), AfterValidator(_known_days)]
Area = Annotated[str, Field(pattern=r"^[A-Z]{2}(:[A-Z0-9][A-Z0-9 -]{0,9})?$")]


class ProductBody(Body):
    """Price in minor units of `currency`, without tax unless its rate says so; grams; millimeters."""

    name: Words
    price: Minor
    currency: Currency
    tax_class: Slug = "standard"
    grams: Measure = 0
    length_mm: Measure = 0
    width_mm: Measure = 0
    height_mm: Measure = 0
    tracking: Tracking = Field(default=Tracking.NONE, description="How units are told apart, if they are")
    hazmat: Flag = Field(default=False, description="Only locations that may keep it ship it")
    buyer_cap: Units | None = Field(default=None, description="Units one customer may have, in all orders")
    release_on: Day | None = Field(default=None, description="Not shipped before: until then a pre-order")
    preorder_limit: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = Field(
        default=None, description="Units that may be pre-ordered in all; left out: any number"
    )
    active: Flag = Field(default=True, description="Whether it can be ordered")

    @model_validator(mode="after")
    def _limit_of_something(self) -> Self:
        if self.preorder_limit is not None and self.release_on is None:
            raise PydanticCustomError("preorder_without_release", "A preorder_limit needs a release_on")
        return self


class NewProductBody(ProductBody):
    """A product with its SKU."""

    model_config = ConfigDict(json_schema_extra={"examples": [PRODUCT]})

    sku: Identifier

    def data(self) -> ProductData:
        """As the services have it."""
        return ProductData(**dict(self))


class ProductBatch(Body):
    """Up to 500 products to make or change."""

    products: list[NewProductBody] = Field(min_length=1, max_length=500)


class Counted(Out):
    """How many there were."""

    count: int


class ProductView(Out):
    """A product. `version` is also the ETag."""

    sku: str
    name: str
    price: int
    currency: str
    tax_class: str
    grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    tracking: Tracking
    hazmat: bool
    buyer_cap: int | None
    release_on: date | None
    preorder_limit: int | None
    active: bool
    version: int
    created_at: datetime


class LocationBody(Body):
    """Where stock lies. `cutoff` is local time in `timezone`: what comes later leaves next day."""

    name: Words
    kind: WarehouseKind = Field(description="`station`: our own pick and pack; `http`: a partner")
    address: AddressBody
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "UTC"
    cutoff: time = time(16)
    handling_cost: Minor = Field(default=0, description="Minor units, for the choice between locations")
    active: Flag = Field(default=True, description="Once false, its open parts are sourced anew")
    role: LocationRole = LocationRole.WAREHOUSE
    workdays: Workdays = Field(default=[1, 2, 3, 4, 5], description="ISO days of the week: 1 is Monday")
    daily_capacity: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = Field(
        default=None, description="Parcels that leave on one day at most; null: any number"
    )
    carriers: list[Words] = Field(
        default=[], max_length=50, description="Whose labels it may use, as offers name them; empty: all"
    )
    serves: list[Area] = Field(
        default=[],
        max_length=500,
        examples=[["GB", "FR:75"]],
        description="Countries, or beginnings of postal codes there; empty: everywhere",
    )
    hazmat: Flag = Field(default=False, description="Whether hazardous goods may leave from here")
    ships: Flag = Field(default=True, description="Whether parcels leave from here")
    pickup: Flag = Field(default=False, description="Whether customers may collect here")

    def data(self, code: str) -> LocationData:
        """As the services have it."""
        given = {name: getattr(self, name) for name in LocationBody.model_fields if name != "address"}
        given["cutoff"] = self.cutoff.replace(tzinfo=None)
        return LocationData(code=code, address=self.address.address(), **given)


class NewLocationBody(LocationBody):
    """A location with its code."""

    model_config = ConfigDict(json_schema_extra={"examples": [LOCATION]})

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$")]


class LocationView(Out):
    """A location."""

    code: str
    name: str
    kind: WarehouseKind
    address: dict[str, str]
    latitude: float
    longitude: float
    timezone: str
    cutoff: time
    handling_cost: int
    active: bool
    role: LocationRole
    workdays: list[int]
    daily_capacity: int | None
    carriers: list[str]
    serves: list[str]
    hazmat: bool
    ships: bool
    pickup: bool

    @field_validator("workdays", mode="before")
    @classmethod
    def _days(cls, kept: object) -> object:
        return [int(day) for day in kept] if isinstance(kept, str) else kept


class ClosureBody(Body):
    """Why nothing leaves on that day."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Christmas Day"}]})

    reason: Text = ""


class ClosureView(Out):
    """A day on which nothing leaves."""

    day: date
    reason: str


class ReceiptBody(Body):
    """Units that have come in; below zero they have gone (an adjustment, never below what is reserved)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sku": "MUG", "location": "LON", "units": 40}]}
    )

    sku: Identifier
    location: Identifier
    units: int = Field(strict=True, ge=-1_000_000, le=1_000_000)
    unit: Slug | None = Field(default=None, description="A case, a pallet: `units` counts these")
    reason: Text = ""
    lot: Identifier | None = Field(
        default=None, description="Of a tracked product: the lot, or the serial number of one unit"
    )
    expires_on: date | None = Field(default=None, description="The lot's last day in UTC")
    unit_cost: Minor | None = Field(
        default=None, description="What a single unit costs there from now on; said by operations only"
    )

    def receipt(self) -> Receipt:
        """As the services have it."""
        return Receipt(**self.model_dump())


class ReceiptBatch(Body):
    """Up to 500 receipts: all of them or none."""

    receipts: list[ReceiptBody] = Field(min_length=1, max_length=500)


class StockView(Out):
    """A SKU at a location, in units; `safety` is promised to nobody, `available` may still be promised.

    A channel's buffer and expired lots are not taken off here.
    """

    sku: str
    location: str
    on_hand: int
    reserved: int
    safety: int
    available: int

    @classmethod
    def at(cls, sku: str, location: str, position: Position) -> "StockView":
        """From a position."""
        return cls(
            sku=sku, location=location, on_hand=position.on_hand, reserved=position.reserved,
            safety=position.safety, available=position.available,
        )  # fmt: skip


class LevelView(StockView):
    """The same with what it costs, for operations."""

    unit_cost: int | None = Field(
        description="What one costs there, in minor units of the product's currency; to others null"
    )

    @classmethod
    def of(cls, row: StockLevel, *, staff: bool) -> Self:
        """From a level."""
        position = Position(row.on_hand, row.reserved, row.safety)
        return cls(
            **dict(StockView.at(row.sku, row.location, position)), unit_cost=row.unit_cost if staff else None
        )


class StockViews(Out):
    """The positions after a batch, in its order."""

    data: list[StockView]
