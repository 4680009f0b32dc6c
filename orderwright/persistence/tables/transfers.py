"""Money that came by bank transfer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import TransferState
from orderwright.persistence.tables.base import Base, Id, Now, stored


class BankTransfer(Base):
    """One transfer, once by the bank's id. `used` of it pays its order's payment; the rest is owed back."""

    __tablename__ = "bank_transfers"
    __table_args__ = (
        UniqueConstraint("bank_id"),
        CheckConstraint("amount > 0 and used between 0 and amount", name="amounts"),
        CheckConstraint("(used > 0) <= (payment_id is not null)", name="payment"),
        Index("ix_bank_transfers_payment_id", "payment_id"),
        Index("ix_bank_transfers_state", "state", "id"),
    )

    id: Mapped[Id]
    bank_id: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, server_default="0")
    currency: Mapped[str]
    reference: Mapped[str]
    state: Mapped[TransferState] = mapped_column(stored(TransferState))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"))
    received_at: Mapped[datetime]
    created_at: Mapped[Now]
