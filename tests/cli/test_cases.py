"""`orderwright cases`: listed, refused in words, and what is no line is told before anything is sent."""

import json

from tests.cli.conftest import Run

NOBODY = "0199a7b2-0000-7000-8000-000000000000"


def test_without_cases_the_list_is_empty(at_shop: Run) -> None:
    found = at_shop("cases", "list", "--json")

    assert found.exit_code == 0
    assert json.loads(found.stdout) == {"data": [], "next": None}


def test_a_case_that_is_not_there_is_told(at_shop: Run) -> None:
    assert at_shop("cases", "show", NOBODY).exit_code == 4
    assert at_shop("cases", "decide", NOBODY, "reship", "--why", "lost").exit_code == 4


def test_a_line_without_units_is_no_line(at_shop: Run) -> None:
    answer = at_shop("cases", "open", "ORD-1", NOBODY, "damaged", "--line", "x")

    assert answer.exit_code == 2
    assert "LINE_ID=UNITS" in answer.stderr
