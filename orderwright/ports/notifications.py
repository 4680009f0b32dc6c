"""What the product needs to tell people something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a mail, byte for byte."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail with a text and an HTML part. The same Message-ID twice is one mail.

    `sender` as in a From header, where it is not the deployment's; `unsubscribe`: where one click ends them.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    attachments: Sequence[Attachment] = ()
    sender: str = ""
    unsubscribe: str = ""


class MailSender(Protocol):
    """Raises Refused (5xx for good), Unreachable (repeat with the same Message-ID), NotSent."""

    async def send(self, mail: Mail) -> None:
        """Hand the mail to the server."""


@dataclass(frozen=True, slots=True)
class SentSms:
    """A message the provider has."""

    sid: str


class SmsSender(Protocol):
    """No idempotency key: an unknown outcome is looked up in the list of messages."""

    async def send(self, to: str, body: str) -> SentSms:
        """Send `body` to an E.164 number. Raises Refused, Unreachable, NotSent."""

    async def find(self, to: str, body: str, *, since: datetime) -> SentSms | None:
        """A message to that number with that body since then, or None."""
