"""How is a link made that opens one order to whoever has it, and nobody else?"""

import base64
import binascii
import hmac
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from orderwright.domain.failures import Failure, NotFound

VALID = timedelta(days=400)
"""How long after an order was placed its link opens it: returns and warranty claims come late."""
_EPOCH = date(2020, 1, 1)
_MAC = 16


class LinkEnded(Failure):
    """A link that was good once."""

    code = "link_ended"


class Links:
    """Links to orders, signed: HMAC-SHA256, cut to 128 bits, over the order's id and the link's last day.

    An order has one link, so that mails sent twice say the same. Nothing is stored; a new key ends them.
    """

    def __init__(self, key: str, public_url: str) -> None:
        self._key, self._url = key.encode(), public_url.rstrip("/")

    def order(self, order_id: UUID, placed_at: datetime) -> str:
        """The page of the order."""
        return f"{self._url}/o/{self.token(order_id, placed_at)}"

    def token(self, order_id: UUID, placed_at: datetime) -> str:
        """48 letters, digits, dashes and underscores."""
        last = (placed_at + VALID).astimezone(UTC).date()
        said = order_id.bytes + (last - _EPOCH).days.to_bytes(4, "big")
        return base64.urlsafe_b64encode(said + self._mac(said)).decode()

    def read(self, token: str, today: date) -> UUID:
        """The order that it opens. Raises NotFound (not one of ours), LinkEnded."""
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise NotFound("no such page") from None
        said, mac = raw[:-_MAC], raw[-_MAC:]
        if len(said) != 20 or not hmac.compare_digest(mac, self._mac(said)):
            raise NotFound("no such page")
        if today > _EPOCH + timedelta(days=int.from_bytes(said[16:], "big")):
            raise LinkEnded("this link is no longer valid")
        return UUID(bytes=said[:16])

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"order\0" + said, "sha256")[:_MAC]
