"""What a return's run and its activities tell each other: ids, states, deadlines, nobody's data."""

from datetime import datetime
from uuid import UUID

from orderwright.domain.returns.states import RETURN_ENDS, ReturnState
from orderwright.messages.base import Message


class StartReturn(Message):
    """The only input of the run; its position is read from the record, never carried."""

    return_id: UUID


class ReturnClosed(Message):
    """How the run ended. `claimed` False: another run has the return, or it was at its end before."""

    state: ReturnState | None = None
    claimed: bool = True


class ClaimReturn(Message):
    """A run asks to be the one of its return. `run_id` is the first execution's."""

    return_id: UUID
    run_id: str


class ReturnRef(Message):
    """Which return a step is about; `at` is the run's clock, from which deadlines are counted."""

    return_id: UUID
    at: datetime | None = None


class ReturnDeadline(Message):
    """A timer of the run has fired: `deadline` is the one it was armed for."""

    return_id: UUID
    deadline: datetime


class AskAboutReturn(Message):
    """The run cannot go on by itself: what it was doing."""

    return_id: UUID
    subject: str
    question: str


class ReturnPosition(Message):
    """Where a return stands, and what is due; every step answers with it.

    `refunds_open`: money on its way back. `exchange_due`: what the return pays of other goods is to be
    decided. `deadline` is that of the state, and its end is stated there.
    """

    return_id: UUID
    order_id: UUID
    number: str
    state: ReturnState
    label_due: bool = False
    void_due: bool = False
    refund_due: bool = False
    exchange_due: bool = False
    resolvable: bool = False
    refunds_open: int = 0
    deadline: datetime | None = None
    as_of: int = 0

    @property
    def settled(self) -> bool:
        """Whether the run may end."""
        return self.state in RETURN_ENDS and not (self.void_due or self.exchange_due)


class ReturnClaimed(Message):
    """`position` None: another run has the return."""

    position: ReturnPosition | None = None
