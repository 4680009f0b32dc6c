"""From where do the units ship, and why not from elsewhere? The fewest points that have everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orderwright.domain.sourcing.candidates import Candidate, Method, Rejected, nearest_first
from orderwright.domain.sourcing.rules import FEWEST_NEAREST, Rules
from orderwright.domain.sourcing.search import Solve, best, spread

_ALL = "has everything"


@dataclass(frozen=True, slots=True)
class Plan:
    """Units by location and SKU. `missing` is what no location has that may ship; then nothing is taken.

    `considered` are all candidates with the figures that decided, the first choice first; who was not even
    considered is in `rejected` with the constraint.
    """

    taken: Mapping[str, Mapping[str, int]]
    rejected: Sequence[Rejected]
    missing: Mapping[str, int]
    reason: str
    considered: Sequence[Candidate] = ()
    rules: Rules = FEWEST_NEAREST
    method: Method = Method.EXACT

    @property
    def there(self) -> Mapping[str, int]:
        """Units per SKU that all the candidates have together."""
        skus = sorted({sku for one in self.considered for sku in one.units})
        return {sku: sum(one.units.get(sku, 0) for one in self.considered) for sku in skus}

    @property
    def complete(self) -> bool:
        """Whether every unit has a place."""
        return not self.missing

    def unplaced(self, wanted: Mapping[str, int], reason: str | None = None) -> "Plan":
        """The same places, of which none can be taken; `reason` says why, where the plan itself does not."""
        lacking = [(one.code, _lacking(wanted, one)) for one in self.considered]
        others = "has everything, but not for this order"
        rejected = [Rejected(code, others if why == _ALL else why) for code, why in lacking]
        barred = [no for no in self.rejected if no.constraint is not None]
        return replace(self, taken={}, rejected=[*rejected, *barred], reason=reason or self.reason)

    @property
    def blocked(self) -> Mapping[str, int]:
        """Missing units that lie at locations which may not ship them: stock that comes will not help."""
        barred = [one.units for one in self.rejected if one.constraint is not None]
        there = {sku: sum(units.get(sku, 0) for units in barred) for sku in self.missing}
        return {sku: min(units, self.missing[sku]) for sku, units in there.items() if units > 0}


def source(
    wanted: Mapping[str, int],
    candidates: Sequence[Candidate],
    rules: Rules = FEWEST_NEAREST,
    *,
    barred: Sequence[Rejected] = (),
    solve: Solve | None = None,
) -> Plan:
    """Choose where `wanted` units per SKU ship from. Same input, same plan, `barred` only named in it."""
    ranked = sorted(candidates, key=lambda c: (rules.points([c]), c.distance_km, c.cost, c.code))
    missing = {
        sku: units - have
        for sku, units in wanted.items()
        if (have := sum(c.units.get(sku, 0) for c in ranked)) < units
    }
    unfit = nearest_first(barred)
    if missing:
        rejected = [Rejected(c.code, _lacking(wanted, c)) for c in ranked]
        where = "at the locations that may ship" if unfit else "anywhere"
        return Plan({}, [*rejected, *unfit], missing, f"not enough stock {where}", ranked, rules)
    found = best(wanted, ranked, rules, solve)
    taken = spread(wanted, found.group, rules)
    others = [Rejected(c.code, _why_not(wanted, c, taken, rules)) for c in ranked if c.code not in taken]
    return Plan(taken, [*others, *unfit], {}, _reason(taken, rules, unfit), ranked, rules, found.method)


def _reason(taken: Mapping[str, Mapping[str, int]], rules: Rules, unfit: Sequence[Rejected]) -> str:
    if rules != FEWEST_NEAREST:
        return f"{' and '.join(sorted(taken))}: the fewest points by {rules.label}"
    if len(taken) == 1:
        that = "that may and does" if unfit else "that does"
        return f"{next(iter(taken))} has everything and is the nearest {that}"
    return f"no location has everything: {len(taken)} is the fewest"


def _lacking(wanted: Mapping[str, int], candidate: Candidate) -> str:
    short = [
        f"{sku}: {candidate.units.get(sku, 0)} of {units}"
        for sku, units in wanted.items()
        if candidate.units.get(sku, 0) < units
    ]
    return "has " + ", ".join(short) if short else _ALL


def _why_not(
    wanted: Mapping[str, int], one: Candidate, taken: Mapping[str, Mapping[str, int]], rules: Rules
) -> str:
    lacking = _lacking(wanted, one)
    if lacking != _ALL:
        return lacking
    if rules == FEWEST_NEAREST:
        return f"has everything, but is farther or costs more ({one.distance_km} km)"
    points = rules.points([one]) + rules.goods(one, wanted)
    return f"has everything, but for {points:,} points; {' and '.join(sorted(taken))} cost fewer"
