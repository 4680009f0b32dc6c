"""What does an order's record mean: payment, fulfillment and return status, and what may be done now?"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.states import BEFORE_RELEASE, LIVE, PAST_PIVOT, FulfillmentState
from orderwright.domain.orders import ENDS, CancelState, HoldType, OrderState, Scope
from orderwright.domain.payments import PaymentState


class Extent(StrEnum):
    """How much of it."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class FulfillmentStatus(StrEnum):
    """How far the goods have come."""

    UNFULFILLED = "unfulfilled"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"


class Action(StrEnum):
    """What may be done with an order."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"
    EDIT_ADDRESS = "edit_address"
    CHANGE = "change"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of an order line by where they are, as stored."""

    ordered: int
    canceled: int = 0
    unallocated: int = 0
    backordered: int = 0
    allocated: int = 0
    released: int = 0
    shipped: int = 0
    delivered: int = 0
    undelivered: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """One payment: minor units of the order's currency. `unknown`: a call about it has no known outcome."""

    state: PaymentState
    amount: int
    captured: int = 0
    refunded: int = 0
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One fulfillment order: its state, what its shipping captures, and what of it was."""

    state: FulfillmentState
    amount: int = 0
    captured: int = 0


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the record says of one order. `holds` are the active ones, `approval_open` an open question."""

    state: OrderState
    total: int
    cancel: CancelState = CancelState.NONE
    lines: tuple[LineUnits, ...] = ()
    payments: tuple[PaymentFacts, ...] = ()
    parts: tuple[PartFacts, ...] = ()
    holds: tuple[HoldType, ...] = ()
    approval_open: bool = False
    label_bought: bool = False
    pickup: bool = False


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """Three questions that every reader asks of an order's money; each says what is known to be so.

    `unknown`: a call was sent and not answered, so that it may be more.
    """

    authorize: Extent
    charge: Extent
    refund: Extent
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """One thing that may be done now, and the scopes that may do it (`admin` always may)."""

    action: Action
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """All that is derived of an order."""

    payment: PaymentStatus
    fulfillment: FulfillmentStatus
    returns: Extent
    allowed: tuple[Allowed, ...]


HOLDING_MONEY = frozenset({PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.CAPTURED})
STAFF = (Scope.OPERATIONS,)
WHO: dict[Action, tuple[Scope, ...]] = {
    Action.APPROVE: STAFF,
    Action.REJECT: STAFF,
    Action.CANCEL: (Scope.STOREFRONT, Scope.OPERATIONS),
    Action.HOLD: STAFF,
    Action.RELEASE: STAFF,
    Action.EDIT_ADDRESS: STAFF,
    Action.CHANGE: (Scope.STOREFRONT, Scope.OPERATIONS),
    Action.RETRY: STAFF,
}


def of(facts: OrderFacts) -> Status:
    """Everything derived, from the rows alone: no clock, no order of events."""
    return Status(
        payment=payment_status(facts),
        fulfillment=fulfillment_status(facts.lines),
        returns=return_status(facts.lines),
        allowed=allowed_actions(facts),
    )


def payment_status(facts: OrderFacts) -> PaymentStatus:
    """Nothing to pay is fully authorized and charged. Fully charged: the total, or all that was shipped."""
    authorized = sum(payment.amount for payment in facts.payments if payment.state in HOLDING_MONEY)
    captured = sum(payment.captured for payment in facts.payments)
    refunded = sum(payment.refunded for payment in facts.payments)
    charge = _extent(captured, facts.total)
    if charge is Extent.PARTIAL and _all_charged(facts):
        charge = Extent.FULL
    return PaymentStatus(
        authorize=_extent(max(authorized, captured), facts.total),
        charge=charge,
        refund=_extent(refunded, captured) if refunded else Extent.NONE,
        unknown=any(payment.unknown for payment in facts.payments),
    )


def fulfillment_status(lines: Iterable[LineUnits]) -> FulfillmentStatus:
    """Canceled units do not count; a lost or refused unit has left and has not arrived."""
    counted = list(lines)
    wanted = sum(line.ordered - line.canceled for line in counted)
    left = sum(line.shipped + line.delivered + line.undelivered for line in counted)
    if wanted == 0 or left == 0:
        return FulfillmentStatus.UNFULFILLED
    if sum(line.delivered for line in counted) == wanted:
        return FulfillmentStatus.DELIVERED
    return FulfillmentStatus.FULFILLED if left == wanted else FulfillmentStatus.PARTIAL


def return_status(lines: Iterable[LineUnits]) -> Extent:
    """How many of the delivered units have come back."""
    counted = list(lines)
    returned = sum(line.returned for line in counted)
    return _extent(returned, sum(line.delivered for line in counted)) if returned else Extent.NONE


def allowed_actions(facts: OrderFacts) -> tuple[Allowed, ...]:
    """What may be done now, and by whom. The services ask the rows again when it is done."""
    if facts.state in ENDS:
        return ()
    return tuple(Allowed(action, WHO[action]) for action in Action if _may(action, facts))


def allowed_for(facts: OrderFacts, actor: Actor) -> list[str]:
    """The names of what this asker may do now."""
    return [allowed.action.value for allowed in allowed_actions(facts) if actor.may(*allowed.scopes)]


def _may(action: Action, facts: OrderFacts) -> bool:  # noqa: PLR0911 - one line per action
    states = {part.state for part in facts.parts}
    match action:
        case Action.APPROVE | Action.REJECT:
            return facts.approval_open
        case Action.CANCEL:
            follows = any(line.backordered for line in facts.lines) and not states & (LIVE - PAST_PIVOT)
            return facts.cancel is not CancelState.REQUESTED and (follows or not states & PAST_PIVOT)
        case Action.HOLD:
            return HoldType.MANUAL not in facts.holds and not states & PAST_PIVOT
        case Action.RELEASE:
            return any(hold is not HoldType.APPROVAL for hold in facts.holds)
        case Action.EDIT_ADDRESS:
            live = states - {FulfillmentState.CANCELED}
            return live <= BEFORE_RELEASE and not facts.label_bought and not facts.pickup
        case Action.CHANGE:
            return _may_change(facts)
        case Action.RETRY:
            return HoldType.ROUTING in facts.holds or HoldType.STOCK in facts.holds


def _may_change(facts: OrderFacts) -> bool:
    """Whether some unit has not begun: what of it may change, a preview says."""
    if facts.cancel in (CancelState.REQUESTED, CancelState.ACCEPTED):
        return False
    begun = any(part.state in PAST_PIVOT for part in facts.parts)
    waiting = any(line.unallocated or line.backordered or line.allocated for line in facts.lines)
    return waiting or any(part.state in LIVE - PAST_PIVOT for part in facts.parts) or not begun


def _extent(part: int, whole: int) -> Extent:
    if part >= whole:
        return Extent.FULL
    return Extent.PARTIAL if part > 0 else Extent.NONE


def _all_charged(facts: OrderFacts) -> bool:
    """Whether every unit still wanted has left and every part that left was captured as planned."""
    waiting = any(
        line.unallocated or line.backordered or line.allocated or line.released for line in facts.lines
    )
    gone = [part for part in facts.parts if part.state is FulfillmentState.CLOSED]
    return not waiting and bool(gone) and all(part.captured >= part.amount for part in gone)
