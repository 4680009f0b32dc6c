"""How is a message signed and proven by Standard Webhooks? Source: standardwebhooks.com, version 1."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from orderwright.adapters.headers import header
from orderwright.domain.failures import BadSignature

TOLERANCE_SECONDS = 300


class Signer:
    """Signs and proves with one shared secret (`whsec_` and base64)."""

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time) -> None:
        """Raises ValueError for a secret that is not base64: better at start than at the first message."""
        try:
            self._key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:  # binascii.Error, or characters beyond ASCII
            raise ValueError("the warehouse secret is not whsec_ and base64") from None
        self._now = now

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """The three headers for a message sent now."""
        stamp = str(int(self._now()))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{self._signature(message_id, stamp, body)}",
        }

    def prove(self, raw: bytes, headers: Mapping[str, str]) -> None:
        """Raises BadSignature where it is not theirs, or five minutes from now in either direction."""
        message_id, stamp = header(headers, "webhook-id"), header(headers, "webhook-timestamp")
        if not message_id or not stamp.isdecimal() or abs(self._now() - int(stamp)) > TOLERANCE_SECONDS:
            raise BadSignature("no id, no time, or not of the last five minutes")
        expected = self._signature(message_id, stamp, raw).encode()
        given = (part.removeprefix("v1,") for part in header(headers, "webhook-signature").split())
        if not any(hmac.compare_digest(expected, one.encode()) for one in given):
            raise BadSignature("not signed with our secret")

    def _signature(self, message_id: str, stamp: str, body: bytes) -> str:
        signed = f"{message_id}.{stamp}.".encode() + body
        return base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
