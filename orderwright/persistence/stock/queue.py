"""The queue of those who wait for units of a SKU: by priority, then by age, then by order id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Boolean, and_, case, func, insert, literal_column, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import Location, Order, OrderLine, Outbox, Product, StockLevel

PASSED_FOR = timedelta(days=7)
"""How long, or until the day it was promised, an order that ships complete lets others have what it cannot
use yet. From then on what comes is kept for it."""

KEPT_FROM = timedelta(days=30)
"""And from then on it is kept whatever was promised since."""


def stands(line: str, order: str, now: str) -> str:
    """SQL: whether a waiting line takes before those behind it, by the names of its row and its order's.

    Not while a person is asked where it may ship from: what lies there is of no use to it. And not, for a
    while, where the order ships complete and not even all shelves together have all that it wants.
    """
    return f"""(
        NOT EXISTS (SELECT FROM holds h
                     WHERE h.order_id = {order}.id AND h.type = 'routing' AND h.state = 'active')
        AND ({order}.policy <> 'ship_complete' OR {order}.planned_at IS NOT NULL
          OR {now} >= least(greatest(
               {line}.waiting_since + make_interval(days => {PASSED_FOR.days}),
               (SELECT max(m.promised_on)::timestamp AT TIME ZONE 'UTC'
                  FROM order_lines m WHERE m.order_id = {order}.id)),
             {line}.waiting_since + make_interval(days => {KEPT_FROM.days}))
          OR NOT EXISTS (
            SELECT FROM order_lines n WHERE n.order_id = {order}.id GROUP BY n.sku
            HAVING sum(n.unallocated + n.backordered) > coalesce(
              (SELECT sum(s.on_hand - s.reserved - s.safety) FROM stock_levels s
                 JOIN locations c ON c.code = s.location AND c.active WHERE s.sku = n.sku), 0))))"""  # noqa: S608 - our own names


_UNITS = OrderLine.unallocated + OrderLine.backordered
_WAITS = and_(OrderLine.waiting_since.is_not(None), _UNITS > 0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands: a higher priority first, then who has waited longest."""

    priority: int
    since: datetime
    order_id: UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """Units of one line in the queue of its SKU."""

    line_id: UUID
    sku: str
    units: int
    promised_on: date | None
    country: str
    service: str
    place: Place


async def ahead(
    session: AsyncSession, skus: Collection[str], place: Place, at: datetime
) -> Mapping[str, int]:
    """Units per SKU that others wait for who stand before `place`. SKUs without any are left out."""
    before = or_(
        Order.priority > place.priority,
        and_(
            Order.priority == place.priority,
            tuple_(OrderLine.waiting_since, OrderLine.order_id) < tuple_(place.since, place.order_id),
        ),
    )
    rows = await session.execute(
        select(OrderLine.sku, func.sum(_UNITS))
        .join(Order, Order.id == OrderLine.order_id)
        .where(_WAITS, OrderLine.sku.in_(sorted(skus)), OrderLine.order_id != place.order_id)
        .where(before, text(stands("order_lines", "orders", ":now")).bindparams(now=at))
        .group_by(OrderLine.sku)
    )
    return {sku: int(units) for sku, units in rows}


async def lines(session: AsyncSession, skus: Collection[str]) -> Sequence[Waiting]:
    """Everybody who waits for these SKUs, those to be served first at the front."""
    rows = await session.execute(
        select(
            OrderLine.id, OrderLine.sku, _UNITS, OrderLine.promised_on, Order.ship_to["country"].astext,
            Order.service, Order.priority, OrderLine.waiting_since, Order.id,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(_WAITS, OrderLine.sku.in_(sorted(skus)))
        .order_by(Order.priority.desc(), OrderLine.waiting_since, OrderLine.order_id, OrderLine.id)
    )  # fmt: skip
    return [
        Waiting(line_id, sku, units, promised_on, country, service, Place(priority, since, order_id))
        for line_id, sku, units, promised_on, country, service, priority, since, order_id in rows
        if since is not None
    ]


async def wake_fillable(session: AsyncSession, limit: int) -> int:
    """Wake those in the queue for whom units are there by now: released since, or freed behind many others.

    How many that were. Orders are not locked: one may be woken for nothing, and looks again.
    """
    place = (Order.priority.desc(), OrderLine.waiting_since, OrderLine.order_id)
    standing = literal_column(stands("order_lines", "orders", "clock_timestamp()"), Boolean)
    counted = case((standing, _UNITS), else_=0)
    ahead = func.sum(counted).over(partition_by=OrderLine.sku, order_by=place) - counted
    waiting = (
        select(OrderLine.order_id, OrderLine.sku, ahead.label("ahead"))
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.sku == OrderLine.sku)
        .where(_WAITS, or_(Product.release_on.is_(None), Product.release_on <= func.current_date()))
        .subquery()
    )
    free = (
        select(
            StockLevel.sku, func.sum(StockLevel.on_hand - StockLevel.reserved - StockLevel.safety).label("n")
        )
        .join(Location, Location.code == StockLevel.location)
        .where(Location.active)
        .group_by(StockLevel.sku)
        .subquery()
    )
    due = (
        select(waiting.c.order_id)
        .join(free, free.c.sku == waiting.c.sku)
        .where(free.c.n > waiting.c.ahead, waiting.c.order_id.not_in(select(Outbox.order_id)))
        .distinct()
        .limit(limit)
    )
    woken = await session.execute(insert(Outbox).from_select(["order_id"], due).returning(Outbox.seq))
    return len(woken.all())
