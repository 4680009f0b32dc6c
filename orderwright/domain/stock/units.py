"""What kinds of stock moves and reservation states are there?"""

from dataclasses import dataclass
from enum import StrEnum


class ReservationState(StrEnum):
    """Units of one line held at one location."""

    ACTIVE = "active"
    COMMITTED = "committed"
    FREED = "freed"
    EXPIRED = "expired"


class MoveKind(StrEnum):
    """Why a stock figure changed."""

    RECEIPT = "receipt"
    RESERVE = "reserve"
    FREE = "free"
    SHIP = "ship"
    RETURN = "return"
    ADJUST = "adjust"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    COUNT = "count"


class Tracking(StrEnum):
    """Whether units of a product are told apart: not, by lot, or each by its serial number."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


class ExpectedKind(StrEnum):
    """From where units are on their way: bought from a supplier, or from another location of ours."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"


RECKONED_WEEKS = 4
"""What has not come by its day is reckoned with a week later, so often; then nobody knows a day any more."""


class ExpectedState(StrEnum):
    """Units that are expected: still open, all there (or given up), or called off."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Position:
    """A SKU at a location, in units. `safety` is kept back; available is what may still be promised."""

    on_hand: int
    reserved: int
    safety: int = 0

    @property
    def available(self) -> int:
        """On hand, not reserved and not kept back; never below zero, though the safety may not be there."""
        return max(0, self.on_hand - self.reserved - self.safety)


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """Units of a SKU wanted at a location, for one order line."""

    sku: str
    location: str
    line_id: str
    units: int
