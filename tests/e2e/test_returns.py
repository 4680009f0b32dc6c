"""Back from the doorstep: label bought, scanned, received damaged, refunded in part; as the world saw it."""

from typing import Any

import httpx2

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import mail_when, order_when, placed, subjects, world
from tests.e2e.test_methods import until

Json = dict[str, Any]  # Any: JSON


def test_a_damaged_return_is_labeled_scanned_received_and_refunded_in_part(
    stack: Stack, shop: httpx2.Client
) -> None:
    order = placed(shop, "return@example.com")
    order_when(shop, order["id"], state="completed")
    wish = {"lines": [{"sku": "PLATE", "quantity": 2, "reason": "damaged"}]}

    seen = shop.post(f"/v1/orders/{order['id']}/returns/preview", json=wish).raise_for_status().json()
    asked = shop.post(f"/v1/orders/{order['id']}/returns", json=wish).raise_for_status().json()
    path = f"/v1/returns/{asked['number']}"
    labeled = until(lambda: _when(shop, path, lambda one: one["parcel"]["tracking_code"]), "labeled")
    mail_when(stack, "return@example.com", "label")  # told of while it is so: a scan would be the next news
    _scan(stack, labeled["parcel"]["tracking_code"], "in_transit")
    until(lambda: _when(shop, path, lambda one: one["state"] == "in_transit"), "on its way")
    _scan(stack, labeled["parcel"]["tracking_code"], "delivered")
    lines = [{"sku": "PLATE", "quantity": 2, "damaged": 1}]
    shop.post(f"{path}/receive", json={"lines": lines}).raise_for_status()
    found = [
        {"sku": "PLATE", "quantity": 1, "condition": "damaged", "disposition": "write_off",
         "deduct_ppm": 500_000},
        {"sku": "PLATE", "quantity": 1, "condition": "as_new", "disposition": "restock"},
    ]  # fmt: skip
    shop.post(f"{path}/inspect", json={"lines": found}).raise_for_status()
    done = until(lambda: _when(shop, path, lambda one: one["state"] == "resolved"), "resolved")

    refund = mail_when(stack, "return@example.com", "refund")

    assert [one for one in subjects(stack, "return@example.com") if asked["number"] in one] == [
        f"Your return {asked['number']}: the label is ready", f"Your return {asked['number']} has arrived",
    ]  # fmt: skip
    assert f"It is for your return {asked['number']}." in refund["text"]
    assert (seen["verdict"], seen["refund"], seen["shipping"], seen["fee"]) == ("allowed", 2300, 500, 0)
    (line,) = done["lines"]
    assert (line["value"], line["kept"], line["refund"]) == (1800, 450, 1350)
    books = world(stack, order_id=order["id"])
    assert [one["refunded"] for one in books["payments"]] == [1850]
    assert sorted(one["purchases"] for one in books["labels"]) == [1, 1]
    papers = shop.get(f"/v1/orders/{order['id']}/documents").raise_for_status().json()["data"]
    assert [one["total"] for one in papers if one["kind"] == "credit_memo"] == [1850]


def _scan(stack: Stack, code: str, status: str) -> None:
    answer = httpx2.post(
        f"{stack.urls['simulator']}/_sim/trackers/{code}/advance", json={"status": status}, timeout=10
    )
    answer.raise_for_status()


def _when(shop: httpx2.Client, path: str, true: Any) -> Json | None:  # Any: a question to the return
    one: Json = shop.get(path).raise_for_status().json()
    return one if true(one) else None
