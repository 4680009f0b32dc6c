"""The simulated world, as the fixtures hand it to every test."""

import smtplib
from urllib.parse import urlsplit

import httpx2

from tests.conftest import Mailbox


def test_a_fresh_simulator_has_recorded_nothing(sim: str) -> None:
    ledger = httpx2.get(f"{sim}/_sim/ledger").raise_for_status().json()

    assert ledger["calls"] == []


def test_mail_that_was_sent_can_be_read_and_is_gone_in_the_next_test(mailbox: Mailbox) -> None:
    smtp = urlsplit(mailbox.smtp)
    with smtplib.SMTP(str(smtp.hostname), int(smtp.port or 0)) as client:
        client.sendmail(
            "shop@shop.example", ["ann@shop.example"], "Subject: shipped\r\nMessage-ID: <1@x>\r\n\r\nHello"
        )

    assert "shipped" in httpx2.get(f"{mailbox.url}/messages").text


def test_the_mailbox_begins_empty(mailbox: Mailbox) -> None:
    assert "shipped" not in httpx2.get(f"{mailbox.url}/messages").text
