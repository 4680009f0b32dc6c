"""The counter, through the API: orders to be collected are taken, made ready, handed out, kept longer."""

from datetime import UTC, datetime, timedelta
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
async def counter(world: World, shop: Client) -> None:
    """London hands out what it has."""
    async with world.db.transaction() as session:
        await session.execute(text("UPDATE locations SET pickup = true WHERE code = 'LON'"))
    receipt = {"sku": "MUG", "location": "LON", "units": 40}
    assert (await shop.post("/v1/stock/receipts", receipt)).status_code in (200, 201)


@pytest.fixture
def wanted(new_order: Json) -> Json:
    """Two mugs to be collected in London."""
    del new_order["ship_to"]
    return {**new_order, "method": "pickup", "pickup_at": "LON"}


@pytest_asyncio.fixture(loop_scope="session")
async def part(world: World, counter: None, store: Client, wanted: Json) -> UUID:
    """Its fulfillment order, with the store."""
    answer = await store.post("/v1/orders", wanted)
    assert answer.status_code == 201
    order_id, now = UUID(answer.json()["id"]), datetime.now(UTC)
    async with world.db.transaction() as session:
        await verification.verify(session, order_id, now)
        await reserving.reserve(session, order_id, now, multicapture=True)
        for payment in await session.scalars(select(Payment).where(Payment.order_id == order_id)):
            payment.state = PaymentState.AUTHORIZED
        await session.flush()
        await planning.plan(session, order_id, now)
        found = (
            await session.scalars(select(FulfillmentOrder.id).where(FulfillmentOrder.order_id == order_id))
        ).one()
        assert await handing.release(session, found)
    return found


async def test_an_order_to_be_collected_is_taken_without_an_address(
    counter: None, store: Client, wanted: Json
) -> None:
    answer = await store.post("/v1/orders", wanted)

    order = answer.json()
    assert answer.status_code == 201
    assert (order["method"], order["pickup_at"], order["shipping"]) == ("pickup", "LON", 0)
    assert order["ship_to"]["country"] == "GB"
    assert order["ship_to"]["name"] == wanted["customer"]["name"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pickup_at": "NOWHERE"}, "no_pickup"),
        ({"pickup_at": None}, "invalid_request"),
        ({"method": "shipping"}, "invalid_request"),
        ({"method": "shipping", "pickup_at": None}, "invalid_request"),
        ({"method": "carrier pigeon"}, "invalid_request"),
        ({"pickup_at": "A" * 101}, "invalid_request"),
        ({"pickup_at": 7}, "invalid_request"),
    ],
)
async def test_what_cannot_be_collected_is_refused(
    world: World, counter: None, store: Client, wanted: Json, change: Json, code: str
) -> None:
    answer = await store.post("/v1/orders", {**wanted, "external_id": "refused", **change})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    async with world.db.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM orders WHERE external_id = 'refused'")) == 0


async def test_a_location_that_does_not_hand_out_takes_no_order(
    world: World, counter: None, store: Client, wanted: Json
) -> None:
    async with world.db.transaction() as session:
        await session.execute(text("UPDATE locations SET pickup = false"))

    answer = await store.post("/v1/orders", wanted)

    assert (answer.status_code, answer.json()["code"]) == (422, "no_pickup")
    assert answer.json()["field"] == "pickup_at"


async def test_ready_tells_the_code_to_operations_and_not_to_the_counter(
    part: UUID, floor: Client, staff: Client
) -> None:
    ready = await floor.post(f"{PARTS}/{part}/ready")
    seen = (await staff.get(f"{PARTS}/{part}")).json()

    assert ready.status_code == 200
    assert (ready.json()["state"], ready.json()["pickup_code"]) == ("in_progress", None)
    assert len(seen["pickup_code"]) == 6
    assert seen["shipments"][0]["state"] == "ready_for_pickup"
    kept = datetime.fromisoformat(seen["collect_by"]) - datetime.fromisoformat(seen["ready_at"])
    assert kept == timedelta(days=7)
    listed = (await floor.get(f"{PARTS}?filter[state]=in_progress")).json()["data"]
    assert {row["pickup_code"] for row in listed} == {None}


async def test_the_customers_order_page_has_the_code(part: UUID, floor: Client, store: Client) -> None:
    order_id = (await floor.post(f"{PARTS}/{part}/ready")).json()["order_id"]

    (shown,) = (await store.get(f"/v1/orders/{order_id}")).json()["fulfillment_orders"]

    assert len(shown["pickup_code"]) == 6


async def test_the_right_code_collects_and_a_wrong_one_counts(
    part: UUID, floor: Client, staff: Client
) -> None:
    await floor.post(f"{PARTS}/{part}/ready")
    code = (await staff.get(f"{PARTS}/{part}")).json()["pickup_code"]

    wrong = [await floor.post(f"{PARTS}/{part}/collect", {"code": "WRONG1"}) for _ in range(2)]
    right = await floor.post(f"{PARTS}/{part}/collect", {"code": code.lower()})
    late = await floor.post(f"{PARTS}/{part}/collect", {"code": code})

    assert [(one.status_code, one.json()["code"], one.json()["tries_left"]) for one in wrong] == [
        (409, "wrong_code", 4),
        (409, "wrong_code", 3),
    ]
    assert (right.status_code, right.json()["state"]) == (200, "closed")
    assert right.json()["shipments"][0]["state"] == "collected"
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


async def test_the_same_wrong_code_sent_again_with_its_key_counts_once(part: UUID, floor: Client) -> None:
    await floor.post(f"{PARTS}/{part}/ready")

    first = await floor.post(f"{PARTS}/{part}/collect", {"code": "X"}, Idempotency_Key=f"till-{part}")
    again = await floor.post(f"{PARTS}/{part}/collect", {"code": "X"}, Idempotency_Key=f"till-{part}")

    assert first.json()["tries_left"] == again.json()["tries_left"] == 4
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_five_wrong_codes_lock_it_and_the_task_opens_it_again(
    part: UUID, floor: Client, staff: Client
) -> None:
    order_id = (await floor.post(f"{PARTS}/{part}/ready")).json()["order_id"]
    code = (await staff.get(f"{PARTS}/{part}")).json()["pickup_code"]
    for _ in range(5):
        await floor.post(f"{PARTS}/{part}/collect", {"code": "WRONG1"})

    locked = await floor.post(f"{PARTS}/{part}/collect", {"code": code})

    assert (locked.status_code, locked.json()["code"]) == (409, "pickup_locked")
    (task,) = (await staff.get(f"/v1/tasks?filter[state]=open&filter[order_id]={order_id}")).json()["data"]
    assert (await staff.post(f"/v1/tasks/{task['id']}/approve")).status_code == 200
    assert (await floor.post(f"{PARTS}/{part}/collect", {"code": code})).status_code == 200


async def test_it_is_kept_longer(part: UUID, floor: Client) -> None:
    await floor.post(f"{PARTS}/{part}/ready")
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)

    kept = await floor.post(f"{PARTS}/{part}/keep", {"collect_by": until.isoformat()})
    past = await floor.post(f"{PARTS}/{part}/keep", {"collect_by": "2020-01-01T00:00:00Z"})

    assert datetime.fromisoformat(kept.json()["collect_by"]) == until
    assert (past.status_code, past.json()["field"]) == (422, "collect_by")


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 123456}, {"code": "\x00"}, {"code": "A" * 41}])
async def test_a_code_that_is_none_counts_as_nothing(
    part: UUID, floor: Client, world: World, body: Json
) -> None:
    await floor.post(f"{PARTS}/{part}/ready")

    answer = await floor.post(f"{PARTS}/{part}/collect", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    async with world.db.transaction() as session:
        assert (await session.get_one(FulfillmentOrder, part)).wrong_codes == 0


@pytest.mark.parametrize("step", ["ready", "collect", "keep"])
async def test_storefronts_do_not_work_at_the_counter(part: UUID, store: Client, step: str) -> None:
    body = {"code": "X", "collect_by": "2030-01-01T00:00:00Z"}

    answer = await store.post(f"{PARTS}/{part}/{step}", body if step != "ready" else None)

    assert answer.status_code == 403


async def test_what_is_not_there_is_not_found(floor: Client, shop: Client) -> None:
    for step, body in (("ready", None), ("collect", {"code": "X"})):
        answer = await floor.post(f"{PARTS}/{UUID(int=7)}/{step}", body)
        assert answer.status_code == 404
