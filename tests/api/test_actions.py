"""What people do with an order, through the API: the rows decide, the run is woken afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from api.schemas.customers import ADDRESS
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import AtDeadline, HoldType, TaskKind
from orderwright.persistence import holds
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    OrderLine,
    Outbox,
    Shipment,
)
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


@pytest_asyncio.fixture(loop_scope="session")
async def order(shop: Client, store: Client, new_order: Json) -> Json:
    return dict((await store.post("/v1/orders", new_order)).json())


async def _hold(world: World, order: Json, kind: HoldType, ask: TaskKind) -> UUID:
    async with world.db.transaction() as session:
        hold_id = await holds.open_hold(
            session, UUID(order["id"]), kind, reason="look first", at_deadline=AtDeadline.REJECT, ask=ask,
            deadline=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
    assert hold_id is not None
    return hold_id


async def _part(world: World, order: Json, state: FulfillmentState) -> UUID:
    """A fulfillment order of all its units, with a parcel whose label is bought."""
    async with world.db.transaction() as session:
        part = await session.scalar(
            insert(FulfillmentOrder)
            .values(
                order_id=order["id"],
                number=1,
                location="LON",
                state=state,
                amount=order["total"],
                partner="submitted",
            )
            .returning(FulfillmentOrder.id)
        )
        assert isinstance(part, UUID)
        line = order["lines"][0]
        await session.execute(
            insert(FulfillmentLine).values(
                fulfillment_id=part,
                line_id=line["id"],
                sku="MUG",
                units=line["ordered"],
                amount=line["total"],
                tax=line["tax"],
            )
        )
        await session.execute(
            update(OrderLine)
            .where(OrderLine.id == line["id"])
            .values(unallocated=0, released=line["ordered"])
        )
        await session.execute(
            insert(Shipment).values(
                order_id=order["id"],
                fulfillment_id=part,
                state=ShipmentState.LABELED,
                grams=1,
                length_mm=1,
                width_mm=1,
                height_mm=1,
            )
        )
    return part


async def _woken(world: World, order: Json) -> bool:
    """Whether the order's wake is written, and was delivered after the answer."""
    async with world.db.transaction() as session:
        kept = await session.scalar(select(Outbox.seq).where(Outbox.order_id == order["id"]).limit(1))
    return kept is not None and world.relay.woken[-1] == UUID(order["id"])


async def test_an_order_that_nobody_has_is_canceled_at_once_and_again_is_the_same(
    world: World, store: Client, order: Json
) -> None:
    first = await store.post(f"/v1/orders/{order['number']}/cancel", {"reason": "ordered twice"})
    again = await store.post(f"/v1/orders/{order['id']}/cancel")

    assert (first.status_code, first.json()["state"]) == (200, "accepted")
    assert (again.status_code, again.json()["state"]) == (200, "accepted")
    told = (await store.get(f"/v1/orders/{order['id']}")).json()
    assert (told["state"], told["cancel"]) == ("canceled", {"state": "accepted", "reason": "ordered twice"})
    assert told["lines"][0]["canceled"] == 2
    assert told["allowed_actions"] == []
    assert await _woken(world, order)


async def test_what_a_warehouse_has_is_asked_back(world: World, store: Client, order: Json) -> None:
    await _part(world, order, FulfillmentState.RELEASED)

    answer = await store.post(f"/v1/orders/{order['id']}/cancel")

    assert (answer.status_code, answer.json()["state"]) == (202, "requested")
    assert answer.headers["location"] == f"/v1/orders/{order['id']}"
    assert (await store.get(answer.headers["location"])).json()["state"] == "submitted"


async def test_past_the_pivot_the_refusal_says_what_may_be_done(
    world: World, store: Client, order: Json
) -> None:
    await _part(world, order, FulfillmentState.IN_PROGRESS)

    answer = await store.post(f"/v1/orders/{order['id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "past_pivot")
    assert answer.json()["allowed_actions"] == []
    assert (await store.get(f"/v1/orders/{order['id']}")).json()["cancel"]["state"] == "none"


async def test_a_person_holds_an_order_and_lets_it_go(world: World, staff: Client, order: Json) -> None:
    until = "2030-01-01T00:00:00Z"

    held = await staff.post(
        f"/v1/orders/{order['number']}/holds", {"reason": "call first", "deadline": until}
    )
    twice = await staff.post(f"/v1/orders/{order['number']}/holds", {"reason": "again"})
    released = await staff.post(f"/v1/holds/{held.json()['id']}/release", {"reason": "called"})
    late = await staff.post(f"/v1/holds/{held.json()['id']}/release")

    assert (held.status_code, held.json()["deadline"], held.json()["state"]) == (201, until, "active")
    assert (twice.status_code, twice.json()["code"]) == (409, "exists")
    assert twice.json()["allowed_actions"] == ["cancel", "release", "edit_address", "change"]
    assert (released.status_code, released.json()["state"]) == (200, "released")
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert await _woken(world, order)


@pytest.mark.parametrize(
    ("decision", "state", "outcome"),
    [("approve", "submitted", "approved"), ("reject", "rejected", "rejected")],
)
async def test_an_order_that_waits_for_approval_is_decided_once(
    world: World, staff: Client, order: Json, decision: str, state: str, outcome: str
) -> None:
    await _hold(world, order, HoldType.APPROVAL, TaskKind.APPROVAL)
    before = (await staff.get(f"/v1/orders/{order['id']}")).json()

    answer = await staff.post(f"/v1/orders/{order['number']}/{decision}", {"note": "called"})
    other = await staff.post(f"/v1/tasks/{before['tasks'][0]['id']}/approve")

    assert [item["action"] for item in before["allowed_actions"]][:2] == ["approve", "reject"]
    assert (answer.status_code, answer.json()["decision"], answer.json()["note"]) == (200, decision, "called")
    assert answer.json()["decided_by"] == "operations"
    assert (other.status_code, other.json()["code"]) == (409, "already_decided")
    told = (await staff.get(f"/v1/orders/{order['id']}")).json()
    assert (told["state"], told["holds"][0]["outcome"]) == (state, outcome)
    assert await _woken(world, order)


async def test_tasks_are_listed_read_and_decided(world: World, staff: Client, order: Json) -> None:
    await _hold(world, order, HoldType.CARRIER, TaskKind.CARRIER)

    found = (
        await staff.get(f"/v1/tasks?filter[state]=open&filter[kind]=carrier&filter[order_id]={order['id']}")
    ).json()["data"]
    read = (await staff.get(f"/v1/tasks/{found[0]['id']}")).json()
    decided = await staff.post(f"/v1/tasks/{found[0]['id']}/approve")

    assert [task["order_number"] for task in found] == [order["number"]]
    assert read == found[0]
    assert (decided.status_code, decided.json()["state"]) == (200, "decided")


async def test_an_order_that_nobody_asked_about_cannot_be_approved(staff: Client, order: Json) -> None:
    assert (await staff.post(f"/v1/orders/{order['id']}/approve")).status_code == 409


async def test_a_new_address_ends_the_address_hold_and_is_verified_anew(
    world: World, staff: Client, order: Json
) -> None:
    await _hold(world, order, HoldType.ADDRESS, TaskKind.ADDRESS)
    read = await staff.get(f"/v1/orders/{order['id']}")
    new = ADDRESS | {"line1": "221B Baker Street", "postal_code": "NW1 6XE"}

    changed = await staff.put(f"/v1/orders/{order['id']}/address", new, If_Match=read.headers["etag"])
    stale = await staff.put(f"/v1/orders/{order['id']}/address", ADDRESS, If_Match=read.headers["etag"])

    assert changed.status_code == 200, changed.text
    assert changed.json()["ship_to"]["line1"] == "221B Baker Street"
    assert changed.json()["holds"][0]["outcome"] == "resolved"
    assert changed.json()["tasks"][0]["state"] == "withdrawn"
    assert changed.headers["etag"] != read.headers["etag"]
    assert stale.status_code == 412
    events = (await staff.get(f"/v1/orders/{order['id']}/timeline")).json()["data"]
    assert "order.address_changed" in [event["kind"] for event in events]
    assert "Baker" not in str(events)
    assert await _woken(world, order)


async def test_an_address_does_not_change_country_nor_after_its_label(
    world: World, staff: Client, order: Json
) -> None:
    path, version = f"/v1/orders/{order['id']}/address", '"v1"'

    abroad = await staff.put(path, ADDRESS | {"country": "FR", "postal_code": "75001"}, If_Match=version)
    blind = await staff.put(path, ADDRESS)
    await _part(world, order, FulfillmentState.OPEN)
    late = await staff.put(path, ADDRESS, If_Match=version)

    assert (abroad.status_code, blind.status_code) == (422, 428)
    assert (late.status_code, late.json()["code"], late.json()["allowed_actions"]) == (
        409,
        "conflict",
        ["cancel", "hold", "change"],
    )
    async with world.db.transaction() as session:
        assert await session.scalar(select(Order.version).where(Order.id == order["id"])) == 1


async def test_the_station_takes_picks_ships_and_sees_it_arrive(
    world: World, floor: Client, order: Json
) -> None:
    part = await _part(world, order, FulfillmentState.RELEASED)
    path = f"/v1/fulfillment-orders/{part}"

    taken = await floor.post(f"{path}/accept", Idempotency_Key="take")
    picked = await floor.post(f"{path}/pick")
    shipped = await floor.post(f"{path}/ship")
    parcel = shipped.json()["shipments"][0]["id"]
    arrived = await floor.post(f"/v1/shipments/{parcel}/scans", {"status": "delivered"})
    again = await floor.post(f"{path}/reject", {"reason": "too late"})

    assert [answer.json()["state"] for answer in (taken, picked, shipped)] == [
        "released",
        "in_progress",
        "closed",
    ]
    assert taken.json()["partner"] == "accepted"
    assert (arrived.status_code, arrived.json()["state"]) == (201, "delivered")
    assert [scan["status"] for scan in arrived.json()["scans"]] == ["delivered"]
    assert (again.status_code, again.json()["code"]) == (409, "past_pivot")
    assert await _woken(world, order)


async def test_the_station_may_give_it_back(world: World, floor: Client, store: Client, order: Json) -> None:
    part = await _part(world, order, FulfillmentState.RELEASED)

    answer = await floor.post(f"/v1/fulfillment-orders/{part}/reject", {"reason": "both are broken"})

    assert (answer.json()["state"], answer.json()["partner_reason"]) == ("canceled", "both are broken")
    assert (await store.get(f"/v1/orders/{order['id']}")).json()["lines"][0]["unallocated"] == 2


async def test_where_the_commit_fails_no_decision_is_told(world: World, staff: Client, order: Json) -> None:
    await _hold(world, order, HoldType.APPROVAL, TaskKind.APPROVAL)
    woken = len(world.relay.woken)

    with world.failing_commit():
        answer = await staff.post(f"/v1/orders/{order['id']}/approve")

    assert answer.status_code == 500
    assert len(world.relay.woken) == woken
    assert (await staff.get(f"/v1/orders/{order['id']}")).json()["tasks"][0]["state"] == "open"
