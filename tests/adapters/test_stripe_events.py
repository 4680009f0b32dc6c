"""Stripe's events: proven with the SDK's own signature, then translated."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from orderwright.adapters.payments.stripe_events import StripeEvents
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

SECRET = "whsec_test"
INTENT = {
    "object": "payment_intent",
    "id": "pi_1",
    "amount": 1000,
    "amount_received": 600,
    "currency": "eur",
    "latest_charge": "ch_1",
    "metadata": {"payment_id": "p1", "effect_key": "0192:authorize/p1:1", "order_id": "0192"},
}


def body(type_: str, **changes: Any) -> bytes:
    """An event as Stripe writes it."""
    event = {
        "id": "evt_1",
        "object": "event",
        "type": type_,
        "created": 1_790_000_000,
        "data": {"object": {**INTENT, **changes}},
    }
    return json.dumps(event).encode()


def signed(raw: bytes, *, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """The header that Stripe's SDK makes for its own tests."""
    header = stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, int(time.time() - age))
    return {"stripe-signature": header}


def told(type_: str, **changes: Any) -> ProviderEvent:
    """What we understand."""
    raw = body(type_, **changes)
    return StripeEvents(SECRET).verify(raw, signed(raw))


def test_an_authorization_names_our_payment_and_theirs() -> None:
    event = told("payment_intent.amount_capturable_updated")

    assert (event.source, event.event_id, event.reference) == ("stripe", "evt_1", "pi_1")
    assert event.kind is EventKind.PAYMENT_AUTHORIZED
    assert event.occurred_at.isoformat() == "2026-09-21T14:13:20+00:00"
    assert event.data == {
        "payment_id": "p1",
        "effect_key": "0192:authorize/p1:1",
        "amount": 1000,
        "currency": "EUR",
    }


def test_where_the_charge_comes_along_its_end_is_told() -> None:
    charge = {"id": "ch_1", "payment_method_details": {"card": {"capture_before": 1_790_604_800}}}

    event = told("payment_intent.amount_capturable_updated", latest_charge=charge)

    assert event.data["expires_at"] == "2026-09-28T14:13:20+00:00"


@pytest.mark.parametrize(
    ("type_", "changes", "kind", "more"),
    [
        ("payment_intent.succeeded", {}, EventKind.PAYMENT_CAPTURED, {"amount": 600}),
        (
            "payment_intent.payment_failed",
            {"last_payment_error": {"code": "expired_card"}},
            EventKind.PAYMENT_FAILED,
            {"code": "expired_card"},
        ),
        (
            "payment_intent.canceled",
            {"cancellation_reason": "requested_by_customer"},
            EventKind.PAYMENT_VOIDED,
            {"reason": "requested_by_customer"},
        ),
        (
            "payment_intent.canceled",
            {"cancellation_reason": "automatic"},
            EventKind.PAYMENT_EXPIRED,
            {"reason": "automatic"},
        ),
        (
            "charge.refunded",
            {"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "amount_refunded": 200},
            EventKind.PAYMENT_REFUNDED,
            {"amount": 200},
        ),
    ],
)
def test_each_event_is_told_in_our_words(
    type_: str, changes: dict[str, Any], kind: EventKind, more: dict[str, Any]
) -> None:
    event = told(type_, **changes)

    assert event.kind is kind
    assert event.reference == "pi_1"
    assert more.items() <= event.data.items()


@pytest.mark.parametrize("type_", ["payment_intent.created", "customer.updated"])
def test_what_we_do_not_use_is_passed_over(type_: str) -> None:
    assert told(type_).kind is EventKind.IGNORED


@pytest.mark.parametrize(
    ("type_", "status", "kind"),
    [
        ("charge.dispute.created", "needs_response", EventKind.DISPUTE_OPENED),
        ("charge.dispute.created", "warning_needs_response", EventKind.DISPUTE_OPENED),
        ("charge.dispute.updated", "under_review", EventKind.DISPUTE_OPENED),
        ("charge.dispute.funds_withdrawn", "needs_response", EventKind.DISPUTE_OPENED),
        ("charge.dispute.funds_reinstated", "won", EventKind.DISPUTE_OPENED),
        ("charge.dispute.closed", "lost", EventKind.DISPUTE_CLOSED),
    ],
)
def test_a_dispute_names_its_payment_and_when_evidence_is_due(
    type_: str, status: str, kind: EventKind
) -> None:
    event = told(
        type_, object="dispute", id="dp_1", payment_intent="pi_1", amount=600, status=status, metadata={},
        reason="fraudulent", evidence_details={"due_by": 1_790_604_800},
        balance_transactions=[{"id": "txn_1", "amount": -600, "fee": 1500}, {"id": "txn_2", "fee": 0}],
    )  # fmt: skip

    assert (event.kind, event.reference) == (kind, "pi_1")
    assert event.data == {
        "dispute": "dp_1", "amount": 600, "currency": "EUR", "reason": "fraudulent", "status": status,
        "evidence_due": "2026-09-28T14:13:20+00:00", "fees": {"txn_1": 1500},
        "taken": not status.startswith("warning"),
    }  # fmt: skip


def test_a_decline_on_the_hosted_page_does_not_end_the_payment() -> None:
    metadata = {**INTENT["metadata"], "via": "checkout"}  # type: ignore[dict-item]  # a table of mixed values

    assert told("payment_intent.payment_failed", metadata=metadata).kind is EventKind.IGNORED


@pytest.mark.parametrize(
    "make",
    [
        dict,
        lambda: {"Stripe-Signature": "nonsense"},
        lambda: signed(body("payment_intent.succeeded"), secret="whsec_other"),
        lambda: signed(body("payment_intent.succeeded"), age=301),
        lambda: signed(body("payment_intent.canceled")),
    ],
    ids=["none", "nonsense", "another secret", "too old", "another body"],
)
def test_what_is_not_theirs_or_too_old_is_refused(make: Callable[[], dict[str, str]]) -> None:
    with pytest.raises(BadSignature):
        StripeEvents(SECRET).verify(body("payment_intent.succeeded"), make())


@pytest.mark.parametrize("raw", [b"no json", b"[]", b"{}", b'{"id": "evt_1", "data": {"object": 5}}'])
def test_what_is_signed_but_no_event_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid):
        StripeEvents(SECRET).verify(raw, signed(raw))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadSignature):
        StripeEvents(SECRET).verify(b"\xff\xfe", {"stripe-signature": "t=1,v1=x"})
