"""The only place that moves units of an order line from one column to another."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict
from orderwright.persistence.tables import FulfillmentLine, OrderLine


class Units(StrEnum):
    """Where the units of a line can be."""

    CANCELED = "canceled"
    UNALLOCATED = "unallocated"
    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


async def move(session: AsyncSession, line_id: UUID, units: int, source: Units, target: Units) -> None:
    """Move `units` of one line. Raises Conflict where fewer are there: the caller's picture was old."""
    before, after = getattr(OrderLine, source.value), getattr(OrderLine, target.value)
    moved = await session.execute(
        update(OrderLine)
        .where(OrderLine.id == line_id, before >= units)
        .values({source.value: before - units, target.value: after + units})
        .returning(OrderLine.id)
    )
    if moved.first() is None:
        raise Conflict(f"fewer than {units} units are {source.value}")


async def move_all(session: AsyncSession, order_id: UUID, source: Units, target: Units) -> None:
    """Move whatever is in `source` of all lines of an order."""
    before, after = getattr(OrderLine, source.value), getattr(OrderLine, target.value)
    await session.execute(
        update(OrderLine)
        .where(OrderLine.order_id == order_id, before > 0)
        .values({source.value: 0, target.value: after + before})
    )


async def move_part(
    session: AsyncSession, fulfillment_id: UUID, source: Units, target: Units
) -> Sequence[FulfillmentLine]:
    """Move the units of one fulfillment order, but for those that another takes the place of.

    Returns its lines. Raises Conflict.
    """
    here = FulfillmentLine.units - FulfillmentLine.replaced
    before, after = getattr(OrderLine, source.value), getattr(OrderLine, target.value)
    lines = (
        await session.scalars(
            select(FulfillmentLine)
            .where(FulfillmentLine.fulfillment_id == fulfillment_id)
            .order_by(FulfillmentLine.line_id)
        )
    ).all()
    moved = await session.execute(
        update(OrderLine)
        .where(
            OrderLine.id == FulfillmentLine.line_id,
            FulfillmentLine.fulfillment_id == fulfillment_id,
            before >= here,
        )
        .values({source.value: before - here, target.value: after + here})
        .returning(OrderLine.id)
    )
    if len(moved.all()) != len(lines):
        raise Conflict(f"not all units are {source.value}")
    return lines
