"""From where do the units ship: one location if any has all, else the fewest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import asin, cos, radians, sin, sqrt

EXACT_UP_TO = 12
"""Locations up to which every combination is tried; beyond, the one that adds most units comes next."""

EARTH_KM = 6371


class ProfileState(StrEnum):
    """A version of rules: being tried, in force, or superseded."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location with its free units of the wanted SKUs. `cost` is its handling cost in minor units."""

    code: str
    distance_km: int
    cost: int
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """Which locations together are best: those with the fewest points. Points are whole and never negative.

    `parcel` points for each location used, `km` for each kilometer, `cost` for each minor unit of handling.
    """

    name: str
    version: int
    parcel: int
    km: int
    cost: int

    @property
    def label(self) -> str:
        """`fewest-nearest/1`: what a decision names."""
        return f"{self.name}/{self.version}"

    def points(self, group: Sequence[Candidate]) -> int:
        """What these locations together cost by these rules."""
        return sum(self.parcel + self.km * one.distance_km + self.cost * one.cost for one in group)


FEWEST_NEAREST = Rules("fewest-nearest", 1, parcel=10**12, km=10**6, cost=1)
"""Without rules of one's own: the fewest locations, of those the nearest, then the cheapest."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A location not taken, and why, in words."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Units by location and SKU. `missing` is what no location has; then nothing is taken.

    `considered` are all candidates with the figures that decided, the first choice first.
    """

    taken: Mapping[str, Mapping[str, int]]
    rejected: Sequence[Rejected]
    missing: Mapping[str, int]
    reason: str
    considered: Sequence[Candidate] = ()
    rules: Rules = FEWEST_NEAREST

    @property
    def there(self) -> Mapping[str, int]:
        """Units per SKU that all the candidates have together."""
        skus = sorted({sku for one in self.considered for sku in one.units})
        return {sku: sum(one.units.get(sku, 0) for one in self.considered) for sku in skus}

    @property
    def complete(self) -> bool:
        """Whether every unit has a place."""
        return not self.missing


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Great-circle distance between two (latitude, longitude) in degrees. Source: haversine formula."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (*a, *b))
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return round(2 * EARTH_KM * asin(sqrt(h)))


def source(wanted: Mapping[str, int], candidates: Sequence[Candidate], rules: Rules = FEWEST_NEAREST) -> Plan:
    """Choose where `wanted` units per SKU ship from. Same input, same plan."""
    ranked = sorted(candidates, key=lambda c: (rules.points([c]), c.distance_km, c.cost, c.code))
    missing = {
        sku: units - have
        for sku, units in wanted.items()
        if (have := sum(c.units.get(sku, 0) for c in ranked)) < units
    }
    if missing:
        rejected = [Rejected(c.code, _lacking(wanted, c)) for c in ranked]
        return Plan({}, rejected, missing, "not enough stock anywhere", ranked, rules)
    taken = _spread(wanted, _best(wanted, ranked, rules))
    return Plan(
        taken,
        [Rejected(c.code, _why_not(wanted, c)) for c in ranked if c.code not in taken],
        {},
        _reason(taken, rules),
        ranked,
        rules,
    )


def _best(wanted: Mapping[str, int], ranked: Sequence[Candidate], rules: Rules) -> Sequence[Candidate]:
    """The locations with the fewest points that together have everything; `ranked` order breaks ties."""
    groups = _groups(wanted, ranked, rules)
    return min(groups, key=rules.points, default=ranked)


def _groups(
    wanted: Mapping[str, int], ranked: Sequence[Candidate], rules: Rules
) -> Iterator[Sequence[Candidate]]:
    """Groups that have everything, small ones first; larger ones only while they could still be better."""
    best: int | None = None
    exact = len(ranked) <= EXACT_UP_TO
    for count in range(1, len(ranked) + 1 if exact else 2):
        if best is not None and rules.parcel * count > best:
            return
        for group in combinations(ranked, count):
            if _covers(wanted, group):
                best = min(rules.points(group), best if best is not None else rules.points(group))
                yield group
    if not exact:
        yield _greedy(wanted, ranked)


def _greedy(wanted: Mapping[str, int], ranked: Sequence[Candidate]) -> Sequence[Candidate]:
    chosen: list[Candidate] = []
    left = dict(wanted)
    while any(left.values()):
        rest = [c for c in ranked if c not in chosen]
        best = max(rest, key=lambda c: sum(min(units, c.units.get(sku, 0)) for sku, units in left.items()))
        chosen.append(best)
        left = {sku: max(0, units - best.units.get(sku, 0)) for sku, units in left.items()}
    return chosen


def _covers(wanted: Mapping[str, int], group: Sequence[Candidate]) -> bool:
    return all(sum(c.units.get(sku, 0) for c in group) >= units for sku, units in wanted.items())


def _spread(wanted: Mapping[str, int], chosen: Sequence[Candidate]) -> dict[str, dict[str, int]]:
    """Fill from the location that can give most of the order first, so that parcels stay few and full."""
    by_share = sorted(chosen, key=lambda c: -sum(min(u, c.units.get(s, 0)) for s, u in wanted.items()))
    taken: dict[str, dict[str, int]] = {}
    left = dict(wanted)
    for candidate in by_share:
        for sku in sorted(left):
            units = min(left[sku], candidate.units.get(sku, 0))
            if units:
                taken.setdefault(candidate.code, {})[sku] = units
                left[sku] -= units
    return taken


def _reason(taken: Mapping[str, Mapping[str, int]], rules: Rules) -> str:
    if rules != FEWEST_NEAREST:
        return f"{' and '.join(sorted(taken))}: the fewest points by {rules.label}"
    if len(taken) == 1:
        return f"{next(iter(taken))} has everything and is the nearest that does"
    return f"no location has everything: {len(taken)} is the fewest"


def _lacking(wanted: Mapping[str, int], candidate: Candidate) -> str:
    short = [
        f"{sku}: {candidate.units.get(sku, 0)} of {units}"
        for sku, units in wanted.items()
        if candidate.units.get(sku, 0) < units
    ]
    return "has " + ", ".join(short) if short else "has everything"


def _why_not(wanted: Mapping[str, int], candidate: Candidate) -> str:
    lacking = _lacking(wanted, candidate)
    if lacking != "has everything":
        return lacking
    return f"has everything, but is farther or costs more ({candidate.distance_km} km)"
