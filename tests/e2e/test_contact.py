"""Told, answered, stopped and bounced: over the mail catcher and the simulated Twilio, by HTTP."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from orderwright.adapters.warehouses.signatures import Signer
from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import placed

MAIL_SECRET = "whsec_b3JkZXJ3cmlnaHQtaW5ib3VuZC1tYWls"
Json = dict[str, Any]  # Any: answers


def until(look: Callable[[], Any], what: str) -> Any:  # Any: whatever is looked for
    """What `look` finds, within half a minute."""
    for _ in range(150):
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"never: {what}")


def told(shop: httpx2.Client, order: Json, **wanted: str) -> Json | None:
    """The order's notification that reads so."""
    rows = shop.get(f"/v1/orders/{order['id']}/notifications").raise_for_status().json()["data"]
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


@pytest.fixture(scope="module")
def order(shop: httpx2.Client) -> Json:
    """An order of somebody who wants SMS."""
    customer = {
        "name": "Carla",
        "email": "carla@contact.example",
        "phone": "+447700900555",
        "sms_consent": True,
    }
    return placed(shop, "carla@contact.example", customer=customer | {"language": "es"})


def test_what_left_is_seen_to_arrive_and_stands_in_the_log(
    shop: httpx2.Client, stack: Stack, order: Json
) -> None:
    sms = until(lambda: told(shop, order, stage="received", channel="sms", arrived="delivered"), "delivered")
    mail = until(lambda: told(shop, order, stage="received", channel="mail", state="sent"), "sent")
    [caught] = httpx2.get(
        f"{stack.urls['mail']}/messages", params={"to": "carla@contact.example", "subject": "Hemos recibido"}
    ).json()["messages"]

    assert sms["text"].startswith("Orderwright: gracias, hemos recibido su pedido")
    assert (mail["subject"], mail["text"]) == (caught["subject"], caught["text"])
    assert caught["headers"]["Auto-Submitted"] == "auto-generated"
    link = caught["headers"]["List-Unsubscribe"].strip("<>")
    page = httpx2.get(link)
    assert (page.status_code, "Darse de baja" in page.text) == (200, True)


def test_a_note_to_the_customer_arrives_on_both_channels(
    shop: httpx2.Client, stack: Stack, order: Json
) -> None:
    note = {"audience": "customer", "text": "Lo hemos encontrado."}
    shop.post(f"/v1/orders/{order['id']}/notes", json=note).raise_for_status()

    sms = until(lambda: told(shop, order, stage="note", channel="sms", state="sent"), "the note as SMS")
    until(lambda: told(shop, order, stage="note", channel="mail", state="sent"), "the note as mail")

    assert sms["text"] == f"Orderwright: pedido {order['number']}: Lo hemos encontrado."
    assert sms["asked_by"] != ""


def test_an_sms_is_attached_and_stop_ends_them(shop: httpx2.Client, stack: Stack, order: Json) -> None:
    def say(body: str) -> None:
        words = {"from": "+447700900555", "body": body, "url": f"{stack.urls['api']}/v1/inbound/sms"}
        httpx2.post(f"{stack.urls['simulator']}/twilio/_text", json=words).raise_for_status()

    say(f"Donde esta {order['number']}?")
    messages = until(
        lambda: shop.get(f"/v1/orders/{order['id']}/messages").json()["data"], "the customer's message"
    )
    assert [(one["channel"], one["matched_by"]) for one in messages] == [("sms", "number")]

    say("STOP")
    resend = told(shop, order, stage="note", channel="sms", state="sent")
    assert resend is not None
    path = f"/v1/customers/{order['customer_id']}/preferences"
    until(lambda: not shop.get(path).json()["sms"], "consent withdrawn")
    shop.post(f"/v1/notifications/{resend['id']}/resend", json={"why": "test"}).raise_for_status()

    until(lambda: told(shop, order, channel="sms", state="skipped", why="stopped"), "nothing after STOP")


def test_a_mail_that_bounced_asks_a_person_and_no_further_one_is_tried(
    shop: httpx2.Client, stack: Stack
) -> None:
    order = placed(shop, "gone@contact.example")
    until(lambda: told(shop, order, stage="received", channel="mail", state="sent"), "sent")
    ours = f"<{order['id']}.notify.received.mail.1@shop.example>"
    raw = (
        f'{{"event_id": "{order["id"]}", "message_id": "{ours}", "kind": "hard", "status": "5.1.1"}}'.encode()
    )
    bounce = f"{stack.urls['api']}/v1/inbound/mail-bounce"
    httpx2.post(bounce, content=raw, headers=Signer(MAIL_SECRET).headers("m1", raw)).raise_for_status()

    until(lambda: told(shop, order, stage="received", arrived="bounced"), "bounced")
    tasks = shop.get("/v1/tasks", params={"filter[kind]": "notification"}).json()["data"]
    assert order["number"] in [task["order_number"] for task in tasks]
    note = {"audience": "customer", "text": "Hello?"}
    shop.post(f"/v1/orders/{order['id']}/notes", json=note).raise_for_status()
    assert told(shop, order, stage="note", channel="mail", state="skipped", why="bounced")


def test_an_sms_that_did_not_arrive_is_seen(shop: httpx2.Client, stack: Stack) -> None:
    rule = {"provider": "twilio", "mode": "undelivered", "match": {"to": "+447700900777"}, "value": 30005}
    httpx2.post(f"{stack.urls['simulator']}/_sim/switches", json=rule).raise_for_status()
    customer = {"name": "Dan", "phone": "+447700900777", "sms_consent": True}
    order = placed(shop, "", customer=customer)

    seen = until(lambda: told(shop, order, channel="sms", arrived="undelivered"), "undelivered")

    assert seen["arrived_code"] == "30005"
