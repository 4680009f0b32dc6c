"""An order, its lines, what holds it, what people are asked, and all that has happened."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy
from orderwright.domain.orders import (
    AtDeadline,
    CancelState,
    HoldOutcome,
    HoldState,
    HoldType,
    OrderState,
    TaskKind,
    TaskState,
)
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.tax import TaxReason
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Order(Base):
    """Amounts in minor units: total = subtotal - discount + shipping + fees + tax not yet included.

    `shipping` is what is left of it after promotions; `tax` counts that of shipping and fees, which is told
    beside. `tax_evidence`: why none is owed (a certificate's number, a VAT id).

    `promises` counts what the customer was promised about units that are not there yet.
    `run_id` is the claim of the one run; `woken` is set while a wake is under way and not yet read;
    `settled_at` is when nothing was left to do, later than the end of the state.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("channel", "external_id"),
        CheckConstraint(
            "total = subtotal - discount + shipping + fees + tax_added and total >= 0", name="total"
        ),
        CheckConstraint("shipping >= 0 and tax_added >= 0 and tax >= tax_added", name="amounts"),
        CheckConstraint(
            "discount between 0 and subtotal and fees >= 0 and shipping_tax >= shipping_tax_added"
            " and fees_tax >= fees_tax_added and shipping_tax_added >= 0 and fees_tax_added >= 0"
            " and tax_added >= shipping_tax_added + fees_tax_added and tax >= shipping_tax + fees_tax",
            name="shares",
        ),
        CheckConstraint(
            "settled_at is null or state in ('completed', 'rejected', 'canceled', 'expired')",
            name="settled_at_an_end",
        ),
        CheckConstraint("(method = 'pickup') = (pickup_at is not null)", name="pickup"),
        Index("ix_orders_state", "state", "id"),
        Index("ix_orders_unsettled", "id", postgresql_where=text("settled_at is null")),
        Index("ix_orders_customer_id", "customer_id", "id"),
        Index("ix_orders_email", text("lower(email)")),
        Index("ix_orders_placed_at", "placed_at", "id"),
        Index("ix_orders_created_at", "created_at"),
        Index("ix_orders_po_number", "po_number", postgresql_where=text("po_number is not null")),
    )

    id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInteger, Identity(start=10001))
    number: Mapped[str] = mapped_column()
    channel: Mapped[str]
    external_id: Mapped[str | None]
    state: Mapped[OrderState] = mapped_column(stored(OrderState))
    cancel: Mapped[CancelState] = mapped_column(stored(CancelState), server_default="none")
    cancel_reason: Mapped[str | None]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    email: Mapped[str | None]
    phone: Mapped[str | None]
    sms_consent: Mapped[bool] = mapped_column(server_default=text("false"))
    ship_to: Mapped[Json]
    bill_to: Mapped[Json | None]
    service: Mapped[str] = mapped_column(server_default="standard")
    method: Mapped[DeliveryMethod] = mapped_column(stored(DeliveryMethod), server_default="shipping")
    pickup_at: Mapped[str | None] = mapped_column(ForeignKey("locations.code"))
    policy: Mapped[FulfillmentPolicy] = mapped_column(
        stored(FulfillmentPolicy), server_default="ship_complete"
    )
    priority: Mapped[int] = mapped_column(server_default="0")
    promises: Mapped[int] = mapped_column(server_default="0")
    po_number: Mapped[str | None]
    note: Mapped[str | None]
    currency: Mapped[str]
    subtotal: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping: Mapped[int] = mapped_column(BigInteger)
    shipping_tax: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping_tax_added: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fees: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fees_tax: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fees_tax_added: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax: Mapped[int] = mapped_column(BigInteger)
    tax_added: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    vat_id: Mapped[str | None]
    tax_evidence: Mapped[str | None]
    payment_method: Mapped[PaymentMethod] = mapped_column(stored(PaymentMethod))
    payment_source: Mapped[str | None]
    terms_days: Mapped[int | None]
    risk_score: Mapped[int | None]
    promised_on: Mapped[datetime | None]
    wanted_on: Mapped[date | None]
    placed_at: Mapped[Now]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    verified_at: Mapped[datetime | None]
    reserved_at: Mapped[datetime | None]
    planned_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    run_id: Mapped[str | None]
    woken: Mapped[bool] = mapped_column(server_default=text("false"))
    reads: Mapped[int] = mapped_column(BigInteger, server_default="0")
    failure: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default="1")


class OrderKit(Base):
    """A kit as it was ordered and priced. Its components are order lines, which share its amounts exactly."""

    __tablename__ = "order_kits"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        Index("ix_order_kits_sku", "sku"),
        CheckConstraint("units > 0", name="units"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    name: Mapped[str]
    units: Mapped[int]
    unit: Mapped[str | None]
    unit_size: Mapped[int | None]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)


class OrderLine(Base):
    """Units by where they are; always summing to what was ordered. Moved only by `persistence/lines.py`.

    `may_wait`: whether units that are not there may follow later, where the order's policy asks the line;
    `promised_on` is the day its backordered units are promised for, `waiting_since` their place in the queue.
    `removed`: those of the canceled units that a change took out of the amounts, which are for the others.
    `coming_back` units are in returns that are open and have not come; `returned` have.
    `kit_id`: the kit it is a component of. `unit`: what it was ordered in, of `unit_size` each; for display.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        Index("ix_order_lines_sku", "sku"),
        Index("ix_order_lines_waiting", "sku", postgresql_where=text("waiting_since is not null")),
        CheckConstraint(
            "ordered = canceled + unallocated + backordered + allocated + released"
            " + shipped + delivered + undelivered",
            name="units_add_up",
        ),
        CheckConstraint(
            "ordered > 0 and canceled >= 0 and unallocated >= 0 and backordered >= 0 and allocated >= 0 and "
            "released >= 0 and shipped >= 0 and delivered >= 0 and undelivered >= 0 and returned >= 0 and "
            "refunded >= 0",
            name="no_units_below_zero",
        ),
        CheckConstraint("refunded <= ordered", name="refunded"),
        CheckConstraint("removed between 0 and canceled", name="removed"),
        CheckConstraint("coming_back >= 0 and returned + coming_back <= delivered", name="returned"),
        CheckConstraint("discount between 0 and amount", name="discount"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    name: Mapped[str]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax_class: Mapped[str]
    tax_rate_ppm: Mapped[int]
    tax_inclusive: Mapped[bool]
    jurisdiction: Mapped[str] = mapped_column(server_default="")
    tax_reason: Mapped[TaxReason] = mapped_column(stored(TaxReason), server_default="flat")
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    ordered: Mapped[int]
    canceled: Mapped[int] = mapped_column(server_default="0")
    unallocated: Mapped[int] = mapped_column(server_default="0")
    backordered: Mapped[int] = mapped_column(server_default="0")
    allocated: Mapped[int] = mapped_column(server_default="0")
    released: Mapped[int] = mapped_column(server_default="0")
    shipped: Mapped[int] = mapped_column(server_default="0")
    delivered: Mapped[int] = mapped_column(server_default="0")
    undelivered: Mapped[int] = mapped_column(server_default="0")
    returned: Mapped[int] = mapped_column(server_default="0")
    coming_back: Mapped[int] = mapped_column(server_default="0")
    refunded: Mapped[int] = mapped_column(server_default="0")
    removed: Mapped[int] = mapped_column(server_default="0")
    kit_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_kits.id"))
    unit: Mapped[str | None]
    unit_size: Mapped[int | None]
    may_wait: Mapped[bool] = mapped_column(server_default=text("true"))
    promised_on: Mapped[date | None]
    waiting_since: Mapped[datetime | None]


class Hold(Base):
    """Why an order waits, who may end it, what its deadline does. `words` are a provider's own."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("(state = 'released') = (outcome is not null)", name="outcome"),
        Index(
            "uq_holds_one_active", "order_id", "type", "fulfillment_id", unique=True,
            postgresql_where=text("state = 'active'"), postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    fulfillment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfillment_orders.id"))
    type: Mapped[HoldType] = mapped_column(stored(HoldType))
    state: Mapped[HoldState] = mapped_column(stored(HoldState), server_default="active")
    reason: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str] = mapped_column(server_default="operations")
    deadline: Mapped[datetime | None]
    at_deadline: Mapped[AtDeadline] = mapped_column(stored(AtDeadline))
    outcome: Mapped[HoldOutcome | None] = mapped_column(stored(HoldOutcome))
    opened_at: Mapped[Now]
    released_at: Mapped[datetime | None]


class Task(Base):
    """A question to a person. `subject`: what it is about where that is no hold (an effect, a signal).

    `order_id` is None where it is about none: money that came without one, goods of several at their vendor.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("(state = 'decided') = (decision is not null)", name="decision"),
        Index("ix_tasks_open", "state", "id"),
        Index(
            "uq_tasks_one_open",
            "order_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state = 'open'"),
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("order_id is not null or kind in ('unmatched_money', 'vendor_return')", name="order"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    kind: Mapped[TaskKind] = mapped_column(stored(TaskKind))
    subject: Mapped[str] = mapped_column(server_default="")
    state: Mapped[TaskState] = mapped_column(stored(TaskState), server_default="open")
    question: Mapped[str]
    deadline: Mapped[datetime | None]
    decision: Mapped[str | None]
    decided_by: Mapped[str | None]
    note: Mapped[str | None]
    opened_at: Mapped[Now]
    decided_at: Mapped[datetime | None]

    @property
    def order(self) -> UUID:
        """The order it is about. Raises LookupError for the kind that has none."""
        if self.order_id is None:
            raise LookupError(f"a task of {self.kind} is about no order")
        return self.order_id


class OrderEvent(Base):
    """Timeline and audit trail: who, what, when, why, before and after. Append-only, by trigger."""

    __tablename__ = "order_events"
    __table_args__ = (Index("ix_order_events_order_id", "order_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str]
    actor: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    data: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    at: Mapped[Now]
