"""What states has an order, what holds it, who may decide?"""

from enum import StrEnum


class OrderState(StrEnum):
    """Stored; all else about an order is derived (`status.py`)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    IN_FULFILLMENT = "in_fulfillment"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELED = "canceled"
    EXPIRED = "expired"


ENDS = frozenset({OrderState.COMPLETED, OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED})

FOLLOWS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.DRAFT: frozenset({OrderState.SUBMITTED, OrderState.CANCELED}),
    OrderState.SUBMITTED: frozenset(
        {OrderState.ACCEPTED, OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED}
    ),
    OrderState.ACCEPTED: frozenset(
        {OrderState.IN_FULFILLMENT, OrderState.REJECTED, OrderState.CANCELED, OrderState.EXPIRED}
    ),
    OrderState.IN_FULFILLMENT: frozenset(
        {OrderState.COMPLETED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED}
    ),
    OrderState.COMPLETED: frozenset(),
    OrderState.REJECTED: frozenset(),
    OrderState.CANCELED: frozenset(),
    OrderState.EXPIRED: frozenset(),
}


class CancelState(StrEnum):
    """How far a wish to cancel has come. `requested`: the warehouse is being asked."""

    NONE = "none"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    PARTLY = "partly_canceled"
    REFUSED = "refused"


class HoldType(StrEnum):
    """Why an order waits."""

    APPROVAL = "approval"
    FRAUD = "fraud"
    ADDRESS = "address"
    CREDIT = "credit"
    PAYMENT = "payment"
    STOCK = "stock"
    CARRIER = "carrier"
    ROUTING = "routing"
    MANUAL = "manual"
    DATE = "date"
    EXCHANGE = "exchange"


class HoldState(StrEnum):
    """A hold is there or it is not."""

    ACTIVE = "active"
    RELEASED = "released"


class AtDeadline(StrEnum):
    """What a hold's deadline does to its order; `go_on`: the hold ends, it was for that time alone."""

    REJECT = "reject"
    EXPIRE = "expire"
    CANCEL = "cancel"
    STAY = "stay"
    GO_ON = "go_on"


class HoldOutcome(StrEnum):
    """How a hold ended."""

    APPROVED = "approved"
    REJECTED = "rejected"
    DEADLINE = "deadline"
    RESOLVED = "resolved"
    RETRIED = "retried"
    WITHDRAWN = "withdrawn"


class TaskState(StrEnum):
    """A question to a person is decided once."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class TaskKind(StrEnum):
    """What the person is asked."""

    APPROVAL = "approval"
    ADDRESS = "address"
    CARRIER = "carrier"
    ROUTING = "routing"
    MANUAL = "manual"
    COMPENSATION = "compensation"
    UNREADABLE_SIGNAL = "unreadable_signal"
    STUCK = "stuck"
    PAYMENT_LOOKUP = "payment_lookup"
    DELIVERY = "delivery"
    NOTIFICATION = "notification"
    DISPUTE = "dispute"
    UNMATCHED_MONEY = "unmatched_money"
    OVERDUE = "overdue"
    RETURN = "return"
    CUSTOMER_MESSAGE = "customer_message"
    VENDOR_RETURN = "vendor_return"


class Decision(StrEnum):
    """The two answers of every task: go on (approve, retry, done) or end it."""

    APPROVE = "approve"
    REJECT = "reject"


class Scope(StrEnum):
    """What a key may be used for."""

    STOREFRONT = "storefront"
    OPERATIONS = "operations"
    WAREHOUSE = "warehouse"
    ADMIN = "admin"
