"""Returns over HTTP: the policy, the preview, and what is refused."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import FulfillmentOrder, OrderLine, Shipment
from tests.api.conftest import Json
from tests.api.test_refunds import paid
from tests.api.world import Client, World


async def test_rules_are_versions_and_the_newest_is_first(staff: Client) -> None:
    body = {"window_days": 60, "fees": {"EUR": 495}, "note": "Winter"}

    made = await staff.post("/v1/return-policies", body)
    listed = await staff.get("/v1/return-policies")

    assert made.status_code == 201
    versions = [one["version"] for one in listed.json()["data"]]
    assert versions[-1] == 0
    assert versions[0] == made.json()["version"]
    assert listed.json()["data"][0]["rules"]["window_days"] == 60
    assert listed.json()["data"][0]["rules"]["withdrawal_days"] == 14


async def test_a_withdrawal_right_below_the_laws_is_refused(staff: Client) -> None:
    answer = await staff.post("/v1/return-policies", {"withdrawal_days": 7})

    assert answer.status_code == 422


async def test_an_unknown_return_and_product_are_told(staff: Client) -> None:
    missing = await staff.post("/v1/returns/RET-1/approve", {})
    unknown = await staff.post("/v1/return-policies", {"products": [{"sku": "NO-SUCH"}]})

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (unknown.status_code, unknown.json()["field"]) == (422, "products")


async def arrived(world: World, shop: Client, new_order: Json) -> Json:
    """Two mugs that are paid and delivered."""
    order = await paid(world, shop, new_order)
    async with world.db.transaction() as session:
        part_id = await session.scalar(
            select(FulfillmentOrder.id).where(FulfillmentOrder.order_id == order["id"])
        )
        session.add(
            Shipment(
                order_id=order["id"], fulfillment_id=part_id, state=ShipmentState.DELIVERED, grams=300,
                length_mm=1, width_mm=1, height_mm=1, delivered_at=datetime.now(UTC),
            )
        )  # fmt: skip
        await session.execute(
            update(OrderLine)
            .where(OrderLine.order_id == order["id"])
            .values(delivered=OrderLine.ordered, allocated=0, unallocated=0, released=0, shipped=0)
        )
    return order


async def test_a_return_is_previewed_asked_for_received_and_inspected(
    world: World, shop: Client, store: Client, floor: Client, new_order: Json
) -> None:
    order = await arrived(world, shop, new_order)
    wish = {
        "lines": [{"sku": "MUG", "quantity": 2, "reason": "damaged"}], "method": "own_transport",
    }  # fmt: skip

    seen = (await store.post(f"/v1/orders/{order['number']}/returns/preview", wish)).json()
    before = (await store.get("/v1/returns")).json()["data"]
    made = await store.post(f"/v1/orders/{order['number']}/returns", wish)
    again = await store.post(f"/v1/orders/{order['number']}/returns", wish)
    number = made.json()["number"]
    came = await floor.post(
        f"/v1/returns/{number}/receive", {"lines": [{"sku": "MUG", "quantity": 2, "damaged": 1}]}
    )
    found = [
        {
            "sku": "MUG",
            "quantity": 1,
            "condition": "damaged",
            "disposition": "write_off",
        },
        {"sku": "MUG", "quantity": 1, "condition": "as_new", "disposition": "restock"},
    ]
    done = await floor.post(f"/v1/returns/{number}/inspect", {"lines": found})
    late = await store.post(f"/v1/returns/{number}/cancel", {})

    assert (seen["verdict"], seen["refund"], seen["fee"]) == ("allowed", order["total"], 0)
    assert before == []
    assert (made.status_code, made.json()["state"], number[:4]) == (201, "approved", "RET-")
    assert (again.status_code, again.json()["returnable_units"]) == (409, 0)
    assert came.json()["lines"][0]["received"] == 2
    assert (done.json()["state"], len(done.json()["inspections"])) == ("inspected", 2)
    assert (late.status_code, late.json()["state"]) == (409, "inspected")
    listed = (await store.get(f"/v1/returns?filter[order]={order['number']}")).json()["data"]
    assert [one["number"] for one in listed] == [number]
    shown = (await store.get(f"/v1/orders/{order['number']}")).json()
    assert shown["status"]["returns"] == "full"


async def test_an_exchange_is_previewed_asked_for_and_seen_on_both_orders(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    order = await arrived(world, shop, new_order)
    await goods(shop, "CUP", 2000, 1)
    wish = {
        "lines": [{"sku": "MUG", "quantity": 1, "reason": "does_not_fit"}], "method": "own_transport",
        "exchange": [{"sku": "CUP", "quantity": 1}],
    }  # fmt: skip

    seen = (await store.post(f"/v1/orders/{order['number']}/returns/preview", wish)).json()
    first = (
        await store.post(f"/v1/orders/{order['number']}/returns/preview", wish | {"ship_first": True})
    ).json()
    made = await store.post(f"/v1/orders/{order['number']}/returns", wish)
    more = await store.post(f"/v1/orders/{order['number']}/returns", wish)

    terms = seen["exchange"]
    assert (terms["price"], terms["credit"], terms["owed"], terms["refund"]) == (2000, 1250, 750, 0)
    assert (terms["security"], first["exchange"]["security"]) == (0, 1250)
    assert terms["goods"] == [{"sku": "CUP", "units": 1, "available_units": 1}]
    assert (made.status_code, made.json()["resolution"]) == (201, "exchange")
    exchange = made.json()["exchange"]
    assert (exchange["order_state"], exchange["credit"], exchange["decided_at"]) == ("submitted", 1250, None)
    given = (await store.get(f"/v1/orders/{exchange['order_number']}")).json()
    assert [hold["type"] for hold in given["holds"]] == ["exchange"]
    assert (given["total"], given["shipping"], given["payments"]) == (2000, 0, [])
    assert (more.status_code, more.json()["code"]) == (409, "not_enough")
    told = (await shop.get(f"/v1/orders/{order['number']}/timeline")).json()["data"]
    assert "return.exchange_placed" in [event["kind"] for event in told]


async def test_nobody_pays_or_is_refunded_by_exchange_on_his_own(
    world: World, shop: Client, staff: Client, new_order: Json
) -> None:
    order = await arrived(world, shop, new_order)
    lines = [{"sku": "MUG", "quantity": 1, "reason": "does_not_fit"}]

    placed = await shop.post("/v1/orders", new_order | {"payment": {"method": "exchange"}})
    refund = await staff.post(f"/v1/orders/{order['number']}/refunds", {"amount": 5, "to": "exchange"})
    nothing = await staff.post(
        f"/v1/orders/{order['number']}/returns", {"lines": lines, "resolution": "exchange"}
    )
    both = await staff.post(
        f"/v1/orders/{order['number']}/returns",
        {"lines": lines, "resolution": "refund", "exchange": [{"sku": "MUG", "quantity": 1}]},
    )

    assert [one.status_code for one in (placed, refund, nothing, both)] == [422, 422, 422, 422]


async def goods(shop: Client, sku: str, price: int, units: int) -> None:
    """A product that lies at the warehouse."""
    product = {"sku": sku, "name": sku.title(), "price": price, "currency": "GBP", "grams": 300}
    assert (await shop.post("/v1/products/batch", {"products": [product]})).status_code < 300
    receipt = {"sku": sku, "location": "LON", "units": units, "reason": "opening"}
    assert (await shop.post("/v1/stock/receipts", {"receipts": [receipt]})).status_code < 300
