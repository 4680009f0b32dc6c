"""How is a link made that opens one order to whoever has it, and nobody else?"""

import base64
import binascii
import hmac
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from orderwright.domain.failures import Failure, NotFound

VALID = timedelta(days=400)
"""How long after an order was recorded its link opens it: returns and warranty claims come late."""
_MAC = 17


class LinkEnded(Failure):
    """A link that was good once."""

    code = "link_ended"


class Links:
    """Links to orders, signed: HMAC-SHA256, cut to 136 bits, over the order's id, a UUIDv7.

    An order has one link, so that mails sent twice say the same. Nothing is stored; a new key ends them.
    """

    def __init__(self, key: str, public_url: str) -> None:
        self._key, self._url = key.encode(), public_url.rstrip("/")

    def order(self, order_id: UUID) -> str:
        """The page of the order."""
        return f"{self._url}/o/{self.token(order_id)}"

    def token(self, order_id: UUID) -> str:
        """44 letters, digits, dashes and underscores."""
        return base64.urlsafe_b64encode(order_id.bytes + self._mac(order_id.bytes)).decode()

    def read(self, token: str, today: date) -> UUID:
        """The order that it opens. Raises NotFound (not one of ours), LinkEnded."""
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise NotFound("no such page") from None
        said, mac = raw[:-_MAC], raw[-_MAC:]
        if len(said) != 16 or not hmac.compare_digest(mac, self._mac(said)):
            raise NotFound("no such page")
        order_id = UUID(bytes=said)
        if today > (_recorded(order_id) + VALID).date():
            raise LinkEnded("this link is no longer valid")
        return order_id

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"order\0" + said, "sha256")[:_MAC]


def _recorded(order_id: UUID) -> datetime:
    """Its first 48 bits are milliseconds since 1970 (RFC 9562); the date a file gives may be years ago."""
    return datetime.fromtimestamp((order_id.int >> 80) / 1000, UTC)
