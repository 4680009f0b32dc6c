"""The partner's warehouse, over its signed contract."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx2
import pytest

from tests.simulator.conftest import Process, Received, Shop, eventually
from tests.simulator.test_easypost import bought

KEY = base64.b64decode("b3JkZXJ3cmlnaHQtd2FyZWhvdXNl")
JOURNEY = ["accepted", "picking_started", "shipped"]


def signature(message_id: str, at: str, body: bytes) -> str:
    """Standard Webhooks, written once more for the test."""
    digest = hmac.new(KEY, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def post(world: Process, path: str, body: dict[str, Any], age: int = 0) -> httpx2.Response:
    """A signed request. `Any`: JSON."""
    raw, at = json.dumps(body).encode(), str(int(time.time()) - age)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": signature("msg_1", at, raw),
    }
    return world.http.post(f"/warehouse/v1/requests{path}", content=raw, headers=headers)


def wanted(shop: Shop, number: int = 1, **more: Any) -> dict[str, Any]:
    """A hand-off of two mugs. `Any`: JSON."""
    return {
        "request_id": f"o-{number}:hand_off/{number}:1",
        "order_number": f"M-{number}",
        "location": "OAK",
        "callback_url": f"{shop.url}/warehouse",
        "service": "ground",
        "ship_to": {
            "name": "Ada",
            "line1": "2 Elm",
            "city": "New York",
            "postal_code": "10001",
            "country": "US",
        },
        "lines": [{"sku": "MUG", "quantity": 2}],
        "parcels": [],
        **more,
    }


def is_signed(received: Received) -> bool:
    """Whether a call-back carries our secret's signature."""
    headers = received.headers
    expected = signature(headers["webhook-id"], headers["webhook-timestamp"], received.raw)
    return headers["webhook-signature"] == expected


def test_a_request_is_picked_and_shipped(world: Process, shop: Shop) -> None:
    answer = post(world, "", wanted(shop))

    assert answer.status_code == 202
    assert answer.json()["status"] == "received"
    eventually(lambda: shop.types("/warehouse") == JOURNEY)
    assert [one.body["sequence"] for one in shop.received] == [1, 2, 3]
    assert all(is_signed(one) for one in shop.received)
    assert shop.received[-1].body["lines"] == [{"sku": "MUG", "quantity": 2}]
    found = world.http.get("/warehouse/v1/requests/o-1:hand_off/1:1").json()
    assert (found["status"], found["warehouse_ref"]) == ("shipped", answer.json()["warehouse_ref"])


def test_the_same_request_is_taken_once(world: Process, shop: Shop) -> None:
    first, second = post(world, "", wanted(shop)), post(world, "", wanted(shop))
    other = post(world, "", wanted(shop, lines=[{"sku": "MUG", "quantity": 3}]))

    assert (first.status_code, second.status_code, other.status_code) == (202, 200, 409)
    assert second.json() == first.json()
    assert world.books("o-1")["handoffs"][0]["count"] == 1
    eventually(lambda: shop.types("/warehouse") == JOURNEY)


@pytest.mark.parametrize("age", [301, -301])
def test_an_old_signature_is_refused(world: Process, shop: Shop, age: int) -> None:
    assert post(world, "", wanted(shop), age=age).status_code == 401
    assert world.http.post("/warehouse/v1/requests", json=wanted(shop)).status_code == 401
    assert world.books("o-1")["handoffs"] == []


def test_a_recall_before_picking_is_accepted(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "hold_picking", match={"order_number": "M-1"})
    post(world, "", wanted(shop))
    eventually(lambda: shop.types("/warehouse") == ["accepted"])

    answer = post(world, "/o-1:hand_off/1:1/recall", {"callback_url": f"{shop.url}/warehouse", "reason": "x"})

    assert answer.status_code == 202
    eventually(lambda: shop.types("/warehouse") == ["accepted", "recall_accepted"])
    assert world.books("o-1")["handoffs"][0]["recalled"] is True


def test_a_recall_after_picking_is_refused(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "hold_picking")
    post(world, "", wanted(shop))
    advanced = world.http.post("/_sim/warehouse/o-1:hand_off/1:1/advance", json={"to": "picking_started"})

    post(world, "/o-1:hand_off/1:1/recall", {"callback_url": f"{shop.url}/warehouse", "reason": "x"})

    assert advanced.json()["status"] == "picking_started"
    told = ["accepted", "picking_started", "recall_refused"]
    eventually(lambda: shop.types("/warehouse") == told)
    assert world.books("o-1")["handoffs"][0]["recalled"] is False


def test_a_switch_refuses_a_recall(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "hold_picking")
    world.switch("warehouse", "refuse_recall", value="already on the belt")
    post(world, "", wanted(shop))

    post(world, "/o-1:hand_off/1:1/recall", {"reason": "x"})

    told = eventually(lambda: [one.body for one in shop.received if one.body["type"] == "recall_refused"])
    assert told[0]["reason"] == "already on the belt"


def test_a_location_rejects(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "reject", match={"location": "OAK", "sku": "MUG"}, value="out of stock")
    post(world, "", wanted(shop))

    eventually(lambda: shop.types("/warehouse") == ["rejected"])
    assert shop.received[0].body["reason"] == "out of stock"


def test_a_shipped_parcel_travels(world: Process, easypost: Any, shop: Shop) -> None:
    code = bought(easypost).tracking_code
    parcel = {"tracking_code": code, "carrier": "USPS", "label_url": "x"}

    post(world, "", wanted(shop, parcels=[parcel]))

    scans = ["in_transit", "out_for_delivery", "delivered"]
    eventually(
        lambda: [one.body["result"]["status"] for one in shop.received if one.path == "/easypost"] == scans
    )
    shipped = next(one for one in shop.received if one.body.get("type") == "shipped")
    assert shipped.body["tracking_codes"] == [code]
    assert [one.path for one in shop.received] == ["/warehouse"] * 3 + ["/easypost"] * 3


def test_a_parcel_is_lost(world: Process, easypost: Any, shop: Shop) -> None:
    world.switch("easypost", "track", match={"order_id": "o-2"}, value="lost")
    code = bought(easypost).tracking_code

    post(world, "", wanted(shop, parcels=[{"tracking_code": code, "carrier": "USPS", "label_url": "x"}]))

    def scans() -> list[tuple[str, str]]:
        results = [one.body["result"] for one in shop.received if one.path == "/easypost"]
        return [(result["status"], result["status_detail"]) for result in results]

    eventually(lambda: scans() == [("in_transit", "status_update"), ("failure", "lost")])
