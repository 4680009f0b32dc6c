"""A cart before it is ordered: what of it there is, from where, by when."""

from datetime import date
from typing import Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Country, Identifier, Out, Slug, Text, Units
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.services.carts import availability
from orderwright.services.carts.availability import Cart
from orderwright.services.carts.cart import Wanted

CART: dict[str, JsonValue] = {
    "channel": "web",
    "ship_to": {"country": "GB", "postal_code": "SW1A 1AA"},
    "lines": [{"sku": "MUG", "quantity": 2}, {"sku": "PLATE", "quantity": 1, "unit": "case"}],
}


class DestinationBody(Body):
    """As much of an address as decides where goods ship from."""

    country: Country
    postal_code: Text = ""


class CartLineBody(Body):
    """Units of a SKU, as in an order."""

    sku: Identifier
    quantity: Units
    unit: Slug | None = Field(default=None, description="A case, a pallet; left out: single units")


class CartBody(Body):
    """A cart and how the customer would have it: shipped to a place, or collected at `pickup_at`."""

    model_config = ConfigDict(json_schema_extra={"examples": [CART]})

    channel: Slug = "web"
    ship_to: DestinationBody | None = None
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: Identifier | None = Field(default=None, description="A location's code, for a pickup")
    service: Slug = "standard"
    lines: list[CartLineBody] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        collected = self.method is DeliveryMethod.PICKUP
        if collected != (self.pickup_at is not None):
            raise PydanticCustomError("pickup_at_of_pickup", "A pickup, and nothing else, needs a pickup_at")
        if not collected and self.ship_to is None:
            raise PydanticCustomError("ship_to_missing", "Say where it is shipped to")
        return self

    def cart(self) -> Cart:
        """As the service has it."""
        to = self.ship_to or DestinationBody.model_construct(country="", postal_code="")
        return Cart(
            self.channel, [Wanted(line.sku, line.quantity, line.unit) for line in self.lines], to.country,
            to.postal_code, self.service, self.method, self.pickup_at,
        )  # fmt: skip


class SourceView(Out):
    """Single units that would leave a location; of kits their components."""

    location: str
    units: dict[str, int]
    leaves_on: date
    delivered_on: date = Field(description="Of a pickup: from that day it can be collected")


class LaterView(Out):
    """Units that come later."""

    units: int
    delivered_on: date


class LineAvailabilityView(Out):
    """A line in single units (of a kit: kits): asked for = now + later + never."""

    sku: str
    units: int
    unit: str | None
    unit_size: int | None
    now: int
    later: list[LaterView]
    never: int = Field(description="Units that nothing on the shelves or on its way covers")
    preorder: bool


class AvailabilityView(Out):
    """What can be promised at this moment. Nothing is held by it: an order may find less."""

    now: bool = Field(description="Whether all of it could leave at once")
    possible: bool = Field(description="Whether all of it can be had, if some later")
    delivered_on: date | None = Field(description="When all that can be had is delivered")
    sources: list[SourceView] = Field(description="Where what is there now would leave from")
    lines: list[LineAvailabilityView]

    @classmethod
    def of(cls, found: availability.Availability) -> "AvailabilityView":
        """From the service."""
        return cls(
            now=found.now,
            possible=found.possible,
            delivered_on=found.delivered_on,
            sources=[_source(one) for one in found.sources],
            lines=[_line(one) for one in found.lines],
        )


def _source(one: availability.Source) -> SourceView:
    return SourceView(
        location=one.location, units=dict(one.units), leaves_on=one.days.leaves_on,
        delivered_on=one.days.delivered_on,
    )  # fmt: skip


def _line(one: availability.LinePromise) -> LineAvailabilityView:
    later = [
        LaterView(units=part.units, delivered_on=part.on) for part in one.promise.parts if part.on is not None
    ]
    return LineAvailabilityView(
        sku=one.line.product.sku, units=one.line.units, unit=one.line.unit, unit_size=one.line.unit_size,
        now=one.promise.now, later=later, never=one.promise.never, preorder=one.preorder,
    )  # fmt: skip
