"""The links that end mails: signed, for one purpose, without an account, valid as long as a mail is kept."""

import base64
import binascii
import hashlib
import hmac
from enum import StrEnum
from uuid import UUID

_SIGNED = 16


class Purpose(StrEnum):
    """What a link lets its reader do, and so what it is signed for."""

    UNSUBSCRIBE = "unsubscribe/mail/"
    PREFER = "preferences/"


def token(secret: str, customer_id: UUID, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    """What stands in the address after /u/ or /m/: 43 letters, digits, dashes and underscores."""
    signed = customer_id.bytes + _signature(secret, customer_id, purpose)
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def read(secret: str, text: str, purpose: Purpose = Purpose.UNSUBSCRIBE) -> UUID | None:
    """Whose link it is; None: not one of ours, or for something else."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if not secret or len(raw) != 16 + _SIGNED:
        return None
    customer_id = UUID(bytes=raw[:16])
    return customer_id if hmac.compare_digest(raw[16:], _signature(secret, customer_id, purpose)) else None


def _signature(secret: str, customer_id: UUID, purpose: Purpose) -> bytes:
    return hmac.new(secret.encode(), purpose.encode() + customer_id.bytes, hashlib.sha256).digest()[:_SIGNED]
