"""What was compared with payment providers, and where the two sides disagree."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.books.reconciliation import (
    MoneyDecision,
    PaymentDifferenceKind,
    PaymentDifferenceState,
)
from orderwright.persistence.tables.base import Base, Id, Now, stored


class Reconciliation(Base):
    """One comparison with a provider, of what happened there from `since` to `until`."""

    __tablename__ = "reconciliations"
    __table_args__ = (Index("ix_reconciliations_until", "provider", "until"),)

    id: Mapped[Id]
    provider: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    payments: Mapped[int]
    refunds: Mapped[int]
    booked: Mapped[int]
    differences: Mapped[int]
    at: Mapped[Now]


class PaymentDifference(Base):
    """One disagreement with a provider: `key` finds it again. Amounts in minor units of `currency`.

    Of money without an order a person decides: adopted to `order_id` (None: to unmatched money), or refunded.
    """

    __tablename__ = "payment_differences"
    __table_args__ = (
        Index(
            "uq_payment_differences_key", "provider", "key", unique=True,
            postgresql_where=text("state in ('open', 'decided')"),
        ),
        Index("ix_payment_differences_state", "state", "id"),
        CheckConstraint(
            "(state in ('decided', 'settled')) = (decision is not null)"
            " and (decision is null or kind = 'money_without_order')",
            name="decision",
        ),
    )  # fmt: skip

    id: Mapped[Id]
    provider: Mapped[str]
    key: Mapped[str]
    kind: Mapped[PaymentDifferenceKind] = mapped_column(stored(PaymentDifferenceKind))
    state: Mapped[PaymentDifferenceState] = mapped_column(
        stored(PaymentDifferenceState), server_default="open"
    )
    reference: Mapped[str]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    words: Mapped[str]
    ours: Mapped[int | None] = mapped_column(BigInteger)
    theirs: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str]
    found_at: Mapped[Now]
    gone_at: Mapped[datetime | None]
    decision: Mapped[MoneyDecision | None] = mapped_column(stored(MoneyDecision))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default="")
