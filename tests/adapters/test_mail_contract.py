"""Every mail sender keeps the port's promises."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx2
import pytest

from orderwright.adapters.notifications import smtp
from orderwright.adapters.notifications.smtp import SmtpMail
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.notifications import Attachment, Mail
from tests.conftest import Mailbox

SENDER = "Shop Example <orders@shop.example>"
MAIL = Mail("ann@customer.example", "On its way: Zoë, 1 mug", "It left.", "<p>Left.</p>", "<n1@shop.example>")


@pytest.fixture
async def mail(mailbox: Mailbox) -> AsyncIterator[SmtpMail]:
    """A sender in front of the catcher."""
    sender = SmtpMail(mailbox.smtp, SENDER)
    yield sender
    await sender.close()


def arrived(mailbox: Mailbox) -> list[dict[str, object]]:
    """What the catcher has."""
    answer = httpx2.get(f"{mailbox.url}/messages", timeout=5).json()
    messages: list[dict[str, object]] = answer["messages"] if isinstance(answer, dict) else answer
    return messages


async def test_a_mail_arrives_as_it_was_written(mail: SmtpMail, mailbox: Mailbox) -> None:
    await mail.send(MAIL)

    [message] = arrived(mailbox)
    assert message["subject"] == MAIL.subject
    assert "ann@customer.example" in str(message["to"])
    assert message["message_id"] == MAIL.message_id


async def test_a_file_arrives_byte_for_byte(mail: SmtpMail, mailbox: Mailbox) -> None:
    every_byte = bytes(range(256)) * 300 + b"\r\n.\r\n"

    await mail.send(
        replace(MAIL, attachments=[Attachment("Rechnung Nº 1.pdf", "application/pdf", every_byte)])
    )

    [message] = arrived(mailbox)
    assert (message["text"], message["html"]) == (f"{MAIL.text}\n", f"{MAIL.html}\n")
    assert message["attachments"] == ["Rechnung Nº 1.pdf"]
    file = httpx2.get(f"{mailbox.url}/messages/{message['n']}/attachments/0", timeout=5)
    assert (file.content, file.headers["content-type"]) == (every_byte, "application/pdf")


async def test_a_brands_mail_is_from_it_and_its_long_link_stays_one_line(
    mail: SmtpMail, mailbox: Mailbox
) -> None:
    link = "https://orders.a-rather-long-name-of-a-shop.example/u/" + "A" * 43

    await mail.send(replace(MAIL, sender="Red <hi@red.example>", unsubscribe=link))

    [message] = arrived(mailbox)
    assert message["from"] == "Red <hi@red.example>"
    assert dict(message["headers"])["List-Unsubscribe"] == f"<{link}>"  # type: ignore[call-overload]  # JSON


async def test_many_at_once_share_a_few_connections(mail: SmtpMail, mailbox: Mailbox) -> None:
    mails = [replace(MAIL, message_id=f"<n{nth}@shop.example>") for nth in range(40)]

    await asyncio.gather(*(mail.send(one) for one in mails))

    assert len(arrived(mailbox)) == 40
    assert len(mail._idle) <= 4


@pytest.mark.parametrize(
    "bad",
    [
        replace(MAIL, to="ann@customer.example, bob@customer.example"),
        replace(MAIL, to="no address"),
        replace(MAIL, to=""),
        replace(MAIL, subject="Hello\r\nBcc: bob@customer.example"),
        replace(MAIL, message_id="<x>\nBcc: bob@customer.example"),
    ],
    ids=["two", "none", "empty", "subject", "message id"],
)
async def test_nobody_else_gets_a_copy(mail: SmtpMail, mailbox: Mailbox, bad: Mail) -> None:
    with pytest.raises(Refused) as refusal:
        await mail.send(bad)

    assert refusal.value.code == "invalid_mail"
    assert arrived(mailbox) == []


class Scripted:
    """A server that says to RCPT and DATA what it was told to."""

    def __init__(
        self, rcpt: str = "250 ok", data: str = "354 go on", done: str = "250 queued", noop: str = "250 ok"
    ) -> None:
        self._answers = {
            "NOOP": noop,
            "RCPT": rcpt,
            "DATA": data,
            "EHLO": "250 here",
            "MAIL": "250 ok",
            "QUIT": "221 bye",
        }
        self._done = done
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        writer.write(b"220 scripted\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                answer = self._answers.get(line[:4].upper(), "250 ok")
                if answer == "hang up":
                    break
                writer.write(f"{answer}\r\n".encode())
                if answer.startswith("354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(f"{self._done}\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Scripted], Awaitable[SmtpMail]]]:
    """Starts a scripted server and gives the sender in front of it."""
    opened: list[tuple[asyncio.Server, SmtpMail]] = []

    async def start(script: Scripted) -> SmtpMail:
        server = await asyncio.start_server(script, "127.0.0.1", 0)
        sender = SmtpMail(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", SENDER, timeout=1)
        opened.append((server, sender))
        return sender

    yield start
    for server, sender in opened:
        await sender.close()
        server.close()


Serve = Callable[[Scripted], Awaitable[SmtpMail]]


@pytest.mark.parametrize(
    "script",
    [
        Scripted(rcpt="550 5.1.1 <ann@customer.example> unknown"),
        Scripted(data="554 5.7.1 no"),
        Scripted(done="552 5.3.4 too big for ann@customer.example"),
    ],
    ids=["recipient", "data", "content"],
)
async def test_a_no_for_good_is_refused_without_quoting_the_recipient(serve: Serve, script: Scripted) -> None:
    sender = await serve(script)

    with pytest.raises(Refused) as refusal:
        await sender.send(MAIL)

    assert refusal.value.code == "mail_refused"
    assert refusal.value.words[:3] in ("550", "552", "554")
    assert "ann" not in str(refusal.value)


@pytest.mark.parametrize(
    "script",
    [
        Scripted(rcpt="451 4.7.1 later"),
        Scripted(done="452 4.3.1 full"),
        Scripted(done="hang"),
        Scripted(data="hang up"),
    ],
    ids=["recipient", "content", "nonsense", "disconnect"],
)
async def test_what_may_work_later_is_repeated(serve: Serve, script: Scripted) -> None:
    sender = await serve(script)

    with pytest.raises(Unreachable):
        await sender.send(MAIL)


async def test_a_connection_is_used_again(serve: Serve) -> None:
    script = Scripted()
    sender = await serve(script)

    for _ in range(3):
        await sender.send(MAIL)

    assert script.connections == 1


@pytest.mark.parametrize(("noop", "connections"), [("250 ok", 1), ("hang up", 2)])
async def test_a_connection_that_rested_is_asked_whether_it_still_lives(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, noop: str, connections: int
) -> None:
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
    script = Scripted(noop=noop)
    sender = await serve(script)

    await sender.send(MAIL)
    await sender.send(MAIL)

    assert script.connections == connections


async def test_silence_leaves_nothing_sent(silent: str) -> None:
    with pytest.raises(NotSent):
        await SmtpMail(f"smtp://{silent}", SENDER, timeout=0.2).send(MAIL)


async def test_where_nobody_listens_nothing_was_sent(nobody: str) -> None:
    with pytest.raises(NotSent):
        await SmtpMail(f"smtp://{nobody}", SENDER).send(MAIL)


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://"])
def test_an_address_that_is_no_mail_server_is_told_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        SmtpMail(url, SENDER)
