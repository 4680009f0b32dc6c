"""Lots, and what is kept from buyers, as they are sent and read."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Identifier, Minor, Out, Slug

MOST_UNITS = 1_000_000
Units = Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)]


class SafetyBody(Body):
    """So many units there are promised to nobody; what is reserved already stays so."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sku": "MUG", "location": "LON", "units": 5}]})

    sku: Identifier
    location: Identifier
    units: Units


class CostBody(Body):
    """What one unit costs there, in minor units of the product's currency."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sku": "MUG", "location": "LON", "unit_cost": 410}]}
    )

    sku: Identifier
    location: Identifier
    unit_cost: Minor


class CostView(Out):
    """What one unit costs there from now on."""

    sku: str
    location: str
    unit_cost: int
    currency: str


class BufferBody(SafetyBody):
    """So many units there are not sold to the channel, beside the safety stock; 0: no buffer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"channel": "web", "sku": "MUG", "location": "LON", "units": 10}]}
    )

    channel: Slug


class BufferView(Out):
    """Units at a location that are not sold to the channel."""

    channel: str
    sku: str
    location: str
    units: int


class QuotaBody(Body):
    """The channel may hold and buy so many in all; units count from when it first has a quota."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"channel": "web", "sku": "MUG", "at_most": 100}]}
    )

    channel: Slug
    sku: Identifier
    at_most: Units


class QuotaView(Out):
    """`taken` units are held or bought; what is freed is given back, what has shipped is not."""

    channel: str
    sku: str
    at_most: int
    taken: int


class LotView(Out):
    """Units of a lot, or the one with that serial number; not sold after its last day in UTC."""

    sku: str
    location: str
    lot: str
    expires_on: date | None
    on_hand: int
    reserved: int
