"""`orderwright returns`: an exchange is previewed and asked for with what is wanted instead."""

import json

from tests.cli.conftest import Run


def test_without_returns_the_list_is_empty(at_shop: Run) -> None:
    found = at_shop("returns", "list", "--json")

    assert found.exit_code == 0
    assert json.loads(found.stdout) == {"data": [], "next": None}


def test_an_order_that_is_not_there_gives_nothing_in_exchange(at_shop: Run) -> None:
    wish = ("ORD-1", "MUG=1", "--exchange", "CUP=1", "--ship-first")

    assert at_shop("returns", "preview", *wish).exit_code == 4
    assert at_shop("returns", "request", *wish).exit_code == 4


def test_shipped_first_is_only_what_is_named(at_shop: Run) -> None:
    answer = at_shop("returns", "request", "ORD-1", "MUG=1", "--ship-first")

    assert answer.exit_code == 2
    assert "--exchange" in answer.stderr


def test_goods_without_units_are_no_goods(at_shop: Run) -> None:
    answer = at_shop("returns", "preview", "ORD-1", "MUG=1", "--exchange", "CUP")

    assert answer.exit_code == 2
    assert "SKU=UNITS" in answer.stderr
