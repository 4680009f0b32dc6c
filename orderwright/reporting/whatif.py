"""What would other rules have chosen: past choices of locations made anew from what they were made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import working_days
from orderwright.domain.geography import transit_days
from orderwright.domain.sourcing import Candidate, Plan, PostageFrom, Rules, Solve, source

MOST_CASES = 5_000
AS_CHOSEN = "as chosen"
"""The name of what was in force: each choice as it was made, by whatever rules."""


@dataclass(frozen=True, slots=True)
class Case:
    """One past choice: what was wanted, what there was to choose from at that moment, what was taken.

    `promised`: the day the customer was told for the last part.
    """

    order: str
    wanted: Mapping[str, int]
    candidates: Sequence[Candidate]
    country: str
    service: str
    chosen: Mapping[str, Mapping[str, int]]
    on: date
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class World:
    """For choices that kept less: where locations are, and what a label has cost from there."""

    countries: Mapping[str, str]
    labels: Mapping[str, float]
    currency: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over all cases; money in minor units.

    `labels` as they were to be expected, for `estimated` of the parcels by way and weight; `cost`: labels and
    handling; `days`: working days until an order's last part is there; `kept`: orders that would have been
    there by the day the customer was told.
    """

    rules: str
    parcels: int
    split: int
    km: int
    handling: int
    labels: int
    estimated: int
    cost: int
    days: int
    kept: int


@dataclass(frozen=True, slots=True)
class Change:
    """An order that would have shipped from elsewhere; differences are the draft's less the base's."""

    order: str
    before: Sequence[str]
    after: Sequence[str]
    parcels: int
    km: int
    cost: int
    days: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of rules over the same cases. `later`: orders promised for a later day by the draft.

    `cut`: there were more cases than are looked at.
    """

    cases: int
    cut: bool
    currency: str | None
    base: Figures
    draft: Figures
    later: int
    changes: Sequence[Change]


_CASES = text("""
    SELECT o.number, d.decision, o.ship_to ->> 'country' AS country, o.service, d.at,
           (SELECT max(f.promised_on) FROM fulfillment_orders f WHERE f.order_id = o.id) AS promised
      FROM sourcing_decisions d JOIN orders o ON o.id = d.order_id
     WHERE o.placed_at >= :since AND o.placed_at < :until AND jsonb_exists(d.decision, 'candidates')
       AND d.decision -> 'chosen' <> '{}'
     ORDER BY o.placed_at, d.id LIMIT :most""")

_LABELS = text("""
    SELECT f.location, s.currency, avg(s.amount)::float8 AS amount, count(*) AS labels
      FROM shipments s JOIN fulfillment_orders f ON f.id = s.fulfillment_id
     WHERE s.amount IS NOT NULL AND s.state <> 'voided' GROUP BY f.location, s.currency""")

_PLACES = text("SELECT code, address ->> 'country' AS country FROM locations")


async def cases(session: AsyncSession, since: datetime, until: datetime) -> list[Case]:
    """Choices for orders placed in [since, until), oldest first, at most MOST_CASES."""
    rows = await session.execute(_CASES, {"since": since, "until": until, "most": MOST_CASES})
    return [
        _case(row.number, row.decision, row.country, row.service, row.at.date(), row.promised) for row in rows
    ]


async def world(session: AsyncSession) -> World:
    """Locations, and average label prices in the currency that most labels were bought in."""
    rows = (await session.execute(_LABELS)).all()
    bought: dict[str, int] = {}
    for row in rows:
        bought[row.currency] = bought.get(row.currency, 0) + row.labels
    currency = max(sorted(bought), key=lambda code: bought[code], default=None)
    return World(
        countries={row.code: row.country for row in await session.execute(_PLACES)},
        labels={row.location: row.amount for row in rows if row.currency == currency},
        currency=currency,
    )


def compare(
    found: Sequence[Case], known: World, base: Rules | None, draft: Rules, solve: Solve | None = None
) -> Comparison:
    """Choose anew for each case by both rules; `base` None: as it was chosen.

    Cases stand alone: none takes another's units away.
    """
    pairs = [(one, _before(one, base, solve), _anew(one, draft, solve)) for one in found]
    changes = [_change(one, before, after, known) for one, before, after in pairs]
    name = AS_CHOSEN if base is None else base.label
    return Comparison(
        cases=len(pairs),
        cut=len(pairs) >= MOST_CASES,
        currency=known.currency,
        base=_figures(name, [(one, before) for one, before, _ in pairs], known),
        draft=_figures(draft.label, [(one, after) for one, _, after in pairs], known),
        later=sum(change.days > 0 for change in changes),
        changes=[change for change in changes if change.before != change.after],
    )


def _before(case: Case, base: Rules | None, solve: Solve | None) -> Plan:
    if base is None:
        return Plan(case.chosen, [], {}, AS_CHOSEN, case.candidates)
    return _anew(case, base, solve)


def _anew(case: Case, rules: Rules, solve: Solve | None) -> Plan:
    return source(case.wanted, case.candidates, rules, solve=solve)


def _case(
    order: str, decision: Mapping[str, Any], country: str, service: str, on: date, promised: date | None
) -> Case:  # Any: JSON
    wanted: dict[str, int] = {}
    for units in decision["chosen"].values():
        for sku, count in units.items():
            wanted[sku] = wanted.get(sku, 0) + count
    candidates = [_candidate(one) for one in decision["candidates"]]
    return Case(order, wanted, candidates, country, service, decision["chosen"], on, promised)


def _candidate(one: Mapping[str, Any]) -> Candidate:  # Any: JSON; older decisions kept fewer figures
    arrives = one.get("arrives_on")
    return Candidate(
        one["location"], one["distance_km"], one["handling_cost"], one["free"],
        postage=one.get("postage", 0),
        postage_from=PostageFrom(one.get("postage_from", PostageFrom.NONE)),
        late=one.get("late", 0),
        load=one.get("load", 0),
        balance=one.get("balance", 0),
        unit_costs=one.get("unit_costs", {}),
        arrives_on=date.fromisoformat(arrives) if arrives else None,
    )  # fmt: skip


def _figures(name: str, plans: Sequence[tuple[Case, Plan]], known: World) -> Figures:
    used = [one for _, plan in plans for one in _used(plan)]
    labels, handling = sum(_label(one, known) for one in used), sum(one.cost for one in used)
    return Figures(
        rules=name,
        parcels=len(used),
        split=sum(len(plan.taken) > 1 for _, plan in plans),
        km=sum(one.distance_km for one in used),
        handling=handling,
        labels=labels,
        estimated=sum(one.postage_from is PostageFrom.ESTIMATE for one in used),
        cost=labels + handling,
        days=sum(_days(case, plan, known) for case, plan in plans),
        kept=sum(_is_kept(case, plan) for case, plan in plans),
    )


def _change(case: Case, before: Plan, after: Plan, known: World) -> Change:
    return Change(
        order=case.order,
        before=sorted(before.taken),
        after=sorted(after.taken),
        parcels=len(after.taken) - len(before.taken),
        km=sum(one.distance_km for one in _used(after)) - sum(one.distance_km for one in _used(before)),
        cost=_cost(after, known) - _cost(before, known),
        days=_days(case, after, known) - _days(case, before, known),
    )


def _used(plan: Plan) -> list[Candidate]:
    return [one for one in plan.considered if one.code in plan.taken]


def _cost(plan: Plan, known: World) -> int:
    return sum(one.cost + _label(one, known) for one in _used(plan))


def _label(one: Candidate, known: World) -> int:
    """As it was to be expected; where that was not kept, what is usual from there."""
    if one.postage_from is not PostageFrom.NONE or not known.labels:
        return one.postage
    usual = sum(known.labels.values()) / len(known.labels)
    return round(known.labels.get(one.code, usual))


def _days(case: Case, plan: Plan, known: World) -> int:
    """Until the last part is there, as we promise it."""
    return max(
        (
            working_days(case.on, one.arrives_on)
            if one.arrives_on is not None
            else transit_days(known.countries.get(one.code, ""), case.country, case.service)
            for one in _used(plan)
        ),
        default=0,
    )


def _is_kept(case: Case, plan: Plan) -> bool:
    """Whether the last part would be there by the promised day; without days there is nothing to break."""
    arrivals = [one.arrives_on for one in _used(plan) if one.arrives_on is not None]
    return case.promised is None or max(arrivals, default=case.promised) <= case.promised
