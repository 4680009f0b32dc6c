"""What Adyen tells us: proven, then translated."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from Adyen.util import is_valid_hmac_notification

from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

Json = dict[str, Any]  # Any: Adyen's JSON

DONE = {
    "AUTHORISATION": EventKind.PAYMENT_AUTHORIZED,
    "CAPTURE": EventKind.PAYMENT_CAPTURED,
    "CANCELLATION": EventKind.PAYMENT_VOIDED,
    "EXPIRE": EventKind.PAYMENT_EXPIRED,
    "REFUND": EventKind.PAYMENT_REFUNDED,
}
NOT_DONE = {
    "AUTHORISATION": EventKind.PAYMENT_FAILED,
    "CAPTURE": EventKind.PAYMENT_CAPTURE_FAILED,
    "REFUND": EventKind.PAYMENT_REFUND_FAILED,
}
FAILED_LATER = {
    "CAPTURE_FAILED": EventKind.PAYMENT_CAPTURE_FAILED,
    "REFUND_FAILED": EventKind.PAYMENT_REFUND_FAILED,
}


class AdyenEvents:
    """Standard notifications of one account, one item each as Adyen sends JSON.

    The signature is inside the item and holds no time: an event that is sent again is known by its id.
    """

    source = "adyen"

    def __init__(self, hmac_key: str) -> None:
        """`hmac_key` as Adyen shows it: hexadecimal."""
        self._key = hmac_key

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:  # noqa: ARG002 - in the body
        """Raises BadSignature or Invalid."""
        try:
            [held] = json.loads(raw)["notificationItems"]
            item: Json = held["NotificationRequestItem"]
            if not self._proven(item):
                raise BadSignature("not signed by adyen")
            return _translated(item)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Invalid("not an event of adyen") from None

    def _proven(self, item: Json) -> bool:
        if not (item.get("additionalData") or {}).get("hmacSignature"):
            return False
        return bool(is_valid_hmac_notification(item, self._key))


def _translated(item: Json) -> ProviderEvent:
    code, done = item["eventCode"], str(item["success"]).lower() == "true"
    kind = FAILED_LATER.get(code) or (DONE if done else NOT_DONE).get(code, EventKind.IGNORED)
    return ProviderEvent(
        source=AdyenEvents.source,
        event_id=f"{item['pspReference']}:{code}:{done}",
        kind=kind,
        reference=item.get("originalReference") or item["pspReference"],
        occurred_at=datetime.fromisoformat(item["eventDate"]).astimezone(UTC),
        data={} if kind is EventKind.IGNORED else _data(item, done=done),
    )


def _data(item: Json, *, done: bool) -> Json:
    """Only what the signature covers, and a reason for people. A payment's own reference is our id of it."""
    data = {
        "payment_id": item["merchantReference"] if item["eventCode"] == "AUTHORISATION" else None,
        "currency": item["amount"]["currency"],
        "amount": item["amount"]["value"],
        "code": None if done else item.get("reason") or "refused",
    }
    return {name: value for name, value in data.items() if value is not None}
