"""Which orders fit: filters and pages of a list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from orderwright.domain.orders import OrderState, TaskState
from orderwright.persistence.tables import (
    Order,
    OrderKit,
    OrderLine,
    Shipment,
    Task,
)
from orderwright.services.orders.reading import OrderRecord, records

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; None asks nothing."""

    states: Collection[OrderState] = ()
    channel: str | None = None
    email: str | None = None
    sku: str | None = None
    po_number: str | None = None
    external_id: str | None = None
    tracking: str | None = None
    customer_id: UUID | None = None
    needs_person: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        open_task = exists().where(Task.order_id == Order.id, Task.state == TaskState.OPEN)
        parcel = exists().where(Shipment.order_id == Order.id, Shipment.tracking_code == self.tracking)
        ordered = exists().where(OrderLine.order_id == Order.id, OrderLine.sku == self.sku)
        within = exists().where(OrderKit.order_id == Order.id, OrderKit.sku == self.sku)
        asked: list[tuple[object, ColumnElement[bool]]] = [
            (self.states or None, Order.state.in_(self.states)),
            (self.channel, Order.channel == self.channel),
            (self.email, func.lower(Order.email) == (self.email or "").lower()),
            (self.sku, or_(ordered, within)),
            (self.po_number, Order.po_number == self.po_number),
            (self.external_id, Order.external_id == self.external_id),
            (self.tracking, parcel),
            (self.customer_id, Order.customer_id == self.customer_id),
            (self.needs_person, open_task if self.needs_person else ~open_task),
            (self.created_from, Order.created_at >= (self.created_from or EVER)),
            (self.created_to, Order.created_at < (self.created_to or EVER)),
        ]
        return [condition for value, condition in asked if value is not None]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Where a page begins and how it is sorted: by `placed_at` or `id`, newest first where `newest`."""

    by: str = "placed_at"
    newest: bool = True
    after: tuple[datetime | None, UUID] | None = None
    limit: int = 50


async def search(session: AsyncSession, wanted: OrderFilter, page: OrderPage) -> list[OrderRecord]:
    """Orders of one page, without offers, scans and lines of parts."""
    columns: list[InstrumentedAttribute[Any]] = [Order.id]  # Any: columns of two types
    if page.by == "placed_at":
        columns = [Order.placed_at, Order.id]
    query: Select[Order] = select(Order).where(*wanted.conditions()).limit(page.limit)
    query = query.order_by(*(column.desc() if page.newest else column.asc() for column in columns))
    if page.after is not None:
        here, there = tuple_(*columns), tuple_(*page.after[-len(columns) :])
        query = query.where(here < there if page.newest else here > there)
    return await records(session, (await session.scalars(query)).all(), deep=False)
