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
