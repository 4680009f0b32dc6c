"""Money and instruments that are kept for customers, and how an order names what it is paid with."""

from datetime import datetime
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

from orderwright.domain.payments import BalanceMove, PaymentMethod
from orderwright.persistence.tables.base import Base, Id, Now, stored


class Balance(Base):
    """A gift card, or a customer's store credit in one currency. Minor units, `held` a part of `balance`.

    Both are kept beside the moves they are the sum of, in one transaction. The code is nowhere in plain text.
    Past `expires_at`, or blocked, nothing more is held of it; what is held for orders under way stays theirs.
    """

    __tablename__ = "balances"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        CheckConstraint("balance >= 0 and held between 0 and balance", name="amounts"),
        CheckConstraint(
            "(kind = 'gift_card' and code_hash is not null and last4 is not null and customer_id is null)"
            " or (kind = 'store_credit' and customer_id is not null and code_hash is null)",
            name="kind",
        ),
        CheckConstraint(
            "kind = 'gift_card' or (expires_at is null and blocked_at is null)", name="ends_as_a_card"
        ),
        CheckConstraint("(blocked_at is null) = (blocked_why is null)", name="blocked"),
        Index("ix_balances_expires_at", "expires_at", postgresql_where=text("expires_at is not null")),
        Index(
            "uq_balances_store_credit", "customer_id", "currency", unique=True,
            postgresql_where=text("kind = 'store_credit'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    kind: Mapped[PaymentMethod] = mapped_column(stored(PaymentMethod))
    currency: Mapped[str]
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held: Mapped[int] = mapped_column(BigInteger, server_default="0")
    code_hash: Mapped[str | None]
    last4: Mapped[str | None]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    expires_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    blocked_why: Mapped[str | None]
    created_at: Mapped[Now]


class BalanceBlock(Base):
    """Once a gift card was blocked or unblocked: by whom, and why. Append-only."""

    __tablename__ = "balance_blocks"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    balance_id: Mapped[UUID] = mapped_column(ForeignKey("balances.id"), index=True)
    blocked: Mapped[bool]
    actor: Mapped[str]
    why: Mapped[str]
    at: Mapped[Now]


class BalanceEntry(Base):
    """One move of a balance: `amount` changes the balance, `held` what of it is reserved. Append-only."""

    __tablename__ = "balance_entries"
    __table_args__ = (
        CheckConstraint("amount <> 0 or held <> 0", name="moves"),
        UniqueConstraint("key"),
        Index("ix_balance_entries_balance_id", "balance_id", "seq"),
        Index("ix_balance_entries_payment_id", "payment_id", postgresql_where=text("payment_id is not null")),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    balance_id: Mapped[UUID] = mapped_column(ForeignKey("balances.id"))
    kind: Mapped[BalanceMove] = mapped_column(stored(BalanceMove))
    amount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    held: Mapped[int] = mapped_column(BigInteger, server_default="0")
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    key: Mapped[str | None]
    actor: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Now]


class SavedMethod(Base):
    """An instrument that the provider keeps for a customer. `reference` is what is charged there.

    Of a card no more than what tells it from others. `forgotten_at`: nothing more is paid with it;
    `detached_at`: the provider has it no longer; `refused_at`: when it last would not let go of it.
    """

    __tablename__ = "saved_methods"
    __table_args__ = (
        CheckConstraint("last4 ~ '^([0-9]{4})?$' and length(brand) <= 40", name="of_a_card"),
        CheckConstraint("exp_month between 1 and 12 and exp_year between 2000 and 2200", name="expiry"),
        CheckConstraint("detached_at is null or forgotten_at is not null", name="detached"),
        Index(
            "uq_saved_methods_reference", "provider", "reference", unique=True,
            postgresql_where=text("forgotten_at is null"),
        ),
        Index(
            "ix_saved_methods_leaving", "forgotten_at",
            postgresql_where=text("forgotten_at is not null and detached_at is null"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    provider: Mapped[str]
    reference: Mapped[str]
    brand: Mapped[str] = mapped_column(server_default="")
    last4: Mapped[str] = mapped_column(server_default="")
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    created_at: Mapped[Now]
    forgotten_at: Mapped[datetime | None]
    detached_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class OrderInstrument(Base):
    """One of several instruments that an order is paid with, in their order. No amount: all that is left.

    `deposit`: its amount is paid at once, before anything ships. `keep`: it is to be kept for the customer;
    `saved_id`: it has been kept since an earlier order.
    """

    __tablename__ = "order_instruments"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "position"),
        CheckConstraint("amount is null or amount > 0", name="amount"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    position: Mapped[int]
    method: Mapped[PaymentMethod] = mapped_column(stored(PaymentMethod))
    source: Mapped[str | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    deposit: Mapped[bool] = mapped_column(server_default=text("false"))
    keep: Mapped[bool] = mapped_column(server_default=text("false"))
    saved_id: Mapped[UUID | None] = mapped_column(ForeignKey("saved_methods.id"))
