"""Units come from one place if any has all of them, else from the fewest, and never from thin air."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.geography import COUNTRIES, US_REGIONS, place, transit_days
from orderwright.domain.sourcing import Candidate, Plan, Rejected, Rules, distance_km, source

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
rules_of_ones_own = st.builds(Rules, st.just("own"), st.just(1), points, points, points)


@given(wishes, candidates, rules_of_ones_own)
def test_by_rules_of_ones_own_no_other_group_that_has_everything_costs_fewer_points(
    wanted: dict[str, int], places: list[Candidate], rules: Rules
) -> None:
    plan = source(wanted, places, rules)

    groups = [g for n in range(1, len(places) + 1) for g in combinations(places, n) if covers(wanted, g)]
    assert plan.complete == bool(groups)
    if groups:
        chosen = [c for c in places if c.code in plan.taken]
        assert rules.points(chosen) == min(rules.points(group) for group in groups)


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
