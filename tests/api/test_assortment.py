"""Cases and kits: said by operations, ordered by storefronts, shown with what is in them."""

from typing import Any

import pytest

from api.schemas.catalog import PRODUCT
from tests.api.world import Client

Json = dict[str, Any]  # Any: JSON bodies
UNITS = {"units": [{"code": "pallet", "units": 480}, {"code": "case", "units": 12}]}
SET = {"components": [{"sku": "MUG", "units": 2}, {"sku": "TEA/GREEN", "units": 1}]}


@pytest.fixture
async def goods(shop: Client) -> Client:
    """A mug in cases and pallets, and a set of two mugs with tea."""
    await shop.post("/v1/products/batch", {"products": [
        PRODUCT | {"sku": "TEA/GREEN", "name": "Tea", "price": 500},
        PRODUCT | {"sku": "SET", "name": "Tea set", "price": 1999},
    ]})  # fmt: skip
    assert (await shop.put("/v1/units-of-measure/MUG", UNITS)).status_code == 200
    assert (await shop.put("/v1/kits/SET", SET)).status_code == 200
    return shop


def ordering(new_order: Json, *lines: Json) -> Json:
    return new_order | {"lines": list(lines)}


async def test_units_are_put_as_a_whole_and_listed_by_size(goods: Client, store: Client) -> None:
    listed = await store.get("/v1/units-of-measure/MUG")
    replaced = await goods.put("/v1/units-of-measure/TEA/GREEN", {"units": [{"code": "case", "units": 6}]})
    none = await goods.put("/v1/units-of-measure/TEA/GREEN", {"units": []})

    assert listed.json() == {
        "sku": "MUG", "units": [{"code": "case", "units": 12}, {"code": "pallet", "units": 480}],
    }  # fmt: skip
    assert replaced.json()["units"] == [{"code": "case", "units": 6}]
    assert none.json() == {"sku": "TEA/GREEN", "units": []}
    assert (await store.get("/v1/units-of-measure/NOWHERE")).status_code == 404


async def test_two_cases_are_twenty_four_mugs_at_the_price_of_each(
    goods: Client, store: Client, staff: Client, new_order: Json
) -> None:
    taken = await store.post("/v1/orders", ordering(new_order, {"sku": "MUG", "quantity": 2, "unit": "case"}))
    agreed = await staff.post(
        "/v1/orders",
        ordering(new_order, {"sku": "MUG", "quantity": 1, "unit": "pallet", "unit_price": 900}),
    )

    (line,) = taken.json()["lines"]
    assert (line["ordered"], line["unit"], line["unit_size"]) == (24, "case", 12)
    assert (line["unit_price"], line["amount"]) == (1250, 24 * 1250)
    assert agreed.json()["lines"][0]["amount"] == 480 * 900


@pytest.mark.parametrize(
    ("line", "code", "more"),
    [
        ({"unit": "crate"}, "unknown_unit", {"known": ["case", "pallet"], "sku": "MUG", "unit": "crate"}),
        ({"unit": "pallet", "quantity": 2084}, "too_many_units", {"most": 1_000_000}),
        ({"unit": "A CASE"}, "invalid_request", {}),
    ],
)
async def test_a_unit_that_is_not_known_is_refused_with_those_that_are(
    goods: Client, store: Client, new_order: Json, line: Json, code: str, more: Json
) -> None:
    before = len((await store.get("/v1/orders?limit=200")).json()["data"])

    answer = await store.post("/v1/orders", ordering(new_order, {"sku": "MUG", "quantity": 1} | line))

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json() | more == answer.json()
    assert len((await store.get("/v1/orders?limit=200")).json()["data"]) == before


async def test_stock_comes_in_by_the_case_and_kits_have_none(goods: Client, floor: Client) -> None:
    receipt = {"sku": "MUG", "location": "LON", "units": 3, "unit": "case"}

    taken = await floor.post("/v1/stock/receipts", receipt)
    gone = await floor.post("/v1/stock/receipts", receipt | {"units": -1})
    unknown = await floor.post("/v1/stock/receipts", receipt | {"unit": "crate"})
    kit = await floor.post("/v1/stock/receipts", {"sku": "SET", "location": "LON", "units": 3})

    assert (taken.json()["data"][0]["on_hand"], gone.json()["data"][0]["on_hand"]) == (36, 24)
    assert (unknown.status_code, unknown.json()["known"]) == (422, ["case", "pallet"])
    assert (kit.status_code, kit.json()["sku"]) == (422, "SET")
    assert (await floor.get("/v1/stock?sku=SET")).json()["data"] == []


async def test_a_kit_says_what_is_in_it_and_how_many_there_are(goods: Client, floor: Client) -> None:
    await floor.post("/v1/stock/receipts", {"sku": "TEA/GREEN", "location": "LON", "units": 5})

    found = await floor.get("/v1/kits/SET")

    assert found.json() == {"sku": "SET", **SET, "available": 5}
    assert (await floor.get("/v1/kits")).json() == {"data": [found.json()], "next": None}
    assert (await floor.get("/v1/kits/MUG")).status_code == 404


async def test_an_order_shows_its_kits_with_their_components(
    goods: Client, store: Client, new_order: Json
) -> None:
    taken = await store.post("/v1/orders", ordering(new_order, {"sku": "SET", "quantity": 2}))

    order = (await store.get(f"/v1/orders/{taken.json()['number']}")).json()
    assert order["kits"] == taken.json()["kits"]
    (kit,) = order["kits"]
    assert (kit["sku"], kit["units"], kit["amount"], kit["position"]) == ("SET", 2, 3998, 1)
    assert [(line["sku"], line["ordered"], line["kit_id"]) for line in order["lines"]] == [
        ("MUG", 4, kit["id"]), ("TEA/GREEN", 2, kit["id"]),
    ]  # fmt: skip
    assert sum(line["amount"] for line in order["lines"]) == order["subtotal"] == 3998
    found = (await store.get("/v1/orders?filter[sku]=SET")).json()["data"]
    assert [one["number"] for one in found] == [order["number"]]


BAD = [
    ("/v1/units-of-measure/MUG", {"units": [{"code": "case", "units": 1}]}, 422),
    (
        "/v1/units-of-measure/MUG",
        {"units": [{"code": "case", "units": 2}, {"code": "case", "units": 3}]},
        422,
    ),
    ("/v1/units-of-measure/NOWHERE", {"units": [{"code": "case", "units": 2}]}, 404),
    ("/v1/kits/SET", {"components": [{"sku": "MUG", "units": 0}]}, 422),
    ("/v1/kits/SET", {"components": [{"sku": "MUG", "units": 1}] * 2}, 422),
    ("/v1/kits/SET", {"components": [{"sku": "NOWHERE", "units": 1}]}, 422),
    ("/v1/kits/TEA/GREEN", {"components": [{"sku": "SET", "units": 1}]}, 409),
    ("/v1/kits/MUG", {"components": [{"sku": "TEA/GREEN", "units": 1}]}, 409),
    ("/v1/kits/NOWHERE", SET, 404),
]


@pytest.mark.parametrize(("path", "body", "status"), BAD)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    goods: Client, path: str, body: Json, status: int
) -> None:
    answer = await goods.put(path, body)

    assert answer.status_code == status
    assert [kit["sku"] for kit in (await goods.get("/v1/kits")).json()["data"]] == ["SET"]
    assert len((await goods.get("/v1/units-of-measure/MUG")).json()["units"]) == 2
