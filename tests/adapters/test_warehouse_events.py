"""The warehouse's call-backs: proven by Standard Webhooks, then translated."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from orderwright.adapters.warehouses.events import SupplierEvents, WarehouseEvents
from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def body(**changes: Any) -> bytes:
    """A call-back as they write it."""
    told = {
        "event_id": "whe_1",
        "type": "accepted",
        "request_id": "0192:hand_off/f1:1",
        "sequence": 3,
        "occurred_at": "2026-11-23T11:00:00+01:00",
    }
    return json.dumps(told | changes).encode()


def signed(raw: bytes, *, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    """Their three headers."""
    return Signer(secret, now=lambda: time.time() - age).headers("msg_1", raw)


def test_the_signature_is_the_one_of_the_published_example() -> None:
    # Source: the test vector in the Standard Webhooks libraries.
    signer = Signer(SECRET, now=lambda: 1614265330)

    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_back_names_the_request_and_its_place_in_the_order_of_telling() -> None:
    raw = body(reason="stock")

    event = WarehouseEvents(SECRET).verify(raw, signed(raw))

    assert (event.source, event.event_id) == ("warehouse", "whe_1")
    assert event.kind is EventKind.WAREHOUSE_ACCEPTED
    assert event.reference == "0192:hand_off/f1:1"
    assert event.occurred_at.isoformat() == "2026-11-23T10:00:00+00:00"
    assert event.data == {"sequence": 3, "reason": "stock"}


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("accepted", EventKind.WAREHOUSE_ACCEPTED),
        ("rejected", EventKind.WAREHOUSE_REJECTED),
        ("picking_started", EventKind.WAREHOUSE_PICKING),
        ("short", EventKind.WAREHOUSE_SHORT),
        ("ready", EventKind.WAREHOUSE_READY),
        ("shipped", EventKind.WAREHOUSE_SHIPPED),
        ("recall_accepted", EventKind.WAREHOUSE_RECALL_ACCEPTED),
        ("recall_refused", EventKind.WAREHOUSE_RECALL_REFUSED),
        ("weighed", EventKind.IGNORED),
        ("delivered", EventKind.IGNORED),
    ],
)
def test_each_type_has_a_kind_of_ours(type_: str, kind: EventKind) -> None:
    raw = body(type=type_)

    assert WarehouseEvents(SECRET).verify(raw, signed(raw)).kind is kind


def test_what_was_shipped_comes_along() -> None:
    raw = body(type="shipped", lines=[{"sku": "MUG", "quantity": 2}], tracking_codes=["9400"])

    data = WarehouseEvents(SECRET).verify(raw, signed(raw)).data

    assert data["lines"] == [{"sku": "MUG", "units": 2}]
    assert data["tracking_codes"] == ["9400"]


def test_headers_may_be_written_in_any_case_and_several_signatures_may_stand_there() -> None:
    raw = body()
    headers = {name.title(): value for name, value in signed(raw).items()}
    headers["Webhook-Signature"] = f"v1,bm90IHRoaXM= {headers['Webhook-Signature']}"

    assert WarehouseEvents(SECRET).verify(raw, headers).event_id == "whe_1"


@pytest.mark.parametrize(
    "make",
    [
        dict,
        lambda: {"webhook-id": "msg_1", "webhook-timestamp": "soon", "webhook-signature": "v1,x"},
        lambda: signed(body(), secret="whsec_b3RoZXI="),
        lambda: signed(body(), age=301),
        lambda: signed(body(), age=-330),
        lambda: signed(body(type="rejected")),
        lambda: signed(body()) | {"webhook-id": "msg_2"},
        lambda: signed(body()) | {"webhook-signature": "v1,é"},
    ],
    ids=["none", "no time", "another secret", "old", "from the future", "another body", "another id", "é"],
)
def test_what_is_not_theirs_or_not_of_now_is_refused(make: Callable[[], dict[str, str]]) -> None:
    with pytest.raises(BadSignature):
        WarehouseEvents(SECRET).verify(body(), make())


@pytest.mark.parametrize(
    "raw", [b"no json", b"[]", b"{}", body(sequence="many"), body(occurred_at="2026-11-23T11:00:00")]
)
def test_what_is_signed_but_no_call_back_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid):
        WarehouseEvents(SECRET).verify(raw, signed(raw))


def test_a_secret_that_is_none_is_told_at_start() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        Signer("whsec_not base64!")


def test_a_supplier_names_his_parcel_and_says_when_it_arrived() -> None:
    named = {"carrier": "DPD", "tracking_code": "0150", "tracking_url": "https://tracking.example/0150"}
    shipped, delivered = body(type="shipped", **named), body(type="delivered")

    event = SupplierEvents(SECRET).verify(shipped, signed(shipped))

    assert (event.source, event.kind) == ("supplier", EventKind.WAREHOUSE_SHIPPED)
    assert event.data["parcel"] == named
    assert SupplierEvents(SECRET).verify(delivered, signed(delivered)).kind is EventKind.WAREHOUSE_DELIVERED
