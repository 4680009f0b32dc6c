"""Deliveries that went wrong: the case, its units, what the carrier owes us, what agents may give."""

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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from orderwright.domain.delivery.cases import CaseKind, CaseState, ClaimState, Origin, WayOut
from orderwright.domain.payments import RefundTo
from orderwright.persistence.tables.base import Base, Id, Now, stored


class DeliveryCase(Base):
    """Something is wrong with a parcel. Of each kind one is open per parcel at most; it is decided once.

    `ways` are offered, the first recommended; `until`: the new day, where waiting was chosen. `words` are the
    claimant's own. Without a deadline it stays until a person decides.
    """

    __tablename__ = "delivery_cases"
    __table_args__ = (
        Index(
            "uq_delivery_cases_one_open", "shipment_id", "kind", unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_delivery_cases_state", "state", "id"),
        Index("ix_delivery_cases_due", "deadline", postgresql_where=text("state = 'open'")),
        CheckConstraint("(state = 'open') = (outcome is null)", name="outcome"),
        CheckConstraint("(outcome is not distinct from 'wait') = (until is not null)", name="until"),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"))
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"), index=True)
    kind: Mapped[CaseKind] = mapped_column(stored(CaseKind))
    state: Mapped[CaseState] = mapped_column(stored(CaseState), server_default="open")
    origin: Mapped[Origin] = mapped_column(stored(Origin))
    opened_by: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    ways: Mapped[list[str]] = mapped_column(ARRAY(Text))
    deadline: Mapped[datetime | None]
    outcome: Mapped[WayOut | None] = mapped_column(stored(WayOut))
    until: Mapped[date | None]
    decided_by: Mapped[str | None]
    why: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    opened_at: Mapped[Now]


class CaseLine(Base):
    """Units of one line of the parcel's fulfillment order that a case is about."""

    __tablename__ = "delivery_case_lines"
    __table_args__ = (
        PrimaryKeyConstraint("case_id", "line_id"),
        ForeignKeyConstraint(
            ["fulfillment_id", "line_id"],
            ["fulfillment_lines.fulfillment_id", "fulfillment_lines.line_id"],
        ),
        CheckConstraint("units > 0", name="units"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_cases.id"))
    fulfillment_id: Mapped[UUID]
    line_id: Mapped[UUID]
    units: Mapped[int]


class CarrierClaim(Base):
    """What we ask the carrier for, once per case; `reference` and `words` are his. Amounts in minor units.

    `at_carrier`: we file it there, and ask for its outcome (last at `asked_at`); else a person does.
    """

    __tablename__ = "carrier_claims"
    __table_args__ = (
        Index("ix_carrier_claims_state", "state", "id"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_cases.id"), unique=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    carrier: Mapped[str]
    state: Mapped[ClaimState] = mapped_column(stored(ClaimState), server_default="filed")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")
    at_carrier: Mapped[bool] = mapped_column(server_default=text("false"))
    description: Mapped[str] = mapped_column(server_default="")
    words: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime | None]
    filed_by: Mapped[str]
    filed_at: Mapped[Now]
    answered_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]


class AppeasementLimit(Base):
    """What an agent (empty: whoever has no limit of his own) may give away a day, in minor units."""

    __tablename__ = "appeasement_limits"
    __table_args__ = (
        PrimaryKeyConstraint("agent", "currency"),
        CheckConstraint("per_day >= 0", name="per_day"),
    )

    agent: Mapped[str]
    currency: Mapped[str]
    per_day: Mapped[int] = mapped_column(BigInteger)
    set_by: Mapped[str]
    set_at: Mapped[Now]


class AppeasementDay(Base):
    """What an agent has given away on a day (UTC)."""

    __tablename__ = "appeasement_days"
    __table_args__ = (
        PrimaryKeyConstraint("agent", "day", "currency"),
        CheckConstraint("spent > 0", name="spent"),
    )

    agent: Mapped[str]
    day: Mapped[date]
    currency: Mapped[str]
    spent: Mapped[int] = mapped_column(BigInteger)


class Appeasement(Base):
    """Money that an agent has given for the trouble."""

    __tablename__ = "appeasements"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    agent: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    destination: Mapped[RefundTo] = mapped_column(stored(RefundTo))
    reason: Mapped[str]
    given_at: Mapped[Now]
