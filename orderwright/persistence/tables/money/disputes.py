"""Money that a customer's bank wants back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import DisputeState
from orderwright.persistence.tables.base import Base, Id, Now, stored


class Dispute(Base):
    """One dispute of a payment, once by the provider's id. Evidence is due by `evidence_due`.

    Until the money is `taken` the bank has only asked, or announced it.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(state = 'open') = (closed_at is null)", name="closed"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    reference: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reason: Mapped[str]
    state: Mapped[DisputeState] = mapped_column(stored(DisputeState), server_default="open")
    taken: Mapped[bool] = mapped_column(server_default=text("true"))
    evidence_due: Mapped[datetime | None]
    opened_at: Mapped[Now]
    closed_at: Mapped[datetime | None]
