"""Promotions, tax and fees over HTTP: an order shows what it bears and why, and its sums hold."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from orderwright.domain.orders import OrderState
from orderwright.persistence import locks
from orderwright.reporting import books
from orderwright.services.orders.ending import end_unshipped
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
SUMS = ("subtotal", "discount", "shipping", "fees", "tax", "tax_added", "total")


def sums(order: Json) -> dict[str, int]:
    return {name: order[name] for name in SUMS}


async def promotion(staff: Client, **body: Any) -> Json:  # Any: JSON
    made = await staff.post("/v1/promotions", {"name": "Offer", "kind": "percentage", "ppm": 100_000} | body)
    assert made.status_code == 201, made.text
    answer: Json = made.json()
    return answer


async def end(staff: Client, *promotions: Json) -> None:
    for one in promotions:
        await staff.post(f"/v1/promotions/{one['id']}/end")


async def proven(world: World) -> list[str]:
    """What the books find, but for what only takes time."""
    async with world.db.transaction() as session:
        return [f"{fault.rule}: {fault.reason}" for fault in (await books.check(session, minutes=60)).faults]


async def test_a_code_is_taken_off_before_tax_and_shown_on_lines_and_order(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    made = await promotion(shop, code="nov10", limit_total=5)
    plain = (await store.post("/v1/orders", new_order)).json()

    order = (await store.post("/v1/orders", new_order | {"promotion_codes": ["Nov10"]})).json()

    off = plain["subtotal"] // 10
    assert order["discount"] == off == sum(line["discount"] for line in order["lines"])
    assert order["promotions"] == [
        {"promotion_id": made["id"], "name": "Offer", "code": "NOV10", "lines": off, "shipping": 0}
    ]
    assert order["total"] == plain["total"] - off  # the catalog's prices hold their tax
    assert order["tax"] < plain["tax"]
    assert (await shop.get("/v1/promotions/NOV10")).json()["uses"] == 1
    assert (await shop.get("/v1/promotions/NOV10")).json()["given"] == {order["currency"]: off}
    assert await proven(world) == []


async def test_ten_uses_are_ten_uses_however_many_ask_at_once(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="RACE", limit_total=10)
    body = new_order | {"promotion_codes": ["RACE"]}

    answers = await asyncio.gather(*(store.post("/v1/orders", body) for _ in range(50)))

    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 40}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"promotion_used_up"}
    assert (await shop.get("/v1/promotions/RACE")).json()["uses"] == 10
    assert await proven(world) == []


async def test_a_limit_per_customer_is_raced_safely_too(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="ONCE", limit_per_customer=2)
    known = await store.post("/v1/orders", new_order)
    body = new_order | {"promotion_codes": ["ONCE"]}

    answers = await asyncio.gather(*(store.post("/v1/orders", body) for _ in range(12)))
    other = await store.post(
        "/v1/orders", body | {"customer": {"name": "Bea", "email": "bea@customer.example"}}
    )

    quoted = await store.post(
        "/v1/quotes",
        {"channel": "web", "lines": [{"sku": "MUG", "quantity": 2}], "promotion_codes": ["ONCE"],
         "ship_to": {"country": "GB"}, "customer_id": known.json()["customer_id"]},
    )  # fmt: skip

    assert (quoted.status_code, quoted.json()["code"]) == (409, "promotion_used_up")
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 10}
    assert other.status_code == 201


async def test_a_use_is_given_back_once_when_nothing_is_shipped(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="BACK", limit_total=1, limit_per_customer=1)
    body = new_order | {"promotion_codes": ["BACK"]}
    order = (await store.post("/v1/orders", body)).json()
    assert (await store.post("/v1/orders", body)).status_code == 409

    for _ in range(2):
        async with world.db.transaction() as session:
            await end_unshipped(session, UUID(order["id"]), OrderState.CANCELED, reason="test")

    assert (await shop.get("/v1/promotions/BACK")).json()["uses"] == 0
    assert (await store.post("/v1/orders", body)).status_code == 201
    assert (await store.post("/v1/orders", body)).status_code == 409
    assert await proven(world) == []


async def test_uses_that_come_back_while_others_ask_are_never_too_many(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="SWING", limit_total=8)
    body = new_order | {"promotion_codes": ["SWING"]}
    first = [(await store.post("/v1/orders", body)).json()["id"] for _ in range(8)]

    async def cancel(order_id: str) -> None:
        async with world.db.transaction() as session:
            await locks.lock(session, UUID(order_id))
            await end_unshipped(session, UUID(order_id), OrderState.CANCELED, reason="test")

    answers = await asyncio.gather(
        *(store.post("/v1/orders", body) for _ in range(24)), *(cancel(order_id) for order_id in first)
    )

    taken = [answer.status_code for answer in answers if answer is not None]
    assert set(taken) <= {201, 409}
    assert taken.count(201) == (await shop.get("/v1/promotions/SWING")).json()["uses"] <= 8
    assert await proven(world) == []


async def test_an_end_is_an_end_for_orders_that_ask_at_once(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="STOP", limit_total=1000)
    body = new_order | {"promotion_codes": ["STOP"]}

    answers = await asyncio.gather(
        *(store.post("/v1/orders", body) for _ in range(5)), shop.post("/v1/promotions/STOP/end"),
        *(store.post("/v1/orders", body) for _ in range(5)),
    )  # fmt: skip
    late = await store.post("/v1/orders", body)

    orders = [answer.status_code for answer in [*answers[:5], *answers[6:]]]
    assert set(orders) <= {201, 409, 422}
    assert (late.status_code, late.json()["code"]) == (422, "unknown_promotion")
    assert (await shop.get("/v1/promotions/STOP")).json()["uses"] == orders.count(201)
    assert await proven(world) == []


@pytest.mark.parametrize(
    ("given", "code", "status", "problem"),
    [
        ({"code": "FEW", "currency": "GBP", "minimum": 10**9}, "FEW", 422, "promotion_not_met"),
        ({"code": "CUPS", "skus": ["CUP"]}, "CUPS", 422, "promotion_not_met"),
        ({"code": "B2B", "channels": ["b2b"]}, "B2B", 422, "unknown_promotion"),
        ({"code": "YEN", "currency": "JPY"}, "YEN", 422, "unknown_promotion"),
        ({"code": "OLD", "valid_from": "2020-01-01T00:00:00Z", "valid_to": "2021-01-01T00:00:00Z"}, "OLD",
         422, "unknown_promotion"),
        ({"code": "SOON", "valid_from": "2199-01-01T00:00:00Z"}, "SOON", 422, "unknown_promotion"),
        ({"code": "HERS", "customers": ["01970000-0000-7000-8000-000000000001"]}, "HERS", 422,
         "unknown_promotion"),
        ({"code": "REAL"}, "FALSE", 422, "unknown_promotion"),
    ],
)  # fmt: skip
async def test_a_code_that_cannot_count_is_refused_and_no_order_taken(
    world: World, shop: Client, store: Client, new_order: Json,
    given: Json, code: str, status: int, problem: str,
) -> None:  # fmt: skip
    await promotion(shop, **given)
    before = len((await shop.get("/v1/orders?limit=200")).json()["data"])

    answer = await store.post("/v1/orders", new_order | {"promotion_codes": [code]})

    assert (answer.status_code, answer.json()["code"]) == (status, problem)
    assert len((await shop.get("/v1/orders?limit=200")).json()["data"]) == before


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "percentage", "ppm": 0},
        {"kind": "amount", "amount": 500},
        {"kind": "tiered", "currency": "GBP"},
        {"kind": "buy_x_get_y", "buy": 2},
        {"kind": "percentage", "ppm": 1_000_001},
        {"kind": "percentage", "ppm": 1, "code": "with space"},
        {
            "kind": "percentage",
            "ppm": 1,
            "valid_from": "2026-02-01T00:00:00Z",
            "valid_to": "2026-01-01T00:00:00Z",
        },
    ],
)
async def test_a_promotion_that_means_nothing_is_refused(shop: Client, body: Json) -> None:
    assert (await shop.post("/v1/promotions", {"name": "Bad"} | body)).status_code == 422


async def test_a_code_is_one_promotion_s_and_ends(shop: Client, store: Client, new_order: Json) -> None:
    await promotion(shop, code="MINE")

    again = await shop.post("/v1/promotions", {"name": "B", "kind": "free_shipping", "code": "mine"})
    await shop.post("/v1/promotions/mine/end")
    order = await store.post("/v1/orders", new_order | {"promotion_codes": ["MINE"]})

    assert (again.status_code, again.json()["code"]) == (409, "exists")
    assert (order.status_code, order.json()["code"]) == (422, "unknown_promotion")
    assert (await store.post("/v1/promotions", {"name": "x", "kind": "free_shipping"})).status_code == 403


async def test_an_automatic_one_needs_no_code_and_counts_not_where_prices_were_agreed(
    shop: Client, store: Client, new_order: Json
) -> None:
    made = await promotion(shop, ppm=500_000)

    order = (await store.post("/v1/orders", new_order)).json()
    agreed = (await shop.post("/v1/orders", new_order | {"shipping_amount": 100})).json()
    await end(shop, made)

    assert order["discount"] * 2 == order["subtotal"]
    assert (agreed["discount"], agreed["promotions"]) == (0, [])


async def test_an_automatic_one_that_is_used_up_just_does_not_count(
    shop: Client, store: Client, new_order: Json
) -> None:
    made = await promotion(shop, ppm=500_000, limit_total=3)

    answers = await asyncio.gather(*(store.post("/v1/orders", new_order) for _ in range(12)))
    await end(shop, made)

    assert {answer.status_code for answer in answers} == {201}
    assert Counter(bool(answer.json()["discount"]) for answer in answers) == {True: 3, False: 9}


async def test_a_quote_is_what_the_order_will_cost_and_takes_nothing(
    shop: Client, store: Client, new_order: Json
) -> None:
    await promotion(shop, code="QUOTE", limit_total=1)
    cart = {
        "channel": "web", "lines": [{"sku": "MUG", "quantity": 2}], "promotion_codes": ["quote"],
        "ship_to": {"country": "GB", "postal_code": "SW1Y 4JH"},
    }  # fmt: skip

    quotes = [(await store.post("/v1/quotes", cart)).json() for _ in range(3)]
    order = (await store.post("/v1/orders", new_order | {"promotion_codes": ["QUOTE"]})).json()
    late = await store.post("/v1/quotes", cart)

    assert [sums(quote) for quote in quotes] == [sums(order)] * 3
    assert quotes[0]["charges"] == order["charges"]
    assert quotes[0]["total"] == (
        quotes[0]["subtotal"] - quotes[0]["discount"] + quotes[0]["shipping"] + quotes[0]["tax_added"]
    )
    assert (late.status_code, late.json()["code"]) == (409, "promotion_used_up")


async def test_rates_are_dated_data_and_the_order_says_which_counted(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    rate = {"tax_class": "standard", "country": "US", "region": "NY", "valid_from": "2026-01-01"}
    city = rate | {"rate_ppm": 88_750, "postal_prefix": "100"}
    put = await shop.put("/v1/tax/rates", {"rates": [rate | {"rate_ppm": 40_000}, city]})
    await shop.put("/v1/tax/regimes", {"country": "US", "region": "NY", "shipping": "goods"})
    home = new_order["ship_to"] | {
        "country": "US",
        "region": "NY",
        "postal_code": "10001",
        "city": "New York",
    }

    order = (await store.post("/v1/orders", new_order | {"ship_to": home})).json()

    assert put.status_code == 200, put.text
    (line,) = order["lines"]
    assert (line["jurisdiction"], line["tax_reason"], line["tax_rate_ppm"]) == ("US-NY-100", "rate", 88_750)
    assert line["tax"] == round(line["amount"] * 0.08875)
    (postage,) = order["charges"]
    assert (postage["kind"], postage["jurisdiction"], postage["tax"]) == ("shipping", "US-NY-100", 44)
    assert (order["shipping"], order["shipping_tax"]) == (500, 44)
    assert order["total"] == order["subtotal"] + 500 + order["tax_added"]
    assert order["tax_added"] == line["tax"] + 44
    assert await proven(world) == []


async def test_an_address_of_another_tax_is_refused_and_of_the_same_accepted(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    rate = {"tax_class": "standard", "country": "CA", "valid_from": "2026-01-01", "rate_ppm": 50_000}
    there = [rate, rate | {"region": "ON", "rate_ppm": 130_000}, rate | {"region": "YT"}]
    await shop.put("/v1/tax/rates", {"rates": there})
    home = new_order["ship_to"] | {
        "country": "CA",
        "region": "AB",
        "postal_code": "T2P 1J9",
        "city": "Calgary",
    }
    made = await store.post("/v1/orders", new_order | {"ship_to": home})
    order, path = made.json(), f"/v1/orders/{made.json()['id']}/address"

    other = await shop.put(path, home | {"region": "ON"}, If_Match=made.headers["etag"])
    same = await shop.put(path, home | {"region": "YT"}, If_Match=made.headers["etag"])

    now = (await shop.get(f"/v1/orders/{order['id']}")).json()
    assert (other.status_code, other.json()["code"]) == (422, "invalid")
    assert same.status_code in (200, 202), same.text
    assert (now["ship_to"]["region"], now["lines"][0]["jurisdiction"]) == ("YT", "CA-YT")
    assert sums(now) == sums(order)


async def test_a_new_rate_ends_the_one_before_it(shop: Client) -> None:
    rate = {"tax_class": "wine", "country": "FR", "rate_ppm": 200_000, "valid_from": "2026-01-01"}
    await shop.put("/v1/tax/rates", {"rates": [rate]})

    await shop.put("/v1/tax/rates", {"rates": [rate | {"rate_ppm": 210_000, "valid_from": "2027-01-01"}]})

    found = (await shop.get("/v1/tax/rates?filter[country]=FR&filter[tax_class]=wine")).json()["data"]
    assert [(one["rate_ppm"], one["valid_from"], one["valid_to"]) for one in found] == [
        (200_000, "2026-01-01", "2027-01-01"),
        (210_000, "2027-01-01", None),
    ]


async def test_a_customer_with_a_certificate_owes_nothing_and_the_order_says_why(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    museum = {"name": "Museum", "email": "museum@customer.example", "external_id": "museum"}
    body = new_order | {"customer": museum}
    before = (await store.post("/v1/orders", body)).json()
    card = {
        "customer_id": before["customer_id"], "number": "EX-7", "country": "GB", "valid_from": "2026-01-01"
    }  # fmt: skip

    made = await shop.post("/v1/tax/exemptions", card)
    order = (await store.post("/v1/orders", body)).json()
    await shop.post(f"/v1/tax/exemptions/{made.json()['id']}/end?from=2026-02-01")
    after = (await store.post("/v1/orders", body)).json()

    assert made.status_code == 201, made.text
    assert (order["tax"], order["tax_evidence"], order["lines"][0]["tax_reason"]) == (0, "EX-7", "exempt")
    assert order["total"] == before["total"] - before["tax"]  # the price held it
    assert (after["tax"], after["tax_evidence"]) == (before["tax"], None)
    assert (await shop.post("/v1/tax/exemptions", card)).status_code == 409
    assert await proven(world) == []


async def test_a_company_of_another_member_state_owes_its_tax_itself(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await shop.put("/v1/tax/regimes", {"country": "FR", "seller_country": "DE"})
    home = new_order["ship_to"] | {"country": "FR", "postal_code": "75001", "city": "Paris"}
    body = new_order | {"ship_to": home}

    company = (await store.post("/v1/orders", body | {"vat_id": "FR40303265045"})).json()
    person = (await store.post("/v1/orders", body)).json()
    bad = await store.post("/v1/orders", body | {"vat_id": "nonsense"})

    assert (company["tax"], company["tax_evidence"]) == (0, "FR40303265045")
    assert company["lines"][0]["tax_reason"] == "reverse_charge"
    assert company["total"] == person["total"] - person["tax"]
    assert person["tax"] > 0
    assert bad.status_code == 422
    assert await proven(world) == []


async def test_fees_are_rows_of_the_order_with_their_own_tax(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    fee = {
        "currency": new_order_currency(await store.post("/v1/orders", new_order)),
        "valid_from": "2026-01-01",
    }
    await shop.put("/v1/fees", fee | {"code": "fuel", "name": "Fuel", "kind": "fuel", "ppm": 100_000})
    await shop.put("/v1/fees", fee | {"code": "small", "name": "Small order", "kind": "small_order",
                                      "amount": 300, "below": 10**9})  # fmt: skip

    order = (await store.post("/v1/orders", new_order)).json()
    agreed = (await shop.post("/v1/orders", new_order | {"shipping_amount": 0})).json()
    for code in ("fuel", "small"):
        await shop.put(
            "/v1/fees", fee | {"code": code, "name": "Off", "kind": "fuel", "valid_to": "2026-01-02"}
        )
    without = (await store.post("/v1/orders", new_order)).json()

    rows = [(one["code"], one["amount"], one["tax"], one["tax_class"]) for one in order["charges"][1:]]
    assert rows == [("fuel", 50, 8, "standard"), ("small", 300, 50, "standard")]
    assert (order["fees"], order["fees_tax"]) == (350, 58)
    assert order["total"] == without["total"] + 350
    assert (agreed["fees"], without["fees"]) == (0, 0)
    assert await proven(world) == []


async def test_who_misses_his_contract_s_terms_bears_its_penalty_at_agreed_prices_too(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    body = new_order | {"customer": {"name": "Hotel", "email": "h@customer.example", "external_id": "hotel"}}
    before = (await store.post("/v1/orders", body)).json()
    penalty = {
        "code": "terms", "currency": before["currency"], "name": "Terms missed", "kind": "contract_penalty",
        "amount": 400, "ppm": 100_000, "below_units": 3, "valid_from": "2026-01-01",
    }  # fmt: skip
    agreed_line = {**new_order["lines"][0], "unit_price": 1000}

    put = await shop.put("/v1/fees", penalty | {"customers": [before["customer_id"]]})
    short = (await store.post("/v1/orders", body)).json()
    agreed = (await shop.post("/v1/orders", body | {"lines": [agreed_line]})).json()
    kept = (await shop.post("/v1/orders", body | {"lines": [{**agreed_line, "quantity": 3}]})).json()
    other = (await store.post("/v1/orders", new_order)).json()
    quoted = (await store.post(
        "/v1/quotes",
        {"channel": "web", "lines": [{"sku": "MUG", "quantity": 2}], "ship_to": {"country": "GB"},
         "customer_id": before["customer_id"]},
    )).json()  # fmt: skip

    assert put.status_code == 200, put.text
    assert (short["fees"], agreed["fees"]) == (400 + round(short["subtotal"] / 10), 400 + 200)
    assert agreed["charges"][-1]["code"] == "terms"
    assert agreed["total"] == 2000 + agreed["shipping"] + 600
    assert (kept["fees"], other["fees"], before["fees"]) == (0, 0, 0)
    assert quoted["fees"] == short["fees"]
    assert await proven(world) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "contract_penalty", "below": 100},  # whose contract?
        {"kind": "contract_penalty", "customers": ["01970000-0000-7000-8000-000000000001"]},  # which terms?
        {"kind": "contract_penalty", "below": 1, "customers": ["01970000-0000-7000-8000-000000000001"]},
        {"kind": "small_order", "below": 1, "below_units": 1},
    ],
)
async def test_a_penalty_without_a_contract_is_refused(shop: Client, wrong: Json) -> None:
    fee = {"code": "bad", "currency": "EUR", "name": "Bad", "amount": 1, "valid_from": "2026-01-01"}

    answer = await shop.put("/v1/fees", fee | wrong)

    assert answer.status_code == 422
    assert "bad" not in {one["code"] for one in (await shop.get("/v1/fees")).json()["data"]}


def new_order_currency(answer: Any) -> str:  # Any: an HTTP answer
    return str(answer.json()["currency"])
