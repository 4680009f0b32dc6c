"""What the order's run and its activities tell each other: ids, amounts, states and deadlines, nobody's data."""

from datetime import datetime
from uuid import UUID

from orderwright.domain.fulfillment import FulfillmentState, PartnerState
from orderwright.domain.orders import AtDeadline, CancelState, Decision, HoldType, OrderState
from orderwright.domain.payments import PaymentState
from orderwright.domain.shipping import ARRIVED, GONE, ShipmentState
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
    """One fulfillment order and its parcel."""

    id: UUID
    number: int
    location: str
    state: FulfillmentState
    partner: PartnerState
    shipment_id: UUID | None = None
    shipment: ShipmentState | None = None
    captured: bool = False
    capture_due: bool = False
    recall_sent: bool = False
    told_shipped: bool = False

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


class Position(Message):
    """Where an order stands, read in one transaction; every record step answers with it.

    `due` are the undone compensations; `settled` means the run may end.
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
    undoing: bool = False
    settled: bool = False
    needs_person: bool = False
    unallocated: int = 0
    amount_due: int = 0
    stages_due: tuple[str, ...] = ()


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


class Decided(Message):
    """A decision by a person or a deadline."""

    decision: Decision
    by: str
