"""The solver's choice costs the same points as the proven one, and takes nothing that is not there."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderwright.domain.sourcing import FEWEST_NEAREST, Candidate, Method, Rules, source
from orderwright.services.sourcing import solving

pytest.importorskip("highspy", reason="the extra `solver` is not installed")

SKUS = ("A", "B", "C")
counts = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 4), max_size=3)
wishes = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 6), min_size=1, max_size=3)
costs = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 9))
rows = st.tuples(st.integers(0, 2_000), st.integers(0, 500), counts, st.integers(0, 3_000), costs)
places = st.lists(rows, min_size=1, max_size=7).map(
    lambda found: [
        Candidate(f"L{n}", km, cost, units, postage=postage, unit_costs=unit_costs)
        for n, (km, cost, units, postage, unit_costs) in enumerate(found)
    ]
)
points = st.integers(0, 50)
rules = st.just(FEWEST_NEAREST) | st.builds(
    Rules, st.just("own"), st.just(1), points, points, points, postage=points, margin=points
)


def total(wanted: dict[str, int], group: Sequence[Candidate], rules: Rules) -> int:
    goods = 0
    for sku, units in wanted.items():
        prices = sorted(p for c in group for p in [c.unit_costs.get(sku, 0)] * c.units.get(sku, 0))
        goods += rules.margin * sum(prices[:units])
    return rules.points(group) + goods


def covers(wanted: dict[str, int], group: Sequence[Candidate]) -> bool:
    return all(sum(c.units.get(sku, 0) for c in group) >= units for sku, units in wanted.items())


@settings(deadline=None)
@given(wishes, places, rules)
def test_the_solver_finds_what_trying_every_group_finds(
    wanted: dict[str, int], candidates: list[Candidate], rules: Rules
) -> None:
    groups = [g for n in range(1, len(candidates) + 1) for g in combinations(candidates, n)]
    enough = [group for group in groups if covers(wanted, group)]

    found = solving.solve(wanted, candidates, rules)

    assert (found is not None) == bool(enough)
    if found is not None:
        assert covers(wanted, found)
        assert total(wanted, found, rules) == min(total(wanted, group, rules) for group in enough)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), rules)
def test_of_many_places_nothing_is_taken_that_is_not_there(seed: int, rules: Rules) -> None:
    wanted = {f"S{n}": 1 + (seed + n) % 3 for n in range(8)}
    crowd = [
        Candidate(
            f"L{n:02}", seed * (n + 7) % 997, n, {f"S{k}": 2 for k in range(8) if (seed + n * k) & 3 == 0}
        )
        for n in range(30)
    ]  # fmt: skip

    plan = source(wanted, crowd, rules, solve=solving.solver())

    have = {one.code: one.units for one in crowd}
    assert plan.complete == covers(wanted, crowd)
    if plan.complete:
        assert plan.method in (Method.EXACT, Method.SOLVER)
        assert {sku: sum(taken.get(sku, 0) for taken in plan.taken.values()) for sku in wanted} == wanted
        for code, taken in plan.taken.items():
            assert all(0 < units <= have[code][sku] for sku, units in taken.items())
