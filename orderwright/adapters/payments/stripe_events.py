"""What Stripe tells us: proven, then translated."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe

from orderwright.adapters.headers import header
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

TOLERANCE_SECONDS = 300
Json = dict[str, Any]  # Any: Stripe's JSON

KINDS = {
    "payment_intent.amount_capturable_updated": EventKind.PAYMENT_AUTHORIZED,
    "payment_intent.succeeded": EventKind.PAYMENT_CAPTURED,
    "payment_intent.payment_failed": EventKind.PAYMENT_FAILED,
    "payment_intent.canceled": EventKind.PAYMENT_VOIDED,
    "charge.refunded": EventKind.PAYMENT_REFUNDED,
    "charge.dispute.created": EventKind.DISPUTE_OPENED,
    "charge.dispute.updated": EventKind.DISPUTE_OPENED,
    "charge.dispute.funds_withdrawn": EventKind.DISPUTE_OPENED,
    "charge.dispute.funds_reinstated": EventKind.DISPUTE_OPENED,
    "charge.dispute.closed": EventKind.DISPUTE_CLOSED,
}
ONLY_ASKED = "warning"
"""What the states of an inquiry begin with: the bank may become serious yet, and has taken nothing."""
RAN_OUT = frozenset({"automatic", "expired"})


class StripeEvents:
    """Events of one endpoint. `reference` is the PaymentIntent, `data["payment_id"]` our own id."""

    source = "stripe"

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Raises BadSignature or Invalid. Plain JSON on purpose: the SDK's objects are not dicts."""
        try:
            stripe.WebhookSignature.verify_header(
                raw, header(headers, "Stripe-Signature"), self._secret, TOLERANCE_SECONDS
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            raise BadSignature("not signed by stripe, or too old") from None
        try:
            return _translated(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Invalid("not an event of stripe") from None


def _translated(event: Json) -> ProviderEvent:
    thing: Json = event["data"]["object"]
    kind = _kind(event["type"], thing)
    return ProviderEvent(
        source=StripeEvents.source,
        event_id=event["id"],
        kind=kind,
        reference=_reference(thing),
        occurred_at=datetime.fromtimestamp(event["created"], UTC),
        data={} if kind is EventKind.IGNORED else _data(kind, thing),
    )


def _kind(type_: str, thing: Json) -> EventKind:
    """A failure on the hosted page does not end the payment: the customer is there and tries again."""
    kind = KINDS.get(type_, EventKind.IGNORED)
    if kind is EventKind.PAYMENT_VOIDED and thing.get("cancellation_reason") in RAN_OUT:
        return EventKind.PAYMENT_EXPIRED
    if kind is EventKind.PAYMENT_FAILED and (thing.get("metadata") or {}).get("via") == "checkout":
        return EventKind.IGNORED
    return kind


def _reference(thing: Json) -> str:
    """The intent: of a charge or a refund the one it belongs to."""
    return str(
        thing["id"] if thing.get("object") == "payment_intent" else thing.get("payment_intent") or thing["id"]
    )


def _data(kind: EventKind, thing: Json) -> Json:
    metadata = thing.get("metadata") or {}
    data: Json = {
        "payment_id": metadata.get("payment_id"),
        "effect_key": metadata.get("effect_key"),
        "currency": thing["currency"].upper(),
        "amount": thing[_amount_field(kind)],
    }
    match kind:
        case EventKind.PAYMENT_AUTHORIZED:
            data |= {"expires_at": _expires_at(thing), "raisable": _may_be_raised(thing)}
        case EventKind.PAYMENT_FAILED:
            failure = thing.get("last_payment_error") or {}
            data["code"] = failure.get("code") or "card_declined"
        case EventKind.DISPUTE_OPENED | EventKind.DISPUTE_CLOSED:
            data |= {"dispute": thing["id"], "reason": thing.get("reason"), "status": thing["status"]}
            data["taken"] = not str(thing["status"]).startswith(ONLY_ASKED)
            moves = thing.get("balance_transactions") or ()
            data["fees"] = {one["id"]: one["fee"] for one in moves if one["fee"]} or None
            due = (thing.get("evidence_details") or {}).get("due_by")
            data["evidence_due"] = datetime.fromtimestamp(due, UTC).isoformat() if due else None
        case EventKind.PAYMENT_VOIDED | EventKind.PAYMENT_EXPIRED:
            data["reason"] = thing.get("cancellation_reason")
    return {name: value for name, value in data.items() if value is not None}


def _amount_field(kind: EventKind) -> str:
    """Totals so far, so that a handler can set and never has to add."""
    match kind:
        case EventKind.PAYMENT_CAPTURED:
            return "amount_received"
        case EventKind.PAYMENT_REFUNDED:
            return "amount_refunded"
        case _:
            return "amount"


def _may_be_raised(thing: Json) -> bool | None:
    """That we asked for it: whether the card allows it is in the charge, and found out when it is raised."""
    card = (thing.get("payment_method_options") or {}).get("card") or {}
    return card.get("request_incremental_authorization") == "if_available" or None


def _expires_at(thing: Json) -> str | None:
    """Only where Stripe sends the charge along; mostly it sends its id."""
    charge = thing.get("latest_charge")
    details = (charge.get("payment_method_details") or {}) if isinstance(charge, dict) else {}
    until = (details.get("card") or {}).get("capture_before")
    return datetime.fromtimestamp(until, UTC).isoformat() if until else None
