"""What warehouses and suppliers tell us over HTTP: proven, then translated."""

from collections.abc import Mapping
from datetime import UTC
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ValidationError

from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain import cards
from orderwright.domain.failures import Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent

KINDS = {
    "accepted": EventKind.WAREHOUSE_ACCEPTED,
    "rejected": EventKind.WAREHOUSE_REJECTED,
    "picking_started": EventKind.WAREHOUSE_PICKING,
    "short": EventKind.WAREHOUSE_SHORT,
    "ready": EventKind.WAREHOUSE_READY,
    "shipped": EventKind.WAREHOUSE_SHIPPED,
    "recall_accepted": EventKind.WAREHOUSE_RECALL_ACCEPTED,
    "recall_refused": EventKind.WAREHOUSE_RECALL_REFUSED,
}


OF_SUPPLIERS = {
    **{name: kind for name, kind in KINDS.items() if kind is not EventKind.WAREHOUSE_READY},
    "delivered": EventKind.WAREHOUSE_DELIVERED,
}


class _ShippedLine(BaseModel):
    sku: str
    quantity: int


class _Callback(BaseModel):
    """Their body; fields and types we do not know yet are passed over."""

    event_id: str
    type: str
    request_id: str
    sequence: int
    occurred_at: AwareDatetime
    reason: str | None = None
    lines: tuple[_ShippedLine, ...] = ()
    tracking_codes: tuple[str, ...] = ()
    carrier: str | None = None
    tracking_code: str | None = None
    tracking_url: str | None = None


class WarehouseEvents:
    """Call-backs of one partner. `reference` is our request_id; `data["sequence"]` orders what they told."""

    source: Literal["warehouse", "supplier"] = "warehouse"
    kinds: Mapping[str, EventKind] = KINDS

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret)

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Raises BadSignature or Invalid."""
        self._signer.prove(raw, headers)
        try:
            told = _Callback.model_validate_json(raw)
        except ValidationError:
            raise Invalid("not a call-back of the warehouse") from None
        return ProviderEvent(
            source=self.source,
            event_id=told.event_id,
            kind=self.kinds.get(told.type, EventKind.IGNORED),
            reference=told.request_id,
            occurred_at=told.occurred_at.astimezone(UTC),
            data=_data(told),
        )


class SupplierEvents(WarehouseEvents):
    """The same of a supplier: he also names the parcel of his carrier, and says when it has arrived."""

    source: Literal["warehouse", "supplier"] = "supplier"
    kinds: Mapping[str, EventKind] = OF_SUPPLIERS


def _data(told: _Callback) -> dict[str, object]:
    data: dict[str, object] = {"sequence": told.sequence}
    if told.reason:
        data["reason"] = cards.redacted(told.reason)[:200]
    if told.lines:
        data["lines"] = [{"sku": line.sku, "units": line.quantity} for line in told.lines]
    if told.tracking_codes:
        data["tracking_codes"] = list(told.tracking_codes)
    if told.tracking_code:
        named = {
            "carrier": told.carrier,
            "tracking_code": told.tracking_code,
            "tracking_url": told.tracking_url,
        }
        data["parcel"] = {name: text[:300] for name, text in named.items() if text}
    return data
