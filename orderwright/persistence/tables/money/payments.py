"""Money asked for, taken and given back, and the ledger of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import (
    Account,
    LedgerState,
    PaymentMethod,
    PaymentState,
    RefundKind,
    RefundState,
    RefundTo,
)
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Payment(Base):
    """One authorization of an order. Amounts in minor units of `currency`.

    `source`: the instrument's token, or the id of the balance that it is kept in. `instrument`: its place
    among the order's instruments; money is taken in that order. `deposit`: it is paid at once and kept as a
    liability until goods ship; of a card's it was taken at `deposited_at`. `change_id`: the change of the
    order that needs it; `unwanted`: nothing needs it any more, though units wait. `keep`: the instrument is
    to be kept for the customer, and `kept_at` says that this is settled; `saved_id`: the kept one it is paid
    with. `raises_id`: the payment whose authorization is to be raised by this one, or has been; that one's
    `amount` then holds it. `raisable`: the provider has not said that this authorization cannot be raised.
    `security`: it is held for goods that went out in exchange, and pays for no part unless others do
    not come back.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(
            "amount >= 0 and captured between 0 and amount and refunded between 0 and captured",
            name="amounts",
        ),
        Index(
            "uq_payments_reference", "reference", unique=True, postgresql_where=text("reference is not null")
        ),
        Index("ix_payments_to_keep", "id", postgresql_where=text("keep and kept_at is null")),
        CheckConstraint(
            "state not in ('raising', 'raised') or (raises_id is not null and reference is null)",
            name="raises",
        ),
        Index("ix_payments_raises_id", "raises_id", postgresql_where=text("raises_id is not null")),
        Index(
            "uq_payments_one_raise", "raises_id", unique=True,
            postgresql_where=text("state in ('created', 'raising')"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    method: Mapped[PaymentMethod] = mapped_column(stored(PaymentMethod))
    source: Mapped[str | None]
    state: Mapped[PaymentState] = mapped_column(stored(PaymentState), server_default="created")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    captured: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refunded: Mapped[int] = mapped_column(BigInteger, server_default="0")
    reference: Mapped[str | None]
    action_url: Mapped[str | None]
    failure: Mapped[str | None]
    multicapture: Mapped[bool] = mapped_column(server_default=text("false"))
    instrument: Mapped[int] = mapped_column(server_default="0")
    authorized_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    raises_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    raisable: Mapped[bool] = mapped_column(server_default=text("false"))
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_changes.id"))
    unwanted: Mapped[bool] = mapped_column(server_default=text("false"))
    deposit: Mapped[bool] = mapped_column(server_default=text("false"))
    deposited_at: Mapped[datetime | None]
    keep: Mapped[bool] = mapped_column(server_default=text("false"))
    kept_at: Mapped[datetime | None]
    saved_id: Mapped[UUID | None] = mapped_column(ForeignKey("saved_methods.id"))
    security: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]


class PaymentShare(Base):
    """What a fulfillment order takes from a payment once it has left. All its shares sum to its amount.

    Of a payment on credit, what is captured and not `settled` (paid or credited) is owed until `due_on`;
    `overdue_at`: when a person was asked about it, once.
    """

    __tablename__ = "payment_shares"
    __table_args__ = (
        PrimaryKeyConstraint("fulfillment_id", "payment_id"),
        CheckConstraint("amount > 0 and captured between 0 and amount", name="amounts"),
        CheckConstraint("settled between 0 and captured", name="settled"),
        Index("ix_payment_shares_payment_id", "payment_id"),
        Index("ix_payment_shares_open", "due_on", postgresql_where=text("settled < captured")),
    )

    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    captured: Mapped[int] = mapped_column(BigInteger, server_default="0")
    settled: Mapped[int] = mapped_column(BigInteger, server_default="0")
    due_on: Mapped[date | None]
    overdue_at: Mapped[datetime | None]


class PaymentEvent(Base):
    """Every request, success and failure; append-only, by trigger."""

    __tablename__ = "payment_events"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    kind: Mapped[str]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    reference: Mapped[str | None]
    data: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    at: Mapped[Now]


class Refund(Base):
    """One return of money that `payment_id` has taken, to its instrument or wherever `destination` says.

    `return_id`: the return that it is for.
    """

    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[RefundState] = mapped_column(stored(RefundState))
    destination: Mapped[RefundTo] = mapped_column(stored(RefundTo), server_default="original")
    reason: Mapped[str]
    reference: Mapped[str | None]
    return_id: Mapped[UUID | None] = mapped_column(ForeignKey("returns.id"), index=True)
    created_at: Mapped[Now]


class RefundLine(Base):
    """What a refund is for: units of a line, shipping, a fee, or nothing of these. `amount` holds its tax."""

    __tablename__ = "refund_lines"
    __table_args__ = (
        CheckConstraint("amount > 0 and tax between 0 and amount and units >= 0", name="amounts"),
        CheckConstraint("(kind = 'line') = (line_id is not null)", name="line"),
    )

    id: Mapped[Id]
    refund_id: Mapped[UUID] = mapped_column(ForeignKey("refunds.id"), index=True)
    kind: Mapped[RefundKind] = mapped_column(stored(RefundKind))
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"), index=True)
    units: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger, server_default="0")


class LedgerTransaction(Base):
    """Two-phase: pending is posted or voided once. `source` makes a booking happen once.

    `posted_at` is set by the database with the state. A correction `reverses` another one, once; it says
    who made it (`booked_by`) and `why`.
    """

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        UniqueConstraint("source"),
        UniqueConstraint("reverses_id"),
        CheckConstraint("state <> 'posted' or posted_at is not null", name="posted_at"),
        CheckConstraint("reverses_id is null or (state = 'posted' and why <> '')", name="reversal"),
        Index("ix_ledger_transactions_posted_at", "posted_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str]
    source: Mapped[str]
    state: Mapped[LedgerState] = mapped_column(stored(LedgerState))
    at: Mapped[Now]
    posted_at: Mapped[datetime | None]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("ledger_transactions.id"))
    booked_by: Mapped[str] = mapped_column(server_default="system")
    why: Mapped[str] = mapped_column(server_default="")


class LedgerEntry(Base):
    """Debits positive, credits negative; by a deferred trigger each transaction sums to zero per currency."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_ledger_entries_currency", "currency", "transaction_id"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transactions.id"), index=True)
    account: Mapped[Account] = mapped_column(stored(Account))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
