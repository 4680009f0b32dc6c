"""Which group of locations has everything for the fewest points? Proven where that is quick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations

from orderwright.domain.sourcing.candidates import Candidate, Method, could_give
from orderwright.domain.sourcing.rules import Rules

EXACT_UP_TO = 12
"""Locations up to which every combination is tried, those that any plan needs not counted."""

Units = Mapping[str, int]
Solve = Callable[[Units, Sequence[Candidate], Rules], Sequence[Candidate] | None]
"""The best group for many locations, found elsewhere; None: it cannot say."""


@dataclass(frozen=True, slots=True)
class Found:
    """Locations that together have everything, and how they were found."""

    group: Sequence[Candidate]
    method: Method


def best(wanted: Units, ranked: Sequence[Candidate], rules: Rules, solve: Solve | None = None) -> Found:
    """The group with the fewest points; `ranked` order breaks ties. All of `ranked` together have enough."""
    useful = [one for one in ranked if any(one.units.get(sku, 0) > 0 for sku in wanted)]
    needed = _needed(wanted, useful)
    search = _Search(wanted, useful, needed, rules)
    if len(useful) - len(needed) <= EXACT_UP_TO:
        return Found(search.exact(len(useful)), Method.EXACT)
    single = search.exact(max(1, len(needed)))
    if single and search.total(single) <= search.floor(max(1, len(needed)) + 1):
        return Found(single, Method.EXACT)
    solved = solve(wanted, useful, rules) if solve is not None else None
    method = Method.GREEDY if solved is None else Method.SOLVER
    groups = [group for group in (solved, single, search.greedy()) if group]
    return Found(min(groups, key=search.total), method)


def spread(wanted: Units, chosen: Sequence[Candidate], rules: Rules) -> dict[str, dict[str, int]]:
    """Cheap goods first where rules weigh them; else fill from who can give most: few and full parcels."""
    by_share = sorted(chosen, key=lambda c: -sum(could_give(wanted, c.units).values()))
    taken: dict[str, dict[str, int]] = {}
    for sku in sorted(wanted):
        left = wanted[sku]
        for one in sorted(by_share, key=lambda c: rules.unit(c, sku)) if rules.margin else by_share:
            units = min(left, one.units.get(sku, 0))
            if units > 0:
                taken.setdefault(one.code, {})[sku] = units
                left -= units
    return {one.code: taken[one.code] for one in by_share if one.code in taken}


def _needed(wanted: Units, useful: Sequence[Candidate]) -> list[Candidate]:
    """Those without which the others have not enough."""
    spare = {sku: sum(one.units.get(sku, 0) for one in useful) - units for sku, units in wanted.items()}
    return [one for one in useful if any(one.units.get(sku, 0) > more for sku, more in spare.items())]


class _Search:
    """One question; the figures that every group is measured with are made once."""

    def __init__(
        self, wanted: Units, useful: Sequence[Candidate], needed: Sequence[Candidate], rules: Rules
    ) -> None:
        self._wanted, self._useful, self._needed, self._rules = wanted, useful, needed, rules
        self._points = {one.code: rules.points([one]) for one in useful}
        self._cheapest = sorted(self._points.values())
        self._least_goods = self._goods(useful)
        self._short = self._lacking(needed)

    def total(self, group: Sequence[Candidate]) -> int:
        """A group's points, goods included."""
        return sum(self._points[one.code] for one in group) + self._goods(group)

    def floor(self, count: int) -> int:
        """What no group of so many locations can be below."""
        return sum(self._cheapest[:count]) + self._least_goods

    def exact(self, most: int) -> Sequence[Candidate]:
        """The best group of up to `most`, all that could be it tried, small ones first; empty: none."""
        others = self._others(self._needed)
        found: Sequence[Candidate] = ()
        points: int | None = None
        for count in range(max(1, len(self._needed)), most + 1):
            if points is not None and self.floor(count) > points:
                break
            for more in combinations(others, count - len(self._needed)):
                group = self._better(more, points)
                if group is not None:
                    found, points = group, self.total(group)
        return found

    def _better(self, more: Sequence[Candidate], points: int | None) -> Sequence[Candidate] | None:
        """The group of these beside those that are needed, if it has everything for fewer points."""
        group = [*self._needed, *more]
        least = self._least_goods + sum(self._points[one.code] for one in group)
        if points is not None and least >= points:
            return None
        if any(sum(one.units.get(sku, 0) for one in more) < units for sku, units in self._short.items()):
            return None
        return group if points is None or self.total(group) < points else None

    def greedy(self) -> Sequence[Candidate]:
        """One after the other, whoever adds most for its points; who is not needed in the end is left out."""
        chosen = list(self._needed)
        left = self._lacking(chosen)
        while left:
            chosen.append(max(self._others(chosen), key=partial(self._worth, left)))
            left = self._lacking(chosen)
        for one in sorted(chosen, key=lambda one: -self._points[one.code]):
            without = [other for other in chosen if other is not one]
            if not self._lacking(without):
                chosen = without
        return chosen

    def _others(self, group: Sequence[Candidate]) -> list[Candidate]:
        known = {one.code for one in group}
        return [one for one in self._useful if one.code not in known]

    def _worth(self, left: Units, one: Candidate) -> Fraction:
        added = sum(min(units, one.units.get(sku, 0)) for sku, units in left.items())
        return Fraction(added, self._points[one.code] + 1)

    def _lacking(self, group: Sequence[Candidate]) -> dict[str, int]:
        short = {
            sku: units - sum(one.units.get(sku, 0) for one in group) for sku, units in self._wanted.items()
        }
        return {sku: units for sku, units in short.items() if units > 0}

    def _goods(self, group: Sequence[Candidate]) -> int:
        if not self._rules.margin:
            return 0
        taken = spread(self._wanted, group, self._rules)
        return sum(self._rules.goods(one, taken.get(one.code, {})) for one in group)
