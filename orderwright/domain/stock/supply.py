"""What moves stock without an order: reasons, how transfers and counts go, what a variance is worth?"""

from dataclasses import dataclass
from enum import StrEnum


class AdjustReason(StrEnum):
    """Why units on the shelf are more or fewer than the books say, or other than were sent."""

    DAMAGED = "damaged"
    LOST = "lost"
    FOUND = "found"
    EXPIRED = "expired"
    THEFT = "theft"
    SAMPLE = "sample"
    CORRECTION = "correction"
    OTHER = "other"


GAINS = frozenset({AdjustReason.FOUND, AdjustReason.CORRECTION, AdjustReason.OTHER})
"""Reasons for which there may be more than the books say; for the others there are only ever fewer."""

LOSSES = frozenset(AdjustReason) - {AdjustReason.FOUND}
"""Reasons for which there may be fewer."""


def explains(reason: AdjustReason, units: int) -> bool:
    """Whether `units` more (or, below zero, fewer) can have that reason: nothing is found by theft."""
    return reason in (GAINS if units > 0 else LOSSES)


class TransferState(StrEnum):
    """Units from one location to another: asked for, under way, all lines received, or called off before."""

    REQUESTED = "requested"
    SHIPPED = "shipped"
    CLOSED = "closed"
    CANCELED = "canceled"


class TransferLineState(StrEnum):
    """One SKU of a transfer; it is received once."""

    OPEN = "open"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing of the units shipped, or came on top of them: shipped = received + short - over."""

    short: int
    over: int

    @classmethod
    def between(cls, shipped: int, received: int) -> "Gap":
        """Of one line."""
        return cls(max(0, shipped - received), max(0, received - shipped))

    def __add__(self, other: "Gap") -> "Gap":
        """Of several lots: what is missing of one is not made good by more of another."""
        return Gap(self.short + other.short, self.over + other.over)

    def explained_by(self, reason: AdjustReason | None) -> bool:
        """Whether there is no gap, or the reason can be that of all of it."""
        units = [each for each in (-self.short, self.over) if each]
        return not units or (reason is not None and all(explains(reason, each) for each in units))


class CountState(StrEnum):
    """A stock count: units are entered, a second person is asked, all is decided; or it was given up."""

    OPEN = "open"
    SUBMITTED = "submitted"
    CLOSED = "closed"
    CANCELED = "canceled"


class CountLineState(StrEnum):
    """One SKU of a count.

    `waiting`: for a second person; `refused`: the units are reserved, or were put right since they were
    counted; `rejected`: by the second person; `skipped`: nobody counted it.
    """

    OPEN = "open"
    WAITING = "waiting"
    APPLIED = "applied"
    REFUSED = "refused"
    REJECTED = "rejected"
    SKIPPED = "skipped"


APPROVAL_LIMIT = 10_000
"""A variance worth more, in minor units of the product's currency, is approved by a second person."""


def worth(variance: int, unit_price: int) -> int:
    """What a variance comes to, without a sign: minor units, or units of what has no price."""
    return abs(variance) * (unit_price or 1)


class DifferenceKind(StrEnum):
    """Two figures of stock that must be one."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    RESERVATIONS = "reservations"
    TRANSFER_SHIPPED = "transfer_shipped"
    TRANSFER_RECEIVED = "transfer_received"
    EXPECTED = "expected"
    LOTS_ON_HAND = "lots_on_hand"
    LOTS_RESERVED = "lots_reserved"
    LOT_ON_HAND = "lot_on_hand"
    LOT_RESERVED = "lot_reserved"
    LOT_RESERVATIONS = "lot_reservations"


class DifferenceState(StrEnum):
    """A difference is there, or was not found any more."""

    OPEN = "open"
    GONE = "gone"
