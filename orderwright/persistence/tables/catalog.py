"""What is sold, from where, and to whom."""

from datetime import date, time
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    Time,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.fulfillment.states import LocationRole, WarehouseKind
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Product(Base):
    """Grams and millimeters; the price in minor units, without tax unless the rate says so.

    `buyer_cap`: units one customer may have in all; `release_on`: not shipped before that day, and at most
    `preorder_limit` units are sold until then.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("grams >= 0 and length_mm >= 0 and width_mm >= 0 and height_mm >= 0", name="sizes"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("buyer_cap > 0", name="buyer_cap"),
        CheckConstraint("preorder_limit >= 0", name="preorder_limit"),
    )

    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    tax_class: Mapped[str] = mapped_column(server_default="standard")
    grams: Mapped[int] = mapped_column(server_default="0")
    length_mm: Mapped[int] = mapped_column(server_default="0")
    width_mm: Mapped[int] = mapped_column(server_default="0")
    height_mm: Mapped[int] = mapped_column(server_default="0")
    tracking: Mapped[Tracking] = mapped_column(stored(Tracking), server_default="none")
    hazmat: Mapped[bool] = mapped_column(server_default=text("false"))
    buyer_cap: Mapped[int | None]
    release_on: Mapped[date | None]
    preorder_limit: Mapped[int | None]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Now]


class UnitOfMeasure(Base):
    """How a product is also ordered and received: so many `units` of it in one `code` (case, pallet)."""

    __tablename__ = "units_of_measure"
    __table_args__ = (PrimaryKeyConstraint("sku", "code"), CheckConstraint("units > 1", name="units"))

    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    code: Mapped[str]
    units: Mapped[int]


class KitComponent(Base):
    """Units of a product in one kit. A product with components is a kit: it has no stock of its own."""

    __tablename__ = "kit_components"
    __table_args__ = (
        PrimaryKeyConstraint("kit", "component"),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("kit <> component", name="not_itself"),
    )

    kit: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    component: Mapped[str] = mapped_column(ForeignKey("products.sku"), index=True)
    units: Mapped[int]


class Location(Base):
    """Where stock lies and parcels leave. `cutoff` is local in `timezone`; `handling_cost` in minor units.

    `workdays` are ISO days (1 Monday); `daily_capacity` parcels a day; `carriers` and `serves` empty: all.
    `serves` names countries (`GB`) or the beginning of postal codes there (`GB:SW1`). `ships`: parcels leave
    from here; `pickup`: customers may collect here.
    """

    __tablename__ = "locations"
    __table_args__ = (
        CheckConstraint("workdays ~ '^1?2?3?4?5?6?7?$' and workdays <> ''", name="workdays"),
        CheckConstraint("daily_capacity >= 0", name="daily_capacity"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[WarehouseKind] = mapped_column(stored(WarehouseKind))
    address: Mapped[Json]
    latitude: Mapped[float]
    longitude: Mapped[float]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    cutoff: Mapped[time] = mapped_column(Time, server_default="16:00")
    handling_cost: Mapped[int] = mapped_column(BigInteger, server_default="0")
    role: Mapped[LocationRole] = mapped_column(stored(LocationRole), server_default="warehouse")
    workdays: Mapped[str] = mapped_column(server_default="12345")
    daily_capacity: Mapped[int | None]
    carriers: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    serves: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    hazmat: Mapped[bool] = mapped_column(server_default=text("false"))
    ships: Mapped[bool] = mapped_column(server_default=text("true"))
    pickup: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class LocationClosure(Base):
    """A day on which nothing leaves from there."""

    __tablename__ = "location_closures"
    __table_args__ = (PrimaryKeyConstraint("location", "day"),)

    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    day: Mapped[date]
    reason: Mapped[str] = mapped_column(server_default="")


class Customer(Base):
    """A person or a company. Consent is per channel and given by the customer; `segment`: a group of ours."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_email", text("lower(email)")),
        Index(
            "uq_customers_external_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id is not null"),
        ),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None]
    name: Mapped[str]
    company: Mapped[str] = mapped_column(server_default="")
    vat_id: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    sms_consent: Mapped[bool] = mapped_column(server_default=text("false"))
    language: Mapped[str] = mapped_column(server_default="en")
    terms_days: Mapped[int | None]
    segment: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Now]


class CustomerAddress(Base):
    """An address the customer keeps with us; orders copy, they do not refer."""

    __tablename__ = "customer_addresses"

    id: Mapped[Id]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    kind: Mapped[str] = mapped_column(server_default="shipping")
    address: Mapped[Json]


class RiskRule(Base):
    """When a person must look first. `limit_amount` in minor units of `currency`; `score` from 0 to 100."""

    __tablename__ = "risk_rules"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    limit_amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]
    score: Mapped[int | None]
    channels: Mapped[str] = mapped_column(server_default="*")
    deadline_s: Mapped[int] = mapped_column(server_default="172800")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
