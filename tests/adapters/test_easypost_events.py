"""EasyPost's tracking events: proven, then translated."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from orderwright.adapters.carriers.easypost_events import EasyPostEvents
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

SECRET = "easypost_test"


def body(**tracker: Any) -> bytes:
    """An event as EasyPost writes it."""
    result = {
        "id": "trk_1",
        "object": "Tracker",
        "tracking_code": "9400",
        "carrier": "USPS",
        "status": "in_transit",
        "updated_at": "2026-11-23T10:00:00Z",
        "tracking_details": [
            {"datetime": "2026-11-22T08:00:00Z"},
            {"datetime": "2026-11-23T09:30:00Z"},
        ],
    }
    event = {
        "id": "evt_1",
        "object": "Event",
        "description": "tracker.updated",
        "created_at": "2026-11-23T10:00:01Z",
        "result": {**result, **tracker},
    }
    return json.dumps(event).encode()


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    """EasyPost's header."""
    return {
        "x-hmac-signature": f"hmac-sha256-hex={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}"
    }


def told(**tracker: Any) -> ProviderEvent:
    """What we understand."""
    raw = body(**tracker)
    return EasyPostEvents(SECRET).verify(raw, signed(raw))


def test_a_scan_is_found_by_its_tracking_code_and_dated_when_it_happened() -> None:
    event = told()

    assert (event.source, event.event_id, event.kind) == ("easypost", "evt_1", EventKind.PARCEL_SCANNED)
    assert event.reference == "9400"
    assert event.occurred_at.isoformat() == "2026-11-23T09:30:00+00:00"
    assert event.data == {"status": "in_transit", "carrier": "USPS", "tracking_id": "trk_1"}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("pre_transit", "labeled"),
        ("in_transit", "in_transit"),
        ("out_for_delivery", "out_for_delivery"),
        ("delivered", "delivered"),
        ("available_for_pickup", "ready_for_pickup"),
        ("return_to_sender", "returning"),
        ("failure", "exception"),
        ("error", "exception"),
    ],
)
def test_each_status_has_a_state_of_ours(theirs: str, ours: str) -> None:
    assert told(status=theirs).data["status"] == ours


def test_a_lost_parcel_is_lost_not_just_an_exception() -> None:
    assert told(status="failure", status_detail="lost").data["status"] == "lost"


@pytest.mark.parametrize("status", ["unknown", "cancelled", "a_new_one"])
def test_what_says_nothing_about_the_place_is_passed_over(status: str) -> None:
    assert told(status=status).kind is EventKind.IGNORED


def test_an_event_about_something_else_is_passed_over() -> None:
    assert told(object="Refund").kind is EventKind.IGNORED


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hmac-Signature": "é"},
        signed(body(), "other"),
        signed(body(status="delivered")),
    ],
    ids=["none", "nonsense", "another secret", "another body"],
)
def test_what_is_not_theirs_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        EasyPostEvents(SECRET).verify(body(), headers)


@pytest.mark.parametrize("raw", [b"no json", b"[]", b"{}", b'{"result": {"object": "Tracker"}}'])
def test_what_is_signed_but_no_event_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid):
        EasyPostEvents(SECRET).verify(raw, signed(raw))


@pytest.mark.parametrize(
    ("detail", "problem"),
    [
        ("damaged", "damaged"),
        ("lost", "lost"),
        ("refused", "refused"),
        ("return", "return_to_sender"),
        ("address_correction", "address_problem"),
        ("weather_delay", "delayed"),
    ],
)
def test_what_is_wrong_is_read_from_the_detail(detail: str, problem: str) -> None:
    assert told(status="failure", status_detail=detail).data["problem"] == problem


def test_the_carriers_place_is_told_without_anything_else_of_it() -> None:
    where = {"city": "Leeds", "country": "GB", "zip": "LS1 1AA", "state": None}
    scan = {"datetime": "2026-11-23T09:30:00Z", "tracking_location": where}

    assert told(tracking_details=[scan]).data["place"] == "Leeds, GB"
