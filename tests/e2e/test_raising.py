"""An order becomes dearer before its money is taken: one authorization, over the whole of it."""

import httpx2

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import order_when, placed, world
from tests.e2e.test_methods import Json, until


def dearer(shop: httpx2.Client, email: str, source: str) -> Json:
    """An order that waits for a person, by whom one more plate is added once its money is reserved."""
    shop.post("/v1/stock/receipts", json={"sku": "PLATE", "location": "E2E", "units": 70}).raise_for_status()
    order = placed(
        shop, email, lines=[{"sku": "PLATE", "quantity": 60}], payment={"method": "card", "source": source}
    )

    def held() -> Json | None:
        now: Json = shop.get(f"/v1/orders/{order['id']}").json()
        return now if [one["state"] for one in now["payments"]] == ["authorized"] else None

    until(held, "its money is reserved")
    way = f"/v1/orders/{order['number']}/changes"
    one_more = {"changes": [{"kind": "add_line", "sku": "PLATE", "quantity": 1}]}
    shown = shop.post(f"{way}/preview", json=one_more).raise_for_status().json()
    shop.post(way, json={**one_more, "fingerprint": shown["fingerprint"]}).raise_for_status()
    return order


def finished(shop: httpx2.Client, order: Json) -> Json:
    """Approved, shipped and charged."""
    queue = {"filter[kind]": "approval", "filter[order_id]": order["id"]}
    task = until(
        lambda: next(iter(shop.get("/v1/tasks", params=queue).json()["data"]), None), "it is asked for"
    )
    shop.post(f"/v1/tasks/{task['id']}/approve", json={}).raise_for_status()
    return order_when(shop, order["id"], state="completed")


def test_one_authorization_over_the_raised_sum_is_charged_once(stack: Stack, shop: httpx2.Client) -> None:
    order = dearer(shop, "dearer@example.com", "pm_card_visa")

    done = finished(shop, order)

    [payment] = world(stack, order_id=order["id"])["payments"]
    assert done["total"] > order["total"]
    assert (payment["amount"], payment["captured"]) == (done["total"], done["total"])
    assert sorted(one["state"] for one in done["payments"]) == ["captured", "raised"]
    query = {"provider": "stripe", "order": order["id"]}
    calls = httpx2.get(f"{stack.urls['simulator']}/_sim/ledger", params=query, timeout=10).json()["calls"]
    moved = [(one["operation"], one["amount"]) for one in calls if one["outcome"] == "effective"]
    assert [one for one in moved if "retrieve" not in one[0] and "search" not in one[0]] == [
        ("payment_intents.create", order["total"]),
        ("payment_intents.increment_authorization", done["total"]),
        ("payment_intents.capture", done["total"]),
    ]


def test_a_card_that_cannot_be_raised_is_asked_for_the_difference_beside(
    stack: Stack, shop: httpx2.Client
) -> None:
    order = dearer(shop, "jcb@example.com", "pm_card_jcb")

    done = finished(shop, order)

    there = world(stack, order_id=order["id"])["payments"]
    assert sorted(one["captured"] for one in there) == [900, order["total"]]
    assert sum(one["captured"] for one in there) == done["total"]
