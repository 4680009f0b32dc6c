"""What the product needs from the engine that drives the orders."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class RunState(StrEnum):
    """How an order's run is. `failing`: open, and its workflow task fails again and again."""

    OPEN = "open"
    FAILING = "failing"
    CLOSED = "closed"
    ABSENT = "absent"


class Driven(StrEnum):
    """What a run drives."""

    ORDER = "order"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class OrderLabels:
    """What developers filter by in the engine's own pages. Nothing personal."""

    state: str
    channel: str
    needs_person: bool
    summary: str


class Orchestrator(Protocol):
    """Start and wake the run of an order, or of what else is `driven`, by name. The id is that one's."""

    async def wake(self, order_id: UUID, labels: OrderLabels, *, driven: Driven = Driven.ORDER) -> bool:
        """Start the order's run if it never had one, and tell it that rows have changed.

        False: the run has closed, which counts as told. Raises Unreachable or NotSent.
        """

    async def restart(self, order_id: UUID, labels: OrderLabels, *, driven: Driven = Driven.ORDER) -> None:
        """Start a new run though an earlier one has closed: only where the claim is free."""

    async def look(self, order_id: UUID, *, driven: Driven = Driven.ORDER) -> RunState:
        """How the order's newest run is. Raises Unreachable."""

    async def ping(self) -> bool:
        """Whether the engine answers."""
