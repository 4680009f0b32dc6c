"""Who is told, where, and why not."""

from dataclasses import replace

import pytest

from orderwright.domain.telling.stages import Stage
from orderwright.services.telling.recipients import Channel, Recipient, e164, recipients
from orderwright.services.telling.story import Contact
from tests.services.telling.stories import WAIT, story


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("07400 123456", "GB", "+447400123456"),
        ("+49 151 23456789", "GB", "+4915123456789"),
        ("(212) 555-0123", "us", "+12125550123"),
        ("0049 151 23456789", "DE", "+4915123456789"),
        ("12", "GB", None),
        ("07400 123456", "", None),
        ("07400 123456", "ZZ", None),
        ("my phone", "GB", None),
    ],
)
def test_a_number_is_read_as_one_of_the_address_country(phone: str, country: str, number: str | None) -> None:
    assert e164(phone, country) == number


def test_a_customer_with_both_gets_both() -> None:
    contact = Contact("ana@customer.example", "07400 123456", "GB", "en")

    assert recipients(story(Stage.SHIPPED, contact=contact), business_email="boss@shop.example") == (
        Recipient(Channel.MAIL, "ana@customer.example"),
        Recipient(Channel.SMS, "+447400123456"),
    )


def test_a_stage_always_has_a_row_even_if_nobody_can_be_told() -> None:
    nobody = story(Stage.SHIPPED, contact=Contact(None, None, "GB", "en"))
    no_business = story(Stage.APPROVAL_NEEDED)
    over = replace(no_business, wait=replace(WAIT, active=False))

    assert [one.channel for one in recipients(nobody, business_email="b@x.example")] == [Channel.NONE]
    assert recipients(no_business, business_email="")[0].skipped == "no business address"
    assert recipients(over, business_email="b@x.example")[0].skipped == "nothing left to do"
