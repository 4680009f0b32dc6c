"""A cart is answered before it is an order, to whoever may order, with the days as they are today."""

from typing import Any

import pytest

from api.schemas.stock.availability import CART
from tests.api.world import Client

Json = dict[str, Any]  # Any: JSON bodies
MUG = {"lines": [{"sku": "MUG", "quantity": 3}], "ship_to": {"country": "GB"}}


async def test_a_cart_is_answered_line_by_line_and_nothing_is_held(
    shop: Client, store: Client, floor: Client
) -> None:
    await shop.put("/v1/units-of-measure/MUG", {"units": [{"code": "case", "units": 12}]})
    await floor.post("/v1/stock/receipts", {"sku": "MUG", "location": "LON", "units": 15})
    cart = MUG | {"lines": [{"sku": "MUG", "quantity": 3}, {"sku": "MUG", "quantity": 2, "unit": "case"}]}

    found = (await store.post("/v1/availability", cart)).json()

    assert (found["now"], found["possible"]) == (False, False)
    assert [(line["units"], line["now"], line["later"], line["never"]) for line in found["lines"]] == [
        (3, 3, [], 0), (24, 12, [], 12),
    ]  # fmt: skip
    assert [line["unit"] for line in found["lines"]] == [None, "case"]
    (source,) = found["sources"]
    assert (source["location"], source["units"]) == ("LON", {"MUG": 15})
    assert source["leaves_on"] < source["delivered_on"] == found["delivered_on"]
    assert (await store.get("/v1/stock?sku=MUG")).json()["data"][0]["available"] == 15


async def test_the_same_key_again_is_no_old_answer(shop: Client, store: Client, floor: Client) -> None:
    cart = {"lines": [{"sku": "MUG", "quantity": 100}], "ship_to": {"country": "GB"}}

    before = await store.post("/v1/availability", cart, Idempotency_Key="cart-1")
    await floor.post("/v1/stock/receipts", {"sku": "MUG", "location": "LON", "units": 100})
    after = await store.post("/v1/availability", cart, Idempotency_Key="cart-1")

    assert (before.json()["now"], after.json()["now"]) == (False, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": []}, "invalid_request"),
        ({"lines": [{"sku": "NOWHERE", "quantity": 1}]}, "unknown_product"),
        ({"lines": [{"sku": "MUG", "quantity": 1, "unit": "crate"}]}, "unknown_unit"),
        ({"lines": [{"sku": "MUG", "quantity": 0}]}, "invalid_request"),
        ({"ship_to": None}, "invalid_request"),
        ({"pickup_at": "LON"}, "invalid_request"),
        ({"method": "pickup"}, "invalid_request"),
        ({"method": "pickup", "pickup_at": "LON"}, "invalid"),
        ({"service": "drone"}, "unknown_service"),
        ({"customer": {"name": "Ada"}}, "invalid_request"),
    ],
)
async def test_what_is_no_cart_is_refused(shop: Client, store: Client, change: Json, code: str) -> None:
    answer = await store.post("/v1/availability", MUG | change)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_example_is_a_cart(shop: Client, store: Client) -> None:
    assert (await store.post("/v1/availability", CART)).json()["skus"] == ["PLATE"]
