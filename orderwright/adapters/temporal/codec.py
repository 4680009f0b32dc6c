"""How are payloads kept from whoever reads the histories? AES-256-GCM around the whole payload."""

import base64
import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

MARK = b"binary/encrypted"
NONCE_BYTES = 12
KEY_BYTES = 32


class EncryptionCodec(PayloadCodec):
    """Encrypts what goes out; passes what lacks its mark: histories from before the key stay readable."""

    def __init__(self, key: bytes) -> None:
        """`key`: 32 bytes."""
        self._cipher = AESGCM(key)
        self._key_id = sha256(key).hexdigest()[:16].encode()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload whole, its metadata too: a type's name can tell a story."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises ValueError for a payload of another key: a wrong plaintext is never guessed."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        data = self._cipher.encrypt(nonce, payload.SerializeToString(), MARK + self._key_id)
        return Payload(metadata={"encoding": MARK, "encryption-key-id": self._key_id}, data=nonce + data)

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != MARK:
            return payload
        if payload.metadata.get("encryption-key-id") != self._key_id:
            raise ValueError("encrypted with another key")
        nonce, data = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        return Payload.FromString(self._cipher.decrypt(nonce, data, MARK + self._key_id))


def payload_key(text: str) -> bytes:
    """The key from its base64, either alphabet. Raises ValueError unless it is 32 bytes."""
    try:
        key = base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:  # binascii.Error, or characters beyond ASCII
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("the payload key is not base64 of 32 bytes")
    return key
