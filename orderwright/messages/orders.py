"""What an order's run and its activities tell each other: ids, amounts, states, deadlines, nobody's data."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import ENDS, AtDeadline, CancelState, HoldType, OrderState, TaskKind
from orderwright.domain.payments import PaymentState
from orderwright.messages.base import Message


class StartOrder(Message):
    """The only input of the run; its position is read from the record, never carried."""

    order_id: UUID


class OrderClosed(Message):
    """How the run ended. `claimed` False: another run has the order, or it was settled before."""

    state: OrderState | None = None
    claimed: bool = True


class Claim(Message):
    """A run asks to be the one of its order. `run_id` is the first execution's."""

    order_id: UUID
    run_id: str


class HoldPosition(Message):
    """An active hold: what the run waits for, and until when."""

    id: UUID
    type: HoldType
    deadline: datetime | None
    at_deadline: AtDeadline
    fulfillment_id: UUID | None = None


class PaymentPosition(Message):
    """One payment of the order."""

    id: UUID
    state: PaymentState
    expires_at: datetime | None = None
    renew_at: datetime | None = None


class PartPosition(Message):
    """One fulfillment order and its parcel. `collect_by`: until when it waits for its customer."""

    id: UUID
    number: int
    location: str
    state: FulfillmentState
    partner: PartnerState
    shipment_id: UUID | None = None
    shipment: ShipmentState | None = None
    capture_due: bool = False
    uncaptured: int = 0
    needs_label: bool = True
    collect_by: datetime | None = None

    @property
    def shipped(self) -> bool:
        """Whether the goods have left."""
        return self.state is FulfillmentState.CLOSED

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to its units."""
        return self.state is FulfillmentState.CANCELED or (
            self.shipped and self.shipment is not None and self.shipment in ARRIVED | GONE
        )


class UndoKind(StrEnum):
    """What may have to be undone, in this order."""

    RECALL = "recall"
    LABEL = "label"
    STOCK = "stock"
    PAYMENT = "payment"
    REFUND = "refund"


class Undo(Message):
    """One compensation that the rows ask for: the effect is there, the reason for it is gone."""

    kind: UndoKind
    id: UUID


class Position(Message):
    """Where an order stands, read in one transaction; every step answers with it.

    `undo` are the compensations still due, in their order; `stages_due` the stages nobody was told of yet;
    `settled` means the run may end. `backordered` units follow, at the latest by `waits_until`, and some
    may be there now where `fillable`. Of two positions the one with the higher `as_of` is newer.
    """

    order_id: UUID
    number: str
    channel: str
    state: OrderState
    cancel: CancelState
    holds: tuple[HoldPosition, ...] = ()
    payments: tuple[PaymentPosition, ...] = ()
    parts: tuple[PartPosition, ...] = ()
    verified: bool = False
    reserved: bool = False
    planned: bool = False
    undo: tuple[Undo, ...] = ()
    stages_due: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    settled: bool = False
    needs_person: bool = False
    unallocated: int = 0
    unplanned: int = 0
    backordered: int = 0
    fillable: bool = False
    waits_until: datetime | None = None
    as_of: int = 0

    @property
    def at_end(self) -> bool:
        """Whether the order's story is decided; money or stock may still have to follow."""
        return self.state in ENDS

    def part(self, part_id: UUID) -> PartPosition:
        """One fulfillment order of this order."""
        return next(part for part in self.parts if part.id == part_id)


class Typed(Message):
    """What a person typed at the Temporal UI or CLI: the signal's name and its raw input as text."""

    order_id: UUID
    signal: str
    said: str
    run_id: str = ""
    nth: int = 0


class HoldDeadline(Message):
    """A timer of the run has fired: `deadline` is the one it was armed for."""

    order_id: UUID
    hold_id: UUID
    deadline: datetime


class WaitDeadline(Message):
    """A timer of the run has fired: units that were to follow by `deadline` have not come."""

    order_id: UUID
    deadline: datetime


class CollectionDeadline(Message):
    """Nobody has collected a part until `deadline`, for which the timer was armed."""

    order_id: UUID
    fulfillment_id: UUID
    deadline: datetime


class OrderRef(Message):
    """Which order a step is about; `at` is the run's clock, from which deadlines are counted."""

    order_id: UUID
    at: datetime | None = None


class PaymentRef(Message):
    """Which payment a step is about."""

    order_id: UUID
    payment_id: UUID
    at: datetime | None = None


class RefundRef(Message):
    """Which refund a step is about."""

    order_id: UUID
    refund_id: UUID


class PartRef(Message):
    """Which fulfillment order a step is about."""

    order_id: UUID
    fulfillment_id: UUID
    at: datetime | None = None


class StageRef(Message):
    """Which stage people are to be told of, `name` or `name:subject`."""

    order_id: UUID
    stage: str


class AskPerson(Message):
    """The run cannot go on by itself: what it was doing, and about what."""

    order_id: UUID
    kind: TaskKind
    subject: str
    question: str


class Claimed(Message):
    """`position` None: another run has the order, or it is settled."""

    position: Position | None = None


class SweepAt(Message):
    """The clock by which a sweep of deliveries looks."""

    at: datetime


class Swept(Message):
    """What a sweep found and did."""

    checked: int = 0
    restarted: int = 0
    flagged: int = 0
    woken: int = 0
