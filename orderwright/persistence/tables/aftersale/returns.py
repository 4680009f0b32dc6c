"""Returns: what comes back, with which parcel, how it was found, and by which rules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
    ReturnState,
)
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored
from orderwright.persistence.tables.fulfillment import Labeled


class ReturnPolicyRow(Base):
    """One version of the rules; never changed, the newest is in force."""

    __tablename__ = "return_policies"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[Json]
    note: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[Now]


class Return(Base):
    """One return. `fee`: what the customer pays for the way, in minor units of the order's currency.

    `deadline` is that of its state; the meaning is in `workflows/policies.py`. `instant`: refunded at the
    carrier's first scan. `reckoned_at`: when what is given back was written; `why`: how it ended, a code.
    `run_id`, `woken` and `reads` are as an order's.
    """

    __tablename__ = "returns"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_returns_order_id", "order_id"),
        Index("ix_returns_state", "state", "id"),
        CheckConstraint("fee >= 0", name="fee"),
    )

    id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInteger, Identity(start=10001))
    number: Mapped[str]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    state: Mapped[ReturnState] = mapped_column(stored(ReturnState))
    resolution: Mapped[Resolution] = mapped_column(stored(Resolution))
    method: Mapped[ReturnMethod] = mapped_column(stored(ReturnMethod))
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    policy_version: Mapped[int]
    fee: Mapped[int] = mapped_column(BigInteger, server_default="0")
    instant: Mapped[bool] = mapped_column(server_default=text("false"))
    deadline: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    requested_by: Mapped[str]
    approved_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]
    reckoned_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    run_id: Mapped[str | None]
    woken: Mapped[bool] = mapped_column(server_default=text("false"))
    reads: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[Now]


class ReturnLine(Base):
    """Units of an order line that are to come back, and what was ruled of them when it was asked.

    `received` of them came; `wrong` came and are none of ours; `missing` will not come. The amounts say how
    the refund was reckoned: value = kept + restocking + fee + refund; `refunded_units` are those it counts.
    """

    __tablename__ = "return_lines"
    __table_args__ = (
        UniqueConstraint("return_id", "line_id"),
        CheckConstraint(
            "units > 0 and received >= 0 and missing >= 0 and wrong >= 0 and damaged between 0 and received"
            " and received + missing <= units and wrong <= units",
            name="units",
        ),
        CheckConstraint("restocking_ppm between 0 and 1000000", name="restocking_ppm"),
        CheckConstraint(
            "value = kept + restocking + fee + refund and least(kept, restocking, fee, refund) >= 0"
            " and refunded_units between 0 and units",
            name="amounts",
        ),
    )

    id: Mapped[Id]
    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), index=True)
    sku: Mapped[str]
    units: Mapped[int]
    reason: Mapped[ReturnReason] = mapped_column(stored(ReturnReason))
    withdrawal: Mapped[bool]
    restocking_ppm: Mapped[int]
    refunds_shipping: Mapped[bool]
    window_ends: Mapped[datetime]
    received: Mapped[int] = mapped_column(server_default="0")
    wrong: Mapped[int] = mapped_column(server_default="0")
    damaged: Mapped[int] = mapped_column(server_default="0")
    missing: Mapped[int] = mapped_column(server_default="0")
    value: Mapped[int] = mapped_column(BigInteger, server_default="0")
    kept: Mapped[int] = mapped_column(BigInteger, server_default="0")
    restocking: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fee: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refund: Mapped[int] = mapped_column(BigInteger, server_default="0")
    refunded_units: Mapped[int] = mapped_column(server_default="0")


class ReturnInspection(Base):
    """Received units of one condition, and what becomes of them. `photos` name files kept elsewhere.

    `gathered` of those for the vendor are on a vendor return that is not canceled; the others wait.
    """

    __tablename__ = "return_inspections"
    __table_args__ = (
        CheckConstraint("units > 0 and deduct_ppm between 0 and 1000000", name="figures"),
        CheckConstraint(
            "gathered between 0 and units and (gathered = 0 or disposition = 'to_vendor')", name="gathered"
        ),
        Index("ix_return_inspections_return_line_id", "return_line_id"),
        Index(
            "ix_return_inspections_for_vendor",
            "id",
            postgresql_where=text("disposition = 'to_vendor' and gathered < units"),
        ),
    )

    id: Mapped[Id]
    return_line_id: Mapped[UUID] = mapped_column(ForeignKey("return_lines.id"))
    units: Mapped[int]
    condition: Mapped[Condition] = mapped_column(stored(Condition))
    disposition: Mapped[Disposition] = mapped_column(stored(Disposition))
    gathered: Mapped[int] = mapped_column(server_default="0")
    deduct_ppm: Mapped[int] = mapped_column(server_default="0")
    lot: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    photos: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    inspected_by: Mapped[str]
    at: Mapped[Now]


class ReturnParcel(Labeled, Base):
    """The parcel in which a return comes, with our label."""

    __tablename__ = "return_parcels"
    __table_args__ = (
        UniqueConstraint("return_id"),
        Index(
            "ix_return_parcels_tracking_code",
            "tracking_code",
            postgresql_where=text("tracking_code is not null"),
        ),
    )

    id: Mapped[Id]
    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    scanned_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    created_at: Mapped[Now]


class Exchange(Base):
    """The order of the goods that are given for those of a return. Amounts in minor units of its currency.

    `worth`: what the return was reckoned to give, `price`: what the new goods cost, both as they were agreed;
    `credit`: what the return pays of them, agreed at first, then decided. Until `decided_at` the order takes
    nothing of it, and where it was shipped first a security of as much is held.
    """

    __tablename__ = "exchanges"
    __table_args__ = (
        UniqueConstraint("order_id"),
        CheckConstraint("worth >= 0 and price >= 0 and credit between 0 and worth", name="amounts"),
    )

    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    ship_first: Mapped[bool]
    worth: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[int] = mapped_column(BigInteger)
    credit: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None]
