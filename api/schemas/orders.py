"""An order, as it is sent and read. All amounts are integers in minor units of the order's currency."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.aftersale.canceling import LineUnitsBody
from api.schemas.base import (
    Body,
    Moment,
    Out,
    Reason,
    Text,
)
from api.schemas.fulfillment import PartView, ShipmentView
from api.schemas.holds import HoldView, TaskView
from api.schemas.lines import LineView, OrderKitView
from api.schemas.money.payments import DisputeView, PaymentStatusView, PaymentView, RefundView
from api.schemas.pricing.quotes import ChargeView, GivenView
from orderwright.domain import status
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy
from orderwright.domain.orders import CancelState, HoldState, OrderState, Scope, TaskState
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.status import Action, Extent, FulfillmentStatus
from orderwright.persistence.tables import SourcingDecision
from orderwright.services.orders.reading import OrderRecord
from orderwright.services.sourcing.explaining import in_words


class CancelBody(Body):
    """Why the order should not be, or why not these units of its `lines`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "ordered twice"},
                {"lines": [{"sku": "MUG", "quantity": 1}], "reason": "one is enough"},
            ]
        }
    )

    reason: Text = ""
    lines: list[LineUnitsBody] = Field(default=[], max_length=1000, description="Left out: the whole order")


class StatusView(Out):
    """Derived from the rows, never stored."""

    payment: PaymentStatusView
    fulfillment: FulfillmentStatus
    returns: Extent


class AllowedView(Out):
    """What may be done now, and the scopes that may do it (`admin` always may)."""

    action: Action
    scopes: list[Scope]


class CancelView(Out):
    """How far a wish to cancel has come."""

    state: CancelState
    reason: str | None


class ContactView(Out):
    """Where the customer is told about this order."""

    email: str | None
    phone: str | None
    sms_consent: bool


class OrderSummary(Out):
    """An order in a list."""

    id: UUID
    number: str
    channel: str
    external_id: str | None
    state: OrderState
    status: StatusView
    cancel: CancelView
    needs_person: bool
    held_by: list[str] = Field(description="Types of the active holds")
    customer_id: UUID
    email: str | None
    po_number: str | None
    service: str
    currency: str
    total: int
    units: int
    placed_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, record: OrderRecord) -> "OrderSummary":
        """From the record."""
        return cls(
            **_head(record, cls), email=record.order.email, units=sum(line.ordered for line in record.lines)
        )


class OrderView(Out):
    """An order with everything that belongs to it. `version` is also the ETag."""

    id: UUID
    number: str
    channel: str
    external_id: str | None
    state: OrderState
    status: StatusView
    allowed_actions: list[AllowedView]
    cancel: CancelView
    needs_person: bool
    held_by: list[str]
    failure: str | None
    customer_id: UUID
    contact: ContactView
    ship_to: dict[str, str]
    bill_to: dict[str, str] | None
    method: DeliveryMethod
    pickup_at: str | None
    service: str
    policy: FulfillmentPolicy
    priority: int
    po_number: str | None
    note: str | None
    currency: str
    subtotal: int = Field(description="Before discounts")
    discount: int = Field(description="Off the lines, by promotions")
    shipping: int
    shipping_tax: int = Field(description="Within `tax`")
    fees: int
    fees_tax: int = Field(description="Within `tax`")
    tax: int = Field(description="All tax, that in the prices too")
    tax_added: int = Field(description="total = subtotal - discount + shipping + fees + tax_added")
    total: int
    vat_id: str | None
    tax_evidence: str | None = Field(description="Why no tax is owed: a certificate's number, a VAT id")
    payment_method: PaymentMethod
    terms_days: int | None = Field(description="On terms: days from the invoice until it is due")
    risk_score: int | None = Field(description="For operations")
    promised_on: datetime | None
    wanted_on: date | None = Field(description="The day that the customer asked for, at the latest")
    placed_at: datetime
    created_at: datetime
    updated_at: datetime
    settled_at: datetime | None
    version: int
    lines: list[LineView]
    kits: list[OrderKitView]
    charges: list[ChargeView] = Field(description="Shipping and fees with their tax, one per rate")
    promotions: list[GivenView]
    holds: list[HoldView]
    tasks: list[TaskView] = Field(description="For operations")
    payments: list[PaymentView]
    refunds: list[RefundView]
    disputes: list[DisputeView] = Field(description="For operations")
    fulfillment_orders: list[PartView]
    shipments: list[ShipmentView]

    @classmethod
    def of(cls, record: OrderRecord, *, staff: bool) -> "OrderView":
        """From the record; storefronts see neither tasks, risk, nor what labels cost."""
        order = record.order
        own = _head(record, cls)
        own["risk_score"] = order.risk_score if staff else None
        why = {hold.id: hold.reason for hold in record.holds}
        return cls(
            **own,
            allowed_actions=[
                AllowedView.model_validate(item) for item in status.allowed_actions(record.facts)
            ],
            contact=ContactView.model_validate(order),
            lines=[LineView.model_validate(line) for line in record.lines],
            kits=[OrderKitView.model_validate(kit) for kit in record.kits],
            charges=[ChargeView.model_validate(charge) for charge in record.charges],
            promotions=[GivenView.model_validate(use) for use in record.uses],
            holds=[HoldView.model_validate(hold) for hold in record.holds],
            tasks=[
                TaskView.of(task, order.number, why[task.hold_id] if task.hold_id else "")
                for task in (record.tasks if staff else ())
            ],
            payments=[PaymentView.of(payment, record.unknown) for payment in record.payments],
            refunds=[RefundView.of(refund, record.refund_lines) for refund in record.refunds],
            disputes=[DisputeView.model_validate(one) for one in (record.disputes if staff else ())],
            fulfillment_orders=[PartView.of(part) for part in record.parts],
            shipments=[ShipmentView.of(parcel, costs=staff) for parcel in record.parcels],
        )


def _head(record: OrderRecord, view: type[Out]) -> dict[str, Any]:  # Any: the fields of `view`
    order = record.order
    derived = {
        "status": StatusView.model_validate(status.of(record.facts)),
        "cancel": CancelView(state=order.cancel, reason=order.cancel_reason),
        "needs_person": any(task.state is TaskState.OPEN for task in record.tasks),
        "held_by": [hold.type.value for hold in record.holds if hold.state is HoldState.ACTIVE],
    }
    columns = {name for name in view.model_fields if name in order.__table__.columns and name not in derived}
    return {**{name: getattr(order, name) for name in columns - {"email"}}, **derived}


class EventView(Out):
    """One entry of the timeline: who, what, why, and what changed."""

    seq: int
    kind: str
    actor: str
    why: str
    data: dict[str, Any]  # Any: small JSON values, by kind
    at: datetime


class SourcingView(Out):
    """Why units ship from where they ship: candidates, and the rejected with the reason."""

    id: UUID
    decision: dict[str, Any]  # Any: JSON, as the sourcing wrote it
    at: datetime
    words: list[str] = Field(description="The same in sentences, the chosen locations first")

    @classmethod
    def of(cls, row: SourcingDecision) -> Self:
        """From the row."""
        return cls(id=row.id, decision=row.decision, at=row.at, words=in_words(row.decision))


class SourcingViews(Out):
    """All decisions, oldest first."""

    data: list[SourcingView]


class CancelAnswer(Out):
    """`accepted`: it is canceled. `requested`: the warehouse is asked; look at `order`.

    `partly_canceled`: these lines are, or what was to follow is; the rest goes on.
    """

    state: CancelState
    order: str


class DecisionBody(Body):
    """A note to the decision, for people."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "called the customer"}]})

    note: Text = ""


class ReleaseBody(Body):
    """Why the hold ends."""

    reason: Text = ""


class HoldBody(Body):
    """Hold the order until somebody releases it; past `deadline` it stays held and somebody is told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "wait for the customer's call"}]})

    reason: Reason
    deadline: Moment | None = None
