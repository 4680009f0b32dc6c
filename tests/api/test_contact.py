"""Customers are talked to, answer, and say what they want to hear."""

import json
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types are published

from orderwright.adapters.warehouses.signatures import Signer
from orderwright.persistence.tables import CustomerMessage, Notification, NotificationText, Task
from orderwright.services.contact import links, log
from tests.api.world import MAIL_SECRET, Client, World

Json = dict[str, Any]  # Any: request bodies and answers
PHONE = "+442079460958"
SMS_URL = "http://api.test/v1/inbound/sms"


@pytest.fixture
async def order(shop: Client, new_order: Json) -> Json:
    """An order of somebody new."""
    new_order["customer"] = {"name": "Ada Lovelace", "email": "ada@contact.example", "language": "de"}
    new_order["phone"], new_order["sms_consent"] = PHONE, True
    answer = await shop.post("/v1/orders", new_order)
    if answer.status_code == 422:
        del new_order["phone"], new_order["sms_consent"]
        new_order["customer"] |= {"phone": PHONE, "sms_consent": True}
        answer = await shop.post("/v1/orders", new_order)
    assert answer.status_code in (201, 202), answer.text
    return dict(answer.json())


async def _mail(client: Client, mail: EmailMessage | bytes, path: str = "/v1/inbound/mail") -> int:
    raw = mail if isinstance(mail, bytes) else bytes(mail)
    headers = Signer(MAIL_SECRET).headers("msg_1", raw)
    return (await client.http.post(path, content=raw, headers=headers)).status_code


def _letter(
    subject: str, body: str, *, sender: str = "Ada <ada@contact.example>", **more: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "orders@shop.example", subject
    mail["Message-ID"] = f"<{abs(hash((subject, body)))}@contact.example>"
    for name, value in more.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail


async def _text(client: Client, body: str, *, sid: str, sender: str = PHONE) -> int:
    form = {"MessageSid": sid, "From": sender, "To": "+15005550006", "Body": body}
    signature = RequestValidator("twilio_orderwright").compute_signature(SMS_URL, form)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.http.post("/v1/inbound/sms", content=urlencode(form), headers=headers)
    return answer.status_code


async def _tasks(world: World, order: Json) -> list[str]:
    async with world.db.transaction() as session:
        found = await session.scalars(
            select(Task.kind).where(Task.order_id == order["id"], Task.kind == "customer_message")
        )
        return [kind.value for kind in found]


async def test_a_stage_is_seen_with_a_real_orders_data_before_anybody_gets_it(
    staff: Client, order: Json
) -> None:
    body = {"stage": "received", "order": order["number"], "language": "fr"}

    seen = (await staff.post("/v1/notifications/preview", body)).json()
    own = {"subject": "{{ order.name }}!", "sms": "{{ shop.name }}: hi"}
    tried = (await staff.post("/v1/notifications/preview", {**body, "template": own})).json()

    assert seen["subject"] == f"Nous avons bien reçu votre commande {order['number']}"
    assert "Ada Lovelace" in seen["html"]
    assert (seen["sms_segments"], seen["sampled"]) == (1, False)
    assert seen["sms_septets"] == len(seen["sms"])
    assert (tried["subject"], tried["sms"]) == ("Ada Lovelace!", "Shop Example: hi")
    assert tried["text"] == seen["text"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"subject": "{{ order.numbr }}"}, "subject: 'orderwright.services.telling.story.OrderFacts object'"),
        ({"text": "a\n{% if order %}"}, "text, line 2: Unexpected end of template"),
        ({"sms": "{{ ''.__class__.__mro__ }}"}, "sms: access to attribute '__class__'"),
        ({"html": "{{ 'a' * 999999999 }}"}, "html: * is for whole numbers here"),
        ({"html": "{% include '/etc/passwd' %}"}, "html: no template /etc/passwd"),
        ({"subject": "{{ 1 / 0 }}"}, "subject: ZeroDivisionError"),
    ],
)
async def test_words_that_do_not_read_are_refused_with_part_and_line(
    staff: Client, order: Json, template: Json, said: str
) -> None:
    body = {"stage": "received", "order": order["id"], "template": template}

    answer = await staff.post("/v1/notifications/preview", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_template")
    assert answer.json()["detail"].startswith(said)


async def test_a_shops_own_words_are_kept_by_version_and_withdrawn(staff: Client, order: Json) -> None:
    words = {"stage": "canceled", "channel": "sms", "language": "de", "sms": "Weg: {{ order.number }}"}
    ask = {"stage": "canceled", "order": order["id"], "language": "de"}

    first = (await staff.post("/v1/notification-templates", words)).json()
    second = (
        await staff.post("/v1/notification-templates", words | {"sms": "Ach, {{ order.number }}"})
    ).json()
    broken = await staff.post("/v1/notification-templates", words | {"sms": "{{ nobody }}"})
    both = await staff.post("/v1/notification-templates", words | {"subject": "x"})
    used = (await staff.post("/v1/notifications/preview", ask)).json()["sms"]
    gone = (await staff.post(f"/v1/notification-templates/{second['id']}/withdraw")).json()
    after = (await staff.post("/v1/notifications/preview", ask)).json()["sms"]

    assert (first["version"], second["version"], gone["version"]) == (1, 2, 3)
    assert (broken.status_code, both.status_code) == (422, 422)
    assert used == f"Ach, {order['number']}"
    assert after.startswith(f"Shop Example: Bestellung {order['number']} ist storniert")
    listed = (await staff.get("/v1/notification-templates")).json()["data"]
    assert [(one["version"], one["withdrawn"]) for one in listed] == [(3, True)]


async def test_a_brand_speaks_for_its_channels_and_must_be_readable(staff: Client, order: Json) -> None:
    red = {"name": "Red", "sender": "Red <hi@red.example>", "color": "#a01010", "channels": ["red-web"]}

    saved = await staff.put("/v1/brands/red", red)
    pale = await staff.put("/v1/brands/pale", red | {"color": "#ffee00"})
    nobody = await staff.put("/v1/brands/odd", red | {"sender": "Red"})
    body = {"stage": "shipped", "order": order["id"], "brand": "red"}
    seen = (await staff.post("/v1/notifications/preview", body)).json()

    assert (saved.status_code, pale.status_code, nobody.status_code) == (200, 422, 422)
    assert "#a01010" in seen["html"]
    assert (seen["brand"], seen["sampled"]) == ("red", True)


async def test_a_note_to_the_customer_waits_for_the_postman_and_an_internal_one_for_nobody(
    world: World, staff: Client, order: Json
) -> None:
    inner = await staff.post(f"/v1/orders/{order['id']}/notes", {"text": "Called, no answer."})
    outer = await staff.post(
        f"/v1/orders/{order['id']}/notes", {"text": "It leaves tomorrow.", "audience": "customer"}
    )
    card = await staff.post(f"/v1/orders/{order['id']}/notes", {"text": "4242 4242 4242 4242"})

    told = (await staff.get(f"/v1/orders/{order['id']}/notifications")).json()["data"]
    notes = (await staff.get(f"/v1/orders/{order['id']}/notes")).json()["data"]
    assert (inner.status_code, outer.status_code, card.status_code) == (201, 201, 422)
    assert {(one["stage"], one["channel"], one["state"]) for one in told} == {
        ("note", "mail", "waiting"), ("note", "sms", "waiting"),
    }  # fmt: skip
    assert [one["audience"] for one in notes] == ["customer", "internal"]


async def test_what_was_told_is_told_again_with_who_and_why(world: World, staff: Client, order: Json) -> None:
    async with world.db.transaction() as session:
        row = Notification(
            order_id=order["id"], stage="received", channel="mail", state="sent", reference="<r@x>"
        )
        session.add(row)
        await session.flush()
        session.add(
            NotificationText(notification_id=row.id, address="ada@contact.example", subject="S", text="T")
        )

    again = await staff.post(f"/v1/notifications/{row.id}/resend", {"why": "asked for it"})
    told = (await staff.get(f"/v1/orders/{order['number']}/notifications")).json()["data"]
    too_soon = await staff.post(f"/v1/notifications/{again.json()['id']}/resend", {"why": "once more"})

    assert (again.status_code, again.json()["copy_number"], again.json()["state"]) == (202, 2, "waiting")
    assert [(one["copy_number"], one["asked_why"], one["text"]) for one in told] == [
        (2, "asked for it", None), (1, "", "T"),
    ]  # fmt: skip
    assert too_soon.status_code == 409


async def test_texts_are_forgotten_by_age_and_the_rows_stay(world: World, order: Json) -> None:
    async with world.db.transaction() as session:
        row = Notification(order_id=order["id"], stage="received", channel="mail", state="sent")
        session.add(row)
        await session.flush()
        session.add(NotificationText(notification_id=row.id, address="a@b.example", text="T"))
        await session.flush()
        await session.execute(
            text(
                "UPDATE notification_texts SET at = now() - interval '200 days' WHERE notification_id = :id"
            ),
            {"id": row.id},
        )

    async with world.db.transaction() as session:
        assert await log.forget(session, 180) == 1
        assert await session.get(Notification, row.id) is not None


async def test_a_mail_that_names_its_order_is_attached_once_and_a_person_is_asked(
    world: World, staff: Client, nobody: Client, order: Json
) -> None:
    mail = _letter("Where is it?", f"My order is {order['number']}.\n\nAda", sender="x@elsewhere.example")

    assert [await _mail(nobody, mail), await _mail(nobody, mail)] == [200, 200]

    found = (await staff.get(f"/v1/orders/{order['id']}/messages")).json()["data"]
    assert [(one["matched_by"], one["sender"], one["subject"]) for one in found] == [
        ("number", "x@elsewhere.example", "Where is it?")
    ]
    assert await _tasks(world, order) == ["customer_message"]


@pytest.mark.parametrize(("step", "handled"), [("approve", "answered"), ("reject", "dismissed")])
async def test_a_message_is_answered_or_dismissed_by_its_task_and_the_order_stays(
    staff: Client, nobody: Client, order: Json, step: str, handled: str
) -> None:
    mail = _letter(f"{step} {order['number']}", "Thank you!", sender="x@elsewhere.example")
    await _mail(nobody, mail)
    listed = f"/v1/tasks?filter[kind]=customer_message&filter[order_id]={order['id']}"
    [task] = (await staff.get(listed)).json()["data"]
    before = (await staff.get(f"/v1/orders/{order['id']}")).json()

    decided = await staff.post(f"/v1/tasks/{task['id']}/{step}", {})

    [message] = (await staff.get(f"/v1/orders/{order['id']}/messages")).json()["data"]
    after = (await staff.get(f"/v1/orders/{order['id']}")).json()
    assert decided.status_code == 200
    assert (message["handled"], message["handled_by"] != "", message["handled_at"] is None) == (
        handled, True, False,
    )  # fmt: skip
    assert [after[name] for name in ("state", "version", "cancel", "lines")] == [
        before[name] for name in ("state", "version", "cancel", "lines")
    ]
    assert decided.json()["state"] == "decided"


async def test_an_answer_to_our_mail_needs_no_number_and_an_absence_note_no_person(
    world: World, staff: Client, nobody: Client, order: Json
) -> None:
    ours = f"<{order['id']}.notify.received.mail.1@shop.example>"
    async with world.db.transaction() as session:
        session.add(
            Notification(order_id=order["id"], stage="received", channel="mail", state="sent", reference=ours)
        )

    await _mail(nobody, _letter("Re: it", "Away until May", In_Reply_To=ours, Auto_Submitted="auto-replied"))
    assert await _tasks(world, order) == []
    await _mail(nobody, _letter("Re: it", "Thanks", References=f"<a@b> {ours}"))

    found = (await staff.get(f"/v1/orders/{order['id']}/messages")).json()["data"]
    assert [one["matched_by"] for one in found] == ["answer", "answer"]
    assert await _tasks(world, order) == ["customer_message"]


async def test_html_is_read_as_text_and_what_fits_no_order_waits_for_a_person(
    staff: Client, nobody: Client, order: Json
) -> None:
    mail = _letter("Hm", "", sender="new@elsewhere.example")
    mail.set_content(
        "<style>p{}</style><p>Hello <b>you</b>,</p><script>x()</script><p>4242 4242 4242 4242 &amp; I</p>",
        subtype="html",
    )
    mail.add_attachment(b"MZ" * 1000, maintype="application", subtype="octet-stream", filename="a.exe")

    assert await _mail(nobody, mail) == 200
    [waiting] = (await staff.get("/v1/unmatched-messages")).json()["data"]
    attached = await staff.post(f"/v1/unmatched-messages/{waiting['id']}/attach", {"order": order["number"]})
    twice = await staff.post(f"/v1/unmatched-messages/{waiting['id']}/attach", {"order": order["number"]})

    assert waiting["text"] == "Hello you,\n\n[card] & I"
    assert (attached.status_code, attached.json()["order_id"], twice.status_code) == (200, order["id"], 409)
    assert (await staff.get("/v1/unmatched-messages")).json()["data"] == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: nobody\n\nhi",
        b"From: a@b.example\nContent-Type: text/plain; charset=no-such\n\nhi",
    ],
)
async def test_what_is_no_mail_is_refused_and_nothing_is_kept(
    world: World, nobody: Client, raw: bytes
) -> None:
    assert await _mail(nobody, raw) in (200, 422)
    assert (await nobody.http.post("/v1/inbound/mail", content=raw)).status_code == 401
    async with world.db.transaction() as session:
        kept = (await session.scalars(select(CustomerMessage.sender))).all()
    assert "nobody" not in kept


async def test_stop_and_start_by_sms_are_obeyed_and_the_consent_follows(
    staff: Client, nobody: Client, order: Json
) -> None:
    path = f"/v1/customers/{order['customer_id']}/preferences"

    assert await _text(nobody, "Stop ", sid="SM1") == 200
    stopped = (await staff.get(path)).json()
    assert await _text(nobody, "START", sid="SM2") == 200
    started = (await staff.get(path)).json()

    assert (stopped["sms"], started["sms"]) == (False, True)
    assert [one["source"] for one in started["history"]][:2] == ["sms_start", "sms_stop"]


async def test_an_sms_is_attached_by_its_number_and_a_forged_one_refused(
    world: World, staff: Client, nobody: Client, order: Json
) -> None:
    assert await _text(nobody, f"Is {order['number']} on its way?", sid=f"SM-{order['id']}") == 200
    forged = await nobody.http.post("/v1/inbound/sms", content="MessageSid=SM9&From=%2B1&Body=hi")

    found = (await staff.get(f"/v1/orders/{order['id']}/messages")).json()["data"]
    assert [(one["channel"], one["matched_by"]) for one in found] == [("sms", "number")]
    assert (forged.status_code, forged.json()["code"]) == (401, "bad_signature")


async def test_the_link_in_a_mail_asks_first_and_one_click_ends_them(
    staff: Client, nobody: Client, order: Json
) -> None:
    customer = order["customer_id"]
    path = f"/u/{links.token('s3cret', __import__('uuid').UUID(customer))}"

    page = await nobody.get(path)
    before = (await staff.get(f"/v1/customers/{customer}/preferences")).json()["mail"]
    click = await nobody.http.post(
        path,
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    await nobody.http.post(path)
    after = (await staff.get(f"/v1/customers/{customer}/preferences")).json()

    assert (page.status_code, before) == (200, True)
    assert '<form method="post">' in page.text
    assert "<script" not in page.text
    assert (click.status_code, after["mail"]) == (200, False)
    assert [one["source"] for one in after["history"]].count("link in a mail") == 1
    assert (await nobody.get("/u/AAAA")).status_code == 404


async def test_consent_is_said_by_channel_and_its_history_kept(store: Client, order: Json) -> None:
    path = f"/v1/customers/{order['customer_id']}/preferences"

    said = await store.post(path, {"channel": "marketing", "wanted": True, "source": "checkout box"})
    odd = await store.post(path, {"channel": "fax", "wanted": True, "source": "x"})

    assert (said.status_code, said.json()["marketing"], odd.status_code) == (201, True, 422)
    assert json.dumps(said.json()["history"][0]).count("checkout box") == 1
