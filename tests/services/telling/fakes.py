"""A mail server and an SMS provider in memory, with the failures of the ports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from orderwright.ports.failures import ProviderFailure
from orderwright.ports.notifications import Mail, SentSms


@dataclass
class FakeMail:
    """Takes mail. `fails` are raised one by one; `lost`: taken first, and the answer does not arrive."""

    fails: list[ProviderFailure] = field(default_factory=list)
    lost: bool = False
    handed: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Hand the mail to the server."""
        if self.lost or not self.fails:
            self.handed.append(mail)
        if self.fails:
            raise self.fails.pop(0)

    @property
    def read(self) -> Sequence[Mail]:
        """What a reader sees: one mail per Message-ID."""
        return list({mail.message_id: mail for mail in self.handed}.values())


@dataclass
class FakeSms:
    """Takes messages and lists them."""

    fails: list[ProviderFailure] = field(default_factory=list)
    lost: bool = False
    sent: list[tuple[str, str, datetime]] = field(default_factory=list)
    looked: int = 0
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def send(self, to: str, body: str) -> SentSms:
        """Send `body` to an E.164 number."""
        if self.lost or not self.fails:
            self.sent.append((to, body, datetime.now(UTC)))
        if self.fails:
            raise self.fails.pop(0)
        return SentSms(f"SM{next(self._numbers)}")

    async def find(self, to: str, body: str, *, since: datetime) -> SentSms | None:
        """A message to that number with that body since then."""
        self.looked += 1
        found = [one for one in self.sent if one[:2] == (to, body) and one[2] >= since]
        return SentSms("SM-found") if found else None
