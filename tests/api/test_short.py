"""The picker finds fewer units than the fulfillment order has, through the API; and what cannot be routed."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from orderwright.domain.payments import PaymentState
from orderwright.persistence.tables import FulfillmentOrder, Payment
from orderwright.services.fulfillment import handing, planning
from orderwright.services.orders import verification
from orderwright.services.stock import reserving
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
PARTS = "/v1/fulfillment-orders"


@pytest_asyncio.fixture(loop_scope="session")
async def part(world: World, shop: Client, store: Client, new_order: Json) -> UUID:
    """Two mugs on their way out of London, the only place that has some."""
    await shop.post("/v1/stock/receipts", {"sku": "MUG", "location": "LON", "units": 2})
    order_id, now = UUID((await store.post("/v1/orders", new_order)).json()["id"]), datetime.now(UTC)
    async with world.db.transaction() as session:
        await verification.verify(session, order_id, now)
        await reserving.reserve(session, order_id, now, multicapture=True)
        for payment in await session.scalars(select(Payment).where(Payment.order_id == order_id)):
            payment.state = PaymentState.AUTHORIZED
        await session.flush()
        await planning.plan(session, order_id, now)
        await session.execute(
            text("UPDATE shipments SET state = 'labeled' WHERE order_id = :id"), {"id": order_id}
        )
        found = (
            await session.scalars(select(FulfillmentOrder.id).where(FulfillmentOrder.order_id == order_id))
        ).one()
        assert await handing.release(session, found)
    return found


async def test_what_is_missing_leaves_the_fulfillment_order(part: UUID, floor: Client) -> None:
    body = {"lines": [{"sku": "MUG", "found": 1}], "reason": "one is broken"}

    answer = await floor.post(f"{PARTS}/{part}/short", body)
    again = await floor.post(f"{PARTS}/{part}/short", body)

    assert answer.status_code == 200
    assert [(line["sku"], line["units"]) for line in answer.json()["lines"]] == [("MUG", 1)]
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"lines": [], "reason": "x"}, "invalid_request"),
        ({"lines": [{"sku": "MUG", "found": -1}], "reason": "x"}, "invalid_request"),
        ({"lines": [{"sku": "MUG", "found": 1.5}], "reason": "x"}, "invalid_request"),
        ({"lines": [{"sku": "MUG", "found": 1}] * 2, "reason": "x"}, "invalid_request"),
        ({"lines": [{"sku": "MUG", "found": 1}]}, "invalid_request"),
        ({"lines": [{"sku": "TEA", "found": 1}], "reason": "x"}, "invalid"),
    ],
)
async def test_what_cannot_be_meant_is_refused(part: UUID, floor: Client, body: Json, code: str) -> None:
    answer = await floor.post(f"{PARTS}/{part}/short", body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    (line,) = (await floor.get(f"{PARTS}/{part}")).json()["lines"]
    assert line["units"] == 2


async def test_storefronts_say_nothing_of_the_floor(part: UUID, store: Client) -> None:
    answer = await store.post(f"{PARTS}/{part}/short", {"lines": [{"sku": "MUG", "found": 1}], "reason": "x"})

    assert answer.status_code == 403


async def test_what_nobody_can_ship_is_listed_with_its_reason_and_tried_again(
    world: World, part: UUID, floor: Client, staff: Client
) -> None:
    body = {"lines": [{"sku": "MUG", "found": 0}], "reason": "the shelf is empty"}
    order_id = (await floor.post(f"{PARTS}/{part}/short", body)).json()["order_id"]
    async with world.db.transaction() as session:
        await reserving.reserve(session, UUID(order_id), datetime.now(UTC), multicapture=True)

    queue = f"/v1/tasks?filter[kind]=routing&filter[state]=open&filter[order_id]={order_id}"
    (task,) = (await staff.get(queue)).json()["data"]
    (nowhere,) = (await staff.get("/v1/unroutable-orders")).json()["data"]
    allowed = (await staff.get(f"/v1/orders/{order_id}")).json()["allowed_actions"]
    refused = await floor.post(f"/v1/orders/{order_id}/retry")
    retried = await staff.post(f"/v1/orders/{order_id}/retry", {"note": "Paris has some again"})
    again = await staff.post(f"/v1/orders/{order_id}/retry", {"note": "and once more"})
    decided = (await staff.get(f"/v1/tasks/{task['id']}")).json()

    assert task["kind"] == "routing"
    assert task["reason"] == "unroutable"
    assert "2 of MUG" in task["question"]
    assert (nowhere["order_id"], nowhere["task_id"], nowhere["missing"]) == (order_id, task["id"], {"MUG": 2})
    assert nowhere["words"][1] == "No place for 2 MUG: a person is asked."
    assert {"action": "retry", "scopes": ["operations"]} in allowed
    assert (retried.status_code, retried.json()["held_by"]) == (200, [])
    assert (decided["decision"], decided["note"]) == ("approve", "Paris has some again")
    assert (refused.status_code, again.status_code, again.json()["code"]) == (403, 409, "conflict")
    order = (await staff.get(f"/v1/orders/{order_id}")).json()
    assert order["held_by"] == []
    assert [hold["outcome"] for hold in order["holds"] if hold["type"] == "routing"] == ["retried"]
    assert (await staff.get(queue)).json()["data"] == []
    assert (await staff.get("/v1/unroutable-orders")).json()["data"] == []
