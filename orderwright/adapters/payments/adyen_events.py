"""What Adyen tells us: proven, then translated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from Adyen.util import is_valid_hmac_notification

from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

Json = dict[str, Any]  # Any: Adyen's JSON


@dataclass(frozen=True, slots=True)
class Bank:
    """What an event says of a dispute: whether the money is gone, and how it ended."""

    kind: EventKind
    taken: bool = True
    status: str = "needs_response"


DONE = {
    "AUTHORISATION": EventKind.PAYMENT_AUTHORIZED,
    "AUTHORISATION_ADJUSTMENT": EventKind.PAYMENT_RAISED,
    "CAPTURE": EventKind.PAYMENT_CAPTURED,
    "CANCELLATION": EventKind.PAYMENT_VOIDED,
    "EXPIRE": EventKind.PAYMENT_EXPIRED,
    "REFUND": EventKind.PAYMENT_REFUNDED,
}
NOT_DONE = {
    "AUTHORISATION": EventKind.PAYMENT_FAILED,
    "AUTHORISATION_ADJUSTMENT": EventKind.PAYMENT_RAISE_FAILED,
    "CAPTURE": EventKind.PAYMENT_CAPTURE_FAILED,
    "REFUND": EventKind.PAYMENT_REFUND_FAILED,
}
NAMES_PAYMENT = frozenset({"AUTHORISATION", "AUTHORISATION_ADJUSTMENT"})
"""Of these our reference is our id of the payment; of other modifications it is a key."""
FAILED_LATER = {
    "CAPTURE_FAILED": EventKind.PAYMENT_CAPTURE_FAILED,
    "REFUND_FAILED": EventKind.PAYMENT_REFUND_FAILED,
}

# Source: https://docs.adyen.com/risk-management/disputes-api/dispute-notifications. All of one dispute bear
# its own pspReference, and the payment's as originalReference.
DISPUTES = {
    "REQUEST_FOR_INFORMATION": Bank(EventKind.DISPUTE_OPENED, taken=False),
    "NOTIFICATION_OF_CHARGEBACK": Bank(EventKind.DISPUTE_OPENED, taken=False),
    "CHARGEBACK": Bank(EventKind.DISPUTE_OPENED),
    "CHARGEBACK_REVERSED": Bank(EventKind.DISPUTE_CLOSED, status="won"),
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": Bank(EventKind.DISPUTE_CLOSED, status="won"),
    "PREARBITRATION_WON": Bank(EventKind.DISPUTE_CLOSED, status="won"),
    "SECOND_CHARGEBACK": Bank(EventKind.DISPUTE_CLOSED, status="lost"),
    "PREARBITRATION_LOST": Bank(EventKind.DISPUTE_CLOSED, status="lost"),
    "DISPUTE_DEFENSE_PERIOD_ENDED": Bank(EventKind.DISPUTE_CLOSED, taken=False, status="lost"),
}
"""The end of the time to defend loses what has been taken; where the bank has only asked it ends nothing."""
LONGEST_DEFENSE = timedelta(days=90)


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
    bank = DISPUTES.get(code) if done else None
    known = bank.kind if bank is not None else FAILED_LATER.get(code)
    kind = known or (DONE if done else NOT_DONE).get(code, EventKind.IGNORED)
    return ProviderEvent(
        source=AdyenEvents.source,
        event_id=f"{item['pspReference']}:{code}:{done}",
        kind=kind,
        reference=item.get("originalReference") or item["pspReference"],
        occurred_at=datetime.fromisoformat(item["eventDate"]).astimezone(UTC),
        data=_disputed(item, bank) if bank else {} if kind is EventKind.IGNORED else _data(item, done=done),
    )


def _disputed(item: Json, bank: Bank) -> Json:
    """The amount is the dispute's. The reason and the deadline are not signed: both are for people only."""
    said = item.get("additionalData") or {}
    due = _defended_until(item, said.get("defensePeriodEndsAt"))
    data = {
        "payment_id": item["merchantReference"],
        "dispute": item["pspReference"],
        "currency": item["amount"]["currency"],
        "amount": abs(item["amount"]["value"]),
        "reason": str(item.get("reason") or said.get("chargebackReasonCode") or "general")[:200],
        "taken": bank.taken,
        "status": bank.status,
        "evidence_due": due.isoformat() if due else None,
    }
    return {name: value for name, value in data.items() if value is not None}


def _defended_until(item: Json, said: object) -> datetime | None:
    """Until when it can be defended, where that is a time to believe."""
    if not isinstance(said, str):
        return None
    told = datetime.fromisoformat(item["eventDate"]).astimezone(UTC)
    try:
        until = datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        return None
    return until if told <= until <= told + LONGEST_DEFENSE else None


def _data(item: Json, *, done: bool) -> Json:
    """Only what the signature covers, and a reason for people."""
    data = {
        "payment_id": item["merchantReference"] if item["eventCode"] in NAMES_PAYMENT else None,
        "currency": item["amount"]["currency"],
        "amount": item["amount"]["value"],
        "code": None if done else item.get("reason") or "refused",
    }
    return {name: value for name, value in data.items() if value is not None}
