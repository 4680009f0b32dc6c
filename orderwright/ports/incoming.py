"""What customers send us: one mail or SMS, proven and read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as plain text. `reference` is its provider's id; `answers` the Message-IDs it replies to.

    `automatic`: no person wrote it (an absence note), so nobody waits for an answer.
    """

    channel: str
    reference: str
    sender: str
    text: str
    subject: str = ""
    answers: tuple[str, ...] = ()
    automatic: bool = False


class IncomingMessages(Protocol):
    """The inbound half of mail and SMS."""

    def read(self, raw: bytes, headers: Mapping[str, str]) -> Incoming:
        """The message. Raises BadSignature (not theirs), Invalid (unreadable)."""
