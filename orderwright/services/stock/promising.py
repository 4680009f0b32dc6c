"""When will units be there that are not there yet: promised to the queue, and anew when it changes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import arrival
from orderwright.domain.geography import transit_days
from orderwright.persistence import locks, outbox, stock, timeline
from orderwright.persistence.stock import coming, queue
from orderwright.persistence.stock.queue import Waiting
from orderwright.persistence.tables import ExpectedReceipt, Location, Order, OrderLine, Product

_ANY_NUMBER = 2**31
"""Nobody is sold more units of a product before its release than will be there."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Units that are to come: the day, and the country that they will be shipped from."""

    day: date
    units: int
    country: str


async def renew(
    session: AsyncSession, skus: Collection[str], *, about_to_come: Mapping[str, int] | None = None
) -> None:
    """The queue of these SKUs is promised anew, and told where that is another day than before.

    For whoever changes what is expected, before stock is locked: orders are locked here, by id. Units that
    the same transaction then puts on a shelf (or takes away, below zero) are `about_to_come`.
    """
    waiting = await queue.lines(session, skus)
    days = await promised(session, waiting, about_to_come or {})
    changed = [one for one in waiting if days[one.line_id] != one.promised_on]
    for order_id, of_order in groupby(
        sorted(changed, key=lambda one: one.place.order_id), key=lambda one: one.place.order_id
    ):
        await locks.lock(session, order_id)
        await keep(session, order_id, {one.line_id: days[one.line_id] for one in of_order})
        await outbox.wake(session, order_id)


async def keep(session: AsyncSession, order_id: UUID, days: Mapping[UUID, date | None]) -> None:
    """Write what is promised to an order's waiting lines, and have it told. The order is locked."""
    for line_id, day in sorted(days.items()):
        await session.execute(
            update(OrderLine)
            .where(OrderLine.id == line_id, OrderLine.waiting_since.is_not(None))
            .values(promised_on=day)
        )
    await session.execute(update(Order).where(Order.id == order_id).values(promises=Order.promises + 1))
    soonest = [day.isoformat() for day in sorted(day for day in days.values() if day is not None)]
    await timeline.tell(session, order_id, "order.promised", lines=len(days), days=soonest)


async def promised(
    session: AsyncSession, waiting: Sequence[Waiting], about_to_come: Mapping[str, int] | None = None
) -> dict[UUID, date | None]:
    """The day each line's last unit is at its customer's; None: nothing is expected that would do.

    `waiting` is the whole queue of its SKUs: who stands before takes first.
    """
    skus = {one.sku for one in waiting}
    free = Counter[str](about_to_come or {})
    for there in (await stock.available(session, skus)).values():
        free.update(there)
    arriving, early = await _coming(session, skus), await _released(session, skus)
    days: dict[UUID, date | None] = {}
    ahead = Counter[str]()
    for one in waiting:
        ahead[one.sku] += one.units
        missing = ahead[one.sku] - free[one.sku]
        if missing <= 0 and one.sku not in early:
            days[one.line_id] = one.promised_on  # they are there: what was said stays
        else:
            days[one.line_id] = _day(one, missing, arriving.get(one.sku) or early.get(one.sku, ()))
    return days


def _day(one: Waiting, wanted: int, coming: Sequence[Arrival]) -> date | None:
    """When `wanted` units have come, and the way to the customer."""
    for arriving in coming:
        wanted -= arriving.units
        if wanted <= 0:
            return arrival(arriving.day, transit_days(arriving.country, one.country, one.service))
    return None


async def _coming(session: AsyncSession, skus: Collection[str]) -> dict[str, Sequence[Arrival]]:
    """What is expected of each SKU, by day; a product that is not released yet comes on its release day."""
    rows = await session.execute(
        select(ExpectedReceipt, Location.address, Product.release_on)
        .join(Location, Location.code == ExpectedReceipt.location)
        .join(Product, Product.sku == ExpectedReceipt.sku)
        .where(
            ExpectedReceipt.sku.in_(sorted(skus)),
            coming.RECKONED,
            Location.active,
        )
        .order_by(coming.DAY, ExpectedReceipt.id)
    )
    found: dict[str, list[Arrival]] = {}
    for expected, address, release_on in rows:
        day = max(expected.reckoned_on, release_on or expected.reckoned_on)
        found.setdefault(expected.sku, []).append(
            Arrival(day, expected.units - expected.received, address["country"])
        )
    return {sku: sorted(all_of, key=lambda arriving: arriving.day) for sku, all_of in found.items()}


async def _released(session: AsyncSession, skus: Collection[str]) -> dict[str, Sequence[Arrival]]:
    """A product sold before its release is there on that day."""
    home = await session.scalar(
        select(Location.address).where(Location.active).order_by(Location.code).limit(1)
    )
    products = await session.scalars(
        select(Product).where(Product.sku.in_(sorted(skus)), Product.release_on > func.current_date())
    )
    country = home["country"] if home else ""
    return {
        product.sku: [Arrival(product.release_on, _ANY_NUMBER, country)]
        for product in products
        if product.release_on is not None
    }
