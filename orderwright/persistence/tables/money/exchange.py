"""Exchange rates as they became known, those of an order, and what bookings are worth in the base."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Numeric, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import Account
from orderwright.persistence.tables.base import Base, Json, Now, stored


class ExchangeRate(Base):
    """One unit of `base` is `rate` units of `quote` from `valid_from` on. Append-only, by trigger.

    Of two rows from the same moment the later one (`seq`) counts: so a rate is corrected.
    """

    __tablename__ = "exchange_rates"
    __table_args__ = (
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("base <> quote", name="pair"),
        Index("ix_exchange_rates_pair", "base", "quote", "valid_from", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    base: Mapped[str]
    quote: Mapped[str]
    valid_from: Mapped[datetime]
    rate: Mapped[Decimal] = mapped_column(Numeric)
    source: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[Now]


class OrderRate(Base):
    """A rate that an order was placed at, as an exact fraction: to the base currency, or of its prices."""

    __tablename__ = "order_rates"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "base", "quote"),
        CheckConstraint("numerator > 0 and denominator > 0", name="rate"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    base: Mapped[str]
    quote: Mapped[str]
    numerator: Mapped[Decimal] = mapped_column(Numeric)
    denominator: Mapped[Decimal] = mapped_column(Numeric)
    at: Mapped[datetime]


class LedgerValuation(Base):
    """A posted booking that was valued in the base currency, once; the `rates` as exact fractions."""

    __tablename__ = "ledger_valuations"

    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_transactions.id"), primary_key=True)
    base_currency: Mapped[str]
    rates: Mapped[Json]
    at: Mapped[Now]


class LedgerValue(Base):
    """What an account's entries of a booking in another currency are worth. Append-only, by trigger.

    By a deferred trigger each transaction's values sum to zero. `amount` 0: a realized difference.
    """

    __tablename__ = "ledger_values"
    __table_args__ = (CheckConstraint("amount <> 0 or base <> 0", name="amounts"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_valuations.transaction_id"), index=True)
    account: Mapped[Account] = mapped_column(stored(Account))
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    base: Mapped[int] = mapped_column(BigInteger)


class ExchangePosition(Base):
    """What an account holds of a currency other than the base, and its value: the sums of the values."""

    __tablename__ = "exchange_positions"
    __table_args__ = (PrimaryKeyConstraint("account", "currency"),)

    account: Mapped[Account] = mapped_column(stored(Account))
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    base: Mapped[int] = mapped_column(BigInteger)
