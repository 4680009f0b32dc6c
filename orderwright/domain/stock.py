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
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Position:
    """A SKU at a location, in units. Available is what may still be promised."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """On hand and not reserved."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """Units of a SKU wanted at a location, for one order line."""

    sku: str
    location: str
    line_id: str
    units: int
