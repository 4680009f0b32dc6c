"""The cheapest offer that keeps the promise, and a calendar that knows weekends."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.fulfillment.shipping import (
    ARRIVED,
    GONE,
    SHIPMENT_RANK,
    Offer,
    ShipmentState,
    arrival,
    cheapest_in_time,
    ships_on,
)

FRIDAY = date(2026, 11, 20)


def offer(carrier: str, amount: int, arrives: date | None) -> Offer:
    return Offer(f"rate_{carrier}", carrier, "ground", amount, "EUR", None, arrives)


offers = st.lists(
    st.builds(
        offer,
        st.sampled_from(["UPS", "USPS", "FedEx"]),
        st.integers(1, 9),
        st.none() | st.integers(0, 5).map(lambda days: FRIDAY + timedelta(days=days)),
    ),
    max_size=6,
)


@given(offers, st.integers(0, 5))
def test_nothing_cheaper_would_have_kept_the_promise(found: list[Offer], days: int) -> None:
    promised = FRIDAY + timedelta(days=days)

    choice = cheapest_in_time(found, promised)

    in_time = [one for one in found if one.arrives is not None and one.arrives <= promised]
    assert (choice is None) == (not found)
    if choice is not None and in_time:
        assert choice.offer in in_time
        assert choice.offer.amount == min(one.amount for one in in_time)
    elif choice is not None:
        assert (choice.offer.arrives or date.max) == min(one.arrives or date.max for one in found)


def test_the_choice_says_why() -> None:
    ups, usps = offer("UPS", 900, FRIDAY), offer("USPS", 500, FRIDAY + timedelta(days=3))

    in_time, late = (
        cheapest_in_time([ups, usps], promised) for promised in (FRIDAY, FRIDAY - timedelta(days=1))
    )

    assert in_time is not None
    assert late is not None
    assert (in_time.offer, in_time.reason) == (ups, "cheapest of 1 that keep 2026-11-20, of 2 offered")
    assert (late.offer, late.reason) == (ups, "none of 2 keeps 2026-11-19: the fastest")


@pytest.mark.parametrize(
    ("now", "ships"),
    [
        (datetime(2026, 11, 19, 16, 0), date(2026, 11, 19)),  # noqa: DTZ001 - local there: to the minute
        (datetime(2026, 11, 19, 16, 0, 1), date(2026, 11, 20)),  # noqa: DTZ001
        (datetime(2026, 11, 20, 17, 0), date(2026, 11, 23)),  # noqa: DTZ001 - Friday evening
        (datetime(2026, 11, 21, 9, 0), date(2026, 11, 23)),  # noqa: DTZ001 - Saturday
        (datetime(2026, 11, 22, 23, 0), date(2026, 11, 23)),  # noqa: DTZ001 - Sunday night
    ],
)
def test_a_parcel_leaves_on_a_working_day(now: datetime, ships: date) -> None:
    assert ships_on(now, time(16)) == ships


@pytest.mark.parametrize(("days", "arrives"), [(0, FRIDAY), (1, date(2026, 11, 23)), (6, date(2026, 11, 30))])
def test_weekends_do_not_count(days: int, arrives: date) -> None:
    assert arrival(FRIDAY, days) == arrives


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(1, 30))
def test_it_arrives_on_a_working_day_and_later_with_each_day(ships: date, days: int) -> None:
    assert arrival(ships, days).weekday() < 5
    assert arrival(ships, days) > arrival(ships, days - 1)


def test_every_state_of_a_parcel_has_its_rank_and_ends_rank_above_the_way() -> None:
    ends = ARRIVED | GONE | {ShipmentState.VOIDED}
    way = set(ShipmentState) - ends

    assert set(SHIPMENT_RANK) == set(ShipmentState)
    assert len(set(SHIPMENT_RANK.values())) == len(ShipmentState)
    assert max(SHIPMENT_RANK[state] for state in way) < min(SHIPMENT_RANK[state] for state in ends)
