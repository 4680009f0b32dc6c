"""Text messages through Twilio's own SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no types are published
from twilio.rest import Client  # type: ignore[import-untyped]  # no types are published

from tests.simulator.conftest import Process, Shop, eventually

ADA, BOB, US = "+14155550101", "+14155550102", "+15005550006"


def test_a_message_is_delivered_and_found_again(twilio: Client) -> None:
    sent = twilio.messages.create(to=ADA, from_=US, body="Order M-1 is on its way")
    twilio.messages.create(to=BOB, from_=US, body="Order M-2 is on its way")

    found = twilio.messages.list(to=ADA, date_sent_after=datetime.now(UTC) - timedelta(minutes=1))
    later = twilio.messages.list(to=ADA, date_sent_after=datetime.now(UTC) + timedelta(minutes=1))

    assert [message.sid for message in found] == [sent.sid]
    assert later == []
    eventually(lambda: twilio.messages(str(sent.sid)).fetch().status == "delivered")


def test_pages_follow_each_other(twilio: Client) -> None:
    for number in range(5):
        twilio.messages.create(to=ADA, from_=US, body=f"No. {number}")

    found = twilio.messages.list(to=ADA, page_size=2)

    assert [message.body for message in found] == [f"No. {number}" for number in (4, 3, 2, 1, 0)]


def test_a_wrong_number_is_refused(world: Process, twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to="12", from_=US, body="hello")

    assert (refused.value.code, refused.value.status) == (21211, 400)
    assert world.http.get("/_sim/books").json()["messages"] == []


def test_the_books_count_the_same_message(world: Process, twilio: Client) -> None:
    for _ in range(2):
        twilio.messages.create(to=ADA, from_=US, body="Order M-3 is on its way")

    books = world.http.get("/_sim/books", params={"order_number": "M-3"}).json()

    assert [message["count"] for message in books["messages"]] == [2]
    assert ADA not in str(books)


def test_a_status_is_called_back(twilio: Client, shop: Shop) -> None:
    twilio.messages.create(to=ADA, from_=US, body="hi", status_callback=f"{shop.url}/twilio")

    [received] = eventually(lambda: shop.received)

    assert b"MessageStatus=delivered" in received.raw
    assert received.headers["x-twilio-signature"]
