"""What states has a fulfillment order, and which may still be canceled?"""

from enum import StrEnum


class FulfillmentState(StrEnum):
    """One order's units at one location. `in_progress` is the pivot: from there only forward."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    RELEASED = "released"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    CANCELED = "canceled"


class PartnerState(StrEnum):
    """What the warehouse has said; kept apart from what we have decided."""

    UNSUBMITTED = "unsubmitted"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_ACCEPTED = "cancel_accepted"
    CANCEL_REJECTED = "cancel_rejected"


BEFORE_RELEASE = frozenset({FulfillmentState.SCHEDULED, FulfillmentState.OPEN})
PAST_PIVOT = frozenset({FulfillmentState.IN_PROGRESS, FulfillmentState.CLOSED})
LIVE = frozenset(
    {
        FulfillmentState.SCHEDULED,
        FulfillmentState.OPEN,
        FulfillmentState.RELEASED,
        FulfillmentState.IN_PROGRESS,
    }
)


class WarehouseKind(StrEnum):
    """Who picks at a location: a partner or a supplier over HTTP, or our own pick and pack station."""

    HTTP = "http"
    STATION = "station"
    SUPPLIER = "supplier"


class LocationRole(StrEnum):
    """What a location is: ours, a shop, somebody who ships his own goods for us, or ours for us."""

    WAREHOUSE = "warehouse"
    STORE = "store"
    SUPPLIER = "supplier"
    THIRD_PARTY = "third_party"


class DeliveryMethod(StrEnum):
    """How the customer gets it: by a carrier, or collected at a location."""

    SHIPPING = "shipping"
    PICKUP = "pickup"


def needs_label(method: DeliveryMethod, kind: WarehouseKind) -> bool:
    """Whether we buy the label: not for what is collected, nor for what a supplier sends with his carrier."""
    return method is DeliveryMethod.SHIPPING and kind is not WarehouseKind.SUPPLIER


class FulfillmentPolicy(StrEnum):
    """Where not every unit is there: all of them wait, what is there ships, or each line says so itself."""

    SHIP_COMPLETE = "ship_complete"
    SHIP_AVAILABLE = "ship_available"
    PER_LINE = "per_line"
