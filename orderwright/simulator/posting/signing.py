"""How each provider signs what it posts, and how the warehouse checks what it is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import unicodedata
from collections.abc import Mapping

from orderwright.simulator.types import Json

TOLERANCE_SECONDS = 300


def stripe(secret: str, body: bytes) -> dict[str, str]:
    """Stripe-Signature over `t.body`."""
    at = int(time.time())
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={digest}"}


def adyen(key: str, document: Json) -> Json:
    """A standard notification with Adyen's signature inside: over eight fields, colons between them."""
    item = document["notificationItems"][0]["NotificationRequestItem"]
    names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
    signed = [*(item[name] for name in names), item["amount"]["value"], item["amount"]["currency"],
              item["eventCode"], item["success"]]  # fmt: skip
    digest = hmac.new(bytes.fromhex(key), ":".join(map(str, signed)).encode(), hashlib.sha256).digest()
    item["additionalData"]["hmacSignature"] = base64.b64encode(digest).decode()
    return document


def easypost(secret: str, body: bytes) -> dict[str, str]:
    """X-Hmac-Signature over the body, the secret in NFKD."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return {"X-Hmac-Signature": "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()}


def twilio(token: str, url: str, form: Mapping[str, str]) -> dict[str, str]:
    """X-Twilio-Signature over the address and the sorted form."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def _standard(secret: str, message_id: str, at: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def standard(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    at = str(int(time.time()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": _standard(secret, message_id, at, body),
    }


def is_standard(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a request carries a fresh and right Standard Webhooks signature."""
    message_id, at = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if not message_id or not at.isdigit() or abs(time.time() - int(at)) > TOLERANCE_SECONDS:
        return False
    expected = _standard(secret, message_id, at, body)
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, one) for one in given)
