"""Money that came by bank: transfers of customers, and what carriers remit of what they have collected."""

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


class Remittance(Base):
    """What a carrier has paid over of the cash it collected, once by its own reference."""

    __tablename__ = "remittances"
    __table_args__ = (
        UniqueConstraint("carrier", "reference"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[Id]
    carrier: Mapped[str]
    reference: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    received_at: Mapped[datetime]
    created_at: Mapped[Now]


class RemittanceLine(Base):
    """One parcel of it, as the carrier names it. `used` settles what was owed; the rest is owed back."""

    __tablename__ = "remittance_lines"
    __table_args__ = (
        UniqueConstraint("remittance_id", "position"),
        CheckConstraint("amount > 0 and used between 0 and amount", name="amounts"),
        CheckConstraint("(used > 0) <= (order_id is not null)", name="order"),
        Index("ix_remittance_lines_state", "state", "id"),
    )

    id: Mapped[Id]
    remittance_id: Mapped[UUID] = mapped_column(ForeignKey("remittances.id"))
    position: Mapped[int]
    named: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, server_default="0")
    missing: Mapped[int] = mapped_column(BigInteger, server_default="0")
    state: Mapped[TransferState] = mapped_column(stored(TransferState))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
