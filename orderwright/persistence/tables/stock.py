"""Stock per SKU, location and lot, who holds it, who may not, and every move."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import ExpectedKind, ExpectedState, MoveKind, ReservationState
from orderwright.persistence.tables.base import Base, Id, Now, stored


class StockLevel(Base):
    """Kept beside the moves in the same transaction; on_hand - reserved is never below zero.

    `safety` units of it are promised to nobody; `unit_cost` in minor units of the product's currency.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        PrimaryKeyConstraint("sku", "location"),
        CheckConstraint("reserved >= 0 and on_hand >= reserved", name="never_oversold"),
        CheckConstraint("safety >= 0 and unit_cost >= 0", name="figures"),
    )

    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")
    safety: Mapped[int] = mapped_column(server_default="0")
    unit_cost: Mapped[int] = mapped_column(BigInteger, server_default="0")


class StockLot(Base):
    """Units of one lot, or the one with that serial number; changed only under the lock of its level.

    Of a tracked product the lots at a location sum up to its level. A serial number is in one place.
    """

    __tablename__ = "stock_lots"
    __table_args__ = (
        PrimaryKeyConstraint("sku", "location", "lot"),
        ForeignKeyConstraint(["sku", "location"], ["stock_levels.sku", "stock_levels.location"]),
        CheckConstraint("reserved >= 0 and on_hand >= reserved", name="never_oversold"),
        CheckConstraint("not serial or on_hand <= 1", name="serial"),
        Index(
            "uq_stock_lots_serial", "sku", "lot", unique=True, postgresql_where=text("serial and on_hand > 0")
        ),
    )

    sku: Mapped[str]
    location: Mapped[str]
    lot: Mapped[str]
    expires_on: Mapped[date | None]
    serial: Mapped[bool] = mapped_column(server_default=text("false"))
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")


class ChannelBuffer(Base):
    """Units at a location that are not sold to the channel, beside the safety stock."""

    __tablename__ = "channel_buffers"
    __table_args__ = (
        PrimaryKeyConstraint("channel", "sku", "location"),
        CheckConstraint("units > 0", name="units"),
    )

    channel: Mapped[str]
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    units: Mapped[int]


class ChannelQuota(Base):
    """What a channel may hold and buy of a SKU in all; `taken` of it is, by reservations that name it."""

    __tablename__ = "channel_quotas"
    __table_args__ = (
        PrimaryKeyConstraint("channel", "sku"),
        CheckConstraint("taken between 0 and at_most", name="taken"),
    )

    channel: Mapped[str]
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    at_most: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")


class Reservation(Base):
    """Units of one line at one location; `expires_at` None: kept until shipped or freed.

    `channel` is the one whose quota counts these units, if any does.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("units > 0", name="units"),
        Index("ix_reservations_order_id", "order_id"),
        Index("ix_reservations_active", "expires_at", postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    fulfillment_id: Mapped[UUID | None] = mapped_column(ForeignKey("fulfillment_orders.id"), index=True)
    sku: Mapped[str]
    location: Mapped[str]
    units: Mapped[int]
    state: Mapped[ReservationState] = mapped_column(stored(ReservationState), server_default="active")
    expires_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    created_at: Mapped[Now]


class ReservationLot(Base):
    """Of which lots a reservation's units are; they sum up to its units."""

    __tablename__ = "reservation_lots"
    __table_args__ = (
        PrimaryKeyConstraint("reservation_id", "lot"),
        ForeignKeyConstraint(
            ["sku", "location", "lot"], ["stock_lots.sku", "stock_lots.location", "stock_lots.lot"]
        ),
        CheckConstraint("units > 0", name="units"),
    )

    reservation_id: Mapped[UUID] = mapped_column(ForeignKey("reservations.id"))
    sku: Mapped[str]
    location: Mapped[str]
    lot: Mapped[str]
    units: Mapped[int]


class StockMove(Base):
    """Append-only, by trigger: the sums of a SKU at a location are its level, those of a lot its lot.

    `reference`: the transfer or count it belongs to; `code`: why stock was put right.
    """

    __tablename__ = "stock_moves"
    __table_args__ = (
        Index("ix_stock_moves_sku", "sku", "location", "seq"),
        Index("ix_stock_moves_reference", "reference", postgresql_where=text("reference <> ''")),
        Index("ix_stock_moves_returned", "order_id", postgresql_where=text("kind = 'return'")),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    sku: Mapped[str]
    location: Mapped[str]
    lot: Mapped[str | None]
    kind: Mapped[MoveKind] = mapped_column(stored(MoveKind))
    on_hand: Mapped[int] = mapped_column(server_default="0")
    reserved: Mapped[int] = mapped_column(server_default="0")
    order_id: Mapped[UUID | None]
    reference: Mapped[str] = mapped_column(server_default="")
    code: Mapped[AdjustReason | None] = mapped_column(stored(AdjustReason))
    reason: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str] = mapped_column(server_default="system")
    at: Mapped[Now]


class ExpectedReceipt(Base):
    """Units on their way to a location; what has come is `received`. `reference`: the order or transfer.

    `weeks_late`: they are reckoned with so many weeks after `due_on`, as they have not come by then.
    """

    __tablename__ = "expected_receipts"
    __table_args__ = (
        CheckConstraint("units > 0 and received >= 0", name="units"),
        CheckConstraint("weeks_late >= 0", name="weeks_late"),
        Index("ix_expected_receipts_open", "sku", "due_on", postgresql_where=text("state = 'open'")),
        Index("ix_expected_receipts_reference", "reference"),
    )

    id: Mapped[Id]
    kind: Mapped[ExpectedKind] = mapped_column(stored(ExpectedKind))
    state: Mapped[ExpectedState] = mapped_column(stored(ExpectedState), server_default="open")
    reference: Mapped[str]
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    units: Mapped[int]
    received: Mapped[int] = mapped_column(server_default="0")
    due_on: Mapped[date]
    weeks_late: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]

    @property
    def reckoned_on(self) -> date:
        """The day on which they are to come, as far as anybody knows."""
        return self.due_on + timedelta(weeks=self.weeks_late)
