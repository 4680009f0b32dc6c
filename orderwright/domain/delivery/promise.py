"""Will a parcel keep its promise, when is it looked at again, and who is told of a miss?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from orderwright.domain.fulfillment.shipping import Faster, arrival, days_from, working_days

ENOUGH = 20
"""Parcels of the same lane that make a prediction: carrier, service, from country, to country."""

LOOK_EVERY = timedelta(hours=6)
TOLD_AGAIN_AFTER = timedelta(days=2)
"""A new day is told once it is so much later than the one that was told: nobody wants a mail a day."""

SILENT_FOR = timedelta(hours=24)
"""A parcel of which nothing was heard for so long is asked about."""

ASKED_EVERY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Past:
    """Days in which nine of ten parcels of a lane came from dock to door, and of how many that is known."""

    days: int
    parcels: int


@dataclass(frozen=True, slots=True)
class Journey:
    """A parcel on its way or before it. `transit`: working days that its service takes by our table;
    `carrier_says`: the day the carrier gave when the label was bought; `known`: the day that is known so far.
    """

    promised: date
    ships: date
    transit: int
    shipped: date | None = None
    carrier_says: date | None = None
    past: Past | None = None
    known: date | None = None
    told: date | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it comes, as it looks now. `tell`: the customer is to hear of that day."""

    expected: date
    late: bool
    tell: bool
    next_look: datetime


def foresee(journey: Journey, at: datetime) -> Forecast:
    """Past parcels of the lane where there are enough, else the carrier's own word, else our table.

    What should be there and is not comes tomorrow at the earliest. Before it has left, the first look after
    today's is on the last day on which it can leave and be in time.
    """
    expected = max(_predicted(journey, at.date()), journey.known or date.min)
    late = expected > journey.promised
    spoken_of = journey.told or journey.promised
    news = journey.told is None or expected - journey.told >= TOLD_AGAIN_AFTER
    return Forecast(expected, late, late and news and expected > spoken_of, _next_look(journey, at))


def _predicted(journey: Journey, today: date) -> date:
    left = journey.shipped or max(journey.ships, today)
    if journey.past is not None and journey.past.parcels >= ENOUGH:
        day = left + timedelta(days=journey.past.days)
    elif journey.carrier_says is not None and left <= journey.ships:
        day = journey.carrier_says
    else:
        day = arrival(left, journey.transit)
    return day if day >= today else arrival(today, 1)


@dataclass(frozen=True, slots=True)
class Option:
    """A service that was offered for the parcel when its label was bought, and its lane's past."""

    carrier: str
    service: str
    amount: int
    currency: str
    arrives: date | None
    past: Past | None = None


def upgrade(
    journey: Journey, bought: Option, offered: Sequence[Option], *, extra: int, at: datetime
) -> Faster | None:
    """The cheapest other service that keeps the promise for up to `extra` minor units more. None: none does.

    By past parcels of its lane where there are enough, else by the days that the carrier gave; by the same
    measure it is faster than the one that is bought.
    """
    left = max(journey.ships, at.date())
    at_most = bought.amount + extra
    slow = _option_arrives(bought, journey.ships, left) or date.max
    in_time = [
        one
        for one in offered
        if one.currency == bought.currency
        and one.amount <= at_most
        and (day := _option_arrives(one, journey.ships, left)) is not None
        and day <= journey.promised
        and day < slow
    ]
    if not in_time:
        return None
    best = min(in_time, key=lambda one: (one.amount, one.carrier, one.service))
    return Faster(best.carrier, best.service, at_most, best.currency)


def _option_arrives(one: Option, planned: date, left: date) -> date | None:
    if one.past is not None and one.past.parcels >= ENOUGH:
        return left + timedelta(days=one.past.days)
    return None if one.arrives is None else arrival(left, working_days(planned, one.arrives))


def last_day_to_leave(journey: Journey) -> date:
    """The last day on which it may leave and arrive by the promise; the planned one where none does."""
    days = list(days_from(journey.ships, max(0, (journey.promised - journey.ships).days) + 1))
    return max((day for day in days if _arrives(journey, day) <= journey.promised), default=journey.ships)


def _arrives(journey: Journey, left: date) -> date:
    if journey.past is not None and journey.past.parcels >= ENOUGH:
        return left + timedelta(days=journey.past.days)
    return arrival(left, journey.transit)


def _next_look(journey: Journey, at: datetime) -> datetime:
    soon = at + LOOK_EVERY
    if journey.shipped is not None:
        return soon
    last = datetime.combine(last_day_to_leave(journey), time(), UTC)
    return max(soon, last)
