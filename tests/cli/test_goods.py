"""Cases, kits and what can be promised, from the command line."""

import json

import httpx2
import pytest

from tests.cli.conftest import Run, Served

ADA = ("--name", "Ada", "--street", "1 Road", "--city", "London", "--postal-code", "SW1Y 4JH", "--on-terms")


@pytest.fixture(scope="module")
def assortment(served: Served) -> Served:
    """Mugs in cases, and a set of two with a spoon."""
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    with httpx2.Client(base_url=served.url, headers=headers, timeout=20) as api:
        for sku, name, price in (("SPOON", "Spoon", 300), ("SET", "Set", 2500)):
            body = {"sku": sku, "name": name, "price": price, "currency": "GBP"}
            api.post("/v1/products", json=body).raise_for_status()
        api.put(
            "/v1/units-of-measure/MUG", json={"units": [{"code": "case", "units": 12}]}
        ).raise_for_status()
        kit = {"components": [{"sku": "MUG", "units": 2}, {"sku": "SPOON", "units": 1}]}
        api.put("/v1/kits/SET", json=kit).raise_for_status()
    return served


def test_stock_comes_in_by_the_case(assortment: Served, at_shop: Run) -> None:
    received = at_shop("stock", "receive", "MUG", "LON", 2, "--unit", "case", "--json")
    unknown = at_shop("stock", "receive", "MUG", "LON", 2, "--unit", "crate")

    assert json.loads(received.stdout)["data"][0]["on_hand"] == 24
    assert unknown.exit_code == 1
    assert "MUG does not come in crate" in unknown.stderr


def test_an_order_of_cases_and_kits_shows_both(assortment: Served, at_shop: Run) -> None:
    made = at_shop("orders", "create", "--line", "MUG=2:case@1000", "--line", "SET=3", *ADA, "--json")

    order = json.loads(made.stdout)
    assert order["subtotal"] == 24 * 1000 + 3 * 2500
    shown = at_shop("orders", "show", order["number"]).stdout.splitlines()
    assert any(line.split()[:5] == ["MUG", "Mug,", "blue", "24", "(2"] for line in shown)
    assert any(line.startswith("SET") and line.endswith("6 MUG, 3 SPOON") for line in shown)


def test_what_can_be_promised_is_told_in_a_table_and_as_json(assortment: Served, at_shop: Run) -> None:
    at_shop("stock", "receive", "MUG", "LON", 24)
    at_shop("stock", "receive", "SPOON", "LON", 2)

    told = at_shop("availability", "SET=3", "MUG=1:case", "--country", "GB", "--postal-code", "SW1Y 4JH")
    exact = at_shop("availability", "SET=2", "--json")
    collected = at_shop("availability", "SET=2", "--pickup-at", "LON")

    assert [line.split() for line in told.stdout.splitlines()[:3]] == [
        ["SKU", "Wanted", "Now", "Later", "Never"], ["SET", "3", "2", "1"], ["MUG", "12", "12"],
    ]  # fmt: skip
    assert "16 MUG, 2 SPOON" in told.stdout
    assert told.stdout.splitlines()[-1] == "not all of it can be promised"
    assert json.loads(exact.stdout)["now"] is True
    assert (collected.exit_code, "customers cannot collect there" in collected.stderr) == (1, True)


def test_goods_that_cannot_be_read_are_refused(at_shop: Run) -> None:
    for text in ("MUG", "MUG=two", "MUG=2@cheap"):
        assert at_shop("availability", text).exit_code == 2
