"""Holds and tasks, as they are read."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.base import Out
from orderwright.domain.orders import (
    AtDeadline,
    Decision,
    HoldOutcome,
    HoldState,
    HoldType,
    TaskKind,
    TaskState,
)
from orderwright.persistence.tables import Task


class HoldView(Out):
    """Why an order waits; `words` are a provider's own."""

    id: UUID
    order_id: UUID
    fulfillment_id: UUID | None
    type: HoldType
    state: HoldState
    reason: str
    words: str
    owner: str
    deadline: datetime | None
    at_deadline: AtDeadline = Field(description="What the deadline does to the order")
    outcome: HoldOutcome | None
    opened_at: datetime
    released_at: datetime | None


class TaskView(Out):
    """A question to a person, decided once."""

    id: UUID
    order_id: UUID | None = Field(
        description="Null for money that came without an order, and for a vendor return"
    )
    order_number: str
    hold_id: UUID | None
    kind: TaskKind
    subject: str
    state: TaskState
    question: str
    reason: str = Field(description="Why the order is held, where it is: `unroutable`, `nothing_in_stock` …")
    deadline: datetime | None
    decision: Decision | None
    decided_by: str | None
    note: str | None
    opened_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, task: Task, order_number: str, reason: str) -> "TaskView":
        """From the record; `reason` is that of its hold."""
        own = {name: getattr(task, name) for name in cls.model_fields if hasattr(task, name)}
        return cls(**own, order_number=order_number, reason=reason)
