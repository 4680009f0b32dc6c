"""What states has an order that we place with a supplier?"""

from enum import StrEnum


class PurchaseState(StrEnum):
    """Sent until he answers; shipped is his end of it, delivered the customer's."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SHIPPED = "shipped"
    CANCELED = "canceled"


OPEN_PURCHASES = frozenset({PurchaseState.SENT, PurchaseState.ACCEPTED})
