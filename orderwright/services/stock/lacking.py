"""Units are not there: the order is held for them, they follow later, or a person is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import PartnerState
from orderwright.domain.orders import AtDeadline, HoldType, OrderState, TaskKind
from orderwright.domain.stock.backorders import BACKORDER_WAIT, Share
from orderwright.persistence import holds, lines, locks, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.stock import queue
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderLine
from orderwright.services.orders.ending import end_unshipped
from orderwright.services.stock import promising

STOCK_WAIT = timedelta(days=14)
"""How long a whole order waits for stock, and past the day it was promised; then it expires."""

ROUTING_WAIT = timedelta(days=3)
"""How long a person has for an order that no location can or will ship."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What has no place of a line after a look: `fresh` units that were not waiting yet, and their share."""

    line_id: UUID
    fresh: int
    share: Share


async def hold(
    session: AsyncSession, order_id: UUID, short: Sequence[UUID], missing: Mapping[str, int], at: datetime
) -> None:
    """The whole order waits in the queue for what its `short` lines miss; past the deadline it expires.

    It is told once there is a day to tell.
    """
    days = await _line_up(session, order_id, short, at)
    latest = max((day for day in days.values() if day is not None), default=at.date())
    await holds.open_hold(
        session, order_id, HoldType.STOCK, reason="nothing_in_stock", words=f"missing: {_words(missing)}",
        deadline=max(at, _midnight(latest, at)) + STOCK_WAIT, at_deadline=AtDeadline.EXPIRE,
    )  # fmt: skip


async def ask(session: AsyncSession, order_id: UUID, missing: Mapping[str, int], at: datetime) -> None:
    """A warehouse gave units back and nobody else has them: a person decides."""
    words = _words(missing)
    await holds.open_hold(
        session, order_id, HoldType.ROUTING, reason="unroutable", words=f"missing elsewhere: {words}",
        deadline=at + ROUTING_WAIT, at_deadline=AtDeadline.STAY, ask=TaskKind.ROUTING,
        question=f"No location can ship {words}. Approve to try again, reject to cancel these units.",
    )  # fmt: skip


async def ask_again(session: AsyncSession, order_id: UUID) -> None:
    """A person says so: locations that refused units so far, or had too few, count again. It is locked."""
    await session.execute(
        update(FulfillmentOrder)
        .where(
            FulfillmentOrder.order_id == order_id,
            or_(FulfillmentOrder.partner == PartnerState.REJECTED, FulfillmentOrder.short_at.is_not(None)),
        )
        .values(asked_again_at=func.clock_timestamp())
    )


async def follow(session: AsyncSession, order_id: UUID, rest: Sequence[Rest], at: datetime) -> None:
    """What is missing follows later, or is given up where its line may not wait; the customer is told."""
    for one in rest:
        if one.fresh:
            target = Units.CANCELED if one.share.never else Units.BACKORDERED
            await lines.move(session, one.line_id, one.fresh, Units.UNALLOCATED, target)
    await _line_up(session, order_id, [one.line_id for one in rest if one.share.later], at, apart=True)
    if given_up := sum(one.share.never for one in rest):
        await _told_given_up(session, order_id, given_up, "out_of_stock")


async def give_up(session: AsyncSession, order_id: UUID, deadline: datetime) -> None:
    """Cancel what has been waited for until `deadline`, and the order where nothing else is left of it."""
    await locks.lock(session, order_id)
    since = func.greatest(OrderLine.waiting_since, OrderLine.promised_on)
    overdue = await session.scalars(
        select(OrderLine)
        .where(
            OrderLine.order_id == order_id,
            OrderLine.backordered > 0,
            since + BACKORDER_WAIT <= deadline,
        )
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    given_up = 0
    for line in overdue.all():
        await lines.move(session, line.id, line.backordered, Units.BACKORDERED, Units.CANCELED)
        given_up += line.backordered
    if given_up:
        await _told_given_up(session, order_id, given_up, "not_in_time")


async def _told_given_up(session: AsyncSession, order_id: UUID, units: int, why: str) -> None:
    await session.execute(update(Order).where(Order.id == order_id).values(promises=Order.promises + 1))
    await timeline.tell(session, order_id, "order.units_given_up", why=why, units=units)
    left = await session.scalar(
        select(OrderLine.id)
        .where(OrderLine.order_id == order_id, OrderLine.canceled < OrderLine.ordered)
        .limit(1)
    )
    if left is None:
        await end_unshipped(session, order_id, OrderState.CANCELED, reason=why)


async def served(session: AsyncSession, order_id: UUID) -> None:
    """Lines that have all their units leave the queue."""
    await session.execute(
        update(OrderLine)
        .where(
            OrderLine.order_id == order_id,
            OrderLine.waiting_since.is_not(None),
            OrderLine.unallocated + OrderLine.backordered == 0,
        )
        .values(waiting_since=None, promised_on=None)
    )


async def _line_up(
    session: AsyncSession, order_id: UUID, line_ids: Sequence[UUID], at: datetime, *, apart: bool = False
) -> Mapping[UUID, date | None]:
    """Put lines into the queue, at its end unless they are in it, and promise them what can be promised.

    Units that come `apart` from the others are told also while nobody knows the day.
    """
    joined = await session.scalars(
        update(OrderLine)
        .where(OrderLine.id.in_(line_ids), OrderLine.waiting_since.is_(None))
        .values(waiting_since=at)
        .returning(OrderLine.id)
    )
    fresh = set(joined)
    skus = await session.scalars(select(OrderLine.sku).where(OrderLine.id.in_(line_ids)))
    waiting = await queue.lines(session, set(skus))
    days = await promising.promised(session, waiting)
    mine = {one.line_id: days[one.line_id] for one in waiting if one.place.order_id == order_id}
    told = {one.line_id: one.promised_on for one in waiting if one.place.order_id == order_id}
    if mine != told or (fresh and apart):
        await promising.keep(session, order_id, mine)
    return mine


def _words(missing: Mapping[str, int]) -> str:
    return ", ".join(f"{units} of {sku}" for sku, units in sorted(missing.items()))


def _midnight(day: date, at: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=at.tzinfo)
