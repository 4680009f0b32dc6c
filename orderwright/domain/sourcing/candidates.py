"""What is there to choose from: a location with the figures that decide, and the plan that comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371


class Method(StrEnum):
    """How the best locations were found: proven, by a solver, or by taking what adds most for its points."""

    EXACT = "exact"
    SOLVER = "solver"
    GREEDY = "greedy"


class PostageFrom(StrEnum):
    """What the label price to be expected is: an average of that lane, or an estimate by way and weight."""

    NONE = "none"
    LABELS = "labels"
    ESTIMATE = "estimate"


class Constraint(StrEnum):
    """Why a location may not be considered at all."""

    REFUSED = "refused"
    INACTIVE = "inactive"
    PICKUP = "pickup"
    SHIPS = "ships"
    REGION = "region"
    HAZMAT = "hazmat"
    CALENDAR = "calendar"
    CAPACITY = "capacity"
    CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location with its free units of the wanted SKUs; money in minor units, percents whole.

    `cost` is its handling cost, `postage` the label to be expected (the average of `labels` of them, in
    `currency`), `late` the working days after the day that the best candidate could promise, `load` the
    percent of the day's capacity that is planned, `balance` the percent of its free units that it would
    give. Postage and balance are for all that it could ship of what is wanted. `unit_costs`: per SKU.
    """

    code: str
    distance_km: int
    cost: int
    units: Mapping[str, int]
    postage: int = 0
    postage_from: PostageFrom = PostageFrom.NONE
    labels: int = 0
    currency: str | None = None
    late: int = 0
    load: int = 0
    balance: int = 0
    unit_costs: Mapping[str, int] = field(default_factory=dict)
    ships_on: date | None = None
    arrives_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A location not taken, and why, in words; `constraint` says that it was not even considered."""

    code: str
    reason: str
    constraint: Constraint | None = None
    distance_km: int = 0
    units: Mapping[str, int] = field(default_factory=dict)


def could_give(wanted: Mapping[str, int], units: Mapping[str, int]) -> dict[str, int]:
    """What a place with these units could ship of what is wanted."""
    given = {sku: min(count, units.get(sku, 0)) for sku, count in wanted.items()}
    return {sku: count for sku, count in given.items() if count > 0}


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Great-circle distance between two (latitude, longitude) in degrees. Source: haversine formula."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (*a, *b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_KM * asin(sqrt(h)))


def nearest_first(found: Sequence[Rejected]) -> list[Rejected]:
    """Sorted for people."""
    return sorted(found, key=lambda one: (one.distance_km, one.code))
