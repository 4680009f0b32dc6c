"""What is a customer told first about an order, and how far has it come?"""

from collections.abc import Collection
from enum import StrEnum

from orderwright.domain.fulfillment.shipping import GONE, ShipmentState
from orderwright.domain.orders import HoldType, OrderState
from orderwright.domain.status import FulfillmentStatus, OrderFacts, fulfillment_status


class Headline(StrEnum):
    """The one sentence at the top of its page."""

    PAYMENT_NEEDED = "payment_needed"
    BEING_CHECKED = "being_checked"
    BEING_PREPARED = "being_prepared"
    READY_FOR_PICKUP = "ready_for_pickup"
    PARTLY_SHIPPED = "partly_shipped"
    ON_ITS_WAY = "on_its_way"
    OUT_FOR_DELIVERY = "out_for_delivery"
    HELD_UP = "held_up"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"


_ENDED = {
    OrderState.CANCELED: Headline.CANCELED,
    OrderState.REJECTED: Headline.REJECTED,
    OrderState.EXPIRED: Headline.EXPIRED,
}
STEPS = ("received", "prepared", "shipped", "delivered")
_REACHED = {
    Headline.PAYMENT_NEEDED: 1, Headline.BEING_CHECKED: 1, Headline.BEING_PREPARED: 2,
    Headline.READY_FOR_PICKUP: 3, Headline.PARTLY_SHIPPED: 3, Headline.ON_ITS_WAY: 3,
    Headline.OUT_FOR_DELIVERY: 3, Headline.HELD_UP: 3, Headline.DELIVERED: 4,
}  # fmt: skip


def headline(facts: OrderFacts, parcels: Collection[ShipmentState]) -> Headline:
    """From the order's facts and where its parcels (not voided ones) are."""
    if facts.state in _ENDED:
        return _ENDED[facts.state]
    match fulfillment_status(facts.lines):
        case FulfillmentStatus.DELIVERED:
            return Headline.DELIVERED
        case FulfillmentStatus.UNFULFILLED:
            return _before_it_leaves(facts, parcels)
        case left:
            return _under_way(facts, parcels, whole=left is FulfillmentStatus.FULFILLED)


def _before_it_leaves(facts: OrderFacts, parcels: Collection[ShipmentState]) -> Headline:
    if facts.state is OrderState.COMPLETED:
        return Headline.CLOSED
    if HoldType.PAYMENT in facts.holds:
        return Headline.PAYMENT_NEEDED
    if facts.state is OrderState.SUBMITTED:
        return Headline.BEING_CHECKED
    if ShipmentState.READY_FOR_PICKUP in parcels:
        return Headline.READY_FOR_PICKUP
    return Headline.BEING_PREPARED


def _under_way(facts: OrderFacts, parcels: Collection[ShipmentState], *, whole: bool) -> Headline:
    if any(parcel in GONE or parcel is ShipmentState.EXCEPTION for parcel in parcels):
        return Headline.CLOSED if facts.state is OrderState.COMPLETED else Headline.HELD_UP
    if ShipmentState.OUT_FOR_DELIVERY in parcels:
        return Headline.OUT_FOR_DELIVERY
    return Headline.ON_ITS_WAY if whole else Headline.PARTLY_SHIPPED


def steps_reached(first: Headline) -> int | None:
    """How many of STEPS it has come; None where it ended on another way."""
    return _REACHED.get(first)
