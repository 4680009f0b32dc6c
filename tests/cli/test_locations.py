"""`orderwright locations`: added, read, changed, closed for a day or till further notice, opened again."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Served

Json = dict[str, Any]  # Any: JSON
PARIS: Json = {
    "code": "PAR", "name": "Paris", "kind": "http", "latitude": 48.9, "longitude": 2.4,
    "address": {"name": "P", "line1": "1 Rue", "city": "Paris", "postal_code": "75001", "country": "FR"},
}  # fmt: skip


@pytest.fixture
def paris(at_shop: Run, served: Served, tmp_path: Path) -> Run:
    """A second place, as it is made; added once."""
    file = tmp_path / "paris.json"
    file.write_text(json.dumps(PARIS))
    at_shop("locations", "add", file)
    as_new = ("--serves", "", "--capacity", -1, "--cutoff", "16:00")
    assert at_shop("locations", "set", "PAR", *as_new).exit_code == 0
    return at_shop


def read(served: Served) -> Json:
    found: Json = served.get("/v1/locations/PAR")
    return found


def test_what_is_named_is_changed_and_the_rest_stays(paris: Run, served: Served) -> None:
    before = read(served)

    done = paris(
        "locations", "set", "PAR", "--cutoff", "14:30", "--timezone", "Europe/Paris", "--workdays", "1234567",
        "--capacity", 400, "--serves", "FR", "--serves", "BE:1", "--carrier", "DHL", "--pickup", "--hazmat",
        "--role", "store", "--handling-cost", 250,
    )  # fmt: skip

    assert (done.exit_code, read(served)) == (0, before | {
        "cutoff": "14:30:00", "timezone": "Europe/Paris", "workdays": [1, 2, 3, 4, 5, 6, 7],
        "daily_capacity": 400, "serves": ["FR", "BE:1"], "carriers": ["DHL"], "pickup": True, "hazmat": True,
        "role": "store", "handling_cost": 250,
    })  # fmt: skip
    assert paris("locations", "set", "PAR", "--serves", "", "--carrier", "", "--capacity", -1).exit_code == 0
    cleared = read(served)
    assert (cleared["serves"], cleared["carriers"], cleared["daily_capacity"]) == ([], [], None)


def test_the_list_and_one_of_them_are_shown(paris: Run, served: Served) -> None:
    listed = paris("locations", "list")
    exact = json.loads(paris("locations", "list", "--json").stdout)
    one = paris("locations", "show", "PAR")

    assert exact == served.get("/v1/locations")
    rows = {line.split()[0]: line for line in listed.stdout.splitlines()}
    assert rows["LON"].endswith("open")
    assert "Mo Tu We Th Fr" in rows["LON"]
    assert "Address       1 Rue, 75001, Paris, FR" in one.stdout
    assert "Closed on     no day" in one.stdout


def test_a_day_is_closed_and_opened_again(paris: Run) -> None:
    closed = paris("locations", "close", "PAR", "2026-12-25", "--reason", "Christmas Day")
    shown = json.loads(paris("locations", "show", "PAR", "--json").stdout)
    opened = paris("locations", "open", "PAR", "2026-12-25")
    again = paris("locations", "open", "PAR", "2026-12-25")

    assert closed.stdout == "PAR is closed on 2026-12-25\n"
    assert shown["closures"] == [{"day": "2026-12-25", "reason": "Christmas Day"}]
    assert opened.stdout == "PAR works on 2026-12-25\n"
    assert again.exit_code == 4
    assert json.loads(paris("locations", "show", "PAR", "--json").stdout)["closures"] == []


def test_a_place_is_closed_until_further_notice_and_used_again(paris: Run, served: Served) -> None:
    closed = paris("locations", "close", "PAR")
    active = read(served)["active"]
    opened = paris("locations", "open", "PAR")

    assert closed.stdout == "PAR is closed until further notice: its open parts look for another place\n"
    assert (active, read(served)["active"]) == (False, True)
    assert opened.stdout == "PAR is in use again\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("set", "PAR"), 2),
        (("set", "PAR", "--workdays", "weekdays"), 2),
        (("set", "PAR", "--workdays", "8"), 2),
        (("set", "PAR", "--serves", "Mars"), 2),
        (("set", "OSL", "--capacity", "1"), 4),
        (("show", "OSL"), 4),
        (("close", "PAR", "Christmas"), 2),
        (("add", "/nowhere/paris.json"), 2),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    paris: Run, served: Served, arguments: tuple[str, ...], code: int
) -> None:
    before = read(served)

    refused = paris("locations", *arguments)

    assert refused.exit_code == code, refused.output
    assert "Traceback" not in refused.output
    assert read(served) == before


def test_a_storefront_may_look_and_not_change(paris: Run, served: Served) -> None:
    key = served.keys["storefront"]

    assert paris("locations", "list", "--key", key).exit_code == 0
    assert paris("locations", "close", "PAR", "--key", key).exit_code == 5
    assert read(served)["active"]
