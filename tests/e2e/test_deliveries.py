"""A parcel that is lost on its way, and the one that takes its place, as the simulated carrier saw them."""

import time
from typing import Any

import httpx2
import pytest

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import order_when, placed, world

PATIENCE_S = 60


def cases_of(api: httpx2.Client, order_id: str) -> list[dict[str, Any]]:
    """Once there is one; Any: JSON."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = api.get("/v1/cases", params={"filter[order_id]": order_id}).raise_for_status().json()["data"]
        if found or time.monotonic() > until:
            return list(found)
        time.sleep(0.2)


@pytest.fixture
def losing(stack: Stack) -> str:
    """The next parcel is lost; the simulator's address."""
    sim = stack.urls["simulator"]
    rule = {"mode": "track", "provider": "easypost", "value": "lost", "times": 1}
    httpx2.post(f"{sim}/_sim/switches", json=rule, timeout=10).raise_for_status()
    return sim


def test_a_lost_parcel_is_sent_again_with_one_new_label(
    stack: Stack, shop: httpx2.Client, losing: str
) -> None:
    order = placed(shop, "lost@example.com")
    order_when(shop, order["id"], state="completed")
    (case,) = cases_of(shop, order["id"])

    decided = shop.post(f"/v1/cases/{case['id']}/decide", json={"way": "reship", "why": "lost"})
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done = shop.get(f"/v1/orders/{order['id']}").json()
        if done["state"] == "completed" and done["status"]["fulfillment"] == "delivered":
            break
        time.sleep(0.2)

    assert (case["kind"], case["ways"][0], decided.status_code) == ("lost", "reship", 200)
    assert done["status"]["fulfillment"] == "delivered"
    books = world(stack, order_id=order["id"])
    assert [(one["purchases"], one["voided"]) for one in books["labels"]] == [(1, False), (1, False)]
    assert [(one["amount"], one["captured"], one["refunded"]) for one in books["payments"]] == [
        (2300, 2300, 0)
    ]
    tracked = shop.get(f"/v1/orders/{order['id']}/tracking").json()["data"]
    assert sorted(parcel["state"] for parcel in tracked) == ["delivered", "lost"]
    balance = shop.get(f"/v1/orders/{order['id']}/proof").json()
    assert balance["proven"] is True
