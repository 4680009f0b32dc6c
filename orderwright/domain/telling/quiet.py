"""When may a telephone ring? The hours of quiet where its owner lives."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local time, over midnight where `since` is later than `until`. Equal: no quiet at all."""

    since: time
    until: time

    @classmethod
    def read(cls, text: str) -> "Quiet":
        """`21:00-08:00`; empty: none. Raises ValueError."""
        if not text:
            return cls(time(0), time(0))
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("hours of quiet are written 21:00-08:00, or left empty")
        a, b, c, d = (int(part) for part in found.groups())
        return cls(time(a, b), time(c, d))

    def at(self, local: time) -> bool:
        """Whether it is quiet then."""
        if self.since <= self.until:
            return self.since <= local < self.until
        return local >= self.since or local < self.until

    def ends(self, now: datetime, zones: Iterable[str]) -> datetime | None:
        """The first moment at which it is quiet in none of `zones`; None: it is not quiet, or always is.

        Quarters of an hour: every offset in use is a multiple of them.
        """
        places: list[tzinfo] = [*(ZoneInfo(zone) for zone in zones)] or [UTC]
        if not self._anywhere(now, places):
            return None
        moment = datetime.fromtimestamp(now.timestamp() // 900 * 900, tz=UTC)
        for _ in range(96 * 2):
            moment += STEP
            if not self._anywhere(moment, places):
                return moment
        return None

    def _anywhere(self, moment: datetime, places: Iterable[tzinfo]) -> bool:
        return any(self.at(moment.astimezone(place).time()) for place in places)
