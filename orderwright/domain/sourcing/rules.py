"""Which locations together are best: points by rules that business users write as versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orderwright.domain.sourcing.candidates import Candidate

PARTS = ("parcel", "km", "cost", "postage", "late", "load", "balance", "margin")
"""What points are given for."""


class ProfileState(StrEnum):
    """A version of rules: being tried, in force, or superseded."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Rules:
    """Which locations together are best: those with the fewest points. Points are whole and never negative.

    `parcel` points for each location used, `km` for each kilometer, `cost` for each minor unit of handling,
    `postage` for each minor unit of the label to be expected, `late` for each working day after the best
    promise, `load` for each percent of the day's capacity in use, `balance` for each percent of its free
    units that a location gives, `margin` for each minor unit that the goods cost there.
    """

    name: str
    version: int
    parcel: int
    km: int
    cost: int
    postage: int = 0
    late: int = 0
    load: int = 0
    balance: int = 0
    margin: int = 0

    @property
    def label(self) -> str:
        """`fewest-nearest/1`: what a decision names."""
        return f"{self.name}/{self.version}"

    def scores(self, one: Candidate) -> dict[str, int]:
        """A location's points by what they are for, without those of the goods."""
        return {
            "parcel": self.parcel,
            "km": self.km * one.distance_km,
            "cost": self.cost * one.cost,
            "postage": self.postage * one.postage,
            "late": self.late * one.late,
            "load": self.load * one.load,
            "balance": self.balance * one.balance,
        }

    def points(self, group: Sequence[Candidate]) -> int:
        """What these locations together cost by these rules, without the goods."""
        return sum(
            self.parcel + self.km * one.distance_km + self.cost * one.cost + self.postage * one.postage
            + self.late * one.late + self.load * one.load + self.balance * one.balance
            for one in group
        )  # fmt: skip

    def unit(self, one: Candidate, sku: str) -> int:
        """Points for each unit of goods that leaves there."""
        return self.margin * one.unit_costs.get(sku, 0) if self.margin else 0

    def goods(self, one: Candidate, units: Mapping[str, int]) -> int:
        """Points for goods that leave there."""
        return sum(self.unit(one, sku) * count for sku, count in units.items()) if self.margin else 0


FEWEST_NEAREST = Rules("fewest-nearest", 1, parcel=10**12, km=10**6, cost=1)
"""Without rules of one's own: the fewest locations, of those the nearest, then the cheapest."""
