"""From the storefront's POST to the doorstep and back, as the simulator and the mail catcher saw it."""

import json
import time
from typing import Any

import httpx2

from orderwright.local.stack import Stack

PATIENCE_S = 60
HOME = {
    "name": "Ann Example",
    "line1": "1 High St",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
}


def placed(shop: httpx2.Client, email: str, **more: Any) -> dict[str, Any]:
    """An order of two plates; Any: JSON."""
    body = {
        "channel": "web",
        "customer": {"name": "Ann Example", "email": email},
        "ship_to": HOME,
        "lines": [{"sku": "PLATE", "quantity": 2}],
        "payment": {"method": "card", "source": "pm_card_visa"},
        **more,
    }
    return dict(shop.post("/v1/orders", json=body).raise_for_status().json())


def order_when(shop: httpx2.Client, order_id: str, **wanted: Any) -> dict[str, Any]:
    """The order once it reads so; after a minute as it is. Any: JSON."""
    until = time.monotonic() + PATIENCE_S
    while True:
        order = dict(shop.get(f"/v1/orders/{order_id}").raise_for_status().json())
        if all(order[name] == value for name, value in wanted.items()) or time.monotonic() > until:
            return order
        time.sleep(0.2)


def world(stack: Stack, **order: str) -> dict[str, Any]:
    """What the simulator recorded of an order, by `order_id` or `order_number`. Any: JSON."""
    answer = httpx2.get(f"{stack.urls['simulator']}/_sim/books", params=order, timeout=10)
    return dict(answer.raise_for_status().json())


def mails(stack: Stack, email: str) -> list[dict[str, Any]]:
    """The mails somebody got, in order. Any: JSON."""
    answer = httpx2.get(f"{stack.urls['mail']}/messages", params={"to": email}, timeout=10).json()
    return list(answer["messages"])


def subjects(stack: Stack, email: str) -> list[str]:
    """The subjects of the mails somebody got, in order."""
    return [mail["subject"] for mail in mails(stack, email)]


def mail_when(stack: Stack, email: str, word: str) -> dict[str, Any]:
    """The first mail with that word in its subject, waited for. Any: JSON."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = [mail for mail in mails(stack, email) if word in mail["subject"].lower()]
        if found or time.monotonic() > until:
            return found[0]
        time.sleep(0.2)


def attached(stack: Stack, mail: dict[str, Any]) -> bytes:
    """The one file of a mail."""
    url = f"{stack.urls['mail']}/messages/{mail['n']}/attachments/0"
    return httpx2.get(url, timeout=10).raise_for_status().content


def test_an_order_is_charged_labeled_handed_over_and_told_once(stack: Stack, shop: httpx2.Client) -> None:
    order = placed(shop, "once@example.com")

    done = order_when(shop, order["id"], state="completed")
    for word in ("invoice", "arrived"):
        mail_when(stack, "once@example.com", word)

    assert done["state"] == "completed"
    assert done["status"]["fulfillment"] == "delivered"
    books = world(stack, order_id=order["id"])
    assert [(one["amount"], one["captured"]) for one in books["payments"]] == [(2300, 2300)]
    assert [(one["purchases"], one["voided"]) for one in books["labels"]] == [(1, False)]
    assert [one["count"] for one in world(stack, order_number=order["number"])["handoffs"]] == [1]
    assert len(subjects(stack, "once@example.com")) == 4


def test_the_papers_in_the_mail_are_those_of_the_api(stack: Stack, shop: httpx2.Client) -> None:
    order = placed(shop, "papers@example.com")
    order_when(shop, order["id"], state="completed")
    mail_when(stack, "papers@example.com", "invoice")
    shop.post(f"/v1/orders/{order['id']}/refunds", json={"amount": 900}).raise_for_status()
    _settled_again(shop, order["id"])
    refund = mail_when(stack, "papers@example.com", "refund")

    papers = {
        one["kind"]: one["number"]
        for one in shop.get(f"/v1/orders/{order['id']}/documents").raise_for_status().json()["data"]
    }
    with_files = [mail for mail in mails(stack, "papers@example.com") if mail["attachments"]]
    assert with_files[-1] == refund
    assert [mail["attachments"] for mail in with_files] == [
        [f"{papers['invoice']}.pdf"], [f"{papers['credit_memo']}.pdf"],
    ]  # fmt: skip
    for mail, number in zip(with_files, (papers["invoice"], papers["credit_memo"]), strict=True):
        assert attached(stack, mail) == shop.get(f"/v1/documents/{number}/pdf").raise_for_status().content
        assert number in mail["html"]


def test_a_refund_after_delivery_reaches_the_customer_once(stack: Stack, shop: httpx2.Client) -> None:
    order = placed(shop, "refund@example.com")
    order_when(shop, order["id"], state="completed")
    path = f"/v1/orders/{order['id']}/refunds"
    key = {"Idempotency-Key": f"refund-{order['id']}"}

    asked = [shop.post(path, json={"amount": 900, "reason": "one broken"}, headers=key) for _ in range(3)]
    too_much = shop.post(path, json={"amount": 1500})
    settled = _settled_again(shop, order["id"])

    assert [answer.status_code for answer in asked] == [201, 201, 201]
    assert too_much.status_code == 409
    assert settled["status"]["payment"]["refund"] == "partial"
    assert [one["refunded"] for one in world(stack, order_id=order["id"])["payments"]] == [900]
    assert "9.00 GBP" in mail_when(stack, "refund@example.com", "refund")["subject"]


def test_the_logs_are_lines_of_json_and_name_no_customer(stack: Stack, shop: httpx2.Client) -> None:
    order = placed(shop, "logged@example.com")
    order_when(shop, order["id"], state="completed")

    for part, first in (("api", "Application startup complete."), ("worker", "worker.polling")):
        said = (stack.data_dir / "logs" / f"{part}.log").read_text()
        _, found, lines = said.partition(f'"event": "{first}"')
        assert found
        assert all(json.loads(line)["timestamp"] for line in lines.splitlines()[1:])
        assert "@example.com" not in said


def _settled_again(shop: httpx2.Client, order_id: str) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_S
    while True:
        order = dict(shop.get(f"/v1/orders/{order_id}").raise_for_status().json())
        done = order["settled_at"] and all(one["state"] == "succeeded" for one in order["refunds"])
        if done or time.monotonic() > until:
            return order
        time.sleep(0.2)
