"""An order is taken once, at our prices, and committed before anybody is told."""

import copy
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue, ValidationError
from sqlalchemy import event, func, select, text

from api.schemas.base import Body
from api.schemas.customers import ADDRESS
from orderwright.domain.orders import AtDeadline, HoldType, OrderState
from orderwright.persistence import holds
from orderwright.persistence.tables import Customer, Order, OrderEvent, Outbox
from tests.api.world import Client, NotingRelay, World

Json = dict[str, Any]  # Any: JSON bodies


async def _count(world: World, table: type[Order | Customer | Outbox]) -> int:
    async with world.db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_an_order_is_taken_at_the_catalogs_price(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["subtotal"], order["shipping"], order["tax"], order["tax_added"]) == (2500, 500, 417, 0)
    assert order["total"] == 3000
    assert order["state"] == "submitted"
    assert order["number"] == "ORD-10001"
    assert order["lines"][0]["unallocated"] == 2
    assert order["status"]["payment"] == {
        "authorize": "none", "charge": "none", "refund": "none", "unknown": False,
    }  # fmt: skip
    assert [item["action"] for item in order["allowed_actions"]] == [
        "cancel",
        "hold",
        "edit_address",
        "change",
    ]
    assert answer.headers["location"] == f"/v1/orders/{order['id']}"
    read = await store.get(f"/v1/orders/{order['number']}")
    assert read.json() == order


async def test_taking_an_order_tells_it_and_asks_for_its_run(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    order = (await store.post("/v1/orders", new_order)).json()

    async with world.db.transaction() as session:
        events = (await session.scalars(select(OrderEvent).where(OrderEvent.order_id == order["id"]))).all()
        wakes = (await session.scalars(select(Outbox).where(Outbox.order_id == order["id"]))).all()
    assert [event.kind for event in events] == ["order.submitted"]
    assert "ada" not in str(events[0].data).lower()
    assert len(wakes) == 1
    assert str(world.relay.woken[-1]) == order["id"]


async def test_where_the_commit_fails_nobody_is_told_that_it_was_taken(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    assert (
        await store.get("/v1/products")
    ).status_code == 200  # the key is remembered, so only the commit fails
    before, woken = await _count(world, Order), len(world.relay.woken)

    with world.failing_commit():
        answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert await _count(world, Order) == before
    assert len(world.relay.woken) == woken


async def test_a_thousand_lines_and_one_sku_twice_are_one_order(
    shop: Client, store: Client, new_order: Json
) -> None:
    new_order["lines"] = [{"sku": "MUG", "quantity": 1}] * 1000

    answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 201
    assert answer.json()["subtotal"] == 1000 * 1250
    assert [line["position"] for line in answer.json()["lines"]] == list(range(1, 1001))
    new_order["lines"].append({"sku": "MUG", "quantity": 1})
    assert (await store.post("/v1/orders", new_order)).status_code == 422


async def test_the_same_external_id_is_refused_with_the_order_that_has_it(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    new_order["external_id"] = "basket-7"
    first = (await store.post("/v1/orders", new_order)).json()
    before = await _count(world, Order)

    second = await store.post("/v1/orders", new_order)

    assert second.status_code == 409
    assert second.json()["code"] == "exists"
    assert second.json()["order_id"] == first["id"]
    assert await _count(world, Order) == before
    new_order["channel"] = "market"
    assert (await store.post("/v1/orders", new_order)).status_code == 201


AGREED: list[Json] = [
    {"lines": [{"sku": "MUG", "quantity": 2, "unit_price": 1}]},
    {"shipping_amount": 0},
    {"placed_at": "2010-12-01T08:26:00Z"},
]


@pytest.mark.parametrize("agreed", AGREED)
async def test_agreed_prices_need_the_right_to(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json, agreed: Json
) -> None:
    before = await _count(world, Order)

    refused = await store.post("/v1/orders", new_order | agreed)

    assert refused.status_code == 403
    assert refused.json()["code"] == "price_not_allowed"
    assert await _count(world, Order) == before
    assert (await staff.post("/v1/orders", new_order | agreed)).status_code == 201


async def test_an_imported_order_keeps_its_prices_its_date_and_may_cost_nothing(
    shop: Client, staff: Client, new_order: Json
) -> None:
    new_order |= {
        "lines": [{"sku": "MUG", "quantity": 3, "unit_price": 0}],
        "placed_at": "2010-12-01T09:26:00+01:00",
        "currency": "EUR",
        "shipping_amount": 0,
    }

    answer = await staff.post("/v1/orders", new_order)

    assert answer.status_code == 201
    assert (answer.json()["total"], answer.json()["currency"]) == (0, "EUR")
    assert answer.json()["placed_at"] == "2010-12-01T08:26:00Z"
    assert answer.json()["status"]["payment"]["charge"] == "full"


async def test_tax_follows_country_and_region(shop: Client, store: Client, new_order: Json) -> None:
    new_order["ship_to"] = ADDRESS | {"country": "US", "region": "NY", "postal_code": "10001"}

    order = (await store.post("/v1/orders", new_order)).json()

    assert (order["tax"], order["tax_added"]) == (222, 222)  # 8.875 % of 25.00
    assert order["total"] == 2500 + 500 + 222


async def test_shipping_is_free_over_a_limit_and_dearer_when_fast(
    shop: Client, store: Client, new_order: Json
) -> None:
    many = new_order | {"lines": [{"sku": "MUG", "quantity": 4}]}

    free = (await store.post("/v1/orders", many)).json()
    fast = (await store.post("/v1/orders", many | {"service": "express"})).json()
    unknown = await store.post("/v1/orders", many | {"service": "teleport"})

    assert (free["shipping"], fast["shipping"]) == (0, 1500)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_service")


WRONG: list[tuple[Json, str]] = [
    ({"lines": [{"sku": "NOWHERE", "quantity": 1}]}, "unknown_product"),
    ({"currency": "USD"}, "currency_mismatch"),
    ({"lines": []}, "invalid_request"),
    ({"lines": [{"sku": "MUG", "quantity": 0}]}, "invalid_request"),
    ({"lines": [{"sku": "MUG", "quantity": "2"}]}, "invalid_request"),
    ({"lines": [{"sku": "MUG", "quantity": 10**30}]}, "invalid_request"),
    ({"surprise": 1}, "invalid_request"),
    ({"customer": None}, "invalid_request"),
    ({"customer": None, "customer_id": "0199a7b2-0000-7000-8000-000000000000"}, "unknown_customer"),
    ({"customer": None, "customer_external_id": "nobody"}, "unknown_customer"),
    ({"payment": {"method": "card"}}, "invalid"),
    ({"customer": {"name": "Ada", "phone": "+44123"}}, "invalid_phone"),
]


@pytest.mark.parametrize(("change", "code"), WRONG)
async def test_what_cannot_be_meant_is_refused(
    world: World, shop: Client, store: Client, new_order: Json, change: Json, code: str
) -> None:
    before = await _count(world, Order)

    answer = await store.post("/v1/orders", new_order | change)

    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert await _count(world, Order) == before


async def test_a_product_that_is_not_sold_any_more_is_refused(
    shop: Client, store: Client, new_order: Json
) -> None:
    await shop.post(
        "/v1/products", {"sku": "OLD", "name": "Old", "price": 1, "currency": "GBP", "active": False}
    )

    answer = await store.post("/v1/orders", new_order | {"lines": [{"sku": "OLD", "quantity": 1}]})

    assert answer.json()["code"] == "unknown_product"


CARD = "4242 4242-4242 4242"
FIELDS = [
    ("note",),
    ("po_number",),
    ("external_id",),
    ("channel",),
    ("payment", "source"),
    ("ship_to", "name"),
    ("ship_to", "line2"),
    ("ship_to", "company"),
    ("customer", "name"),
    ("customer", "company"),
    ("customer", "external_id"),
    ("lines", "sku"),
]


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
async def test_a_card_number_is_refused_in_every_field_and_not_repeated(
    store: Client, new_order: Json, path: tuple[str, ...]
) -> None:
    body = copy.deepcopy(new_order)
    target = body
    for name in path[:-1]:
        target = target[name][0] if name == "lines" else target[name]
    target[path[-1]] = CARD.replace(" ", "").replace("-", "") if path[-1] == "channel" else CARD

    answer = await store.post("/v1/orders", body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "card_number_refused"
    assert "4242" not in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", "4006381333931"),
        ("external_id", "5123456789012"),
        ("note", "call +44 20 7946 0958 at 9"),
        ("po_number", "PO-2026-11-22-0001"),
        ("note", "4242 4242 4242 4243"),
    ],
)
async def test_long_numbers_that_are_no_cards_pass(
    shop: Client, store: Client, new_order: Json, field: str, value: str
) -> None:
    assert (await store.post("/v1/orders", new_order | {field: value})).status_code == 201


async def test_a_card_number_is_refused_as_a_key_and_never_told_back_as_a_field(
    store: Client, new_order: Json
) -> None:
    as_key = await store.post("/v1/orders", new_order, **{"Idempotency-Key": "4242-4242-4242-4242"})
    as_field = await store.post("/v1/orders", new_order | {CARD: 1})

    assert (as_key.status_code, as_key.json()["code"]) == (422, "card_number_refused")
    assert as_field.status_code == 422
    assert "4242" not in as_key.text + as_field.text


class FreeForm(Body):
    """A body with JSON that nobody has described."""

    data: dict[str, JsonValue]


@pytest.mark.parametrize(
    "data", [{"a": [{"b": CARD}]}, {CARD: 1}, {"a": 4242424242424242}, {"a": {"b": "\uff14\uff12" * 8}}]
)
def test_a_card_number_is_refused_deep_inside_free_json(data: dict[str, JsonValue]) -> None:
    with pytest.raises(ValidationError) as refused:
        FreeForm(data=data)

    assert [error["type"] for error in refused.value.errors()] == ["card_number_refused"]


async def test_a_customer_is_found_again_by_external_id_else_by_mail(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    first = (await store.post("/v1/orders", new_order)).json()
    named = new_order | {"customer": {"name": "Bob", "external_id": "shop-9", "email": "bob@example.com"}}
    bob = (await store.post("/v1/orders", named)).json()
    customers = await _count(world, Customer)

    shouted = {**new_order["customer"], "email": "ADA@example.com", "name": "A. Lovelace"}
    again = (await store.post("/v1/orders", new_order | {"customer": shouted})).json()
    by_name = (await store.post("/v1/orders", named)).json()
    by_key = new_order | {"customer": None, "customer_external_id": "shop-9"}
    third = (await store.post("/v1/orders", by_key)).json()
    fourth = (
        await store.post(
            "/v1/orders", by_key | {"customer_external_id": None, "customer_id": bob["customer_id"]}
        )
    ).json()

    assert again["customer_id"] == first["customer_id"]
    assert again["contact"]["email"] == "ADA@example.com"
    assert {by_name["customer_id"], third["customer_id"], fourth["customer_id"]} == {bob["customer_id"]}
    assert third["contact"]["email"] == "bob@example.com"
    assert await _count(world, Customer) == customers


async def test_a_phone_is_kept_as_e164_whatever_was_typed(
    shop: Client, store: Client, new_order: Json
) -> None:
    new_order["customer"] |= {"email": "carol@example.com", "phone": "020 7946 0958"}

    order = (await store.post("/v1/orders", new_order)).json()

    assert order["contact"] == {"email": "carol@example.com", "phone": "+442079460958", "sms_consent": True}


async def test_a_bill_to_that_is_not_given_is_null_in_the_rows(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    without = (await store.post("/v1/orders", new_order)).json()
    given = (await store.post("/v1/orders", new_order | {"bill_to": ADDRESS | {"name": "Accounts"}})).json()

    async with world.db.transaction() as session:
        rows = await session.execute(text("SELECT id::text, bill_to IS NULL FROM orders"))
    kept = {order_id: is_null for order_id, is_null in rows}
    assert kept[without["id"]] is True
    assert kept[given["id"]] is False
    assert given["bill_to"]["name"] == "Accounts"


async def test_a_caller_that_waits_is_answered_when_the_order_is_held(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    class HoldingRelay(NotingRelay):
        async def deliver(self, order_id: UUID) -> None:
            async with world.db.transaction() as session:
                await holds.open_hold(
                    session,
                    order_id,
                    HoldType.FRAUD,
                    reason="test",
                    deadline=None,
                    at_deadline=AtDeadline.STAY,
                )

    usual, world.relay = world.relay, HoldingRelay()
    try:
        order = (await store.post("/v1/orders?wait=10", new_order)).json()
    finally:
        world.relay = usual

    assert order["held_by"] == ["fraud"]
    assert order["state"] == "submitted"


async def test_waiting_needs_no_worker_and_ends(shop: Client, store: Client, new_order: Json) -> None:
    answer = await store.post("/v1/orders?wait=0.2", new_order)

    assert answer.status_code == 201
    assert answer.json()["state"] == OrderState.SUBMITTED
    assert (await store.post("/v1/orders?wait=31", new_order)).status_code == 422


async def test_taking_an_order_takes_few_statements(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    await store.post("/v1/orders", new_order)
    said: list[str] = []

    def note(*given: Any) -> None:  # Any: SQLAlchemy's own
        said.append(given[2])

    event.listen(world.db.engine.sync_engine, "before_cursor_execute", note)
    await store.post("/v1/orders", new_order | {"lines": [{"sku": "MUG", "quantity": 1}] * 50})
    event.remove(world.db.engine.sync_engine, "before_cursor_execute", note)

    assert len(said) <= 13, "\n\n".join(said)  # promotions, fees and charges are one each
