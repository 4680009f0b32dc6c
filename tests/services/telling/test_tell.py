"""Everybody is told once, whatever fails."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from orderwright.persistence.tables import Effect, Notification, OrderEvent
from orderwright.ports.failures import NotSent, Refused, Unreachable
from tests.services.telling.book import MAIL, PHONE, PHONE_E164, Booked, end_hold
from tests.services.telling.conftest import Desk

Book = Callable[..., Awaitable[Booked]]


async def test_a_stage_is_told_once_however_often_it_is_asked_for(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)

    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, "received")

    assert [mail.to for mail in desk.mail.handed] == [MAIL]
    assert [to for to, _, _ in desk.sms.sent] == [PHONE_E164]
    assert await desk.rows() == [("mail", "sent", ""), ("sms", "sent", "")]


async def test_what_was_told_is_not_due_any_more_and_stands_in_the_timeline(desk: Desk, booked: Book) -> None:
    order = await booked()
    stage = f"shipped:{order.part_id}"
    assert stage in await desk.due(order.order_id)

    await desk.tell(order.order_id, stage)

    assert stage not in await desk.due(order.order_id)
    async with desk.db.transaction() as session:
        kinds = list(await session.scalars(select(OrderEvent.kind)))
        reference = await session.scalar(select(Notification.reference))
    assert kinds == ["notification.sent"]
    assert reference == desk.mail.handed[0].message_id


async def test_a_phone_without_consent_gets_no_sms(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=False)

    await desk.tell(order.order_id, "received")

    assert desk.sms.sent == []
    assert await desk.rows() == [("mail", "sent", "")]


async def test_what_is_no_phone_number_is_skipped_and_the_mail_goes_out(desk: Desk, booked: Book) -> None:
    order = await booked(phone="call my office", consent=True)

    await desk.tell(order.order_id, "received")

    assert len(desk.mail.handed) == 1
    assert await desk.rows() == [("mail", "sent", ""), ("sms", "skipped", "not a phone number")]


async def test_an_order_without_address_and_phone_counts_as_told(desk: Desk, booked: Book) -> None:
    order = await booked(email=None)

    await desk.tell(order.order_id, "canceled")

    assert desk.mail.handed == []
    assert await desk.rows() == [("none", "skipped", "no address and no phone with consent")]


async def test_an_approval_is_asked_of_the_business_alone(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)

    await desk.tell(order.order_id, f"approval_needed:{order.approval}")

    assert [mail.to for mail in desk.mail.handed] == ["boss@shop.example"]
    assert desk.sms.sent == []


async def test_nobody_is_asked_for_what_has_been_decided_meanwhile(desk: Desk, booked: Book) -> None:
    order = await booked()
    desk.mail.fails = [Unreachable("no answer")]
    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, f"approval_needed:{order.approval}")
    await end_hold(desk.db, order.approval)

    await desk.tell(order.order_id, f"approval_needed:{order.approval}")

    assert desk.mail.handed == []
    assert await desk.rows() == [
        ("mail", "skipped", "nobody to tell any more"),
        ("none", "skipped", "nothing left to do"),
    ]
    assert f"approval_needed:{order.approval}" not in await desk.due(order.order_id)


async def test_a_repeated_mail_has_the_same_message_id_and_is_one_mail(desk: Desk, booked: Book) -> None:
    order = await booked()
    desk.mail.fails, desk.mail.lost = [Unreachable("no answer")], True
    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, "received")

    await desk.tell(order.order_id, "received")

    identity = f"<{order.order_id}.notify.received.mail.1@shop.example>"
    assert [mail.message_id for mail in desk.mail.handed] == [identity, identity]
    assert len(desk.mail.read) == 1


async def test_an_sms_whose_outcome_is_unknown_is_found_and_not_sent_again(desk: Desk, booked: Book) -> None:
    order = await booked(email=None, phone=PHONE, consent=True)
    desk.sms.fails, desk.sms.lost = [Unreachable("no answer")], True
    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, "received")

    await desk.tell(order.order_id, "received")

    assert len(desk.sms.sent) == 1
    assert desk.sms.looked == 1
    async with desk.db.transaction() as session:
        assert await session.scalar(select(Notification.reference)) == "SM-found"


async def test_an_sms_that_never_left_is_sent_at_the_next_try(desk: Desk, booked: Book) -> None:
    order = await booked(email=None, phone=PHONE, consent=True)
    desk.sms.fails = [NotSent("no connection")]
    with pytest.raises(ApplicationError) as failed:
        await desk.tell(order.order_id, "received")
    assert failed.value.type == "NotSent"

    await desk.tell(order.order_id, "received")

    assert len(desk.sms.sent) == 1


async def test_a_mail_server_at_rest_stops_no_sms_and_the_other_way_round(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.mail.fails = [Unreachable("no answer")]
    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, "received")
    assert await desk.rows() == [("mail", "intended", ""), ("sms", "sent", "")]

    desk.sms.fails = [Unreachable("no answer")]
    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, "canceled")

    assert len(desk.mail.handed) == 1


async def test_a_definite_no_is_written_down_and_not_tried_again(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.mail.fails = [Refused("mail_refused", "550")]

    await desk.tell(order.order_id, "received")
    await desk.tell(order.order_id, "received")

    assert desk.mail.handed == []
    assert await desk.rows() == [("mail", "refused", "mail_refused"), ("sms", "sent", "")]
    assert "received" not in await desk.due(order.order_id)


async def test_a_stage_half_told_is_still_due(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    stage = f"shipped:{order.part_id}"
    desk.sms.fails = [NotSent("no connection")]

    with pytest.raises(ApplicationError):
        await desk.tell(order.order_id, stage)

    assert len(desk.mail.handed) == 1
    assert stage in await desk.due(order.order_id)


async def test_a_failure_names_nobody(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)
    desk.mail.fails = [Unreachable(f"no answer for {MAIL}")]

    with pytest.raises(ApplicationError) as failed:
        await desk.tell(order.order_id, "received")

    assert (failed.value.type, failed.value.non_retryable) == ("Unreachable", False)
    assert MAIL not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


async def test_a_line_break_in_an_address_reaches_no_header(desk: Desk, booked: Book) -> None:
    order = await booked(email="ana@customer.example\r\nBcc: all@customer.example")

    await desk.tell(order.order_id, "received")

    assert desk.mail.handed == []
    assert await desk.rows() == [("mail", "refused", "invalid_mail")]


async def test_every_stage_can_be_told(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)

    for stage in order.stages().values():
        await desk.tell(order.order_id, stage)

    assert len(desk.mail.handed) == 12
    assert len(desk.sms.sent) == 11
    assert len({mail.message_id for mail in desk.mail.handed}) == 12


UNKNOWN = "shipped:01a217d4-6005-77c0-a7f4-49789ef8ce0d"


@pytest.mark.parametrize("stage", ["packed", UNKNOWN, "refunded:not-an-id"])
async def test_a_stage_that_does_not_exist_fails_for_good(desk: Desk, booked: Book, stage: str) -> None:
    order = await booked()

    with pytest.raises(ApplicationError) as failed:
        await desk.tell(order.order_id, stage)

    assert failed.value.non_retryable
    assert await desk.rows() == []


async def test_an_order_that_does_not_exist_fails_for_good(desk: Desk) -> None:
    with pytest.raises(ApplicationError) as failed:
        await desk.tell(UUID(int=1), "received")

    assert (failed.value.type, failed.value.non_retryable) == ("not_found", True)


async def test_an_effect_is_kept_per_stage_and_channel(desk: Desk, booked: Book) -> None:
    order = await booked(phone=PHONE, consent=True)

    await desk.tell(order.order_id, f"shipped:{order.part_id}")

    async with desk.db.transaction() as session:
        steps = set(await session.scalars(select(Effect.step)))
    assert steps == {f"notify/shipped:{order.part_id}/mail", f"notify/shipped:{order.part_id}/sms"}
