"""Where may these units ship from, and where best: locations, stock and rules from the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment import DeliveryMethod
from orderwright.domain.geography import place
from orderwright.domain.sourcing import Candidate, Plan, distance_km, source
from orderwright.persistence import stock
from orderwright.persistence.tables import Location, Order
from orderwright.services.stock import routing


@dataclass(frozen=True, slots=True)
class Wish:
    """Units per SKU and for whom: everything a choice of locations may depend on, an order's or a cart's.

    `refused` are locations that have said no to these units already.
    """

    units: Mapping[str, int]
    country: str
    postal_code: str
    service: str
    channel: str
    at: datetime
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: str | None = None
    refused: frozenset[str] = frozenset()


def wish_of(order: Order, units: Mapping[str, int], at: datetime, refused: Iterable[str] = ()) -> Wish:
    """What an order wishes for `units` of it."""
    return Wish(
        units, order.ship_to["country"], order.ship_to.get("postal_code", ""), order.service, order.channel,
        at, order.method, order.pickup_at, frozenset(refused),
    )  # fmt: skip


async def choose(session: AsyncSession, wish: Wish, *, locked: bool = False) -> Plan:
    """The best locations by the rules in force. Unless `locked`, a picture: `stock.reserve` decides."""
    free = await stock.available(session, wish.units, channel=wish.channel, locked=locked)
    here = place(wish.country, wish.postal_code)
    rows = await session.scalars(select(Location).where(Location.code.in_(sorted(set(free) - wish.refused))))
    candidates = [
        Candidate(
            row.code, distance_km(here, (row.latitude, row.longitude)), row.handling_cost, free[row.code]
        )
        for row in rows
        if (row.ships if wish.method is DeliveryMethod.SHIPPING else row.code == wish.pickup_at)
    ]
    return source(wish.units, candidates, await routing.active(session))


def explained(plan: Plan) -> dict[str, Any]:  # Any: JSON
    """The decision as it is kept: by which rules, what there was to choose from, and why not the others."""
    why_not = {no.code: no.reason for no in plan.rejected}
    return {
        "rules": plan.rules.label,
        "reason": plan.reason,
        "chosen": {location: dict(units) for location, units in plan.taken.items()},
        "rejected": [{"location": code, "reason": reason} for code, reason in why_not.items()],
        "candidates": [
            {
                "location": one.code,
                "distance_km": one.distance_km,
                "handling_cost": one.cost,
                "free": dict(one.units),
                "ships": dict(plan.taken.get(one.code, {})),
                "points": plan.rules.points([one]),
                "reason": why_not.get(one.code, "chosen"),
            }
            for one in plan.considered
        ],
    }
