"""What leaves from where: fulfillment orders, parcels, scans, offers, documents."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState, PartnerState
from orderwright.domain.sourcing import ProfileState
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored

_WATCHED = text(
    "state in ('planned', 'labeled', 'handed_over', 'in_transit', 'exception', 'out_for_delivery')"
)


class FulfillmentOrder(Base):
    """One order's units at one location. `amount` (lines, `shipping`, `fees`) is captured once it ships.

    Its shares of shipping and fees hold their tax, told beside; `tax` is all tax within the amount.

    `needs_label`: whether we buy the label. Collected ones have a `pickup_code` and wait from `ready_at` to
    `collect_by`; `short_at`: fewer units were there than it had;
    `recalled_for`: the change it was asked back for, where that is no cancel of the order;
    `hurried`: the faster service it goes with; of a canceled one, that of the part that is planned instead,
    which takes this over and keeps the promise; `asked_again_at`: a person lets the location be chosen again,
    though it refused or was short before that.
    """

    __tablename__ = "fulfillment_orders"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        Index("ix_fulfillment_orders_location", "location", "state"),
        Index("ix_fulfillment_orders_ships_on", "location", "ships_on"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint(
            "shipping_tax between 0 and shipping and fees_tax between 0 and fees"
            " and tax >= shipping_tax + fees_tax",
            name="shares",
        ),
        CheckConstraint(
            "(ready_at is null) = (collect_by is null) and (ready_at is null) = (pickup_code is null)"
            " and (ready_at is null or method = 'pickup') and wrong_codes >= 0",
            name="pickup",
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    location: Mapped[str] = mapped_column(ForeignKey("locations.code"))
    state: Mapped[FulfillmentState] = mapped_column(stored(FulfillmentState))
    partner: Mapped[PartnerState] = mapped_column(stored(PartnerState), server_default="unsubmitted")
    partner_sequence: Mapped[int] = mapped_column(server_default="0")
    partner_reason: Mapped[str] = mapped_column(server_default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    shipping: Mapped[int] = mapped_column(BigInteger, server_default="0")
    shipping_tax: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fees: Mapped[int] = mapped_column(BigInteger, server_default="0")
    fees_tax: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tax: Mapped[int] = mapped_column(BigInteger, server_default="0")
    captured: Mapped[int] = mapped_column(BigInteger, server_default="0")
    ships_on: Mapped[date | None]
    promised_on: Mapped[date | None]
    released_at: Mapped[datetime | None]
    recall_sent_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    method: Mapped[DeliveryMethod] = mapped_column(stored(DeliveryMethod), server_default="shipping")
    needs_label: Mapped[bool] = mapped_column(server_default=text("true"))
    pickup_code: Mapped[str | None]
    wrong_codes: Mapped[int] = mapped_column(server_default="0")
    ready_at: Mapped[datetime | None]
    collect_by: Mapped[datetime | None]
    short_at: Mapped[datetime | None]
    asked_again_at: Mapped[datetime | None]
    recalled_for: Mapped[UUID | None] = mapped_column(ForeignKey("order_changes.id"))
    hurried: Mapped[Json | None]
    created_at: Mapped[Now]

    @property
    def drop_shipped(self) -> bool:
        """Whether a supplier sends it with a carrier of his own."""
        return self.method is DeliveryMethod.SHIPPING and not self.needs_label


class FulfillmentLine(Base):
    """Units of one order line in one fulfillment order, and their exact share of its total, tax and discount.

    `unit_cost`: what one unit had cost us when it shipped, in minor units of the product's (drop-shipped: the
    supplier's) currency, `cost_currency`; None where nobody knew.
    `free` of the units take the place of others and cost the customer nothing; for `made_good` of them the
    customer has got a refund or (`replaced`) another unit.
    """

    __tablename__ = "fulfillment_lines"
    __table_args__ = (
        PrimaryKeyConstraint("fulfillment_id", "line_id"),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("(unit_cost is null) = (cost_currency is null)", name="cost"),
        CheckConstraint(
            "free between 0 and units and made_good between 0 and units and replaced between 0 and made_good",
            name="replacements",
        ),
    )

    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"))
    sku: Mapped[str]
    units: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger, server_default="0")
    unit_cost: Mapped[int | None] = mapped_column(BigInteger)
    cost_currency: Mapped[str | None]
    free: Mapped[int] = mapped_column(server_default="0")
    made_good: Mapped[int] = mapped_column(server_default="0")
    replaced: Mapped[int] = mapped_column(server_default="0")


class Labeled:
    """What a parcel with our label has, whichever way it goes. `amount`: the label's price in `currency`."""

    state: Mapped[ShipmentState] = mapped_column(stored(ShipmentState), server_default="planned")
    grams: Mapped[int]
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    reference: Mapped[str | None]
    carrier: Mapped[str | None]
    service: Mapped[str | None]
    tracking_code: Mapped[str | None]
    tracking_url: Mapped[str | None]
    label_url: Mapped[str | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None]


class Shipment(Labeled, Base):
    """One parcel of a fulfillment order.

    `expected_on` is when it comes by what we know now, `told_on` the day that the customer was told instead
    of `promised_on`; `watch_at`: the next look of the promise's guardian (None: at once), `asked_at`: when
    the carrier was asked last.
    """

    __tablename__ = "shipments"
    __table_args__ = (
        Index(
            "ix_shipments_tracking_code", "tracking_code", postgresql_where=text("tracking_code is not null")
        ),
        Index("ix_shipments_watch_at", "watch_at", postgresql_where=_WATCHED),
        Index("ix_shipments_delivered_at", "delivered_at", postgresql_where=text("state = 'delivered'")),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    fulfillment_id: Mapped[UUID] = mapped_column(ForeignKey("fulfillment_orders.id"), index=True)
    promised_on: Mapped[date | None]
    expected_on: Mapped[date | None]
    told_on: Mapped[date | None]
    watch_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[Now]


class ShipmentOffer(Base):
    """Every rate a carrier offered, and why one was taken.

    What it was offered for stands beside it, so that prices of a lane are found at once: from `location` to
    `country`, by the service that the customer chose (`wanted`), up to `band` grams.
    """

    __tablename__ = "shipment_offers"
    __table_args__ = (
        UniqueConstraint("shipment_id", "rate_id"),
        Index("ix_shipment_offers_lane", "location", "country", "wanted", "band", "id"),
    )

    id: Mapped[Id]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"))
    rate_id: Mapped[str]
    carrier: Mapped[str]
    service: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    arrives: Mapped[date | None]
    chosen: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str] = mapped_column(server_default="")
    location: Mapped[str | None]
    country: Mapped[str | None]
    wanted: Mapped[str | None]
    band: Mapped[int | None]


class ShipmentScan(Base):
    """What the carrier saw, append-only, each once. A late one is kept and moves nothing back.

    `place` is a city and country of the carrier's.
    """

    __tablename__ = "shipment_scans"
    __table_args__ = (UniqueConstraint("shipment_id", "status", "at"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"))
    status: Mapped[ShipmentState] = mapped_column(stored(ShipmentState))
    at: Mapped[datetime]
    place: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[Now]


class Document(Base):
    """A label or packing slip as it was made, reprinted unchanged."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("kind", "subject_id", "media_type"),)

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    media_type: Mapped[str]
    content: Mapped[bytes]
    created_at: Mapped[Now]


class SourcingDecision(Base):
    """Why units ship from where they ship: inputs, candidates, the rejected with the reason."""

    __tablename__ = "sourcing_decisions"

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    decision: Mapped[Json]
    at: Mapped[Now]


class RoutingProfile(Base):
    """Rules by which locations are chosen. A version is never changed; at most one is active."""

    __tablename__ = "routing_profiles"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        CheckConstraint(
            "least(parcel_points, km_points, cost_points, postage_points, late_points, load_points,"
            " balance_points, margin_points) >= 0",
            name="points",
        ),
        Index("uq_routing_profiles_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    version: Mapped[int]
    state: Mapped[ProfileState] = mapped_column(stored(ProfileState), server_default="draft")
    parcel_points: Mapped[int] = mapped_column(BigInteger)
    km_points: Mapped[int] = mapped_column(BigInteger)
    cost_points: Mapped[int] = mapped_column(BigInteger)
    postage_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    late_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    load_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    balance_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    margin_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    note: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[Now]
    activated_by: Mapped[str | None]
    activated_at: Mapped[datetime | None]
