"""Nothing is promised twice, nothing later than it could be, and what nothing covers is said."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.stock.promising import (
    Coming,
    Promise,
    behind,
    kits,
    preorder,
    promise,
    queue,
    together,
)

TODAY = date(2026, 11, 25)
counts = st.integers(0, 60)
days = st.integers(0, 5).map(lambda n: TODAY + timedelta(days=n))
arrivals = st.lists(st.builds(Coming, st.integers(0, 20), days), max_size=8)


def there(free: int, expected: list[Coming], day: date | None) -> int:
    """Units that have come by then."""
    come = [one.units for one in expected if day is not None and one.on is not None and one.on <= day]
    return free + sum(come)


@given(counts, counts, arrivals, counts)
def test_by_each_day_exactly_what_those_ahead_leave_is_promised(
    units: int, free: int, expected: list[Coming], ahead: int
) -> None:
    found = promise(units, free=free, expected=expected, ahead=ahead)

    for day in [None, *(TODAY + timedelta(days=n) for n in range(7))]:
        assert found.had_by(day) == min(units, max(0, there(free, expected, day) - ahead))
    assert found.had_by(date.max) + found.never == units


@given(counts, counts, arrivals, counts)
def test_parts_are_in_order_each_day_once_and_never_empty(
    units: int, free: int, expected: list[Coming], ahead: int
) -> None:
    parts = promise(units, free=free, expected=expected, ahead=ahead).parts

    when = [part.on or date.min for part in parts]
    assert when == sorted(set(when))
    assert all(part.units > 0 for part in parts)


@given(st.lists(st.integers(1, 20), max_size=6), counts, arrivals)
def test_a_queue_is_promised_no_more_by_any_day_than_has_come(
    wanted: list[int], free: int, expected: list[Coming]
) -> None:
    found = queue(wanted, free=free, expected=expected)

    assert len(found) == len(wanted)
    for day in [None, *(TODAY + timedelta(days=n) for n in range(7))]:
        assert sum(one.had_by(day) for one in found) == min(sum(wanted), there(free, expected, day))


@given(st.lists(st.integers(1, 20), min_size=2, max_size=6), counts, arrivals)
def test_nobody_in_a_queue_overtakes(wanted: list[int], free: int, expected: list[Coming]) -> None:
    found = queue(wanted, free=free, expected=expected)

    for earlier, later in pairwise(found):
        if later.parts:
            assert earlier.never == 0
            assert (earlier.last or date.min) <= (later.parts[0].on or date.min)


def test_four_now_and_the_rest_from_the_second_arrival() -> None:
    first, second = TODAY + timedelta(days=2), TODAY + timedelta(days=9)

    found = promise(10, free=4, expected=[Coming(20, second), Coming(5, first)])

    assert found == Promise([Coming(4), Coming(5, first), Coming(1, second)])
    assert (found.now, found.last) == (4, second)


def test_stock_below_zero_is_nothing_and_takes_nothing_from_what_comes() -> None:
    assert promise(2, free=-3, expected=[Coming(1, TODAY)]) == Promise([Coming(1, TODAY)], never=1)


def test_a_preorder_is_had_from_the_day_it_is_out_as_far_as_its_limit_goes() -> None:
    assert preorder(5, release_on=TODAY, limit=100, taken=97) == Promise([Coming(3, TODAY)], never=2)
    assert preorder(5, release_on=TODAY, limit=2, taken=2) == Promise([], never=5)
    assert preorder(5, release_on=TODAY, limit=None, taken=10**6) == Promise([Coming(5, TODAY)])


@given(st.lists(st.tuples(counts, st.integers(1, 9)), min_size=1, max_size=5))
def test_the_scarcest_component_decides_how_many_kits_there_are(parts: list[tuple[int, int]]) -> None:
    whole = kits(parts)

    assert all(whole * each <= there for there, each in parts)
    assert any((whole + 1) * each > there for there, each in parts)


@given(counts, st.lists(counts, max_size=8))
def test_those_ahead_leave_exactly_what_is_more_than_they_want(ahead: int, came: list[int]) -> None:
    left = behind(ahead, came)

    for count in range(len(came) + 1):
        assert sum(left[:count]) == max(0, sum(came[:count]) - ahead)


promises = st.builds(
    lambda free, expected: promise(10**6, free=free, expected=expected), st.integers(0, 60), arrivals
)


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(1, 5), promises), min_size=1, max_size=4))
def test_kits_are_had_on_each_day_as_far_as_their_scarcest_goods_reach(
    units: int, parts: list[tuple[int, Promise]]
) -> None:
    found = together(units, parts)

    for day in [None, *(TODAY + timedelta(days=n) for n in range(7))]:
        assert found.had_by(day) == min(units, *(one.had_by(day) // each for each, one in parts))
    assert found.had_by(date.max) + found.never == units


@given(counts, promises)
def test_a_single_product_is_promised_as_it_is(units: int, promised: Promise) -> None:
    found = together(units, [(1, promised)])

    assert found.never == max(0, units - promised.had_by(date.max))
    assert all(part in promised.parts for part in found.parts[:-1])
