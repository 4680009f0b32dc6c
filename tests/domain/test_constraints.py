"""Who may not ship is told why; a calendar and its room give one day to promise and to choose by."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.calendars import ROOM_WITHIN, Calendar, Room
from orderwright.domain.fulfillment.shipping import weekday, working_days
from orderwright.domain.sourcing import Constraint
from orderwright.domain.sourcing.constraints import Asked, Bar, Site, barred, is_served, leaves_on

MONDAY = date(2026, 11, 16)
AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
ASKED = Asked("GB", "SW1A 1AA", AT, hazmat=["ACID"], refused=frozenset({"NO"}))
FULL = Room(2, {MONDAY + timedelta(days=n): 2 for n in range(ROOM_WITHIN + 1)})
EVER = frozenset(date(2026, 11, 16) + timedelta(days=n) for n in range(400))


def collected(at: str) -> Asked:
    return Asked("GB", "SW1A 1AA", AT, collect_at=at)


@pytest.mark.parametrize(
    ("site", "asked", "bar"),
    [
        (Site("LON"), ASKED, None),
        (Site("NO"), ASKED, Bar(Constraint.REFUSED, "has refused these units before")),
        (Site("LON", active=False), ASKED, Bar(Constraint.INACTIVE, "is not active")),
        (Site("LON", ships=False, pickup=True), ASKED, Bar(Constraint.SHIPS, "ships no parcels")),
        (Site("LON", ships=False, pickup=True), collected("LON"), None),
        (Site("LON"), collected("LON"), Bar(Constraint.PICKUP, "customers cannot collect here")),
        (Site("PAR", pickup=True), collected("LON"), Bar(Constraint.PICKUP, "the customer collects at LON")),
        (
            Site("LON", serves=["FR", "GB:EC1"]),
            ASKED,
            Bar(Constraint.REGION, "does not serve that address in GB, only FR, GB:EC1"),
        ),
        (Site("LON", serves=["GB:SW1"]), ASKED, None),
        (
            Site("LON", calendar=Calendar(closed=EVER)),
            ASKED,
            Bar(Constraint.CALENDAR, "is closed for the next year"),
        ),
        (Site("LON", room=FULL), ASKED, Bar(Constraint.CAPACITY, "is full for 14 days: 2 parcels a day")),
        (
            Site("LON", carriers=["DHL"], seen=["UPS", "USPS"]),
            ASKED,
            Bar(Constraint.CARRIER, "none of its carriers (DHL) goes to GB: UPS, USPS do"),
        ),
        (Site("LON", carriers=["DHL", "UPS"], seen=["UPS"]), ASKED, None),
        (Site("LON", carriers=["DHL"]), ASKED, None),
    ],
)
def test_who_may_not_ship_is_told_why(site: Site, asked: Asked, bar: Bar | None) -> None:
    assert barred(site, asked, {"MUG": 1}) == bar


def test_hazardous_goods_leave_only_from_where_they_may_and_others_from_everywhere() -> None:
    acid, mug = {"ACID": 1, "MUG": 1}, {"MUG": 1}

    assert barred(Site("LON"), ASKED, acid) == Bar(Constraint.HAZMAT, "may not handle hazardous goods: ACID")
    assert barred(Site("LON"), ASKED, mug) is None
    assert barred(Site("LON", hazmat=True), ASKED, acid) is None


@pytest.mark.parametrize(
    ("serves", "served"),
    [([], True), (["GB"], True), (["FR"], False), (["GB:SW1A"], True), (["GB:sw1a1"], True),
     (["GB:SW2"], False), (["FR:SW1"], False), (["FR", "GB:SW1A 1AA"], True)],
)  # fmt: skip
def test_a_country_or_the_beginning_of_a_postal_code_is_served(serves: list[str], *, served: bool) -> None:
    assert is_served(serves, "GB", "sw1a 1aa") is served


def test_the_cut_off_is_the_location_s_own_time() -> None:
    tokyo = Calendar("Asia/Tokyo", time(16))

    before = tokyo.leaves(datetime(2026, 11, 16, 6, 59, tzinfo=UTC))  # 15:59 there
    after = tokyo.leaves(datetime(2026, 11, 16, 7, 1, tzinfo=UTC))

    assert (before, after) == (MONDAY, MONDAY + timedelta(days=1))


def test_its_own_working_days_and_closures_count() -> None:
    saturdays = Calendar(workdays=frozenset({6}), closed=frozenset({date(2026, 11, 21)}))

    assert saturdays.leaves(AT) == date(2026, 11, 28)


def test_a_full_day_goes_to_the_next_with_room() -> None:
    works = Calendar()
    room = Room(2, {MONDAY: 2, date(2026, 11, 17): 1})

    assert room.day(works, MONDAY) == date(2026, 11, 17)
    assert (room.used(MONDAY), room.used(date(2026, 11, 17))) == (100, 50)
    assert leaves_on(Site("LON", room=room), AT) == date(2026, 11, 17)


def test_who_is_ahead_without_a_day_takes_the_first_places() -> None:
    assert Room(2, {MONDAY: 1}, ahead=3).day(Calendar(), MONDAY) == date(2026, 11, 18)
    assert Room(0).day(Calendar(), MONDAY) is None


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(
    st.frozensets(st.integers(1, 7), min_size=1), st.frozensets(days, max_size=20), days,
    st.none() | st.integers(0, 3), st.dictionaries(days, st.integers(0, 4), max_size=20), st.integers(0, 6),
)  # fmt: skip
def test_a_parcel_leaves_on_a_day_that_works_with_room_left(
    workdays: frozenset[int], closed: frozenset[date], at: date, capacity: int | None,
    planned: dict[date, int], ahead: int,
) -> None:  # fmt: skip
    works, room = Calendar(workdays=workdays, closed=closed), Room(capacity, planned, ahead)
    first = works.leaves(datetime.combine(at, time(9), UTC))
    assert first is not None

    day = room.day(works, first)

    assert works.opens(first)
    if day is not None:
        assert works.opens(day)
        assert first <= day <= first + timedelta(days=ROOM_WITHIN)
        assert capacity is None or planned.get(day, 0) < capacity


@given(days, st.integers(0, 60))
def test_working_days_are_counted_as_one_would_on_fingers(since: date, ahead: int) -> None:
    until = since + timedelta(days=ahead)

    assert working_days(since, until) == sum(weekday(since + timedelta(days=n)) for n in range(1, ahead + 1))
    assert working_days(until, since) == 0
