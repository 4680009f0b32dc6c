"""Which locations may not ship at all, and why: one small rule each, in words with figures."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from orderwright.domain.calendars import ROOM_WITHIN, Calendar, Room
from orderwright.domain.sourcing.candidates import Constraint


@dataclass(frozen=True, slots=True)
class Site:
    """A location as its owner has set it up. `serves`, `carriers` empty: all.

    `seen`: the carriers that have offered parcels from here to that country; empty: none was asked yet.
    """

    code: str
    active: bool = True
    ships: bool = True
    pickup: bool = False
    serves: Collection[str] = ()
    hazmat: bool = False
    carriers: Collection[str] = ()
    seen: Collection[str] = ()
    calendar: Calendar = field(default_factory=Calendar)
    room: Room = field(default_factory=Room)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shipped, as far as it decides who may. `collect_at`: the customer comes there.

    `hazmat`: the hazardous ones of the wanted SKUs.
    """

    country: str
    postal_code: str
    at: datetime
    collect_at: str | None = None
    hazmat: Sequence[str] = ()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """The first constraint that a location does not meet, and how, in words."""

    constraint: Constraint
    reason: str


def barred(site: Site, asked: Asked, units: Mapping[str, int]) -> Bar | None:
    """Why `site` may not ship the `units` it has of what is wanted; None: it may."""
    for constraint, rule in _RULES.items():
        reason = rule(site, asked, units)
        if reason is not None:
            return Bar(constraint, reason)
    return None


def leaves_on(site: Site, at: datetime) -> date | None:
    """The day with room on which a parcel would leave; None: closed for a year or full for two weeks."""
    first = site.calendar.leaves(at)
    return None if first is None else site.room.day(site.calendar, first)


def is_served(serves: Collection[str], country: str, postal_code: str) -> bool:
    """Whether `GB` or the beginning of a postal code there (`GB:SW1`) is among them; none named: all are."""
    compact = _compact(postal_code)
    areas = [area.partition(":") for area in serves]
    return not areas or any(
        land == country and compact.startswith(_compact(prefix)) for land, _, prefix in areas
    )


def _compact(postal_code: str) -> str:
    return "".join(char for char in postal_code.upper() if char.isalnum())


def _refused(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    return "has refused these units before" if site.code in asked.refused else None


def _inactive(site: Site, _asked: Asked, _units: Mapping[str, int]) -> str | None:
    return None if site.active else "is not active"


def _collected(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    if asked.collect_at is None:
        return None
    if site.code != asked.collect_at:
        return f"the customer collects at {asked.collect_at}"
    return None if site.pickup else "customers cannot collect here"


def _ships(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    return "ships no parcels" if asked.collect_at is None and not site.ships else None


def _region(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    if asked.collect_at is not None or is_served(site.serves, asked.country, asked.postal_code):
        return None
    return f"does not serve that address in {asked.country}, only {', '.join(sorted(site.serves))}"


def _hazmat(site: Site, asked: Asked, units: Mapping[str, int]) -> str | None:
    hazardous = [sku for sku in asked.hazmat if units.get(sku, 0) > 0]
    if site.hazmat or not hazardous:
        return None
    return f"may not handle hazardous goods: {', '.join(hazardous)}"


def _calendar(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    return "is closed for the next year" if site.calendar.leaves(asked.at) is None else None


def _capacity(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    if leaves_on(site, asked.at) is not None:
        return None
    return f"is full for {ROOM_WITHIN} days: {site.room.capacity} parcels a day"


def _carrier(site: Site, asked: Asked, _units: Mapping[str, int]) -> str | None:
    if (
        asked.collect_at is not None
        or not site.carriers
        or not site.seen
        or set(site.carriers) & set(site.seen)
    ):
        return None
    known = ", ".join(sorted(site.seen))
    return f"none of its carriers ({', '.join(sorted(site.carriers))}) goes to {asked.country}: {known} do"


_RULES: Mapping[Constraint, Callable[[Site, Asked, Mapping[str, int]], str | None]] = {
    Constraint.REFUSED: _refused,
    Constraint.INACTIVE: _inactive,
    Constraint.PICKUP: _collected,
    Constraint.SHIPS: _ships,
    Constraint.REGION: _region,
    Constraint.HAZMAT: _hazmat,
    Constraint.CALENDAR: _calendar,
    Constraint.CAPACITY: _capacity,
    Constraint.CARRIER: _carrier,
}
