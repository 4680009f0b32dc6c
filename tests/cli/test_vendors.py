"""`orderwright returns vendors`: empty lists, and what is refused in words."""

import json

from tests.cli.conftest import Run


def test_without_vendor_returns_the_lists_are_empty(at_shop: Run) -> None:
    for command in ("list", "waiting"):
        found = at_shop("returns", "vendors", command, "--json")

        assert found.exit_code == 0
        assert json.loads(found.stdout) == {"data": [], "next": None}


def test_what_does_not_wait_and_what_is_not_there_is_told(at_shop: Run) -> None:
    nothing = at_shop("returns", "vendors", "open", "MAKER", "LON", "MUG=2")

    assert nothing.exit_code == 1
    assert "0 units of MUG wait there" in nothing.stderr
    assert at_shop("returns", "vendors", "open", "MAKER", "LON", "MUG").exit_code == 2
    for command in (("show",), ("ship", "--carrier", "UPS"), ("cancel",)):
        assert at_shop("returns", "vendors", command[0], "RTV-1", *command[1:]).exit_code == 4
    assert at_shop("returns", "vendors", "settle", "RTV-1", "0", "gbp").exit_code == 4
