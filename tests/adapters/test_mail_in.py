"""What mail servers say of our mail, and mail itself, is proven and read."""

import json
from email import message_from_string, policy
from email.message import EmailMessage

import pytest

from orderwright.adapters.notifications.mail_in import MailBounces, MailIn, stripped
from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind

SECRET = "whsec_b3JkZXJ3cmlnaHQtaW5ib3VuZC1tYWls"
OURS = "<0192.notify.received.mail.1@shop.example>"
REPORT = """From: MAILER-DAEMON@mx.example
To: orders@shop.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mailbox ann@customer.example is not here.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ann@customer.example
Action: {action}
Status: {status}

--b
Content-Type: {copy}

Message-ID: {message_id}
Subject: We have your order

--b--
"""


def _report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    copy: str = "text/rfc822-headers",
    message_id: str = OURS,
) -> bytes:
    return REPORT.format(action=action, status=status, copy=copy, message_id=message_id).encode()


def _signed(raw: bytes) -> dict[str, str]:
    return Signer(SECRET).headers("msg_1", raw)


@pytest.mark.parametrize("copy", ["text/rfc822-headers", "message/rfc822"])
@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("failed", "5.1.1", "bounced"),
        ("failed", "5.2.2", "failed"),
        ("failed", "4.4.7", "failed"),
        ("delayed", "4.4.1", "delayed"),
    ],
)
def test_a_delivery_report_names_our_mail_and_what_became_of_it(
    copy: str, action: str, status: str, said: str
) -> None:
    raw = _report(action=action, status=status, copy=copy)

    event = MailBounces(SECRET).verify(raw, _signed(raw))

    assert (event.kind, event.reference) == (EventKind.MESSAGE_STATUS, OURS)
    assert event.data == {"status": said, "code": status}
    assert "ann@" not in event.model_dump_json()


def test_the_same_report_is_the_same_event() -> None:
    assert MailBounces(SECRET).report(_report()).event_id == MailBounces(SECRET).report(_report()).event_id


@pytest.mark.parametrize(
    ("kind", "said"), [("hard", "bounced"), ("soft", "delayed"), ("complaint", "complained")]
)
def test_a_providers_own_notice_is_read(kind: str, said: str) -> None:
    raw = json.dumps(
        {"event_id": "e1", "message_id": OURS, "kind": kind, "status": "5.1.1", "more": 1}
    ).encode()

    event = MailBounces(SECRET).verify(raw, _signed(raw))

    assert (event.event_id, event.reference, event.data["status"]) == ("e1", OURS, said)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'{"event_id": 1}',
        b"{",
        b"Subject: hi\n\nno report",
        _report(message_id=""),
        _report(action=""),
    ],
)
def test_what_is_no_bounce_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        MailBounces(SECRET).verify(raw, _signed(raw))


def test_what_nobody_signed_is_not_read() -> None:
    with pytest.raises(BadSignature):
        MailIn(SECRET).read(b"From: a@b.example\n\nhi", {})


def test_a_report_in_the_mailbox_is_taken_for_one_and_a_letter_is_not() -> None:
    letter = EmailMessage()
    letter["From"] = "a@b.example"
    letter.set_content("hi")

    report = MailIn(SECRET).report(_report())

    assert report is not None
    assert report.reference == OURS
    assert MailIn(SECRET).report(bytes(letter)) is None


def test_a_letter_is_its_text_its_sender_and_what_it_answers() -> None:
    raw = bytes(
        message_from_string(
            "From: =?utf-8?q?Zo=C3=AB?= <Zoe@Customer.Example>\nSubject: =?utf-8?b?V2lsbGtvbW1lbiDwn5iA?=\n"
            f"Message-ID: <m1@customer.example>\nIn-Reply-To: {OURS}\nReferences: <a@b>\n {OURS}\n"
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
            "Danke f=FCr alles\n\n\n\n\nZoe\n",
            policy=policy.default,
        )
    )

    letter = MailIn(SECRET).read(raw, _signed(raw))

    assert (letter.sender, letter.subject) == ("zoe@customer.example", "Willkommen 😀")
    assert (letter.text, letter.reference) == ("Danke für alles\n\nZoe", "<m1@customer.example>")
    assert letter.answers == (OURS, "<a@b>", OURS)
    assert not letter.automatic


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "\na\n\nb\n"),
        ("a<br>b", "a\nb"),
        ("<script>x</script><style>y</style>z", "z"),
        ("&lt;b&gt; <b>bold</b>", "<b> bold"),
    ],
)
def test_html_loses_its_marks(html: str, text: str) -> None:
    assert stripped(html) == text
