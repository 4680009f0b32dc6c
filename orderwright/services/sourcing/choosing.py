"""Where may these units ship from, and where best: locations, stock and rules from the record."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import arrival, working_days
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.geography import place, transit_days
from orderwright.domain.sourcing import (
    EXACT_UP_TO,
    Candidate,
    Plan,
    PostageFrom,
    Rejected,
    could_give,
    distance_km,
    source,
)
from orderwright.domain.sourcing.constraints import Asked, Site, barred, leaves_on
from orderwright.domain.sourcing.postage import band, estimate
from orderwright.persistence import stock
from orderwright.persistence.tables import Location, Order, Product, StockLevel
from orderwright.services.sourcing import lanes, routing, solving
from orderwright.services.sourcing.explaining import explained
from orderwright.services.sourcing.lanes import Price
from orderwright.services.sourcing.sites import sites

__all__ = ["Wish", "choose", "explained", "wish_of"]

PACKAGING = 50
"""Grams that a parcel weighs at least."""


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

    @property
    def is_collected(self) -> bool:
        """Whether no parcel is sent."""
        return self.method is DeliveryMethod.PICKUP


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A location and what it has of the wanted SKUs: free units and what one costs there."""

    location: Location
    free: Mapping[str, int]
    unit_costs: Mapping[str, int]
    distance_km: int


@dataclass(frozen=True, slots=True)
class _Goods:
    """Grams a unit, and the hazardous ones, of the wanted SKUs."""

    grams: Mapping[str, int]
    hazmat: Sequence[str]

    def weigh(self, units: Mapping[str, int]) -> int:
        """Grams of a parcel with these units."""
        return max(PACKAGING, sum(self.grams.get(sku, 0) * count for sku, count in units.items()))


def wish_of(order: Order, units: Mapping[str, int], at: datetime, refused: Iterable[str] = ()) -> Wish:
    """What an order wishes for `units` of it."""
    return Wish(
        units, order.ship_to["country"], order.ship_to.get("postal_code", ""), order.service, order.channel,
        at, order.method, order.pickup_at, frozenset(refused),
    )  # fmt: skip


async def choose(session: AsyncSession, wish: Wish, *, locked: bool = False) -> Plan:
    """The best locations by the rules in force. Unless `locked`, a picture: `stock.reserve` decides.

    Behind locks there is no solver: nobody waits for a second behind them.
    """
    shelves = await _shelves(session, wish, locked=locked)
    goods = await _goods(session, wish.units)
    may, may_not = await _sorted_out(session, wish, shelves, goods)
    candidates = await _candidates(session, wish, may, goods)
    rules = await routing.active(session)
    if len(candidates) <= EXACT_UP_TO or locked:
        return source(wish.units, candidates, rules, barred=may_not)
    return await asyncio.to_thread(
        source, wish.units, candidates, rules, barred=may_not, solve=solving.solver()
    )


async def _shelves(session: AsyncSession, wish: Wish, *, locked: bool) -> list[_Shelf]:
    """Locations that have any of the goods; of one that is not active, what would be free."""
    free = await stock.available(session, wish.units, channel=wish.channel, locked=locked)
    levels = await session.execute(
        select(
            StockLevel.location,
            StockLevel.sku,
            StockLevel.on_hand - StockLevel.reserved,
            StockLevel.unit_cost,
        )
        .where(StockLevel.sku.in_(sorted(wish.units)))
        .order_by(StockLevel.location, StockLevel.sku)
    )  # fmt: skip
    there: dict[str, dict[str, int]] = {}
    costs: dict[str, dict[str, int]] = {}
    for code, sku, units, unit_cost in levels:
        there.setdefault(code, {})[sku] = units
        costs.setdefault(code, {})[sku] = unit_cost
    here = place(wish.country, wish.postal_code)
    rows = await session.scalars(select(Location).where(Location.code.in_(sorted({*there, *free}))))
    return [
        _Shelf(
            row, free.get(row.code, {} if row.active else there.get(row.code, {})), costs.get(row.code, {}),
            distance_km(here, (row.latitude, row.longitude)),
        )
        for row in rows
    ]  # fmt: skip


async def _goods(session: AsyncSession, units: Mapping[str, int]) -> _Goods:
    rows = await session.execute(
        select(Product.sku, Product.grams, Product.hazmat)
        .where(Product.sku.in_(sorted(units)))
        .order_by(Product.sku)
    )
    found = rows.all()
    return _Goods({row.sku: row.grams for row in found}, [row.sku for row in found if row.hazmat])


async def _sorted_out(
    session: AsyncSession, wish: Wish, shelves: Sequence[_Shelf], goods: _Goods
) -> tuple[list[tuple[_Shelf, Site]], list[Rejected]]:
    """Who may ship, and who may not with the reason."""
    choosy = [one.location.code for one in shelves if one.location.carriers]
    seen = await lanes.carriers(session, choosy, wish.country)
    found = await sites(session, [one.location for one in shelves], wish.at, seen=seen)
    collect_at = wish.pickup_at if wish.is_collected else None
    asked = Asked(wish.country, wish.postal_code, wish.at, collect_at, goods.hazmat, wish.refused)
    may, may_not = [], []
    for shelf in shelves:
        site = found[shelf.location.code]
        bar = barred(site, asked, could_give(wish.units, shelf.free))
        if bar is None:
            may.append((shelf, site))
        else:
            may_not.append(Rejected(site.code, bar.reason, bar.constraint, shelf.distance_km, shelf.free))
    return may, may_not


async def _candidates(
    session: AsyncSession, wish: Wish, may: Sequence[tuple[_Shelf, Site]], goods: _Goods
) -> list[Candidate]:
    """With every figure that rules may weigh."""
    bands = {
        one.location.code: band(goods.weigh(could_give(wish.units, one.free))) for one, _ in may
    }  # fmt: skip
    paid = {} if wish.is_collected else await lanes.prices(session, bands, wish.country, wish.service)
    found = [_candidate(wish, shelf, site, goods, paid.get(site.code)) for shelf, site in may]
    promises = [one.arrives_on for one in found if one.arrives_on and could_give(wish.units, one.units)]
    soonest = min(promises, default=date.max)
    return [replace(one, late=working_days(soonest, one.arrives_on or soonest)) for one in found]


def _candidate(wish: Wish, shelf: _Shelf, site: Site, goods: _Goods, paid: Price | None) -> Candidate:
    row, units = shelf.location, could_give(wish.units, shelf.free)
    ships = leaves_on(site, wish.at) or wish.at.date()
    days = transit_days(row.address["country"], wish.country, wish.service)
    guess = estimate(shelf.distance_km, goods.weigh(units), wish.service)
    origin = PostageFrom.ESTIMATE if paid is None else PostageFrom.LABELS
    return Candidate(
        row.code, shelf.distance_km, row.handling_cost, shelf.free,
        postage=0 if wish.is_collected else guess if paid is None else paid.amount,
        postage_from=PostageFrom.NONE if wish.is_collected else origin,
        labels=paid.labels if paid is not None else 0,
        currency=paid.currency if paid is not None else None,
        load=site.room.used(ships),
        balance=100 * sum(units.values()) // max(1, sum(shelf.free.values())),
        unit_costs={sku: cost for sku, cost in shelf.unit_costs.items() if cost},
        ships_on=ships,
        arrives_on=ships if wish.is_collected else arrival(ships, days),
    )  # fmt: skip
