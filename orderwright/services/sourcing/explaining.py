"""Why do units ship from where they ship: a decision as it is kept, and in words for people."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from orderwright.domain.sourcing import (
    PARTS,
    Candidate,
    Constraint,
    Method,
    Plan,
    PostageFrom,
    Rejected,
    could_give,
)

Json = dict[str, Any]  # Any: JSON


class Then(StrEnum):
    """What becomes of units without a place: a person is asked, the order is held, or they follow."""

    ASKED = "asked"
    HELD = "held"
    FOLLOW = "follow"


_HOW = {
    Method.EXACT.value: "every combination that could be better was looked at",
    Method.SOLVER.value: "found by the solver",
    Method.GREEDY.value: "taken one after the other by what each adds for its points; no solver was there",
}
_THEN = {
    Then.ASKED.value: "a person is asked",
    Then.HELD.value: "the whole order is held for them",
    Then.FOLLOW.value: "they follow when they are there",
}
_REMEDIES = {
    Constraint.REFUSED.value: "let {} be asked again by a retry",
    Constraint.INACTIVE.value: "open {} again",
    Constraint.PICKUP.value: "bring the units from {} to where the customer collects",
    Constraint.SHIPS.value: "let {} ship parcels",
    Constraint.REGION.value: "let {} serve that address",
    Constraint.HAZMAT.value: "let {} handle hazardous goods",
    Constraint.CALENDAR.value: "give {} a day on which it works",
    Constraint.CAPACITY.value: "give {} more capacity, or wait for a day with room",
    Constraint.CARRIER.value: "give {} a carrier that goes there",
}


def explained(plan: Plan, wanted: Mapping[str, int] | None = None) -> Json:
    """The decision as it is kept: by which rules, what there was to choose from, and why not the others.

    `wanted`, where the plan could not take it.
    """
    asked = _taken(plan) if wanted is None else dict(wanted)
    why_not = {no.code: no.reason for no in plan.rejected}
    return {
        "rules": plan.rules.label,
        "method": plan.method.value,
        "reason": plan.reason,
        "wanted": asked,
        "chosen": {location: dict(units) for location, units in plan.taken.items()},
        "rejected": [{"location": code, "reason": reason} for code, reason in why_not.items()],
        "excluded": [_excluded(no) for no in plan.rejected if no.constraint is not None],
        "candidates": [
            _candidate(plan, one, asked, why_not.get(one.code, "chosen")) for one in plan.considered
        ],
    }


def _taken(plan: Plan) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for units in plan.taken.values():
        for sku, count in units.items():
            wanted[sku] = wanted.get(sku, 0) + count
    return wanted


def _excluded(no: Rejected) -> Json:
    constraint = no.constraint.value if no.constraint is not None else ""
    return {
        "location": no.code, "constraint": constraint, "reason": no.reason, "distance_km": no.distance_km,
        "free": dict(no.units),
    }  # fmt: skip


def _candidate(plan: Plan, one: Candidate, wanted: Mapping[str, int], reason: str) -> Json:
    """Points of goods are for what it ships, or of one that was not chosen for what it could."""
    ships = dict(plan.taken.get(one.code, {}))
    scores = plan.rules.scores(one)
    scores["margin"] = plan.rules.goods(one, ships or could_give(wanted, one.units))
    return {
        "location": one.code,
        "distance_km": one.distance_km,
        "handling_cost": one.cost,
        "free": dict(one.units),
        "ships": ships,
        "points": sum(scores.values()),
        "reason": reason,
        "scores": scores,
        "postage": one.postage,
        "postage_from": one.postage_from.value,
        "labels": one.labels,
        "currency": one.currency,
        "late": one.late,
        "load": one.load,
        "balance": one.balance,
        "unit_costs": dict(one.unit_costs),
        "ships_on": one.ships_on.isoformat() if one.ships_on else None,
        "arrives_on": one.arrives_on.isoformat() if one.arrives_on else None,
    }


def in_words(decision: Mapping[str, Any]) -> list[str]:
    """A kept decision in sentences: what was chosen, then every other location with its figures."""
    return list(_sentences(decision))


def _sentences(decision: Mapping[str, Any]) -> Iterator[str]:
    how = [f"rules {decision['rules']}"] if "rules" in decision else []
    how += [_HOW[decision["method"]]] if decision.get("method") in _HOW else []
    yield decision.get("reason", "no reason was kept") + (f" ({'; '.join(how)})." if how else ".")
    if decision.get("missing"):
        yield _missing(decision)
    chosen = [one for one in decision.get("candidates", []) if one["ships"]]
    for one in chosen:
        yield f"{one['location']} ships {_units(one['ships'])}: {_figures(one)}."
    for one in decision.get("candidates", []):
        if not one["ships"]:
            yield f"{one['location']} was not chosen: {one['reason']}; {_figures(one)}."
    for one in decision.get("excluded", []):
        free = f", free there: {_units(one['free'])}" if any(one["free"].values()) else ""
        yield f"{one['location']} may not ship: {one['reason']} ({one['distance_km']} km{free})."
    if decision.get("missing"):
        yield f"What may be done: {'; '.join(_remedies(decision))}."


def _missing(decision: Mapping[str, Any]) -> str:
    ahead = decision["ahead"]
    queue = f", behind others who wait for {_units(ahead)}" if ahead else ""
    return f"No place for {_units(decision['missing'])}{queue}: {_THEN[decision['then']]}."


def _remedies(decision: Mapping[str, Any]) -> Iterator[str]:
    """Where units lie that may not ship, what would let them; else units have to come."""
    missing = set(decision["missing"]) - set(decision["unreleased"])
    barred = [one for one in decision["excluded"] if any(one["free"].get(sku) for sku in missing)]
    for one in barred:
        yield _REMEDIES[one["constraint"]].format(one["location"])
    if decision["unreleased"]:
        yield "wait for the release"
    asked = decision["then"] == Then.ASKED
    if missing and not (asked and barred):
        yield "bring units to a location that may ship"
    if asked:
        yield "then retry (`orderwright orders retry`), or reject its task to cancel these units"
    else:
        yield "when that is done it looks again by itself"


def _figures(one: Mapping[str, Any]) -> str:
    facts = [f"{one['distance_km']} km", f"handling {one['handling_cost']}"]
    if one.get("postage_from", PostageFrom.NONE) != PostageFrom.NONE:
        facts.append(_postage(one))
    if one.get("arrives_on"):
        facts.append(f"leaves {one['ships_on']}, arrives {one['arrives_on']}")
    if one.get("load"):
        facts.append(f"{one['load']}% of that day planned")
    facts.append(f"{one['points']:,} points{_parts(one.get('scores', {}))}")
    return ", ".join(facts)


def _postage(one: Mapping[str, Any]) -> str:
    if one["postage_from"] == PostageFrom.LABELS:
        several = "labels" if one["labels"] > 1 else "label"
        return f"label {one['postage']} {one['currency']} (average of {one['labels']} {several} on that lane)"
    return f"label {one['postage']} (estimated by way and weight)"


def _parts(scores: Mapping[str, int]) -> str:
    weighed = [f"{name} {scores[name]:,}" for name in PARTS if scores.get(name)]
    return f" ({', '.join(weighed)})" if len(weighed) > 1 else ""


def _units(of: Mapping[str, int]) -> str:
    return ", ".join(f"{units} {sku}" for sku, units in of.items() if units)
