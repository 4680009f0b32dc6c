"""What states has a parcel, which offer is the best, when will it arrive?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum


class ShipmentState(StrEnum):
    """One parcel."""

    PLANNED = "planned"
    LABELED = "labeled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    READY_FOR_PICKUP = "ready_for_pickup"
    COLLECTED = "collected"
    EXCEPTION = "exception"
    LOST = "lost"
    RETURNING = "returning"
    RETURNED = "returned"
    VOIDED = "voided"


SHIPMENT_RANK: dict[ShipmentState, int] = {
    ShipmentState.PLANNED: 0,
    ShipmentState.LABELED: 1,
    ShipmentState.HANDED_OVER: 2,
    ShipmentState.IN_TRANSIT: 3,
    ShipmentState.EXCEPTION: 4,
    ShipmentState.OUT_FOR_DELIVERY: 5,
    ShipmentState.READY_FOR_PICKUP: 6,
    ShipmentState.LOST: 7,
    ShipmentState.COLLECTED: 8,
    ShipmentState.DELIVERED: 9,
    ShipmentState.RETURNING: 10,
    ShipmentState.RETURNED: 11,
    ShipmentState.VOIDED: 12,
}
"""No two are equal: where a parcel is, is the highest that was ever seen, in whatever order it is told.

What was lost may be found; what comes back to us has not stayed with the customer, whatever was said before.
"""

ARRIVED = frozenset({ShipmentState.DELIVERED, ShipmentState.COLLECTED})
GONE = frozenset({ShipmentState.LOST, ShipmentState.RETURNING, ShipmentState.RETURNED})
UNSEEN = frozenset({ShipmentState.PLANNED, ShipmentState.VOIDED})
"""What no carrier sees: we say it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is shipped: grams and millimeters, all above zero."""

    grams: int
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One carrier's price for one parcel. `rate_id` is the carrier's name for it."""

    rate_id: str
    carrier: str
    service: str
    amount: int
    currency: str
    days: int | None
    arrives: date | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The offer taken and why, in words."""

    offer: Offer
    reason: str


@dataclass(frozen=True, slots=True)
class Faster:
    """A service that is to be bought instead of a slower one, for so much at most (minor units)."""

    carrier: str
    service: str
    at_most: int
    currency: str

    def among(self, offers: Sequence[Offer]) -> Choice | None:
        """Its cheapest offer. None: it is not offered any more, or only for more."""
        mine = [
            offer
            for offer in offers
            if (offer.carrier, offer.service, offer.currency) == (self.carrier, self.service, self.currency)
            and offer.amount <= self.at_most
        ]
        if not mine:
            return None
        best = min(mine, key=lambda offer: offer.amount)
        return Choice(best, "instead of a slower one that would have missed the promise")


def cheapest_in_time(offers: Sequence[Offer], promised: date) -> Choice | None:
    """The cheapest offer that keeps the promise; where none does, the fastest. None: no offers at all."""
    if not offers:
        return None
    in_time = [offer for offer in offers if offer.arrives is not None and offer.arrives <= promised]
    if in_time:
        best = min(in_time, key=lambda o: (o.amount, o.arrives, o.carrier, o.service))
        return Choice(best, f"cheapest of {len(in_time)} that keep {promised}, of {len(offers)} offered")
    best = min(offers, key=lambda o: (o.arrives or date.max, o.amount, o.carrier, o.service))
    return Choice(best, f"none of {len(offers)} keeps {promised}: the fastest")


def weekday(day: date) -> bool:
    """Whether carriers work then: Monday to Friday."""
    return day.isoweekday() <= 5


def ships_on(now: datetime, cutoff: time) -> date:
    """The weekday it leaves, by the cut-off alone (`Calendar` knows more). `now` is local there."""
    return _working(handled_on(now, cutoff))


def handled_on(now: datetime, cutoff: time) -> date:
    """Today up to the cut-off, else tomorrow, whether anybody works then or not."""
    return now.date() if now.time() <= cutoff else now.date() + timedelta(days=1)


def days_from(first: date, count: int) -> Iterator[date]:
    """`count` days, one after the other."""
    return (first + timedelta(days=n) for n in range(count))


def arrival(ships: date, transit_days: int) -> date:
    """`transit_days` carriers' working days after `ships`."""
    day = ships
    for _ in range(transit_days):
        day = _working(day + timedelta(days=1))
    return day


def working_days(since: date, until: date) -> int:
    """Carriers' working days after `since` up to `until`; 0 where that is no later."""
    whole, rest = divmod(max(0, (until - since).days), 7)
    return whole * 5 + sum(weekday(since + timedelta(days=n)) for n in range(1, rest + 1))


def _working(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
