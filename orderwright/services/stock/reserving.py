"""Choose where the units ship from and hold every one of them, in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy, PartnerState
from orderwright.domain.orders import ENDS, HoldOutcome, HoldType
from orderwright.domain.sourcing import Plan
from orderwright.domain.stock import backorders
from orderwright.domain.stock.backorders import Share, Wanted
from orderwright.domain.stock.units import Demand
from orderwright.persistence import holds, lines, locks, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.stock import queue, waiting
from orderwright.persistence.stock.queue import Place
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderLine, Product, SourcingDecision
from orderwright.services.payments import opening
from orderwright.services.sourcing import choosing, nowhere
from orderwright.services.sourcing.explaining import Then
from orderwright.services.sourcing.nowhere import Lack
from orderwright.services.stock import lacking

RESERVED_FOR = timedelta(hours=2)
"""How long units are kept for an order that is not accepted; every hold extends it past its deadline."""

TRIES = 3
"""Looks at the stock without a lock: others may buy between the look and the hold."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Units of a line that look for a place: `fresh` ones have none (any more), `late` ones follow."""

    line: OrderLine
    release_on: date | None
    fresh: int
    late: int

    @property
    def units(self) -> int:
        """All of them."""
        return self.fresh + self.late


@dataclass(frozen=True, slots=True)
class Look:
    """What an order may have now. `plan` places every unit that is there, `lack` is of the others."""

    shares: Sequence[Share]
    plan: Plan
    lack: Lack | None

    @property
    def complete(self) -> bool:
        """Whether all of them have a place."""
        return self.lack is None


async def reserve(session: AsyncSession, order_id: UUID, at: datetime, *, multicapture: bool) -> None:
    """Hold the units that have no place yet: all of them or what the order's policy says.

    What is not there waits in the queue: behind a hold where the order ships complete, else beside what
    ships. Units that a warehouse gave back and nobody else has become a person's question.
    """
    order = await locks.order(session, order_id)
    if order.state in ENDS:
        return
    found = await _unplaced(session, order)
    back = order.planned_at is not None and any(one.fresh for one in found)
    wanted = [replace(one, late=0) for one in found if one.fresh] if back else found
    if not wanted:
        return
    look = await _hold_units(session, order, wanted, _policy(order, back=back), at)
    if look.lack is not None:
        await _lacking(session, order, wanted, look, look.lack, at, back=back)
    if look.plan.taken:
        await opening.open_payments(session, order, multicapture=multicapture)


async def reserve_lines(
    session: AsyncSession, order: Order, line_ids: Sequence[UUID], at: datetime
) -> Lack | None:
    """Hold all units of these new lines of an order that has its others, or none: then what is missing."""
    found = [one for one in await _unplaced(session, order) if one.line.id in line_ids]
    look = await _hold_units(session, order, found, FulfillmentPolicy.SHIP_COMPLETE, at)
    return look.lack


async def _unplaced(session: AsyncSession, order: Order) -> Sequence[Unplaced]:
    """In the order of the lines."""
    rows = await session.execute(
        select(OrderLine, Product.release_on)
        .join(Product, Product.sku == OrderLine.sku)
        .where(OrderLine.order_id == order.id, OrderLine.unallocated + OrderLine.backordered > 0)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    return [Unplaced(line, release_on, line.unallocated, line.backordered) for line, release_on in rows.all()]


def _policy(order: Order, *, back: bool) -> FulfillmentPolicy:
    """Units that came back are placed all at once; once parts are planned, what follows ships as it comes."""
    if back:
        return FulfillmentPolicy.SHIP_COMPLETE
    return order.policy if order.planned_at is None else FulfillmentPolicy.SHIP_AVAILABLE


async def _hold_units(
    session: AsyncSession, order: Order, wanted: Sequence[Unplaced], policy: FulfillmentPolicy, at: datetime
) -> Look:
    """Look and hold without a lock; where others were faster or units are missing, once more behind locks."""
    until = await _kept_until(session, order.id, at)
    for _ in range(TRIES):
        look = await _look(session, order, wanted, policy, at)
        if not look.complete:
            break
        if await _held(session, order, wanted, look, until):
            return look
    await waiting.look_last(session, {one.line.sku for one in wanted})
    look = await _look(session, order, wanted, policy, at, locked=True)
    if look.plan.taken and not await _held(session, order, wanted, look, until):
        return _nothing(wanted, policy, look.plan)
    return look


async def _held(
    session: AsyncSession, order: Order, wanted: Sequence[Unplaced], look: Look, until: datetime | None
) -> bool:
    """A try that fails lets go of the rows it had locked: the next one locks others, in its own order."""
    demand = _demand(look, wanted)
    async with session.begin_nested() as savepoint:
        if not await stock.reserve(session, order.id, demand, expires_at=until, channel=order.channel):
            await savepoint.rollback()
            return False
    await _reserved(session, order, wanted, look)
    return True


def _nothing(wanted: Sequence[Unplaced], policy: FulfillmentPolicy, plan: Plan) -> Look:
    """Another order of the channel has taken its last units."""
    units = _units(wanted)
    none = plan.unplaced(units, "the last units that the channel may sell are taken")
    shares = backorders.divide(policy, _wishes(wanted), {})
    return Look(shares, none, Lack(none, units, units))


def _units(wanted: Sequence[Unplaced]) -> Mapping[str, int]:
    units = Counter[str]()
    for one in wanted:
        units[one.line.sku] += one.units
    return dict(units)


def _wishes(wanted: Sequence[Unplaced]) -> Sequence[Wanted]:
    return [Wanted(str(one.line.id), one.line.sku, one.units, one.line.may_wait) for one in wanted]


async def _kept_until(session: AsyncSession, order_id: UUID, at: datetime) -> datetime | None:
    """Past the deadline of every hold that stands already; None (for good) where one has no deadline."""
    until = at + RESERVED_FOR
    for hold in await holds.active(session, order_id):
        if hold.type is HoldType.STOCK:
            continue  # ends with this very step
        if hold.deadline is None:
            return None
        until = max(until, hold.deadline + holds.STOCK_KEPT_AFTER)
    return until


async def _look(
    session: AsyncSession, order: Order, wanted: Sequence[Unplaced], policy: FulfillmentPolicy, at: datetime,
    *, locked: bool = False,
) -> Look:  # fmt: skip
    """What is there for this order: what others wait for who stand before it is not."""
    units = _units(wanted)
    refused, for_good = await _refusing(session, order)
    wish = choosing.wish_of(order, units, at, refused)
    plan = await choosing.choose(session, wish, locked=locked)
    if plan.missing and for_good < refused:  # others first, then who said no and may be asked again
        wish = replace(wish, refused=for_good)
        plan = await choosing.choose(session, wish, locked=locked)
    there, lack = await _there(session, order, wanted, plan, at)
    shares = backorders.divide(policy, _wishes(wanted), there)
    now = Counter[str]()
    for one, share in zip(wanted, shares, strict=True):
        now[one.line.sku] += share.now
    if lack is not None and any(now.values()):
        fewer = replace(wish, units={sku: count for sku, count in now.items() if count})
        plan = await choosing.choose(session, fewer, locked=locked)
    return Look(shares, plan if any(now.values()) else replace(plan, taken={}), lack)


async def _there(
    session: AsyncSession, order: Order, wanted: Sequence[Unplaced], plan: Plan, at: datetime
) -> tuple[dict[str, int], Lack | None]:
    """Units per SKU that this order may have now, and what it lacks."""
    units = _units(wanted)
    since = [one.line.waiting_since for one in wanted if one.line.waiting_since is not None]
    place = Place(order.priority, min(since, default=at), order.id)
    ahead = await queue.ahead(session, units, place, at)
    unreleased = {
        one.line.sku: one.release_on for one in wanted if one.release_on and one.release_on > at.date()
    }
    stocked = plan.there
    there = {
        sku: 0 if sku in unreleased else max(0, min(count, stocked.get(sku, 0) - ahead.get(sku, 0)))
        for sku, count in units.items()
    }
    missing = {sku: count - there[sku] for sku, count in units.items() if there[sku] < count}
    if not missing:
        return there, None
    before = {sku: count for sku, count in ahead.items() if sku in missing}
    return there, Lack(plan.unplaced(units), units, missing, before, unreleased)


async def _refusing(session: AsyncSession, order: Order) -> tuple[frozenset[str], frozenset[str]]:
    """Who rejected, or was short: not asked there again, unless the customer collects there.

    The second are those of them whom no person lets be asked again since.
    """
    part = FulfillmentOrder
    said_no = part.partner == PartnerState.REJECTED
    if order.method is not DeliveryMethod.PICKUP:
        said_no = or_(said_no, part.short_at.is_not(None))
    again = func.coalesce(part.asked_again_at >= func.coalesce(part.short_at, part.asked_again_at), False)
    rows = await session.execute(select(part.location, again).where(part.order_id == order.id, said_no))
    found = rows.all()
    return frozenset(code for code, _ in found), frozenset(code for code, may in found if not may)


def _demand(look: Look, wanted: Sequence[Unplaced]) -> list[Demand]:
    """Give the plan's units to the lines, in the lines' order."""
    left = {location: dict(units) for location, units in look.plan.taken.items()}
    demand = []
    for one, share in zip(wanted, look.shares, strict=True):
        open_units, sku = share.now, one.line.sku
        for location, units in left.items():
            taken = min(open_units, units.get(sku, 0))
            if taken:
                demand.append(Demand(sku, location, str(one.line.id), taken))
                units[sku] -= taken
                open_units -= taken
    return demand


async def _reserved(session: AsyncSession, order: Order, wanted: Sequence[Unplaced], look: Look) -> None:
    await _allocated(session, order.id, wanted, look)
    if any(one.line.waiting_since for one in wanted):
        await lacking.served(session, order.id)
    decision = choosing.explained(look.plan)
    await session.execute(insert(SourcingDecision).values(order_id=order.id, decision=decision))
    await session.execute(
        update(Order).where(Order.id == order.id).values(reserved_at=func.clock_timestamp())
    )
    over = {HoldType.STOCK, HoldType.ROUTING} if look.complete else {HoldType.STOCK}
    for hold in await holds.active(session, order.id):
        if hold.type in over:
            await holds.release(session, hold.id, HoldOutcome.RESOLVED)
    await timeline.tell(
        session, order.id, "stock.reserved", why=look.plan.reason, locations=sorted(look.plan.taken)
    )


async def _allocated(session: AsyncSession, order_id: UUID, wanted: Sequence[Unplaced], look: Look) -> None:
    """One statement where every unit was fresh and has its place, as for nearly every order."""
    if look.complete and not any(one.late for one in wanted):
        await lines.move_all(session, order_id, Units.UNALLOCATED, Units.ALLOCATED)
        return
    for one, share in zip(wanted, look.shares, strict=True):
        fresh = min(share.now, one.fresh)
        for units, source in ((fresh, Units.UNALLOCATED), (share.now - fresh, Units.BACKORDERED)):
            if units:
                await lines.move(session, one.line.id, units, source, Units.ALLOCATED)


async def _lacking(
    session: AsyncSession, order: Order, wanted: Sequence[Unplaced], look: Look, lack: Lack, at: datetime,
    *, back: bool,
) -> None:  # fmt: skip
    """Not all units are there: a person is asked, the order is held, or the rest follows."""
    short = [one.line.id for one in wanted if one.line.sku in lack.missing]
    then = _then(order, look, lack, back=back)
    await nowhere.keep(session, order.id, lack, then)
    if then is Then.ASKED:
        await lacking.ask(session, order.id, lack.missing, at)
    elif then is Then.HELD:
        await lacking.hold(session, order.id, short, lack.missing, at)
    else:
        rest = [lacking.Rest(one.line.id, one.fresh - min(share.now, one.fresh), share)
                for one, share in zip(wanted, look.shares, strict=True)]  # fmt: skip
        await lacking.follow(session, order.id, rest, at)


def _then(order: Order, look: Look, lack: Lack, *, back: bool) -> Then:
    shipped = order.method is DeliveryMethod.SHIPPING
    if back or (shipped and not look.plan.taken and look.plan.blocked == lack.missing):
        return Then.ASKED  # given back, or there and may not ship
    if not look.plan.taken and _policy(order, back=False) is FulfillmentPolicy.SHIP_COMPLETE:
        return Then.HELD
    return Then.FOLLOW
