"""A change is made, in one transaction on the locked order: rows from which its run goes on by itself."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.addresses import Address
from orderwright.domain.changes.wishes import ChangeState, NotEnough, NothingLeft, TooEarly
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.fulfillment.shipping import Faster
from orderwright.domain.fulfillment.states import DeliveryMethod, PartnerState
from orderwright.domain.orders import ENDS, CancelState, HoldOutcome, HoldType
from orderwright.persistence import holds, locks, outbox, timeline
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderChange, OrderLine
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import naming, pricing, taking
from orderwright.services.changes.naming import Added, Content, Delta, Hurried
from orderwright.services.fulfillment import dating
from orderwright.services.payments import opening
from orderwright.services.pricing import retaxing
from orderwright.services.stock import reserving

LATEST = timedelta(days=180)
"""How far ahead a day may be wanted."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who asks, and why."""

    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LineWorth:
    """A line as it stands: units that are wanted, and their total in minor units."""

    id: UUID
    sku: str
    units: int
    total: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What an order is worth, in minor units, and its lines."""

    total: int
    shipping: int
    tax: int
    discount: int
    lines: Sequence[LineWorth]


@dataclass(frozen=True, slots=True)
class Made:
    """What a change does. `further`: money that is asked for beside what is held (below zero: so much is
    free again); `anew`, `recall`: numbers of the parts made anew and asked back; `freed`: units by SKU;
    `promised_on`: the day for the units that no part has any more, None while no place holds them.
    """

    row: OrderChange
    before: Standing
    after: Standing
    further: int
    anew: Sequence[int]
    recall: Sequence[int]
    freed: dict[str, int]
    added: Sequence[UUID]
    promised_on: date | None
    fingerprint: str


async def locked(session: AsyncSession, order_id: UUID) -> tuple[Order, Sequence[FulfillmentOrder], Content]:
    """The order with all that a change may touch. Raises NotFound, Conflict where it has ended or waits."""
    order = await locks.order(session, order_id)
    parts = await locks.fulfillment_orders(session, order_id)
    if order.state in ENDS:
        raise Conflict(f"the order is {order.state.value}")
    if order.cancel in (CancelState.REQUESTED, CancelState.ACCEPTED):
        raise Conflict("it is being canceled")
    if any(hold.type is HoldType.EXCHANGE for hold in await holds.active(session, order_id)):
        raise Conflict("it is given in exchange, and waits for what comes back: call the return off")
    waits = await waiting(session, order_id)
    if waits is not None:
        raise Conflict(f"change {waits.number} waits for a warehouse")
    return order, parts, await naming.content(session, order_id)


async def waiting(session: AsyncSession, order_id: UUID) -> OrderChange | None:
    """The change that waits for warehouses, if one does."""
    query = select(OrderChange).where(
        OrderChange.order_id == order_id, OrderChange.state == ChangeState.AWAITING_RECALL
    )
    return await session.scalar(query.execution_options(populate_existing=True))


async def make(
    session: AsyncSession,
    order: Order,
    parts: Sequence[FulfillmentOrder],
    there: Content,
    delta: Delta,
    *,
    by: Said,
    at: datetime,
    tax: TaxEngine | None = None,
    row: OrderChange | None = None,
) -> Made:
    """Make it, all or nothing; parts that a warehouse has are as if they were back, to show what follows.

    Raises PastPivot, NothingLeft, NotEnough, Conflict, Invalid; what `cart.read` raises.
    """
    before, version = standing(order, there.lines), order.version
    ways = await taking.ways(session, delta, parts, there.lines)
    await _check(order, there, delta)
    row = row or await write(session, order, delta, by)
    for part in (*ways.anew, *ways.recall):
        await taking.unplan(session, part)
    freed = await taking.take(session, order.id, delta.less)
    if delta.ship_to is not None:
        await _send_to(session, order, delta.ship_to, by, tax)
    added = await _add(session, order, delta, at, tax)
    if delta.hurried is None:
        await pricing.count(session, order, delta, tax)
    else:
        await _hurry(session, delta.hurried)
    promised = await _promise(session, order, delta.day, at)
    order.version, order.updated_at = version + 1, datetime.now(UTC)
    await session.flush()
    further = await opening.ask_more(session, order, row.id)
    lines = (await naming.content(session, order.id)).lines
    sku = {line.id: line.sku for line in lines}
    made = Made(
        row, before, standing(order, lines), further, [part.number for part in ways.anew],
        [part.number for part in ways.recall], _by_sku(freed, sku), added, promised,
        "",
    )  # fmt: skip
    return replace(made, fingerprint=_fingerprint(version, delta, made))


def standing(order: Order, lines: Sequence[OrderLine]) -> Standing:
    """As it is now."""
    return Standing(
        order.total, order.shipping, order.tax, order.discount,
        [LineWorth(line.id, line.sku, line.ordered - line.canceled, line.total) for line in lines],
    )  # fmt: skip


def _by_sku(freed: dict[UUID, int], sku: dict[UUID, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line_id, units in freed.items():
        found[sku[line_id]] = found.get(sku[line_id], 0) + units
    return found


async def _check(order: Order, there: Content, delta: Delta) -> None:
    left = sum(line.ordered - line.canceled - delta.less.get(line.id, 0) for line in there.lines)
    if not left and not delta.more:
        raise NothingLeft("no unit of the order would be left: cancel it")
    for line_id in delta.prices:
        line = next(line for line in there.lines if line.id == line_id)
        if line.ordered - line.canceled <= delta.less.get(line_id, 0):
            raise Invalid("none of it is left to have a price", field="line")
    homeless = any(line.unallocated or line.backordered for line in there.lines)
    if delta.more and order.reserved_at is not None and homeless:
        raise Conflict("units of it look for a place: nothing can be added until they have one")
    if order.method is DeliveryMethod.PICKUP and delta.of_the_way:
        raise Invalid("it is collected: it is sent nowhere", field="changes")
    if delta.ship_to is not None and delta.ship_to.country != order.ship_to["country"]:
        raise Invalid("another country is another tax: cancel and order anew", field="country")


async def _send_to(
    session: AsyncSession, order: Order, ship_to: Address, by: Said, tax: TaxEngine | None
) -> None:
    """Verified anew where nothing was accepted yet; an address hold ends. Raises Invalid (another tax)."""
    await retaxing.move(session, order, ship_to, tax)
    order.ship_to, order.verified_at = asdict(ship_to), None
    await session.flush()
    await timeline.tell(session, order.id, "order.address_changed", by=by.name, version=order.version + 1)
    await holds.release_all(session, order.id, HoldOutcome.RESOLVED, kind=HoldType.ADDRESS, by=by.name)


async def _add(
    session: AsyncSession, order: Order, delta: Delta, at: datetime, tax: TaxEngine | None
) -> Sequence[UUID]:
    """Lines with all their units held, where the others of the order are. Raises NotEnough."""
    if not delta.more:
        return []
    added = await pricing.add(session, order, delta.more, tax)
    if order.reserved_at is None:
        return added  # the run holds them with the others
    lack = await reserving.reserve_lines(session, order, added, at)
    if lack is not None:
        there = {sku: lack.wanted[sku] - missing for sku, missing in lack.missing.items()}
        raise NotEnough("fewer units than that are there", available=there)
    return added


async def _promise(session: AsyncSession, order: Order, day: date | None, at: datetime) -> date | None:
    """For which day the rest is promised, as `planning` will say. Raises TooEarly, Invalid."""
    if day is not None:
        if not at.date() < day <= at.date() + LATEST:
            raise Invalid(f"a day from tomorrow on, at most {LATEST.days} days ahead", field="day")
        order.wanted_on = day
    await session.flush()
    found = await dating.of_units(session, order, at)
    if day is not None and found is not None and found.soonest > day:
        raise TooEarly(f"it can be there on {found.soonest} at the earliest", soonest=str(found.soonest))
    return None if found is None else found.promised


async def _hurry(session: AsyncSession, hurried: Hurried) -> None:
    """The part that is planned instead of it keeps its promise, and goes with the faster service."""
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == hurried.part)
        .values(hurried=asdict(hurried.faster))
    )


def _fingerprint(version: int, delta: Delta, made: Made) -> str:
    """Of all that was shown: the same only while nothing of it has moved. New lines' ids are not in it."""
    shown = {
        "version": version,
        "delta": as_json(delta),
        "total": made.after.total,
        "lines": [(line.sku, line.units, line.total) for line in made.after.lines],
        "further": made.further,
        "anew": list(made.anew),
        "recall": list(made.recall),
        "promised_on": str(made.promised_on),
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def as_json(delta: Delta) -> dict[str, object]:
    """As the row keeps it; the address only until the change has ended, then it stands on the order."""
    return {
        "less": {str(line): units for line, units in sorted(delta.less.items())},
        "more": [asdict(one) for one in delta.more],
        "prices": {str(line): price for line, price in sorted(delta.prices.items())},
        "service": delta.service,
        "ship_to": None if delta.ship_to is None else asdict(delta.ship_to),
        "day": None if delta.day is None else delta.day.isoformat(),
        **({} if delta.hurried is None else {"hurried": _hurried_json(delta.hurried)}),
    }


def _hurried_json(hurried: Hurried) -> dict[str, object]:
    return {"part": str(hurried.part), **asdict(hurried.faster)}


def of_json(kept: Mapping[str, Any]) -> Delta:  # Any: as `as_json` wrote it
    """The same back."""
    return Delta(
        {UUID(line): units for line, units in kept["less"].items()},
        [Added(**one) for one in kept["more"]],
        {UUID(line): price for line, price in kept["prices"].items()},
        kept["service"],
        None if kept["ship_to"] is None else Address(**kept["ship_to"]),
        date.fromisoformat(kept["day"]) if kept.get("day") else None,
        _hurried_of(kept.get("hurried")),
    )


def _hurried_of(kept: Mapping[str, Any] | None) -> Hurried | None:  # Any: as `_hurried_json` wrote it
    if kept is None:
        return None
    faster = {name: value for name, value in kept.items() if name != "part"}
    return Hurried(UUID(kept["part"]), Faster(**faster))


def without_address(kept: Mapping[str, Any]) -> dict[str, Any]:  # Any: as above
    """That it was another is all that stays of an address."""
    return {**kept, "ship_to": None, "address": kept.get("address") or kept["ship_to"] is not None}


async def write(
    session: AsyncSession,
    order: Order,
    delta: Delta,
    by: Said,
    state: ChangeState = ChangeState.APPLIED,
) -> OrderChange:
    """Its row, as it stands before the change is made."""
    known = select(func.count()).select_from(OrderChange).where(OrderChange.order_id == order.id)
    row = OrderChange(
        id=uuid7(), order_id=order.id, number=(await session.scalar(known) or 0) + 1, state=state,
        actor=by.name, reason=by.why, delta=as_json(delta), fingerprint="", total_before=order.total,
        total_after=order.total,
        ended_at=None if state is ChangeState.AWAITING_RECALL else datetime.now(UTC),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row


async def keep(session: AsyncSession, row: OrderChange, made: Made) -> None:
    """It stays: its row, the timeline's event with before and after, and the wake of the run."""
    row.state, row.fingerprint, row.ended_at = ChangeState.APPLIED, made.fingerprint, datetime.now(UTC)
    row.total_before, row.total_after = made.before.total, made.after.total
    row.added = {"lines": [str(line) for line in made.added]}
    row.delta = without_address(row.delta)
    await session.flush()
    await timeline.tell(
        session, row.order_id, "order.changed", by=row.actor, why=row.reason, change=row.number,
        before=_told(made.before), after=_told(made.after), further=made.further,
        parts=list(made.anew), recalled=list(made.recall), freed=made.freed,
        promised_on=None if made.promised_on is None else made.promised_on.isoformat(),
    )  # fmt: skip
    await outbox.wake(session, row.order_id)


def _told(standing: Standing) -> dict[str, object]:
    return {
        "total": standing.total, "shipping": standing.shipping, "tax": standing.tax,
        "lines": {str(line.id): line.units for line in standing.lines},
    }  # fmt: skip


async def recall(
    session: AsyncSession, order_id: UUID, parts: Sequence[FulfillmentOrder], row: OrderChange
) -> None:
    """Ask the warehouses for these parts. The order goes on; the change waits for their answers."""
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id.in_([part.id for part in parts]))
        .values(partner=PartnerState.CANCEL_REQUESTED, recalled_for=row.id)
    )
    await timeline.tell(
        session, order_id, "change.requested", by=row.actor, why=row.reason, change=row.number,
        parts=[part.number for part in parts],
    )  # fmt: skip
    await outbox.wake(session, order_id)
