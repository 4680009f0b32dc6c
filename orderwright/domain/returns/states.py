"""What states has a return, why and how does it come back, what becomes of the goods?"""

from enum import StrEnum


class ReturnState(StrEnum):
    """Stored. `resolved`: nothing is left to do; `canceled` also where the goods were never sent."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    RESOLVED = "resolved"
    CANCELED = "canceled"


RETURN_ENDS = frozenset({ReturnState.DECLINED, ReturnState.RESOLVED, ReturnState.CANCELED})
AWAITED = frozenset({ReturnState.APPROVED, ReturnState.IN_TRANSIT})
"""The goods may come at any moment."""

CANCELABLE = frozenset({ReturnState.REQUESTED, ReturnState.APPROVED})
"""Nothing has left the customer yet."""


class ReturnReason(StrEnum):
    """Why the customer sends it back."""

    CHANGED_MIND = "changed_mind"
    DOES_NOT_FIT = "does_not_fit"
    ARRIVED_LATE = "arrived_late"
    NOT_AS_DESCRIBED = "not_as_described"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"


OUR_FAULT = frozenset(
    {
        ReturnReason.ARRIVED_LATE,
        ReturnReason.NOT_AS_DESCRIBED,
        ReturnReason.DAMAGED,
        ReturnReason.DEFECTIVE,
        ReturnReason.WRONG_ITEM,
    }
)


class Resolution(StrEnum):
    """What the customer gets: the money where it came from, store credit, or other goods."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"


FOR_MONEY = (Resolution.REFUND, Resolution.STORE_CREDIT)
"""What a customer chooses from on the page of his order; an exchange needs goods to choose from."""


class ReturnMethod(StrEnum):
    """How it comes back: with our label, dropped off at a location, or at the sender's own care."""

    LABEL = "label"
    DROP_OFF = "drop_off"
    OWN_TRANSPORT = "own_transport"


class Condition(StrEnum):
    """How inspected units are."""

    AS_NEW = "as_new"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"


class Disposition(StrEnum):
    """What becomes of them."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    WRITE_OFF = "write_off"
    TO_VENDOR = "to_vendor"
