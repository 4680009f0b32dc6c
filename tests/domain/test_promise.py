"""A parcel's day is foreseen from its lane, from the carrier's word, or from our table."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.delivery.promise import (
    ENOUGH,
    LOOK_EVERY,
    Journey,
    Option,
    Past,
    foresee,
    last_day_to_leave,
    upgrade,
)
from orderwright.domain.fulfillment.shipping import Faster, Offer

MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def journey(**more: object) -> Journey:
    """Promised for Friday, leaves on Monday, three working days; more fields of Journey."""
    return Journey(**{"promised": FRIDAY, "ships": MONDAY, "transit": 3, **more})  # type: ignore[arg-type]  # the test's own


def test_a_slow_lane_is_believed_rather_than_the_carrier() -> None:
    slow = Past(days=6, parcels=ENOUGH)

    found = foresee(journey(shipped=MONDAY, carrier_says=date(2026, 11, 18), past=slow), NOON)

    assert (found.expected, found.late, found.tell) == (date(2026, 11, 22), True, True)


def test_too_few_parcels_make_no_lane() -> None:
    few = Past(days=6, parcels=ENOUGH - 1)

    found = foresee(journey(shipped=MONDAY, carrier_says=date(2026, 11, 18), past=few), NOON)

    assert (found.expected, found.late, found.tell) == (date(2026, 11, 18), False, False)


def test_what_should_be_there_and_is_not_comes_on_the_next_working_day() -> None:
    saturday = datetime(2026, 11, 21, 9, tzinfo=UTC)

    found = foresee(journey(shipped=MONDAY, carrier_says=date(2026, 11, 18)), saturday)

    assert (found.expected, found.late) == (date(2026, 11, 23), True)


def test_before_it_has_left_the_next_look_is_on_the_last_day_on_which_it_may() -> None:
    found = foresee(journey(), NOON)

    assert last_day_to_leave(journey()) == date(2026, 11, 17)
    assert (found.late, found.next_look) == (False, datetime(2026, 11, 17, tzinfo=UTC))


def test_what_has_not_left_by_then_is_late() -> None:
    found = foresee(journey(), datetime(2026, 11, 18, 9, tzinfo=UTC))

    assert (found.expected, found.late, found.tell) == (date(2026, 11, 23), True, True)


def test_a_day_more_is_not_told_again_and_two_are() -> None:
    wednesday = datetime(2026, 11, 25, 9, tzinfo=UTC)
    late = journey(shipped=MONDAY, told=date(2026, 11, 25))

    day_more = foresee(late, wednesday)
    two_more = foresee(late, wednesday + timedelta(days=1))

    assert (day_more.expected, day_more.tell) == (date(2026, 11, 26), False)
    assert (two_more.expected, two_more.tell) == (date(2026, 11, 27), True)


@given(st.integers(0, 60), st.integers(1, 20), st.booleans(), st.none() | st.integers(0, 40))
def test_it_never_comes_before_today_and_is_always_looked_at_again(
    hours: int, days: int, has_left: bool, told: int | None
) -> None:
    at = NOON + timedelta(hours=12 * hours)
    told_on = None if told is None else FRIDAY + timedelta(days=told)
    past = Past(days, ENOUGH)

    found = foresee(journey(past=past, shipped=MONDAY if has_left else None, told=told_on), at)

    assert found.expected >= at.date()
    assert found.next_look >= at + LOOK_EVERY
    assert not found.tell or (found.late and found.expected > (told_on or FRIDAY))


GROUND = Option("UPS", "Ground", 700, "USD", FRIDAY)
TWO_DAYS = Option("UPS", "2ndDayAir", 1200, "USD", date(2026, 11, 18))
OVERNIGHT = Option("UPS", "NextDayAir", 3000, "USD", date(2026, 11, 17))
OFFERED = (GROUND, TWO_DAYS, OVERNIGHT)
WEDNESDAY = NOON + timedelta(days=2)


def faster(extra: int, at: datetime, *offered: Option) -> str | None:
    found = upgrade(journey(), GROUND, offered or OFFERED, extra=extra, at=at)
    return None if found is None else found.service


def test_the_cheapest_service_that_still_keeps_the_promise_is_taken_for_what_it_may_cost() -> None:
    assert faster(500, WEDNESDAY) == "2ndDayAir"
    assert faster(499, WEDNESDAY) is None
    assert faster(2300, WEDNESDAY + timedelta(days=1)) == "NextDayAir"
    assert faster(2300, WEDNESDAY + timedelta(days=2)) is None


def test_what_its_lane_makes_late_or_costs_in_another_currency_keeps_no_promise() -> None:
    slow = replace(TWO_DAYS, past=Past(days=4, parcels=ENOUGH))
    foreign = replace(TWO_DAYS, currency="EUR")

    assert faster(500, WEDNESDAY, GROUND, slow, foreign) is None


def test_another_service_that_is_no_faster_is_no_upgrade() -> None:
    same = replace(GROUND, carrier="FedEx", service="FEDEX_GROUND", amount=650)

    assert faster(500, NOON, GROUND, same) is None


def test_a_faster_service_is_bought_while_it_is_offered_for_what_it_may_cost() -> None:
    wanted = Faster("UPS", "2ndDayAir", 1200, "USD")
    ground = Offer("r1", "UPS", "Ground", 700, "USD", 4)
    air = Offer("r2", "UPS", "2ndDayAir", 1200, "USD", 2)

    choice = wanted.among([ground, air])

    assert choice is not None
    assert choice.offer == air
    assert wanted.among([ground, replace(air, amount=1201)]) is None
