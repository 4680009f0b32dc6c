"""Mail through an SMTP server."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from orderwright.ports.failures import NotSent, ProviderFailure, Refused, Unreachable
from orderwright.ports.notifications import Mail

IDLE_SECONDS = 5.0  # after that a kept connection is asked whether it still lives
ENHANCED_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class _Link(UnstructuredHeader):
    """A header that is one long address: folded or encoded, no mail program would find it."""

    def fold(self, *, policy: Policy) -> str:
        """On one line, whatever its length."""
        return f"List-Unsubscribe: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)  # type: ignore[arg-type]  # typeshed: it is mixed with BaseHeader
_POLICY = EmailPolicy(header_factory=_HEADERS)


class SmtpMail:
    """One server: smtp://[user:password@]host[:port] or smtps://…; a few connections are kept and shared."""

    def __init__(self, url: str, sender: str, *, timeout: float = 10.0, connections: int = 4) -> None:
        """`sender` as in a From header. `timeout` is seconds for one command.

        Raises ValueError for an address of another kind: better at start than at the first mail.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("the mail server is not smtp://host:port or smtps://host:port")
        self.timeout = timeout
        self._sender, self._parts = sender, parts
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []
        self._room = asyncio.Semaphore(connections)

    async def send(self, mail: Mail) -> None:
        """A repeat with the same Message-ID may be delivered twice, and is one mail to its reader."""
        message = _composed(mail, self._sender)
        try:
            async with self._connection() as server:
                await server.send_message(message)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _classified(error) from None  # the server's text quotes the recipient

    async def close(self) -> None:
        """Say goodbye on the connections that are kept."""
        while self._idle:
            await _quit(self._idle.pop()[0])

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection to oneself; kept for the next mail unless this one failed."""
        async with self._room:
            server = await self._kept() or await self._fresh()
            try:
                yield server
            except BaseException:
                server.close()
                raise
            self._idle.append((server, time.monotonic()))

    async def _kept(self) -> aiosmtplib.SMTP | None:
        while self._idle:
            server, since = self._idle.pop()
            if server.is_connected and (time.monotonic() - since < IDLE_SECONDS or await _lives(server)):
                return server
            server.close()
        return None

    async def _fresh(self) -> aiosmtplib.SMTP:
        """A password goes out encrypted, or to this machine: somebody in between could hide STARTTLS."""
        secure, user = self._parts.scheme == "smtps", self._parts.username
        host = self._parts.hostname or ""
        server = aiosmtplib.SMTP(
            hostname=host,
            port=self._parts.port or (465 if secure else 587 if user else 25),
            username=unquote(user) if user else None,
            password=unquote(self._parts.password or "") if user else None,
            use_tls=secure,
            start_tls=True if user and not secure and not _loopback(host) else None,
            timeout=self.timeout,
        )
        try:
            await server.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            server.close()
            raise _Unconnected(str(type(error).__name__)) from None
        return server


class _Unconnected(OSError):
    """No connection: no mail can have left."""


def _composed(mail: Mail, sender: str) -> EmailMessage:
    """Raises Refused where the recipient is not exactly one address or a header has a line break in it."""
    message = EmailMessage(policy=_POLICY)
    try:
        Address(addr_spec=mail.to)
        message["From"], message["To"], message["Subject"] = mail.sender or sender, mail.to, mail.subject
        message["Message-ID"] = mail.message_id
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Auto-Submitted"] = "auto-generated"
        if mail.unsubscribe:  # RFC 2369 and RFC 8058
            message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except (ValueError, MessageError, IndexError):
        raise Refused("invalid_mail", "the address or a header cannot be sent") from None
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for one in mail.attachments:
        maintype, _, subtype = one.media_type.partition("/")
        message.add_attachment(one.content, maintype=maintype, subtype=subtype, filename=one.name)
    return message


def _classified(error: Exception) -> ProviderFailure:
    if isinstance(error, _Unconnected):
        return NotSent(f"mail server: no connection ({error})")
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
        return _classified(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Refused("mail_refused", "the server cannot send to such an address")
    if isinstance(error, aiosmtplib.SMTPResponseException) and 500 <= error.code < 600:
        return Refused("mail_refused", f"{error.code} {_status(error.message)}".strip())
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Unreachable(f"mail server answered {error.code}")
    return Unreachable(f"mail server: {type(error).__name__}")


def _status(text: str) -> str:
    """The enhanced status code of RFC 3463: the rest of the line quotes the recipient."""
    found = ENHANCED_STATUS.search(text)
    return found.group() if found else ""


async def _lives(server: aiosmtplib.SMTP) -> bool:
    try:
        return (await server.noop()).code == 250
    except aiosmtplib.SMTPException:
        return False


async def _quit(server: aiosmtplib.SMTP) -> None:
    try:
        await server.quit()
    except aiosmtplib.SMTPException:
        server.close()


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
