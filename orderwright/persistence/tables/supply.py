"""Stock that moves without an order: transfers, counts, and what does not agree."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.stock.supply import (
    AdjustReason,
    CountLineState,
    CountState,
    DifferenceKind,
    DifferenceState,
    TransferLineState,
    TransferState,
)
from orderwright.persistence.tables.base import Base, Id, Now, stored


class Transfer(Base):
    """Units from one location to another; `due_on` is when they are expected there."""

    __tablename__ = "transfers"
    __table_args__ = (
        CheckConstraint("origin <> destination", name="two_places"),
        Index("ix_transfers_under_way", "state", postgresql_where=text("state in ('requested', 'shipped')")),
    )

    id: Mapped[Id]
    origin: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    destination: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    state: Mapped[TransferState] = mapped_column(stored(TransferState), server_default="requested")
    due_on: Mapped[date]
    note: Mapped[str] = mapped_column(server_default="")
    requested_by: Mapped[str]
    shipped_by: Mapped[str | None]
    created_at: Mapped[Now]
    shipped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class TransferLine(Base):
    """One SKU of a transfer. Once received, units = received + short - over, with the reason of a gap."""

    __tablename__ = "transfer_lines"
    __table_args__ = (
        PrimaryKeyConstraint("transfer_id", "sku"),
        CheckConstraint("units > 0 and received >= 0 and short >= 0 and over >= 0", name="units"),
        CheckConstraint("state = 'open' or units = received + short - over", name="balances"),
        CheckConstraint("(short + over > 0) = (reason is not null)", name="gap"),
    )

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id"))
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    units: Mapped[int]
    state: Mapped[TransferLineState] = mapped_column(stored(TransferLineState), server_default="open")
    received: Mapped[int] = mapped_column(server_default="0")
    short: Mapped[int] = mapped_column(server_default="0")
    over: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[AdjustReason | None] = mapped_column(stored(AdjustReason))
    note: Mapped[str] = mapped_column(server_default="")
    received_by: Mapped[str | None]
    received_at: Mapped[datetime | None]
    expected_id: Mapped[UUID | None] = mapped_column(ForeignKey("expected_receipts.id"))


class TransferLot(Base):
    """One lot of a transfer's line. `units`: asked for, then shipped; 0: it came, but had not left."""

    __tablename__ = "transfer_lots"
    __table_args__ = (
        PrimaryKeyConstraint("transfer_id", "sku", "lot"),
        ForeignKeyConstraint(["transfer_id", "sku"], ["transfer_lines.transfer_id", "transfer_lines.sku"]),
        CheckConstraint("units >= 0 and received >= 0 and units + received > 0", name="units"),
    )

    transfer_id: Mapped[UUID]
    sku: Mapped[str]
    lot: Mapped[str]
    units: Mapped[int]
    received: Mapped[int] = mapped_column(server_default="0")


class StockCount(Base):
    """Units counted at a location. `whole`: all of it; a variance worth more than `approval_limit` waits."""

    __tablename__ = "stock_counts"
    __table_args__ = (CheckConstraint("approval_limit >= 0", name="approval_limit"),)

    id: Mapped[Id]
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    state: Mapped[CountState] = mapped_column(stored(CountState), server_default="open")
    whole: Mapped[bool]
    approval_limit: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(server_default="")
    opened_by: Mapped[str]
    submitted_by: Mapped[str | None]
    created_at: Mapped[Now]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class StockCountLine(Base):
    """One SKU of a count, or one of its lots ("" where it has none), whose last day is `expires_on`.

    `book` and `book_seq`: on hand, and its last move, at the moment it was counted.
    """

    __tablename__ = "stock_count_lines"
    __table_args__ = (
        PrimaryKeyConstraint("count_id", "sku", "lot"),
        CheckConstraint("counted >= 0", name="counted"),
    )

    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_counts.id"))
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    lot: Mapped[str] = mapped_column(server_default="")
    expires_on: Mapped[date | None]
    state: Mapped[CountLineState] = mapped_column(stored(CountLineState), server_default="open")
    counted: Mapped[int | None]
    counted_by: Mapped[str | None]
    counted_at: Mapped[datetime | None]
    book: Mapped[int | None]
    book_seq: Mapped[int | None] = mapped_column(BigInteger)
    worth: Mapped[int | None] = mapped_column(BigInteger)
    why: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class StockDifference(Base):
    """Two figures that must be one and are not: found by the reconciliation, repaired by people."""

    __tablename__ = "stock_differences"
    __table_args__ = (
        Index(
            "uq_stock_differences_open",
            "what",
            "sku",
            "location",
            "subject",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Id]
    what: Mapped[DifferenceKind] = mapped_column(stored(DifferenceKind))
    sku: Mapped[str]
    location: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    expected: Mapped[int] = mapped_column(BigInteger)
    found: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[DifferenceState] = mapped_column(stored(DifferenceState), server_default="open")
    found_at: Mapped[Now]
    gone_at: Mapped[datetime | None]
