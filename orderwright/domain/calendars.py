"""On which day does a parcel leave a location: when it works, and when it has room for one more?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from orderwright.domain.fulfillment.shipping import days_from, handled_on

LONGEST_CLOSED = 366
ROOM_WITHIN = 14
"""Days that a parcel waits for room at most, after the first on which it could leave."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a location works. `workdays` are ISO days (1 Monday), `closed` days on which nothing leaves."""

    timezone: str = "UTC"
    cutoff: time = time(16)
    workdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    closed: frozenset[date] = frozenset()

    def opens(self, day: date) -> bool:
        """Whether parcels leave on that day."""
        return day.isoweekday() in self.workdays and day not in self.closed

    def leaves(self, at: datetime) -> date | None:
        """The first day on which what is ordered at `at` may leave; None: not within a year."""
        first = handled_on(at.astimezone(ZoneInfo(self.timezone)), self.cutoff)
        return next((day for day in days_from(first, LONGEST_CLOSED) if self.opens(day)), None)


@dataclass(frozen=True, slots=True)
class Room:
    """Parcels a day, those planned by day, and how many are ahead of ours without a day yet."""

    capacity: int | None = None
    planned: Mapping[date, int] = field(default_factory=dict)
    ahead: int = 0

    def day(self, calendar: Calendar, first: date) -> date | None:
        """The first working day from `first` with room for one more; None: full for two weeks."""
        if self.capacity is None:
            return first
        ahead = self.ahead
        for day in days_from(first, ROOM_WITHIN + 1):
            free = max(0, self.capacity - self.planned.get(day, 0)) if calendar.opens(day) else 0
            if free > ahead:
                return day
            ahead -= free
        return None

    def used(self, day: date) -> int:
        """Percent of that day's capacity that is planned already; 0 where any number leaves."""
        return 100 * self.planned.get(day, 0) // self.capacity if self.capacity else 0
