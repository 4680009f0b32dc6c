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
    """Who picks at a location: a partner over HTTP, or our own pick and pack station."""

    HTTP = "http"
    STATION = "station"
