"""Telephones ring by day."""

from datetime import UTC, datetime, time

import pytest

from orderwright.domain.telling.quiet import Quiet
from orderwright.services.telling.zones import zones_of

NIGHT = Quiet.read("21:00-08:00")


@pytest.mark.parametrize(
    ("now", "zones", "opens"),
    [
        ("2026-11-13T12:00", ("Europe/London",), None),
        ("2026-11-13T20:59", ("Europe/London",), None),
        ("2026-11-13T21:00", ("Europe/London",), "2026-11-14T08:00"),
        ("2026-11-14T07:59", ("Europe/London",), "2026-11-14T08:00"),
        ("2026-11-13T20:30", ("Europe/Berlin",), "2026-11-14T07:00"),
        ("2026-11-13T20:30", ("Asia/Kathmandu",), "2026-11-14T02:15"),
        ("2026-03-29T00:30", ("Europe/Berlin",), "2026-03-29T06:00"),
        ("2026-11-13T14:00", ("America/New_York", "America/Los_Angeles"), "2026-11-13T16:00"),
        ("2026-11-13T22:00", (), "2026-11-14T08:00"),
    ],
)
def test_a_message_waits_until_it_is_day_wherever_they_may_be(
    now: str, zones: tuple[str, ...], opens: str | None
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    ends = NIGHT.ends(moment, zones)

    assert ends == (datetime.fromisoformat(opens).replace(tzinfo=UTC) if opens else None)


def test_without_hours_of_quiet_it_never_is() -> None:
    assert Quiet.read("").ends(datetime(2026, 1, 1, 3, tzinfo=UTC), ["Europe/London"]) is None
    assert not Quiet.read("").at(time(0))


@pytest.mark.parametrize("text", ["21-8", "25:00-08:00", "21:00", "night"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="21:00-08:00"):
        Quiet.read(text)


def test_a_state_is_nearer_than_its_country() -> None:
    assert zones_of("us", "tx") == ("America/Chicago",)
    assert {"America/New_York", "Pacific/Honolulu"} <= set(zones_of("US"))
    assert zones_of("GB") == ("Europe/London",)
    assert zones_of("ES") == ("Europe/Madrid",)
    assert zones_of("XX") == ("UTC",)
