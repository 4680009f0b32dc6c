"""Exchange rates over HTTP, orders in other currencies than the base, and the books in the base currency."""

from collections.abc import Iterator
from typing import Any

import pytest

from orderwright.services.exchange import valuing
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


@pytest.fixture(autouse=True)
def base(world: World) -> Iterator[None]:
    """The business counts in pounds."""
    before = world.settings
    world.settings = before.model_copy(update={"base_currency": "GBP"})
    yield
    world.settings = before


def quoted(rate: object, base: str = "EUR", since: str = "2026-01-01T00:00:00Z") -> Json:
    return {"rates": [{"base": base, "quote": "GBP", "valid_from": since, "rate": rate}]}


def euros(new_order: Json, **more: Any) -> Json:  # Any: fields of an order
    return new_order | {"currency": "EUR", "convert_prices": True, "payment": {"method": "manual"}} | more


async def test_without_a_rate_an_order_is_refused_and_none_is_there(shop: Client, new_order: Json) -> None:
    before = (await shop.get("/v1/orders")).json()["data"]

    prices = await shop.post("/v1/orders", euros(new_order))
    agreed = euros(new_order, convert_prices=False)
    agreed["lines"] = [line | {"unit_price": 1000} for line in agreed["lines"]]
    own = await shop.post("/v1/orders", agreed)

    assert (prices.status_code, prices.json()["code"]) == (409, "no_exchange_rate")
    assert (own.status_code, own.json()["code"]) == (409, "no_exchange_rate")
    assert (own.json()["base"], own.json()["quote"]) == ("EUR", "GBP")
    assert (await shop.get("/v1/orders")).json()["data"] == before


async def test_prices_are_converted_where_asked_for_and_the_rates_stay_with_the_order(
    shop: Client, new_order: Json
) -> None:
    assert (await shop.post("/v1/exchange-rates", quoted("0.8"))).status_code == 201
    price = (await shop.get("/v1/products/MUG")).json()["price"]
    lines = {"lines": [{"sku": "MUG", "quantity": 2}], "ship_to": {"country": "GB"}}

    refused = await shop.post("/v1/orders", euros(new_order, convert_prices=False))
    quote = (await shop.post("/v1/quotes", {**lines, "currency": "EUR", "convert_prices": True})).json()
    placed = await shop.post("/v1/orders", euros(new_order))

    assert (refused.status_code, refused.json()["code"]) == (422, "currency_mismatch")
    order = placed.json()
    assert placed.status_code == 201, placed.text
    assert order["lines"][0]["unit_price"] == quote["lines"][0]["unit_price"] == (price * 10 + 4) // 8
    assert order["currency"] == "EUR"
    await shop.post("/v1/exchange-rates", quoted("0.9", since="2026-01-02T00:00:00Z"))
    events = (await shop.get(f"/v1/orders/{order['id']}/timeline")).json()["data"]
    rated = [one["data"] for one in events if one["kind"] == "order.rated"]
    assert rated == [
        {"base": "GBP", "quote": "EUR", "rate": "1.25"},
        {"base": "EUR", "quote": "GBP", "rate": "0.8"},
    ]
    kept = (await shop.get(f"/v1/books/exchange?filter[order]={order['number']}")).json()["rates"]
    assert kept == rated[::-1]


async def test_rates_are_listed_newest_first_and_a_known_one_is_not_recorded_again(shop: Client) -> None:
    first = (await shop.post("/v1/exchange-rates", quoted("0.0053", base="JPY"))).json()
    again = (await shop.post("/v1/exchange-rates", quoted("0.0053", base="JPY"))).json()
    await shop.post("/v1/exchange-rates", quoted("0.0054", base="JPY"))

    listed = (await shop.get("/v1/exchange-rates?filter[base]=JPY&limit=1")).json()
    rest = (await shop.get(f"/v1/exchange-rates?filter[base]=JPY&cursor={listed['next']}")).json()

    assert (len(first["data"]), again["data"]) == (1, [])
    assert [one["rate"] for one in [*listed["data"], *rest["data"]]] == ["0.0054", "0.0053"]


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "one", "0.12345678901"])
async def test_what_is_no_rate_is_refused(shop: Client, rate: str) -> None:
    answer = await shop.post("/v1/exchange-rates", quoted(rate, base="CHF"))

    assert answer.status_code == 422
    assert (await shop.get("/v1/exchange-rates?filter[base]=CHF")).json()["data"] == []


async def test_the_books_in_the_base_currency(world: World, shop: Client) -> None:
    body = {"amount": 10_000, "currency": "EUR", "reason": "sorry"}
    await shop.post("/v1/exchange-rates", quoted("0.85", since="2026-01-03T00:00:00Z"))
    customer = (await shop.get("/v1/orders")).json()["data"][0]["customer_id"]
    granted = await shop.post(f"/v1/customers/{customer}/credit", body)
    waiting = (await shop.get("/v1/books/exchange")).json()
    await valuing.value(world.db, "GBP")
    await shop.post("/v1/exchange-rates", quoted("0.9", since="2026-01-04T00:00:00Z"))

    now = (await shop.get("/v1/books/exchange")).json()

    assert granted.status_code == 201, granted.text
    assert (waiting["waiting"], waiting["trial"], now["waiting"]) == (1, [], 0)
    assert now["base_currency"] == "GBP"
    assert now["trial"] == [
        {"account": "goodwill", "amount": 8_500}, {"account": "store_credit", "amount": -8_500}
    ]  # fmt: skip
    assert now["positions"] == [
        {"account": "store_credit", "currency": "EUR", "amount": -10_000, "book": -8_500, "worth": -9_000,
         "unrealized": -500}
    ]  # fmt: skip
    assert (now["realized"], now["gains"], now["unrealized"]) == (0, [], -500)


async def test_without_a_base_currency_there_is_nothing_to_value_in(world: World, shop: Client) -> None:
    world.settings = world.settings.model_copy(update={"base_currency": ""})

    answer = await shop.get("/v1/books/exchange")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_base_currency")
