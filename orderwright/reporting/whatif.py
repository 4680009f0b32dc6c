"""What would other rules have chosen: past choices of locations made anew from what they were made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.geography import transit_days
from orderwright.domain.sourcing import Candidate, Plan, Rules, source

MOST_CASES = 5_000


@dataclass(frozen=True, slots=True)
class Case:
    """One past choice: what was wanted, and what there was to choose from at that moment."""

    order: str
    wanted: Mapping[str, int]
    candidates: Sequence[Candidate]
    country: str
    service: str


@dataclass(frozen=True, slots=True)
class World:
    """What both sides are measured with: where locations are, and what a label has cost from there."""

    countries: Mapping[str, str]
    labels: Mapping[str, float]
    currency: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over all cases: `labels` in minor units by past averages; `days` promised for the last part."""

    rules: str
    parcels: int
    split: int
    km: int
    handling: int
    labels: int
    days: int


@dataclass(frozen=True, slots=True)
class Change:
    """An order that would have shipped from elsewhere; differences are the draft's less the base's."""

    order: str
    before: Sequence[str]
    after: Sequence[str]
    parcels: int
    km: int
    days: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of rules over the same cases. `later`: orders promised for a later day by the draft."""

    cases: int
    currency: str | None
    base: Figures
    draft: Figures
    later: int
    changes: Sequence[Change]


_CASES = text("""
    SELECT o.number, d.decision, o.ship_to ->> 'country' AS country, o.service
      FROM sourcing_decisions d JOIN orders o ON o.id = d.order_id
     WHERE o.placed_at >= :since AND o.placed_at < :until AND jsonb_exists(d.decision, 'candidates')
     ORDER BY o.placed_at, d.id LIMIT :most""")

_LABELS = text("""
    SELECT f.location, s.currency, avg(s.amount)::float8 AS amount, count(*) AS labels
      FROM shipments s JOIN fulfillment_orders f ON f.id = s.fulfillment_id
     WHERE s.amount IS NOT NULL AND s.state <> 'voided' GROUP BY f.location, s.currency""")

_PLACES = text("SELECT code, address ->> 'country' AS country FROM locations")


async def cases(session: AsyncSession, since: datetime, until: datetime) -> list[Case]:
    """Choices for orders placed in [since, until), oldest first, at most MOST_CASES."""
    rows = await session.execute(_CASES, {"since": since, "until": until, "most": MOST_CASES})
    return [_case(row.number, row.decision, row.country, row.service) for row in rows]


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


def compare(found: Sequence[Case], known: World, base: Rules, draft: Rules) -> Comparison:
    """Choose anew for each case by both rules. Cases stand alone: none takes another's units away."""
    pairs = [
        (one, source(one.wanted, one.candidates, base), source(one.wanted, one.candidates, draft))
        for one in found
    ]
    changes = [_change(one, before, after, known) for one, before, after in pairs]
    return Comparison(
        cases=len(pairs),
        currency=known.currency,
        base=_figures(base, [(one, before) for one, before, _ in pairs], known),
        draft=_figures(draft, [(one, after) for one, _, after in pairs], known),
        later=sum(change.days > 0 for change in changes),
        changes=[change for change in changes if change.before != change.after],
    )


def _case(order: str, decision: Mapping[str, Any], country: str, service: str) -> Case:  # Any: JSON
    wanted: dict[str, int] = {}
    for units in decision["chosen"].values():
        for sku, count in units.items():
            wanted[sku] = wanted.get(sku, 0) + count
    candidates = [
        Candidate(one["location"], one["distance_km"], one["handling_cost"], one["free"])
        for one in decision["candidates"]
    ]
    return Case(order, wanted, candidates, country, service)


def _figures(rules: Rules, plans: Sequence[tuple[Case, Plan]], known: World) -> Figures:
    usual = sum(known.labels.values()) / len(known.labels) if known.labels else 0.0
    used = [one for _, plan in plans for one in plan.considered if one.code in plan.taken]
    return Figures(
        rules=rules.label,
        parcels=len(used),
        split=sum(len(plan.taken) > 1 for _, plan in plans),
        km=sum(one.distance_km for one in used),
        handling=sum(one.cost for one in used),
        labels=round(sum(known.labels.get(one.code, usual) for one in used)),
        days=sum(_days(case, plan, known) for case, plan in plans),
    )


def _change(case: Case, before: Plan, after: Plan, known: World) -> Change:
    return Change(
        order=case.order,
        before=sorted(before.taken),
        after=sorted(after.taken),
        parcels=len(after.taken) - len(before.taken),
        km=_km(after) - _km(before),
        days=_days(case, after, known) - _days(case, before, known),
    )


def _km(plan: Plan) -> int:
    return sum(one.distance_km for one in plan.considered if one.code in plan.taken)


def _days(case: Case, plan: Plan, known: World) -> int:
    """Until the last part is there, as we promise it."""
    return max(
        (transit_days(known.countries.get(code, ""), case.country, case.service) for code in plan.taken),
        default=0,
    )
