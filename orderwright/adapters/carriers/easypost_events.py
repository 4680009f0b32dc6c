"""What EasyPost tells us about parcels: proven, then translated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from easypost.errors.general.signature_verification_error import SignatureVerificationError
from easypost.util import validate_webhook

from orderwright.adapters.headers import header
from orderwright.domain.delivery.cases import CaseKind
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.ports.inbound import EventKind, ProviderEvent

Json = dict[str, Any]  # Any: EasyPost's JSON

STATES = {
    "pre_transit": ShipmentState.LABELED,
    "in_transit": ShipmentState.IN_TRANSIT,
    "out_for_delivery": ShipmentState.OUT_FOR_DELIVERY,
    "delivered": ShipmentState.DELIVERED,
    "available_for_pickup": ShipmentState.READY_FOR_PICKUP,
    "return_to_sender": ShipmentState.RETURNING,
    "failure": ShipmentState.EXCEPTION,
    "error": ShipmentState.EXCEPTION,
}
PROBLEMS = {
    "damaged": CaseKind.DAMAGED,
    "lost": CaseKind.LOST,
    "refused": CaseKind.REFUSED,
    "return": CaseKind.RETURN_TO_SENDER,
    "address_correction": CaseKind.ADDRESS_PROBLEM,
    "awaiting_information": CaseKind.ADDRESS_PROBLEM,
    "delayed": CaseKind.DELAYED,
    "weather_delay": CaseKind.DELAYED,
    "missorted": CaseKind.DELAYED,
    "held": CaseKind.DELAYED,
}
"""`status_detail`, where it says that something is wrong. Source: EasyPost's guide to tracking."""

SIGNATURE = "X-Hmac-Signature"


class EasyPostEvents:
    """Tracker events of one endpoint. `reference` is the tracking code, `data["status"]` a ShipmentState.

    The signature covers the body and no time: an old event sent again is caught by its id in the inbox.
    """

    source = "easypost"

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Raises BadSignature or Invalid. `unknown` and `cancelled` do not say where a parcel is: ignored."""
        signature = {SIGNATURE: header(headers, SIGNATURE)}
        try:
            body = validate_webhook(raw, signature, self._secret)
        except (SignatureVerificationError, TypeError):  # TypeError: a signature beyond ASCII
            raise BadSignature("not signed by easypost") from None
        except ValueError:
            raise Invalid("not JSON") from None
        try:
            return _translated(body)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise Invalid("not an event of easypost") from None


def _translated(event: Json) -> ProviderEvent:
    result: Json = event.get("result") or {}
    state = _state(result) if result.get("object") == "Tracker" else None
    return ProviderEvent(
        source=EasyPostEvents.source,
        event_id=event["id"],
        kind=EventKind.IGNORED if state is None else EventKind.PARCEL_SCANNED,
        reference=str(result.get("tracking_code") or result.get("id") or event["id"]),
        occurred_at=_when(event, result),
        data={} if state is None else _told(state, result, _last(result)),
    )


def seen(tracker: Json) -> list[ProviderEvent]:
    """Every scan of a tracker as an event of its own, oldest first."""
    events = []
    for scan in tracker.get("tracking_details") or []:
        state = _state(scan)
        if state is not None:
            code, at = str(tracker["tracking_code"]), str(scan["datetime"])
            events.append(
                ProviderEvent(
                    source=EasyPostEvents.source, event_id=f"seen/{code}/{state.value}/{at}",
                    kind=EventKind.PARCEL_SCANNED, reference=code, occurred_at=datetime.fromisoformat(at),
                    data=_told(state, {**tracker, "status_detail": scan.get("status_detail")}, scan),
                )
            )  # fmt: skip
    return events


def _told(state: ShipmentState, tracker: Json, scan: Json) -> Json:
    problem = PROBLEMS.get(tracker.get("status_detail") or "")
    where: Json = scan.get("tracking_location") or {}
    place = ", ".join(str(where[name]) for name in ("city", "country") if where.get(name))
    return {
        "status": state.value, "carrier": tracker.get("carrier"), "tracking_id": tracker.get("id"),
        **({"problem": problem.value} if problem is not None else {}),
        **({"place": place} if place else {}),
    }  # fmt: skip


def _last(tracker: Json) -> Json:
    scans: list[Json] = tracker.get("tracking_details") or [{}]
    return scans[-1]


def _state(tracker: Json) -> ShipmentState | None:
    """A lost parcel is an `error` or `failure` of which only the detail says so."""
    if tracker.get("status_detail") == "lost":
        return ShipmentState.LOST
    return STATES.get(tracker["status"])


def _when(event: Json, tracker: Json) -> datetime:
    """When the parcel was scanned; EasyPost may hear of it hours later."""
    stamp = _last(tracker).get("datetime") or tracker.get("updated_at") or event["created_at"]
    return datetime.fromisoformat(stamp)
