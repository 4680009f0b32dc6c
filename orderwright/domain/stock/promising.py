"""How many units can be had by when: what is free now, what is expected, and who waits already?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Coming:
    """Units that are there from the day `on`; None: now."""

    units: int
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What can be had, the earliest first and each day once; `never`: units that nothing covers."""

    parts: Sequence[Coming]
    never: int = 0

    @property
    def now(self) -> int:
        """Units that can be had at once."""
        return sum(part.units for part in self.parts if part.on is None)

    @property
    def last(self) -> date | None:
        """The day by which all that can be had is there; None: now, or nothing ever."""
        return self.parts[-1].on if self.parts else None

    def had_by(self, day: date | None) -> int:
        """Units that can be had on that day (None: now) or earlier."""
        return sum(
            part.units for part in self.parts if part.on is None or (day is not None and part.on <= day)
        )


def promise(units: int, *, free: int, expected: Iterable[Coming], ahead: int = 0) -> Promise:
    """When `units` can be had behind `ahead` others, who take first what comes first.

    `free` below zero counts as nothing. `expected` in any order; units of one day are one arrival.
    """
    parts = []
    supply = _supply(free, expected)
    for coming, left in zip(supply, behind(ahead, [one.units for one in supply]), strict=True):
        taken = min(units, left)
        if taken:
            units -= taken
            parts.append(Coming(taken, coming.on))
    return Promise(parts, units)


def behind(ahead: int, arrivals: Iterable[int]) -> Sequence[int]:
    """What those ahead leave of each arrival: they take the first ones first."""
    left = []
    for units in arrivals:
        passed = min(ahead, units)
        ahead -= passed
        left.append(units - passed)
    return left


def queue(wanted: Iterable[int], *, free: int, expected: Iterable[Coming]) -> Sequence[Promise]:
    """One promise for each who waits, in the queue's order: nobody takes what one before him may have."""
    supply, ahead, found = list(expected), 0, []
    for units in wanted:
        found.append(promise(units, free=free, expected=supply, ahead=ahead))
        ahead += units
    return found


def preorder(units: int, *, release_on: date, limit: int | None, taken: int) -> Promise:
    """Units of what is not out yet: from that day, as many as the limit leaves; without a limit all."""
    left = units if limit is None else min(units, max(0, limit - taken))
    return Promise([Coming(left, release_on)] if left else [], units - left)


def together(units: int, parts: Sequence[tuple[int, Promise]]) -> Promise:
    """Whole things of several goods (units in one, what is promised of it): had once all their goods are."""
    days = sorted({part.on for _, promised in parts for part in promised.parts}, key=lambda d: d or date.min)
    found, had = [], 0
    for day in days:
        whole = min(units, kits((promised.had_by(day), each) for each, promised in parts))
        if whole > had:
            found.append(Coming(whole - had, day))
            had = whole
    return Promise(found, units - had)


def kits(components: Iterable[tuple[int, int]]) -> int:
    """How many whole kits (units there, units in one kit) make: the scarcest component decides."""
    return min((max(0, there) // each for there, each in components), default=0)


def _supply(free: int, expected: Iterable[Coming]) -> Sequence[Coming]:
    by_day: dict[date, int] = {}
    now = max(0, free)
    for coming in expected:
        if coming.on is None:
            now += max(0, coming.units)
        else:
            by_day[coming.on] = by_day.get(coming.on, 0) + max(0, coming.units)
    return [Coming(now), *(Coming(by_day[day], day) for day in sorted(by_day))]
