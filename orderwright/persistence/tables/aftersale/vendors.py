"""What goes back to vendors: one row per vendor return, one per inspection that its units are of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.returns.vendors import VendorReturnState
from orderwright.persistence.tables.base import Base, Id, Now, stored


class VendorReturn(Base):
    """Returned units of one location that go back to one vendor, as the shop calls him.

    `authorization_number` and `reference` (of his credit) are the vendor's words. `due_at`: when a person is
    asked what keeps him. `credit` in minor units of `currency`, 0 where he gives nothing.
    """

    __tablename__ = "vendor_returns"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_vendor_returns_state", "state", "id"),
        Index("ix_vendor_returns_due", "due_at", postgresql_where=text("state = 'shipped'")),
        CheckConstraint("(state = 'settled') = (credit is not null)", name="settled"),
        CheckConstraint("(credit is null) = (currency is null) and credit >= 0", name="credit"),
        CheckConstraint("state not in ('shipped', 'settled') or shipped_at is not null", name="shipped"),
    )

    id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInteger, Identity(start=10001))
    number: Mapped[str]
    vendor: Mapped[str]
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    state: Mapped[VendorReturnState] = mapped_column(stored(VendorReturnState), server_default="open")
    note: Mapped[str] = mapped_column(server_default="")
    authorization_number: Mapped[str] = mapped_column(server_default="")
    carrier: Mapped[str] = mapped_column(server_default="")
    tracking_code: Mapped[str] = mapped_column(server_default="")
    due_at: Mapped[datetime | None]
    credit: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    reference: Mapped[str] = mapped_column(server_default="")
    opened_by: Mapped[str]
    created_at: Mapped[Now]
    shipped_by: Mapped[str | None]
    shipped_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]


class VendorReturnLine(Base):
    """Units of one inspection. `refused` of them by the vendor, `restocked` of those are on the shelf again.

    `credit`: this line's part of what the vendor gives.
    """

    __tablename__ = "vendor_return_lines"
    __table_args__ = (
        UniqueConstraint("vendor_return_id", "inspection_id"),
        CheckConstraint(
            "units > 0 and refused between 0 and units and restocked between 0 and refused", name="units"
        ),
        CheckConstraint("credit >= 0", name="credit"),
    )

    id: Mapped[Id]
    vendor_return_id: Mapped[UUID] = mapped_column(ForeignKey("vendor_returns.id"))
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("return_inspections.id"), index=True)
    sku: Mapped[str]
    lot: Mapped[str | None]
    units: Mapped[int]
    refused: Mapped[int] = mapped_column(server_default="0")
    restocked: Mapped[int] = mapped_column(server_default="0")
    credit: Mapped[int] = mapped_column(BigInteger, server_default="0")
