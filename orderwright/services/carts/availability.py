"""What of a cart can be promised before it is ordered: how many, from where, delivered when?"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.sourcing import Plan, source
from orderwright.domain.stock import promising
from orderwright.domain.stock.promising import Coming, Promise
from orderwright.persistence.stock import coming
from orderwright.persistence.tables import ExpectedReceipt, OrderLine, Product
from orderwright.services.carts import cart, preordering
from orderwright.services.carts.cart import CartLine, Wanted
from orderwright.services.orders import pricing
from orderwright.services.sourcing import choosing
from orderwright.services.sourcing.choosing import Wish
from orderwright.services.sourcing.ways import Days, Way, ways


@dataclass(frozen=True, slots=True)
class Cart:
    """What a customer has in it, and how and where he would have it."""

    channel: str
    lines: Sequence[Wanted]
    country: str = ""
    postal_code: str = ""
    service: str = "standard"
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Single units that would leave a location now."""

    location: str
    units: Mapping[str, int]
    days: Days


@dataclass(frozen=True, slots=True)
class LinePromise:
    """A line in single units (of a kit: kits); what comes later has the day of its delivery."""

    line: CartLine
    promise: Promise
    preorder: bool


@dataclass(frozen=True, slots=True)
class Availability:
    """`sources` are for what can be had now: the whole cart, or what is there of it."""

    sources: Sequence[Source]
    lines: Sequence[LinePromise]

    @property
    def now(self) -> bool:
        """Whether an order of the whole cart could leave at once."""
        return all(one.promise.now == one.line.units for one in self.lines)

    @property
    def possible(self) -> bool:
        """Whether all of it can be had, if some of it later."""
        return not any(one.promise.never for one in self.lines)

    @property
    def delivered_on(self) -> date | None:
        """The day by which everything that can be had is delivered; None: nothing can."""
        now = [source.days.delivered_on for source in self.sources]
        return max([*now, *(day for one in self.lines if (day := one.promise.last))], default=None)


async def ask(session: AsyncSession, asked: Cart, at: datetime) -> Availability:
    """Look, and hold nothing. The statements do not grow in number with the cart or the locations.

    Raises UnknownProduct, UnknownUnit, UnknownService, Invalid (nobody can collect there).
    """
    if asked.service not in pricing.SHIPPING:
        raise pricing.UnknownService("no such shipping service", services=sorted(pricing.SHIPPING))
    lines = await cart.read(session, asked.lines)
    wish = Wish(
        _demand([(line, line.units) for line in lines], at), asked.country, asked.postal_code, asked.service,
        asked.channel, at, asked.method, asked.pickup_at,
    )  # fmt: skip
    roads = await ways(session, wish)
    if asked.method is DeliveryMethod.PICKUP and not any(way.may for way in roads.values()):
        raise Invalid("customers cannot collect there", field="pickup_at")
    plan = await _choose(session, wish)
    short = {product for line in lines for product, _ in line.goods if product.sku in plan.missing}
    early = {product.sku for line in lines for product, _ in line.goods if _is_preorder(product, at)}
    sold = await preordering.sold(session, sorted(early)) if early else {}
    supply = _Supply(at, roads, _free(plan), await _coming(session, roads, short), sold)
    found = [supply.take(line) for line in lines]
    there = _demand([(one.line, one.promise.now) for one in found], at)
    taken = plan.taken if there == wish.units else _chosen_of(plan, there)
    return Availability([Source(code, units, roads[code].days()) for code, units in taken.items()], found)


def _is_preorder(product: Product, at: datetime) -> bool:
    return product.release_on is not None and product.release_on > at.date()


def _demand(lines: Sequence[tuple[CartLine, int]], at: datetime) -> dict[str, int]:
    """Single units per SKU that have to be on a shelf for so many of each line; pre-orders are on none."""
    units = Counter[str]()
    for line, count in lines:
        for product, each in line.goods:
            if count and not _is_preorder(product, at):
                units[product.sku] += count * each
    return dict(units)


async def _choose(session: AsyncSession, wish: Wish) -> Plan:
    return await choosing.choose(session, wish) if wish.units else Plan({}, (), {}, "nothing to ship now")


def _chosen_of(plan: Plan, there: Mapping[str, int]) -> Mapping[str, Mapping[str, int]]:
    """By the same rules among the same locations, for the units that are there of what was asked for."""
    return source(there, plan.considered, plan.rules).taken if there else {}


def _free(plan: Plan) -> Mapping[str, int]:
    """Free units per SKU at the locations that the choice was made among."""
    free = Counter[str]()
    for one in plan.considered:
        free.update({sku: max(0, units) for sku, units in one.units.items()})
    return free


async def _coming(
    session: AsyncSession, roads: Mapping[str, Way], goods: Collection[Product]
) -> dict[str, list[Coming]]:
    """Units on their way that nobody waits for, by the day on which this customer would have them.

    Whoever waits takes what is due first, wherever it is due.
    """
    if not goods:
        return {}
    by_sku = {product.sku: product for product in goods}
    waiting = (
        select(OrderLine.sku, func.sum(OrderLine.unallocated + OrderLine.backordered).label("units"))
        .where(OrderLine.sku.in_(by_sku), OrderLine.waiting_since.is_not(None))
        .group_by(OrderLine.sku)
        .subquery()
    )
    rows = await session.execute(
        select(ExpectedReceipt, coming.LEFT, func.coalesce(waiting.c.units, 0))
        .outerjoin(waiting, waiting.c.sku == ExpectedReceipt.sku)
        .where(ExpectedReceipt.sku.in_(by_sku), coming.RECKONED)
        .order_by(ExpectedReceipt.sku, coming.DAY, ExpectedReceipt.id)
    )
    found: dict[str, list[Coming]] = {}
    for sku, group in groupby(rows.all(), key=lambda row: row[0].sku):
        arrivals = list(group)
        free = promising.behind(arrivals[0][2], [units for _, units, _ in arrivals])
        found[sku] = [
            Coming(units, way.days(row.reckoned_on).delivered_on)
            for (row, _, _), units in zip(arrivals, free, strict=True)
            if (way := roads.get(row.location)) is not None and way.takes(by_sku[sku])
        ]
    return found


@dataclass(frozen=True, slots=True)
class _Supply:
    """What there is for the cart's lines, one after the other: what the first takes is gone for the next.

    `sold`: units of pre-orders that others have.
    """

    at: datetime
    roads: Mapping[str, Way]
    free: Mapping[str, int]
    coming: Mapping[str, Sequence[Coming]]
    sold: Mapping[str, int]
    taken: Counter[str] = field(default_factory=Counter)

    def take(self, line: CartLine) -> LinePromise:
        """What the line can have."""
        parts = [(each, self._promise(product, line.units * each)) for product, each in line.goods]
        found = promising.together(line.units, parts)
        for product, each in line.goods:
            self.taken[product.sku] += (line.units - found.never) * each
        return LinePromise(line, found, any(_is_preorder(product, self.at) for product, _ in line.goods))

    def _promise(self, product: Product, units: int) -> Promise:
        taken = self.taken[product.sku]
        if product.release_on is None or not _is_preorder(product, self.at):
            free, coming = self.free.get(product.sku, 0), self.coming.get(product.sku, ())
            return promising.promise(units, free=free, expected=coming, ahead=taken)
        able = [way for way in self.roads.values() if way.takes(product)]
        if not able:
            return Promise((), units)
        soonest = min(way.days(product.release_on).delivered_on for way in able)
        return promising.preorder(
            units,
            release_on=soonest,
            limit=product.preorder_limit,
            taken=self.sold.get(product.sku, 0) + taken,
        )
