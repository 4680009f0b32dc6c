"""What makes things happen once: effects, outbox, inbox, idempotency keys, notifications."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import EffectState
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Effect(Base):
    """One call that changes the world. `key` = "{order_id}:{step}:{n}" is the provider's idempotency key.

    `order_id` is no foreign key: money that came without an order is given back under its difference's id.
    """

    __tablename__ = "effects"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "step", "n"),
        Index(
            "ix_effects_open",
            "state",
            "intended_at",
            postgresql_where=text("state in ('intended', 'unknown')"),
        ),
    )

    order_id: Mapped[UUID]
    step: Mapped[str]
    n: Mapped[int]
    request_hash: Mapped[str]
    state: Mapped[EffectState] = mapped_column(stored(EffectState), server_default="intended")
    answer: Mapped[Json | None]
    code: Mapped[str | None]
    intended_at: Mapped[Now]
    ended_at: Mapped[datetime | None]

    @property
    def key(self) -> str:
        """What the provider knows the call by."""
        return f"{self.order_id}:{self.step}:{self.n}"


class Outbox(Base):
    """A wake that must reach its order's run, or that of `return_id`; deleted once delivered."""

    __tablename__ = "outbox"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    return_id: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Now]


class Inbox(Base):
    """A provider's event, stored once by (source, event_id), translated, without personal data."""

    __tablename__ = "inbox"
    __table_args__ = (
        PrimaryKeyConstraint("source", "event_id"),
        Index("ix_inbox_due", "due_at", postgresql_where=text("state = 'pending'")),
    )

    source: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    reference: Mapped[str]
    data: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default="pending")
    why: Mapped[str] = mapped_column(server_default="")
    occurred_at: Mapped[datetime]
    received_at: Mapped[Now]
    due_at: Mapped[Now]
    processed_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The stored answer of a POST, by key and principal. Kept seven days."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        PrimaryKeyConstraint("principal", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    principal: Mapped[str]
    key: Mapped[str]
    route: Mapped[str]
    body_hash: Mapped[str]
    status: Mapped[int]
    answer: Mapped[Json]
    headers: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[Now]


class Notification(Base):
    """One message to one person about one stage. `reference` is the Message-ID or the SMS's SID.

    `copy` counts what staff sent again, `asked_by` and `asked_why` say who and why. A `waiting` one leaves by
    itself at `due_at`. `arrived` is what the provider told of it later, ranked so that it moves forward only.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("order_id", "stage", "subject", "channel", "copy"),
        Index("ix_notifications_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_notifications_reference", "reference", postgresql_where=text("reference is not null")),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    stage: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="intended")
    reference: Mapped[str | None]
    why: Mapped[str] = mapped_column(server_default="")
    copy: Mapped[int] = mapped_column(server_default="1")
    asked_by: Mapped[str] = mapped_column(server_default="")
    asked_why: Mapped[str] = mapped_column(server_default="")
    due_at: Mapped[datetime | None]
    arrived: Mapped[str] = mapped_column(server_default="")
    arrived_code: Mapped[str] = mapped_column(server_default="")
    arrived_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    sent_at: Mapped[datetime | None]


class ApiKey(Base):
    """A caller's key, stored hashed (SHA-256 of 256 random bits needs no slow hash)."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("hash"),)

    id: Mapped[Id]
    name: Mapped[str]
    hash: Mapped[str]
    scopes: Mapped[str]
    created_at: Mapped[Now]
    revoked_at: Mapped[datetime | None]
