"""Adyen's notifications: proven with the SDK's own signature, then translated."""

import json
from typing import Any

import pytest
from Adyen.util import generate_notification_sig

from orderwright.adapters.payments.adyen_events import AdyenEvents
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

KEY = "44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056"
ITEM: dict[str, Any] = {
    "eventCode": "AUTHORISATION",
    "success": "true",
    "pspReference": "QFQTPCQ8HXSKGK82",
    "originalReference": "",
    "merchantAccountCode": "ShopCOM",
    "merchantReference": "01920000-0000-7000-8000-000000000001",
    "amount": {"value": 1000, "currency": "EUR"},
    "eventDate": "2026-09-21T16:13:20+02:00",
    "reason": "",
}


def body(**changes: Any) -> bytes:
    """A notification as Adyen sends it, signed."""
    item = {**ITEM, **changes}
    signature = generate_notification_sig(item, KEY).decode()
    item["additionalData"] = {"hmacSignature": signature, "metadata.order_id": "0192"}
    return json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}).encode()


def told(**changes: Any) -> ProviderEvent:
    """What we understand."""
    return AdyenEvents(KEY).verify(body(**changes), {})


def test_an_authorization_names_our_payment_and_theirs() -> None:
    event = told()

    assert (event.source, event.reference) == ("adyen", "QFQTPCQ8HXSKGK82")
    assert event.kind is EventKind.PAYMENT_AUTHORIZED
    assert event.occurred_at.isoformat() == "2026-09-21T14:13:20+00:00"
    assert event.data == {"payment_id": ITEM["merchantReference"], "amount": 1000, "currency": "EUR"}


def test_a_raise_names_the_payment_that_it_is_for_and_the_sum_afterwards() -> None:
    event = told(
        eventCode="AUTHORISATION_ADJUSTMENT", originalReference="QFQTPCQ8HXSKGK82", pspReference="M1",
        amount={"value": 1200, "currency": "EUR"},
    )  # fmt: skip

    assert event.reference == "QFQTPCQ8HXSKGK82"
    assert event.data == {"payment_id": ITEM["merchantReference"], "amount": 1200, "currency": "EUR"}


@pytest.mark.parametrize(
    ("code", "success", "kind"),
    [
        ("AUTHORISATION", "false", EventKind.PAYMENT_FAILED),
        ("AUTHORISATION_ADJUSTMENT", "true", EventKind.PAYMENT_RAISED),
        ("AUTHORISATION_ADJUSTMENT", "false", EventKind.PAYMENT_RAISE_FAILED),
        ("CAPTURE", "true", EventKind.PAYMENT_CAPTURED),
        ("CAPTURE", "false", EventKind.PAYMENT_CAPTURE_FAILED),
        ("CAPTURE_FAILED", "true", EventKind.PAYMENT_CAPTURE_FAILED),
        ("CANCELLATION", "true", EventKind.PAYMENT_VOIDED),
        ("CANCELLATION", "false", EventKind.IGNORED),
        ("EXPIRE", "true", EventKind.PAYMENT_EXPIRED),
        ("REFUND", "true", EventKind.PAYMENT_REFUNDED),
        ("REFUND", "false", EventKind.PAYMENT_REFUND_FAILED),
        ("REFUND_FAILED", "true", EventKind.PAYMENT_REFUND_FAILED),
        ("REPORT_AVAILABLE", "true", EventKind.IGNORED),
    ],
)
def test_every_code_has_its_meaning(code: str, success: str, kind: EventKind) -> None:
    event = told(eventCode=code, success=success, originalReference="QFQTPCQ8HXSKGK82", pspReference="M1")

    assert (event.kind, event.reference) == (kind, "QFQTPCQ8HXSKGK82")
    assert event.event_id == f"M1:{code}:{success.title()}"


@pytest.mark.parametrize(
    ("code", "kind", "taken", "status"),
    [
        ("REQUEST_FOR_INFORMATION", EventKind.DISPUTE_OPENED, False, "needs_response"),
        ("NOTIFICATION_OF_CHARGEBACK", EventKind.DISPUTE_OPENED, False, "needs_response"),
        ("CHARGEBACK", EventKind.DISPUTE_OPENED, True, "needs_response"),
        ("CHARGEBACK_REVERSED", EventKind.DISPUTE_CLOSED, True, "won"),
        ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", EventKind.DISPUTE_CLOSED, True, "won"),
        ("PREARBITRATION_WON", EventKind.DISPUTE_CLOSED, True, "won"),
        ("PREARBITRATION_LOST", EventKind.DISPUTE_CLOSED, True, "lost"),
        ("SECOND_CHARGEBACK", EventKind.DISPUTE_CLOSED, True, "lost"),
        ("DISPUTE_DEFENSE_PERIOD_ENDED", EventKind.DISPUTE_CLOSED, False, "lost"),
    ],
)
def test_a_dispute_is_told_as_its_banks_go_step_by_step(
    code: str, kind: EventKind, taken: bool, status: str
) -> None:
    event = told(eventCode=code, originalReference="QFQTPCQ8HXSKGK82", pspReference="D1", reason="Fraudulent")

    assert (event.kind, event.reference, event.event_id) == (kind, "QFQTPCQ8HXSKGK82", f"D1:{code}:True")
    assert event.data == {
        "payment_id": ITEM["merchantReference"], "dispute": "D1", "currency": "EUR", "amount": 1000,
        "reason": "Fraudulent", "taken": taken, "status": status,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("2026-10-05T16:13:20+02:00", "2026-10-05T14:13:20+00:00"),
        ("2031-10-05T16:13:20+02:00", None),
        ("2026-09-20T16:13:20+02:00", None),
        ("soon", None),
    ],
)
def test_the_time_to_defend_is_not_signed_and_believed_only_where_it_can_be(
    said: str, due: str | None
) -> None:
    document = json.loads(body(eventCode="CHARGEBACK", pspReference="D1"))
    item = document["notificationItems"][0]["NotificationRequestItem"]
    item["additionalData"]["defensePeriodEndsAt"] = said

    event = AdyenEvents(KEY).verify(json.dumps(document).encode(), {})

    assert event.data.get("evidence_due") == due


def test_what_was_changed_on_the_way_is_not_believed() -> None:
    for field, value in {"amount": {"value": 1, "currency": "EUR"}, "merchantReference": "p2"}.items():
        document = json.loads(body())
        document["notificationItems"][0]["NotificationRequestItem"][field] = value

        with pytest.raises(BadSignature):
            AdyenEvents(KEY).verify(json.dumps(document).encode(), {})


def test_what_is_not_signed_is_not_believed() -> None:
    for additional in ({}, {"hmacSignature": ""}, None):
        document = json.loads(body())
        document["notificationItems"][0]["NotificationRequestItem"]["additionalData"] = additional

        with pytest.raises(BadSignature):
            AdyenEvents(KEY).verify(json.dumps(document).encode(), {})


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"notificationItems": []}', b"\xff", b'{"notificationItems": [1]}']
)
def test_garbage_is_not_an_event(raw: bytes) -> None:
    with pytest.raises(Invalid):
        AdyenEvents(KEY).verify(raw, {})
