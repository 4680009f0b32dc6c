"""Disputes and what is said to them, as they are asked for and read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Base64Bytes, Field, StringConstraints, field_validator

from api.schemas.base import Body, Out
from api.schemas.money.payments import DisputeView
from orderwright.domain.payments import AnswerKind, AnswerState, EvidenceKind
from orderwright.persistence.tables import DisputeAnswer, DisputeFile
from orderwright.ports.disputes import EvidenceFile
from orderwright.services.disputes.answering import Record
from orderwright.services.disputes.evidence import MOST_TEXT, STARTS, Wanted

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_TEXT)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class EvidenceFileBody(Body):
    """A document of your own."""

    kind: EvidenceKind = EvidenceKind.OTHER
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ._-]{1,100}$")]
    media_type: str = Field(examples=["application/pdf"], description="PDF, JPEG or PNG")
    content: Base64Bytes = Field(description="Base64; all documents of an answer 4.5 MB together")

    @field_validator("media_type")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in STARTS:
            raise ValueError(f"one of {', '.join(STARTS)}")
        return value


class DefendBody(Body):
    """Evidence: what you say, papers of the order by number, documents of your own."""

    text: Text = ""
    papers: list[Short] = Field(default=[], max_length=10, examples=[["INV-2026-000001"]])
    files: list[EvidenceFileBody] = Field(default=[], max_length=10)
    parcels: bool = Field(default=True, description="With carrier, tracking and delivery of what has left")
    messages: bool = Field(default=False, description="With what the customer wrote about the order")
    defense_reason: Short = Field(default="", description="Adyen: its code; else the first that fits")

    def wanted(self) -> Wanted:
        """As the service takes it."""
        files = [EvidenceFile(one.kind, one.name, one.media_type, one.content) for one in self.files]
        return Wanted(self.text, self.papers, files, self.parcels, self.messages, self.defense_reason)


class AcceptBody(Body):
    """The bank may have the money."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class EvidenceFileView(Out):
    """A document of an answer."""

    kind: EvidenceKind
    name: str
    media_type: str
    size: int


class DisputeAnswerView(Out):
    """What we say: `requested` until the provider has it, then `sent`; `refused` says `why`."""

    id: UUID
    kind: AnswerKind
    state: AnswerState
    said: str = Field(description="Kept until the bank has decided")
    defense_reason: str
    actor: str
    asked_at: datetime
    ended_at: datetime | None
    why: str
    files: list[EvidenceFileView]

    @classmethod
    def of(cls, answer: DisputeAnswer, files: Sequence[DisputeFile]) -> Self:
        """From the row, and the documents of this and other answers."""
        own = {name: getattr(answer, name) for name in cls.model_fields if name != "files"}
        return cls(
            **own, files=[EvidenceFileView.model_validate(one) for one in files if one.answer_id == answer.id]
        )


class DisputeRecordView(DisputeView):
    """A dispute, and what was said to it, oldest first."""

    order_id: UUID
    answers: list[DisputeAnswerView]

    @classmethod
    def of(cls, record: Record) -> Self:
        """From the rows."""
        own = {name: getattr(record.dispute, name) for name in cls.model_fields if name != "answers"}
        answers = [DisputeAnswerView.of(one, record.files) for one in record.answers]
        return cls(**own, answers=answers)
