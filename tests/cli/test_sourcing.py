"""`orderwright sourcing`: rules are written, listed, put in force and tried from the command line."""

import json

from tests.cli.conftest import Run

POINTS = ("--parcel", "100", "--km", "0", "--cost", "1")


def test_rules_are_written_listed_and_put_in_force(at_shop: Run) -> None:
    at_shop("sourcing", "draft", "hands", *POINTS, "--note", "cheap ones")
    second = at_shop("sourcing", "draft", "hands", *POINTS, "--postage", "3", "--margin", "7")
    active = at_shop("sourcing", "activate", "hands/1")

    listed = at_shop("sourcing", "profiles")

    assert "hands/2 is a draft" in second.stdout
    assert "hands/1 is in force" in active.stdout
    assert [line.split()[:10] for line in listed.stdout.splitlines()[1:3]] == [
        ["hands/1", "active", "100", "0", "1", "0", "0", "0", "0", "0"],
        ["hands/2", "draft", "100", "0", "1", "3", "0", "0", "0", "7"],
    ]
    assert "cheap ones" in listed.stdout


def test_a_draft_is_compared_and_says_so_where_nothing_changes(at_shop: Run) -> None:
    at_shop("sourcing", "draft", "alone", *POINTS)

    told = at_shop("sourcing", "what-if", "--profile", "alone", "--from", "2026-01-01", "--to", "2027-01-01")
    exact = at_shop("sourcing", "what-if", "--profile", "alone/1", "--from", "2026-01-01", "--json")

    assert told.exit_code == 0, told.output
    assert "alone/1, 0 choices" in told.stdout
    assert "0 would ship from elsewhere" in told.stdout
    assert "0 choices were made anew in " in told.stdout
    assert json.loads(exact.stdout)["draft"]["rules"] == "alone/1"


def test_rules_that_are_not_there_are_not_found(at_shop: Run) -> None:
    for arguments in (("activate", "nobody"), ("what-if", "--profile", "alone/99", "--from", "2026-01-01")):
        refused = at_shop("sourcing", *arguments)

        assert refused.exit_code == 4
        assert "no routing profile" in refused.stderr


def test_rules_without_points_are_refused_in_words(at_shop: Run) -> None:
    refused = at_shop("sourcing", "draft", "empty", "--parcel", "0", "--km", "0", "--cost", "0")

    assert refused.exit_code in (1, 2)
    assert "choose nothing" in refused.stderr
