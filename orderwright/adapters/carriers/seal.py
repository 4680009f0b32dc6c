"""How does a reference carry an address without showing it?"""

import base64
import hashlib
import hmac
import json
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Json = dict[str, Any]  # Any: JSON
NONCE_BYTES = 12


class Seal:
    """AES-256-GCM over compressed JSON, as text for a URL. The same data always give the same text.

    That needs a nonce made from the data: equal nonces then mean equal texts, and tell nothing else.
    """

    def __init__(self, secret: str) -> None:
        """Whoever has `secret` reads every reference; with another one, earlier references are refused."""
        self._nonce_key = hashlib.sha256(b"nonce:" + secret.encode()).digest()
        self._cipher = AESGCM(hashlib.sha256(b"seal:" + secret.encode()).digest())

    def close(self, data: Json) -> str:
        """The data as an opaque text."""
        plain = zlib.compress(json.dumps(data, separators=(",", ":"), sort_keys=True).encode())
        nonce = hmac.new(self._nonce_key, plain, hashlib.sha256).digest()[:NONCE_BYTES]
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, None)).decode().rstrip("=")

    def open(self, text: str) -> Json:
        """Raises ValueError for a text that was not made with this secret."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            raise ValueError("not sealed with this secret") from None
        opened: Json = json.loads(zlib.decompress(plain))
        return opened
