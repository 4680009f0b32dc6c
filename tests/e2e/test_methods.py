"""Collected in the store, sent by a supplier, short at the shelf: over HTTP, with the whole stack."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine, text

from orderwright.local.stack import Stack
from tests.e2e.conftest import DOCK
from tests.e2e.test_doorstep import PATIENCE_S, mail_when, order_when, placed, world

Json = dict[str, Any]  # Any: JSON


@pytest.fixture(scope="module")
def shop(stack: Stack, api: httpx2.Client) -> httpx2.Client:
    """Bowls in a store that hands out, vases at a supplier, jars in two warehouses."""
    places = (("SHOP", "http"), ("ACME", "supplier"), ("W1", "http"), ("W2", "http"))
    for code, kind in places:
        far = 3.0 if code == "W2" else 0.0
        place = {"code": code, "name": code, "kind": kind, "address": DOCK, "latitude": 51.5}
        api.post("/v1/locations", json={**place, "longitude": far}).raise_for_status()
    lying = (("BOWL", "SHOP", 5), ("VASE", "ACME", 5), ("JAR", "W1", 5))
    for sku, code, units in lying:
        product = {"sku": sku, "name": sku.title(), "price": 900, "currency": "GBP", "grams": 300}
        api.post("/v1/products", json=product).raise_for_status()
        receipt = {"sku": sku, "location": code, "units": units}
        api.post("/v1/stock/receipts", json=receipt).raise_for_status()
    engine = create_engine(stack.env["ORDERWRIGHT_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("UPDATE locations SET pickup = true WHERE code = 'SHOP'"))
        connection.execute(text("UPDATE stock_levels SET unit_cost = 410 WHERE location = 'ACME'"))
    engine.dispose()
    return api


def until(look: Callable[[], Json | None], what: str) -> Json:
    """What `look` finds as soon as it finds something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not in time: {what}")


def test_an_order_is_collected_with_the_code_from_the_mail(stack: Stack, shop: httpx2.Client) -> None:
    lines = [{"sku": "BOWL", "quantity": 2}]
    email = "collect@example.com"
    order = placed(shop, email, lines=lines, method="pickup", pickup_at="SHOP")

    def ready() -> Json | None:
        parts = shop.get(f"/v1/orders/{order['id']}").json()["fulfillment_orders"]
        return next((part for part in parts if part["ready_at"]), None)

    part = until(ready, "ready to collect")
    step = f"/v1/fulfillment-orders/{part['id']}/collect"
    wrong = shop.post(step, json={"code": "WRONG1"})
    right = shop.post(step, json={"code": part["pickup_code"]})
    done = order_when(shop, order["id"], state="completed")

    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_code")
    assert right.status_code == 200
    assert (done["state"], done["shipping"], done["status"]["fulfillment"]) == ("completed", 0, "delivered")
    books = world(stack, order_id=order["id"])
    assert [(one["amount"], one["captured"]) for one in books["payments"]] == [(1800, 1800)]
    assert books["labels"] == []
    mail_when(stack, email, "ready to collect")


def test_a_supplier_sends_it_and_his_tracking_is_ours(stack: Stack, shop: httpx2.Client) -> None:
    order = placed(shop, "drop@example.com", lines=[{"sku": "VASE", "quantity": 3}])

    done = order_when(shop, order["id"], state="completed")
    (purchase,) = shop.get("/v1/purchase-orders", params={"filter[order_id]": order["id"]}).json()["data"]

    assert done["state"] == "completed"
    books = world(stack, order_id=order["id"])
    assert books["labels"] == []
    assert [(one["number"], one["total"], one["count"]) for one in _purchases(stack, purchase)] == [
        (purchase["number"], 1230, 1)
    ]
    assert (purchase["state"], purchase["total"], purchase["supplier"]) == ("shipped", 1230, "ACME")
    (parcel,) = done["shipments"]
    assert (parcel["carrier"], parcel["state"]) == ("DPD", "delivered")
    assert parcel["tracking_url"].endswith(parcel["tracking_code"])


def _purchases(stack: Stack, purchase: Json) -> list[Json]:
    every = httpx2.get(f"{stack.urls['simulator']}/_sim/books", timeout=10).json()["purchases"]
    return [one for one in every if one["request_id"] == purchase["fulfillment_id"]]


def test_a_short_pick_ships_the_rest_from_elsewhere_and_charges_all(
    stack: Stack, shop: httpx2.Client
) -> None:
    rule = {"provider": "warehouse", "mode": "short", "match": {"location": "W1"}, "value": 1, "times": 1}
    httpx2.post(f"{stack.urls['simulator']}/_sim/switches", json=rule, timeout=10).raise_for_status()
    order = placed(shop, "short@example.com", lines=[{"sku": "JAR", "quantity": 3}])
    queue = {"filter[kind]": "routing", "filter[order_id]": order["id"]}

    def asked() -> Json | None:
        return next(iter(shop.get("/v1/tasks", params=queue).json()["data"]), None)

    task = until(asked, "nobody else has the rest")
    receipt = {"sku": "JAR", "location": "W2", "units": 5}
    shop.post("/v1/stock/receipts", json=receipt).raise_for_status()
    decided = shop.post(f"/v1/tasks/{task['id']}/approve", json={})
    assert decided.status_code == 200 or decided.json()["code"] == "already_decided"  # by the receipt
    done = order_when(shop, order["id"], state="completed")

    assert (task["reason"], "2 of JAR" in task["question"]) == ("unroutable", True)
    assert done["state"] == "completed"
    assert [(one["location"], one["lines"][0]["units"]) for one in done["fulfillment_orders"]] == [
        ("W1", 1),
        ("W2", 2),
    ]
    assert sum(one["captured"] for one in world(stack, order_id=order["id"])["payments"]) == done["total"]
    level = shop.get("/v1/stock", params={"sku": "JAR", "location": "W1"}).json()["data"][0]
    assert (level["on_hand"], level["reserved"]) == (2, 0)
