"""What was changed of an order after it was placed, by whom, and what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.changes.wishes import ChangeState
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class OrderChange(Base):
    """One change as it was confirmed. `delta`: what was asked; `added`: the order lines it made.

    `fingerprint`: what its preview showed. The totals are the order's, in minor units; of a refused change
    both are what they were. At most one of an order waits for warehouses.
    """

    __tablename__ = "order_changes"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("total_before >= 0 and total_after >= 0", name="totals"),
        CheckConstraint("(state = 'awaiting_recall') = (ended_at is null)", name="ended"),
        Index(
            "uq_order_changes_one_waits", "order_id", unique=True,
            postgresql_where=text("state = 'awaiting_recall'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    state: Mapped[ChangeState] = mapped_column(stored(ChangeState))
    actor: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    delta: Mapped[Json]
    added: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    fingerprint: Mapped[str]
    total_before: Mapped[int] = mapped_column(BigInteger)
    total_after: Mapped[int] = mapped_column(BigInteger)
    answer: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Now]
    ended_at: Mapped[datetime | None]
