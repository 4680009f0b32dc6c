"""The link that ends a kind of mail: signed, without an account, valid as long as a mail is kept."""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

_PURPOSE = b"unsubscribe/mail/"
_SIGNED = 16


def token(secret: str, customer_id: UUID) -> str:
    """What stands in the address after /u/."""
    return base64.urlsafe_b64encode(customer_id.bytes + _signature(secret, customer_id)).decode().rstrip("=")


def read(secret: str, text: str) -> UUID | None:
    """Whose link it is; None: not one of ours."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if not secret or len(raw) != 16 + _SIGNED:
        return None
    customer_id = UUID(bytes=raw[:16])
    return customer_id if hmac.compare_digest(raw[16:], _signature(secret, customer_id)) else None


def _signature(secret: str, customer_id: UUID) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE + customer_id.bytes, hashlib.sha256).digest()[:_SIGNED]
