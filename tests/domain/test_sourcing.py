"""Units come from one place if any has all of them, else from the fewest, and never from thin air."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.geography import COUNTRIES, US_REGIONS, place, transit_days
from orderwright.domain.sourcing import (
    Candidate,
    Constraint,
    Method,
    Plan,
    Rejected,
    Rules,
    distance_km,
    source,
)

SKUS = ("A", "B", "C")
counts = st.dictionaries(st.sampled_from(SKUS), st.integers(0, 4), max_size=3)
wishes = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1, max_size=3)
rows = st.tuples(st.integers(0, 9), st.integers(0, 5), counts)
candidates = st.lists(rows, max_size=6).map(
    lambda found: [Candidate(f"L{n}", km, cost, units) for n, (km, cost, units) in enumerate(found)]
)


def covers(wanted: dict[str, int], group: Sequence[Candidate]) -> bool:
    return all(sum(c.units.get(sku, 0) for c in group) >= units for sku, units in wanted.items())


@given(wishes, candidates)
def test_a_plan_takes_what_is_wanted_from_what_is_there(
    wanted: dict[str, int], places: list[Candidate]
) -> None:
    plan = source(wanted, places)

    have = {c.code: c.units for c in places}
    if plan.complete:
        assert {sku: sum(units.get(sku, 0) for units in plan.taken.values()) for sku in wanted} == wanted
        for code, taken in plan.taken.items():
            assert all(0 < units <= have[code][sku] for sku, units in taken.items())
    else:
        assert plan.taken == {}
        assert all(
            short == wanted[sku] - sum(c.units.get(sku, 0) for c in places)
            for sku, short in plan.missing.items()
        )


@given(wishes, candidates)
def test_no_smaller_set_of_places_would_do(wanted: dict[str, int], places: list[Candidate]) -> None:
    plan = source(wanted, places)

    fewest = next(
        (n for n in range(1, len(places) + 1) if any(covers(wanted, g) for g in combinations(places, n))),
        None,
    )
    assert plan.complete == (fewest is not None)
    if fewest is not None:
        assert len(plan.taken) == fewest


@given(wishes, candidates)
def test_of_the_smallest_sets_the_nearest_is_taken(wanted: dict[str, int], places: list[Candidate]) -> None:
    plan = source(wanted, places)

    if plan.complete:
        chosen = [c for c in places if c.code in plan.taken]
        as_small = [g for g in combinations(places, len(chosen)) if covers(wanted, g)]
        way = sum(c.distance_km for c in chosen)
        assert way == min(sum(c.distance_km for c in group) for group in as_small)


points = st.integers(0, 9)
rules_of_ones_own = st.builds(
    Rules, st.just("own"), st.just(1), points, points, points, points, points, points, points, points
)
figures = st.integers(0, 9)
rich = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 5), counts, figures, figures, figures, figures,
        st.dictionaries(st.sampled_from(SKUS), figures),
    ),
    max_size=6,
).map(
    lambda found: [
        Candidate(
            f"L{n}", km, cost, units, postage=postage, late=late, load=load, balance=balance, unit_costs=costs
        )
        for n, (km, cost, units, postage, late, load, balance, costs) in enumerate(found)
    ]
)  # fmt: skip


def total(wanted: dict[str, int], group: Sequence[Candidate], rules: Rules) -> int:
    """A group's points when each SKU is taken from where it costs least."""
    goods = 0
    for sku, units in wanted.items():
        prices = sorted(p for c in group for p in [c.unit_costs.get(sku, 0)] * c.units.get(sku, 0))
        goods += rules.margin * sum(prices[:units])
    return rules.points(group) + goods


def points_of(plan: Plan, rules: Rules) -> int:
    """What the plan as it was made costs."""
    chosen = [c for c in plan.considered if c.code in plan.taken]
    return rules.points(chosen) + sum(rules.goods(c, plan.taken[c.code]) for c in chosen)


@given(wishes, rich, rules_of_ones_own)
def test_by_rules_of_ones_own_no_other_group_that_has_everything_costs_fewer_points(
    wanted: dict[str, int], places: list[Candidate], rules: Rules
) -> None:
    plan = source(wanted, places, rules)

    groups = [g for n in range(1, len(places) + 1) for g in combinations(places, n) if covers(wanted, g)]
    assert plan.complete == bool(groups)
    if groups:
        assert points_of(plan, rules) == min(total(wanted, group, rules) for group in groups)
        assert plan.method is Method.EXACT


@given(wishes, rich, rules_of_ones_own)
def test_whatever_the_rules_a_plan_takes_what_is_there(
    wanted: dict[str, int], places: list[Candidate], rules: Rules
) -> None:
    plan = source(wanted, places, rules)

    have = {c.code: c.units for c in places}
    if plan.complete:
        assert {sku: sum(units.get(sku, 0) for units in plan.taken.values()) for sku in wanted} == wanted
        for code, taken in plan.taken.items():
            assert all(0 < units <= have[code][sku] for sku, units in taken.items())


def crowd_of(found: list[tuple[int, int, dict[str, int]]]) -> list[Candidate]:
    return [Candidate(f"L{n}", km, cost, units) for n, (km, cost, units) in enumerate(found)]


@given(wishes, st.lists(rows, min_size=13, max_size=20).map(crowd_of), rules_of_ones_own)
def test_a_crowd_is_served_from_what_is_there_and_a_proof_is_one(
    wanted: dict[str, int], places: list[Candidate], rules: Rules
) -> None:
    plan = source(wanted, places, rules)

    have = {c.code: c.units for c in places}
    groups = [g for n in (1, 2) for g in combinations(places, n) if covers(wanted, g)]
    assert plan.complete == covers(wanted, places)
    if plan.complete:
        assert {sku: sum(units.get(sku, 0) for units in plan.taken.values()) for sku in wanted} == wanted
        for code, taken in plan.taken.items():
            assert all(0 < units <= have[code][sku] for sku, units in taken.items())
        if plan.method is Method.EXACT:
            assert points_of(plan, rules) <= min(total(wanted, g, rules) for g in [*groups, tuple(places)])


def test_who_is_barred_is_named_with_the_reason_and_takes_no_part() -> None:
    near = Rejected("LON", "is not active", Constraint.INACTIVE, 10, {"A": 5})
    far = Candidate("PAR", 300, 0, {"A": 1})

    plan = source({"A": 1}, [far], barred=[near])
    short = source({"A": 2}, [far], barred=[near])

    assert (list(plan.taken), plan.rejected) == (["PAR"], [near])
    assert plan.reason == "PAR has everything and is the nearest that may and does"
    assert (short.missing, short.blocked) == ({"A": 1}, {"A": 1})
    assert short.reason == "not enough stock at the locations that may ship"


def test_a_plan_says_how_it_was_found() -> None:
    crowd = [Candidate(f"L{n:02}", n, 0, {f"S{n}": 1, "A": 1}) for n in range(20)]
    pairs = {f"S{n}": 1 for n in range(6)}
    copies = [Candidate(f"C{n:02}", n, 0, {f"S{n % 6}": 1}) for n in range(20)]

    one_has_all = source({"A": 1}, crowd)
    all_needed = source({f"S{n}": 1 for n in range(20)}, crowd)
    alone = source(pairs, copies)
    solved = source(pairs, copies, solve=lambda wanted, useful, rules: useful[:6])  # noqa: ARG005 - knows it

    assert [plan.method for plan in (one_has_all, all_needed, alone, solved)] == [
        Method.EXACT, Method.EXACT, Method.GREEDY, Method.SOLVER,
    ]  # fmt: skip
    assert sorted(solved.taken) == sorted(alone.taken) == [f"C{n:02}" for n in range(6)]


def test_goods_come_from_where_they_cost_least_as_far_as_it_goes() -> None:
    dear = Candidate("AAA", 1, 0, {"A": 9, "B": 1}, unit_costs={"A": 700})
    cheap = Candidate("BBB", 2, 0, {"A": 3}, unit_costs={"A": 100})

    plan = source({"A": 4, "B": 1}, [dear, cheap], Rules("margin", 1, 10, 0, 0, margin=1))

    assert plan.taken == {"AAA": {"A": 1, "B": 1}, "BBB": {"A": 3}}


def test_cheap_hands_far_away_win_where_the_rules_say_so() -> None:
    near, far = Candidate("LON", 10, 500, {"A": 1}), Candidate("PAR", 300, 20, {"A": 1})

    plan = source({"A": 1}, [near, far], Rules("cheap", 3, parcel=0, km=1, cost=10))

    assert list(plan.taken) == ["PAR"]
    assert plan.reason == "PAR: the fewest points by cheap/3"


@given(wishes, candidates)
def test_the_order_in_which_places_are_named_does_not_matter(
    wanted: dict[str, int], places: list[Candidate]
) -> None:
    assert source(wanted, places) == source(wanted, list(reversed(places)))


def test_the_nearest_that_has_everything_is_taken_and_the_others_are_told_why() -> None:
    near, far = Candidate("LON", 10, 0, {"A": 1, "B": 1}), Candidate("PAR", 300, 0, {"A": 1})

    farthest = Candidate("BER", 900, 0, {"A": 9, "B": 9})

    plan = source({"A": 1, "B": 1}, [far, farthest, near])

    assert plan == Plan(
        {"LON": {"A": 1, "B": 1}},
        [
            Rejected("PAR", "has B: 0 of 1"),
            Rejected("BER", "has everything, but is farther or costs more (900 km)"),
        ],
        {},
        "LON has everything and is the nearest that does",
        [near, far, farthest],
    )


def test_at_the_same_distance_the_cheaper_place_is_taken() -> None:
    dear, cheap = Candidate("AAA", 5, 9, {"A": 1}), Candidate("ZZZ", 5, 1, {"A": 1})

    assert list(source({"A": 1}, [dear, cheap]).taken) == ["ZZZ"]


def test_beyond_a_dozen_places_the_one_that_adds_most_comes_next() -> None:
    crowd = [Candidate(f"L{n:02}", n, 0, {f"S{n}": 1}) for n in range(20)]
    big = Candidate("BIG", 99, 0, {f"S{n}": 1 for n in range(18)})

    plan = source({f"S{n}": 1 for n in range(20)}, [*crowd, big])

    assert set(plan.taken) == {"BIG", "L18", "L19"}


# --- where that is


@given(
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)), st.tuples(st.floats(-90, 90), st.floats(-180, 180))
)
def test_it_is_as_far_there_as_back_and_never_beyond_half_the_globe(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    assert 0 <= distance_km(a, b) == distance_km(b, a) <= 20_016
    assert distance_km(a, a) == 0


def test_london_to_paris_is_344_kilometers() -> None:
    assert distance_km((51.5074, -0.1278), (48.8566, 2.3522)) == 344


def test_a_place_is_its_country_a_us_region_or_the_middle_of_the_map() -> None:
    found = [place("DE", "10115"), place("US", "94103"), place("US", "?"), place("XX")]

    assert found == [COUNTRIES["DE"], US_REGIONS[9], COUNTRIES["US"], (0, 0)]


def test_days_on_the_way_grow_with_the_borders_and_express_halves_them() -> None:
    assert [transit_days("DE", to, "standard") for to in ("DE", "FR", "GB", "US")] == [3, 5, 5, 8]
    assert [transit_days("DE", to, "express") for to in ("DE", "FR", "GB", "US")] == [2, 3, 3, 4]
