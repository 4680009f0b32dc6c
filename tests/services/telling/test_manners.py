"""People are told when, where and in whose words they may be."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from orderwright.persistence.tables import (
    Brand,
    BrandChannel,
    Consent,
    Notification,
    NotificationTemplate,
    NotificationText,
    Order,
    Task,
)
from orderwright.ports.failures import NotSent, Refused
from orderwright.services.contact import consent, links, marks
from orderwright.services.contact.consent import Wish
from tests.services.telling.book import MAIL, PHONE, PHONE_E164, Booked
from tests.services.telling.conftest import LINKS, Desk

Book = Callable[..., Awaitable[Booked]]
NIGHT = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 14, 8, 0, tzinfo=UTC)


async def _refuse(desk: Desk, order: Booked, wish: Wish) -> None:
    async with desk.db.transaction() as session:
        customer_id = await session.scalar(select(Order.customer_id).where(Order.id == order.order_id))
        assert customer_id is not None
        await consent.say(session, customer_id, wish, wanted=False, source="test", by="test")


async def test_an_sms_of_the_night_leaves_in_the_morning_and_the_mail_at_once(
    desk: Desk, booked: Book
) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.now = NIGHT

    await desk.tell(order.order_id, "received")
    assert await desk.post() == 0

    assert (len(desk.mail.handed), desk.sms.sent) == (1, [])
    assert await desk.rows() == [("mail", "sent", ""), ("sms", "waiting", "")]
    assert "received" not in await desk.due(order.order_id)
    async with desk.db.transaction() as session:
        assert await session.scalar(
            select(Notification.due_at).where(Notification.channel == "sms")
        ) == MORNING  # fmt: skip

    desk.now = MORNING
    assert await desk.post() == 1
    assert await desk.post() == 0

    assert [to for to, _, _ in desk.sms.sent] == [PHONE_E164]
    assert await desk.rows() == [("mail", "sent", ""), ("sms", "sent", "")]


async def test_what_cannot_wait_rings_at_night(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.now = NIGHT

    await desk.tell(order.order_id, f"action_needed:{order.payment_hold}")

    assert len(desk.sms.sent) == 1


async def test_who_says_stop_in_the_night_hears_nothing_in_the_morning(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.now = NIGHT
    await desk.tell(order.order_id, "received")
    async with desk.db.transaction() as session:
        await marks.mark(session, "sms", PHONE_E164, marks.STOPPED)

    desk.now = MORNING
    await desk.post()

    assert desk.sms.sent == []
    assert ("sms", "skipped", "stopped") in await desk.rows()


async def test_a_provider_at_rest_is_tried_again_after_the_lease(desk: Desk, booked: Book) -> None:
    order = await booked(email=None, phone=PHONE, consent=True)
    desk.now = NIGHT
    await desk.tell(order.order_id, "received")
    desk.sms.fails = [NotSent("no connection")]
    desk.now = MORNING

    assert await desk.post() == 1
    assert await desk.post() == 0
    desk.now = MORNING.replace(minute=3)
    assert await desk.post() == 1

    assert len(desk.sms.sent) == 1


async def test_words_that_fail_with_an_order_hold_up_no_other_message(desk: Desk, booked: Book) -> None:
    order = await booked(email=None, phone=PHONE, consent=True)
    desk.now = NIGHT
    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, "canceled")
    async with desk.db.transaction() as session:
        broken = {"stage": "received", "channel": "sms", "sms": "{{ parcel.carrier }}", "saved_by": "test"}
        session.add(NotificationTemplate(version=1, **broken))

    desk.now = MORNING
    assert await desk.post() == 2
    assert await desk.post() == 0

    assert ["canceled" in text for _, text, _ in desk.sms.sent] == [True]
    assert sorted(await desk.rows()) == [("sms", "sent", ""), ("sms", "waiting", "")]


async def test_who_unsubscribed_still_hears_what_they_have_a_right_to(desk: Desk, booked: Book) -> None:
    order = await booked()
    await _refuse(desk, order, Wish.MAIL)

    await desk.tell(order.order_id, f"shipped:{order.part_id}")
    await desk.tell(order.order_id, f"refunded:{order.refund_id}")

    assert [mail.subject for mail in desk.mail.handed] == ["Your refund of 12.50 EUR for order 10001"]
    assert await desk.rows() == [("mail", "skipped", "unsubscribed"), ("mail", "sent", "")]


async def test_a_refusal_after_the_order_stops_its_sms(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    await _refuse(desk, order, Wish.SMS)

    await desk.tell(order.order_id, "received")

    assert desk.sms.sent == []
    assert await desk.rows() == [("mail", "sent", ""), ("sms", "skipped", "unsubscribed")]


async def test_a_number_that_opted_out_at_the_provider_is_marked_and_its_customer_asked_no_more(
    desk: Desk, booked: Book
) -> None:
    order = await booked(email=None, phone=PHONE, consent=True)
    desk.sms.fails = [Refused("unsubscribed", "twilio error 21610")]

    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, "canceled")

    assert desk.sms.sent == []
    assert await desk.rows() == [("sms", "refused", "unsubscribed"), ("sms", "skipped", "stopped")]
    async with desk.db.transaction() as session:
        said = (await session.scalars(select(Consent))).one()
    assert (said.channel, said.wanted, said.source) == ("sms", False, "provider_opt_out")


async def test_a_mailbox_that_is_not_there_is_not_tried_again_and_a_person_is_asked(
    desk: Desk, booked: Book
) -> None:
    order = await booked()
    desk.mail.fails = [Refused("mail_refused", "550 5.1.1")]

    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, "canceled")

    assert desk.mail.handed == []
    assert ("mail", "skipped", "bounced") in await desk.rows()
    async with desk.db.transaction() as session:
        task = (await session.scalars(select(Task))).one()
    assert task.subject == "undelivered/mail/received"
    assert MAIL not in task.question


async def test_a_mail_can_be_ended_by_one_click_and_a_mail_to_the_business_cannot(
    desk: Desk, booked: Book
) -> None:
    order = await booked()

    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, f"approval_needed:{order.approval}")

    [first, business] = desk.mail.handed
    assert business.unsubscribe == ""
    assert first.unsubscribe in first.text
    token = first.unsubscribe.removeprefix("http://127.0.0.1:8080/u/")
    async with desk.db.transaction() as session:
        customer_id = await session.scalar(select(Order.customer_id))
    assert links.read("s3cret", token) == customer_id
    assert links.read("another", token) is None
    assert links.read("s3cret", token[:-4] + "AAAA") is None
    assert links.read("s3cret", "not a token") is None


async def test_a_customers_mail_and_sms_lead_to_the_order_and_a_mail_to_the_business_does_not(
    desk: Desk, booked: Book
) -> None:
    order = await booked(phone=PHONE, consent=True)

    await desk.tell(order.order_id, "canceled")
    await desk.tell(order.order_id, f"approval_needed:{order.approval}")

    [first, business] = desk.mail.handed
    page = LINKS.order(order.order_id)
    assert page in first.text
    assert f'href="{page}"' in first.html
    assert desk.sms.sent[0][1].endswith(page)
    assert "/o/" not in business.text + business.html


async def test_what_was_said_is_kept_as_it_was_sent(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)

    await desk.tell(order.order_id, "received")

    async with desk.db.transaction() as session:
        kept = {
            row.address: (row.subject, row.text) for row in await session.scalars(select(NotificationText))
        }
    assert kept[MAIL] == (desk.mail.handed[0].subject, desk.mail.handed[0].text)
    assert kept[PHONE_E164] == ("", desk.sms.sent[0][1])


async def test_a_brand_speaks_to_its_channel_with_its_own_words(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    common = {"stage": "received", "saved_by": "test"}
    async with desk.db.transaction() as session:
        session.add(Brand(code="red", name="Red Shop", sender="Red <hi@red.example>", color="#a01010"))
        await session.flush()
        session.add(BrandChannel(channel="web", brand="red"))
        words = {
            "subject": "Hey {{ order.number }}",
            "text": "{{ shop.name }} <3",
            "html": "<b>{{ order.name }}</b>",
        }
        session.add_all(
            [
                NotificationTemplate(channel="mail", version=1, brand="red", **common, **words),
                NotificationTemplate(
                    channel="mail", version=1, language="en", subject="x", text="x", html="x", **common
                ),
                NotificationTemplate(channel="sms", version=1, sms="old", **common),
                NotificationTemplate(channel="sms", version=2, sms="old", withdrawn=True, **common),
            ]
        )

    await desk.tell(order.order_id, "received")

    mail = desk.mail.handed[0]
    assert (mail.sender, mail.subject, mail.text) == ("Red <hi@red.example>", "Hey 10001", "Red Shop <3\n")
    assert mail.html == "<b>Ana Novak</b>"
    assert desk.sms.sent[0][1].startswith("Red Shop: thank you")


async def test_consent_is_only_added_to(desk: Desk, booked: Book) -> None:
    order = await booked()
    await _refuse(desk, order, Wish.MARKETING)

    async def change() -> None:
        async with desk.db.transaction() as session:
            (await session.scalars(select(Consent))).one().wanted = True

    with pytest.raises(IntegrityError, match="consent is only added to"):
        await change()
