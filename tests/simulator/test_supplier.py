"""The supplier, over his signed contract; and what both partners do when they find fewer units."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx2

from tests.simulator.conftest import Process, Received, Shop, eventually
from tests.simulator.test_warehouse import post as post_request
from tests.simulator.test_warehouse import wanted as request_of

KEY = base64.b64decode("b3JkZXJ3cmlnaHQtc3VwcGxpZXI=")
JOURNEY = ["accepted", "picking_started", "shipped", "delivered"]


def signature(message_id: str, at: str, body: bytes) -> str:
    """Standard Webhooks, with his secret."""
    digest = hmac.new(KEY, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def post(world: Process, path: str, body: dict[str, Any]) -> httpx2.Response:
    """A signed request. `Any`: JSON."""
    raw, at = json.dumps(body).encode(), str(int(time.time()))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": signature("msg_1", at, raw),
    }
    return world.http.post(f"/supplier/v1/purchase-orders{path}", content=raw, headers=headers)


def wanted(shop: Shop, **more: Any) -> dict[str, Any]:
    """Two mugs at 3.50. `Any`: JSON."""
    ship_to = {"name": "Ada", "line1": "2 Elm", "city": "York", "postal_code": "YO1", "country": "GB"}
    return {
        "request_id": "o-1",
        "number": "PO-000001",
        "supplier": "ACME",
        "order_number": "M-1",
        "callback_url": f"{shop.url}/supplier",
        "service": "standard",
        "ship_to": ship_to,
        "currency": "GBP",
        "total": 700,
        "lines": [{"sku": "MUG", "quantity": 2, "unit_cost": 350}],
        **more,
    }


def is_signed(received: Received) -> bool:
    """Whether a call-back carries his signature."""
    headers = received.headers
    expected = signature(headers["webhook-id"], headers["webhook-timestamp"], received.raw)
    return headers["webhook-signature"] == expected


def test_he_ships_with_his_own_carrier_and_says_when_it_arrived(world: Process, shop: Shop) -> None:
    answer = post(world, "", wanted(shop))

    assert (answer.status_code, answer.json()["status"]) == (202, "received")
    eventually(lambda: shop.types("/supplier") == JOURNEY)
    assert all(is_signed(one) for one in shop.received)
    shipped = shop.received[2].body
    assert (shipped["carrier"], len(shipped["tracking_code"])) == ("DPD", 14)
    assert shipped["tracking_url"].endswith(shipped["tracking_code"])
    assert "parcels" not in shipped
    [ordered] = world.books("o-1")["purchases"]
    assert (ordered["number"], ordered["total"], ordered["count"]) == ("PO-000001", 700, 1)


def test_the_same_purchase_order_is_taken_once(world: Process, shop: Shop) -> None:
    first, second = post(world, "", wanted(shop)), post(world, "", wanted(shop))
    other = post(world, "", wanted(shop, number="PO-000002"))

    assert (first.status_code, second.status_code, other.status_code) == (202, 200, 409)
    assert world.books("o-1")["purchases"][0]["count"] == 1
    eventually(lambda: shop.types("/supplier") == JOURNEY)


def test_a_warehouses_secret_is_not_his(world: Process, shop: Shop) -> None:
    answer = world.http.post("/supplier/v1/purchase-orders", json=wanted(shop))

    assert answer.status_code == 401
    assert world.books("o-1")["purchases"] == []


def test_a_total_that_is_not_the_sum_is_refused(world: Process, shop: Shop) -> None:
    answer = post(world, "", wanted(shop, total=699))

    assert answer.status_code == 422
    assert world.books("o-1")["purchases"] == []


def test_he_rejects_by_a_switch_of_his_own(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "reject")
    world.switch("supplier", "reject", match={"supplier": "ACME"}, value="discontinued")

    post(world, "", wanted(shop))

    eventually(lambda: shop.types("/supplier") == ["rejected"])
    assert shop.received[0].body["reason"] == "discontinued"


def test_before_picking_he_cancels_and_after_it_not(world: Process, shop: Shop) -> None:
    world.switch("supplier", "hold_picking")
    for request_id in ("o-1", "o-2"):
        post(world, "", wanted(shop, request_id=request_id))
    world.http.post("/_sim/supplier/o-2/advance", json={"to": "picking_started"})

    for request_id in ("o-1", "o-2"):
        post(world, f"/{request_id}/cancel", {"reason": "x"})

    answers = {"recall_accepted", "recall_refused"}
    eventually(lambda: answers <= set(shop.types("/supplier")))
    told = {one.body["request_id"]: one.body["type"] for one in shop.received if one.body["type"] in answers}
    assert told == {"o-1": "recall_accepted", "o-2": "recall_refused"}


def test_what_is_short_is_told_after_picking_began_and_the_rest_ships(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "short", value=1)
    post_request(world, "", request_of(shop))

    eventually(lambda: shop.types("/warehouse") == ["accepted", "picking_started", "short", "shipped"])
    short, shipped = shop.received[2].body, shop.received[3].body
    assert short["lines"] == shipped["lines"] == [{"sku": "MUG", "quantity": 1}]
    assert short["reason"] == "fewer on the shelf"


def test_where_nothing_is_found_nothing_ships(world: Process, shop: Shop) -> None:
    world.switch("supplier", "short", value=0)
    post(world, "", wanted(shop))

    eventually(lambda: shop.types("/supplier") == ["accepted", "picking_started", "short"])
    assert shop.received[2].body["lines"] == [{"sku": "MUG", "quantity": 0}]
    assert world.books("o-1")["purchases"][0]["status"] == "closed"


def test_what_is_collected_is_ready_and_not_shipped(world: Process, shop: Shop) -> None:
    post_request(world, "", request_of(shop, method="pickup"))

    eventually(lambda: shop.types("/warehouse") == ["accepted", "picking_started", "ready"])
