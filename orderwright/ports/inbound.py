"""What providers tell us unasked, in our words."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


class EventKind(StrEnum):
    """What happened out there."""

    PAYMENT_AUTHORIZED = "payment.authorized"
    PAYMENT_RAISED = "payment.raised"
    PAYMENT_RAISE_FAILED = "payment.raise_failed"
    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_VOIDED = "payment.voided"
    PAYMENT_EXPIRED = "payment.expired"
    PAYMENT_REFUNDED = "payment.refunded"
    PAYMENT_CAPTURE_FAILED = "payment.capture_failed"
    PAYMENT_REFUND_FAILED = "payment.refund_failed"
    DISPUTE_OPENED = "payment.dispute_opened"
    DISPUTE_CLOSED = "payment.dispute_closed"
    PARCEL_SCANNED = "parcel.scanned"
    WAREHOUSE_ACCEPTED = "warehouse.accepted"
    WAREHOUSE_REJECTED = "warehouse.rejected"
    WAREHOUSE_PICKING = "warehouse.picking_started"
    WAREHOUSE_SHORT = "warehouse.short"
    WAREHOUSE_READY = "warehouse.ready"
    WAREHOUSE_SHIPPED = "warehouse.shipped"
    WAREHOUSE_DELIVERED = "warehouse.delivered"
    WAREHOUSE_RECALL_ACCEPTED = "warehouse.recall_accepted"
    WAREHOUSE_RECALL_REFUSED = "warehouse.recall_refused"
    MESSAGE_STATUS = "message.status"
    IGNORED = "ignored"


class ProviderEvent(BaseModel):
    """One translated event; the raw body is dropped.

    `reference` finds the row: the provider's payment id, a tracking code, or a fulfillment order's id.
    `data` is small and not personal: payment_id, amount, currency, status, reason, expires_at, sequence.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    event_id: str
    kind: EventKind
    reference: str
    occurred_at: datetime
    data: dict[str, Any] = {}  # Any: small JSON values, by kind


class InboundEvents(Protocol):
    """The inbound half of a provider: proves and translates what it sent."""

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """The event. Raises BadSignature (not theirs, or older than five minutes), Invalid (unreadable)."""
