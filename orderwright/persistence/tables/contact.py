"""How people are talked to: brands, a shop's own words, consent, addresses that failed, and what was said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.persistence.tables.base import Base, Id, Now


class Brand(Base):
    """Who a mail is from. `sender` as in a From header; `color` is a button's ground, its words are white."""

    __tablename__ = "brands"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    sender: Mapped[str] = mapped_column(server_default="")
    url: Mapped[str] = mapped_column(server_default="")
    color: Mapped[str] = mapped_column(server_default="")
    footer: Mapped[str] = mapped_column(server_default="")
    updated_at: Mapped[Now]


class BrandChannel(Base):
    """Which brand the orders of a channel belong to."""

    __tablename__ = "brand_channels"

    channel: Mapped[str] = mapped_column(primary_key=True)
    brand: Mapped[str] = mapped_column(ForeignKey("brands.code", ondelete="CASCADE"), index=True)


class NotificationTemplate(Base):
    """A shop's own words for a stage; the highest version counts, and none where it is withdrawn.

    Empty language, brand or segment: any. `channel` mail has subject, text and html, sms has sms.
    """

    __tablename__ = "notification_templates"
    __table_args__ = (
        UniqueConstraint("stage", "channel", "language", "brand", "segment", "version"),
        CheckConstraint("channel in ('mail', 'sms')", name="channel"),
    )

    id: Mapped[Id]
    stage: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="")
    brand: Mapped[str] = mapped_column(server_default="")
    segment: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    subject: Mapped[str | None]
    text: Mapped[str | None]
    html: Mapped[str | None]
    sms: Mapped[str | None]
    withdrawn: Mapped[bool] = mapped_column(server_default=sql("false"))
    saved_by: Mapped[str]
    saved_at: Mapped[Now]


class Consent(Base):
    """What a customer wanted, when, and how. Append-only, by trigger: the newest counts.

    `kind` empty: of all kinds of messages.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_customer_id", "customer_id", "channel", "kind", "id"),
        CheckConstraint("channel in ('mail', 'sms', 'marketing')", name="channel"),
        CheckConstraint("kind in ('', 'essential', 'progress', 'returns')", name="kind"),
    )

    id: Mapped[Id]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    wanted: Mapped[bool]
    source: Mapped[str]
    actor: Mapped[str]
    at: Mapped[Now]


class AddressMark(Base):
    """An address or number that is not written to: it bounced, complained or said STOP. Kept as a hash."""

    __tablename__ = "address_marks"
    __table_args__ = (PrimaryKeyConstraint("channel", "address_hash"),)

    channel: Mapped[str]
    address_hash: Mapped[str]
    mark: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Now]


class NotificationText(Base):
    """What a notification said, and to whom, as sent. Personal: deleted by age, its row stays."""

    __tablename__ = "notification_texts"

    notification_id: Mapped[UUID] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str]
    at: Mapped[Now] = mapped_column(index=True)


class OrderNote(Base):
    """What staff wrote about an order: for themselves, or to the customer."""

    __tablename__ = "order_notes"
    __table_args__ = (CheckConstraint("audience in ('internal', 'customer')", name="audience"),)

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    audience: Mapped[str]
    text: Mapped[str]
    actor: Mapped[str]
    at: Mapped[Now]


class CustomerMessage(Base):
    """A mail or SMS that came in, once by its provider's id. Without an order it waits for a person.

    `handled`: answered or dismissed, as a person said of its task.
    """

    __tablename__ = "customer_messages"
    __table_args__ = (
        UniqueConstraint("channel", "reference"),
        Index("ix_customer_messages_order_id", "order_id", "id"),
        CheckConstraint("handled in ('', 'answered', 'dismissed')", name="handled"),
        Index("ix_customer_messages_unmatched", "id", postgresql_where=sql("order_id is null")),
    )

    id: Mapped[Id]
    channel: Mapped[str]
    reference: Mapped[str]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    matched_by: Mapped[str] = mapped_column(server_default="")
    sender: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str]
    received_at: Mapped[Now]
    handled: Mapped[str] = mapped_column(server_default="")
    handled_by: Mapped[str] = mapped_column(server_default="")
    handled_at: Mapped[datetime | None]
