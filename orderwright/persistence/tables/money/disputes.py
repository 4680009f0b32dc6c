"""Money that a customer's bank wants back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from orderwright.domain.payments import AnswerKind, AnswerState, DisputeState, EvidenceKind
from orderwright.persistence.tables.base import Base, Id, Json, Now, stored


class Dispute(Base):
    """One dispute of a payment, once by the provider's id. Evidence is due by `evidence_due`.

    Until the money is `taken` the bank has only asked, or announced it.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(state = 'open') = (closed_at is null)", name="closed"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"), index=True)
    reference: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reason: Mapped[str]
    state: Mapped[DisputeState] = mapped_column(stored(DisputeState), server_default="open")
    taken: Mapped[bool] = mapped_column(server_default=text("true"))
    evidence_due: Mapped[datetime | None]
    opened_at: Mapped[Now]
    closed_at: Mapped[datetime | None]


class DisputeAnswer(Base):
    """What we say to a dispute, once to what the bank asks and once where it has `taken` the money.

    `said` and the contents of its files are kept until the bank has decided. `parcels`: carrier, tracking
    and day of what was sent. `defense_reason`: one of the provider's list. `why`: it was not taken.
    """

    __tablename__ = "dispute_answers"
    __table_args__ = (
        Index(
            "uq_dispute_answers_one", "dispute_id", "taken", unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        Index("ix_dispute_answers_requested", "id", postgresql_where=text("state = 'requested'")),
        CheckConstraint("(state = 'requested') = (ended_at is null)", name="ended"),
    )  # fmt: skip

    id: Mapped[Id]
    dispute_id: Mapped[UUID] = mapped_column(ForeignKey("disputes.id"), index=True)
    kind: Mapped[AnswerKind] = mapped_column(stored(AnswerKind))
    state: Mapped[AnswerState] = mapped_column(stored(AnswerState), server_default="requested")
    taken: Mapped[bool]
    said: Mapped[str] = mapped_column(server_default="")
    parcels: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    defense_reason: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    asked_at: Mapped[Now]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(server_default="")


class DisputeFile(Base):
    """A document of an answer; without its content once the bank has decided."""

    __tablename__ = "dispute_files"

    id: Mapped[Id]
    answer_id: Mapped[UUID] = mapped_column(ForeignKey("dispute_answers.id"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(stored(EvidenceKind))
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    content: Mapped[bytes | None]
