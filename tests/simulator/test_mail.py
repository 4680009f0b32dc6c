"""The mail catcher."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.simulator.conftest import Process


@pytest.fixture(autouse=True)
def _empty_box(mail: Process) -> None:
    mail.http.delete("/messages")
    mail.http.delete("/_sim/switches")


def written(
    message_id: str = "<o-1.accepted.1@shop.example>", subject: str = "Order M-1: Größe L"
) -> EmailMessage:
    """A mail with a text and an HTML part."""
    message = EmailMessage()
    message["From"] = "Shop <orders@shop.example>"
    message["To"] = "Ada <Ada@example.com>"
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["List-Unsubscribe"] = "<https://shop.example/u>"
    message.set_content("Thank you, Ada.")
    message.add_alternative("<h1>Thank you</h1><script>alert(1)</script>", subtype="html")
    return message


def send(mail: Process, message: EmailMessage) -> None:
    """Over real SMTP."""
    with smtplib.SMTP("127.0.0.1", mail.smtp_port, timeout=5) as smtp:
        smtp.send_message(message)


def test_a_mail_is_caught_and_found(mail: Process) -> None:
    send(mail, written())

    [found] = mail.http.get("/messages", params={"to": "ada@example.com", "subject": "m-1"}).json()[
        "messages"
    ]

    assert found["subject"] == "Order M-1: Größe L"
    assert found["to"] == ["ada@example.com"]
    assert found["text"] == "Thank you, Ada.\n"
    assert found["html"].startswith("<h1>Thank you</h1>")
    assert found["headers"] == {"List-Unsubscribe": "<https://shop.example/u>"}
    assert mail.http.get(f"/messages/{found['n']}").json() == found
    assert mail.http.get("/messages", params={"after": found["n"]}).json()["messages"] == []
    assert mail.http.get("/messages", params={"to": "bob@example.com"}).json()["messages"] == []


def test_a_repeated_mail_counts_once(mail: Process) -> None:
    send(mail, written())
    send(mail, written())
    send(mail, written("<o-2@shop.example>", "another"))

    health = mail.http.get("/_sim/health").json()

    assert (health["received"], health["distinct"]) == (3, 2)
    assert [one["copies"] for one in mail.http.get("/messages").json()["messages"]] == [2, 2, 1]


def test_people_can_read_it_and_no_script_runs(mail: Process) -> None:
    send(mail, written())
    number = mail.http.get("/messages").json()["messages"][0]["n"]

    home, page, html = (mail.http.get(path) for path in ("/", f"/mails/{number}", f"/mails/{number}/html"))

    assert "Order M-1: Größe L" in home.text
    assert "<iframe" in page.text
    assert "sandbox" in page.text
    assert "<script>" not in page.text
    assert html.headers["content-security-policy"].startswith("sandbox;")


@pytest.mark.parametrize("code", [451, 550])
def test_a_mail_is_refused(mail: Process, code: int) -> None:
    mail.switch("mail", "refuse", match={"to": "Ada@example.com"}, value=code, times=1)

    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(mail, written())

    assert refused.value.smtp_code == code
    assert mail.http.get("/messages").json()["messages"] == []


def test_an_answer_is_lost_after_the_mail_was_taken(mail: Process) -> None:
    mail.switch("mail", "answer_lost", times=1)

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(mail, written())
    send(mail, written())

    assert mail.http.get("/messages").json()["messages"][0]["copies"] == 2


def test_mails_survive_a_kill(mail: Process) -> None:
    send(mail, written())

    mail.restart()

    assert len(mail.http.get("/messages").json()["messages"]) == 1
