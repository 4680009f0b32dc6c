"""What is told of returns: rows, read in few statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.orders import OrderState
from orderwright.domain.returns.states import ReturnState
from orderwright.persistence.tables import (
    Exchange,
    Order,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnInspection,
    ReturnLine,
    ReturnParcel,
)


@dataclass(frozen=True, slots=True)
class Swap:
    """The order of goods that are given in exchange; `security`: the newest payment that is held for them."""

    row: Exchange
    order_number: str
    order_state: OrderState
    security: Payment | None


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """A return with all its own rows."""

    row: Return
    order_number: str
    currency: str
    lines: Sequence[ReturnLine]
    inspections: Sequence[ReturnInspection]
    parcel: ReturnParcel | None
    refunds: Sequence[UUID]
    swap: Swap | None = None


async def return_id(session: AsyncSession, name: str) -> UUID:
    """The id of the return with that id or number. Raises NotFound."""
    try:
        wanted = Return.id == UUID(name)
    except ValueError:
        wanted = Return.number == name.upper()
    found: UUID | None = await session.scalar(select(Return.id).where(wanted))
    if found is None:
        raise NotFound("no such return")
    return found


async def one(session: AsyncSession, wanted: UUID) -> ReturnRecord:
    """One return. Raises NotFound."""
    rows = (await session.scalars(select(Return).where(Return.id == wanted))).all()
    if not rows:
        raise NotFound("no such return")
    return (await _records(session, rows))[0]


async def listed(
    session: AsyncSession,
    *,
    state: ReturnState | None = None,
    order_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[ReturnRecord]:
    """Returns, oldest first."""
    query = select(Return).order_by(Return.id).limit(limit)
    if state is not None:
        query = query.where(Return.state == state)
    if order_id is not None:
        query = query.where(Return.order_id == order_id)
    if after is not None:
        query = query.where(Return.id > after)
    return await _records(session, (await session.scalars(query)).all())


async def _records(session: AsyncSession, rows: Sequence[Return]) -> list[ReturnRecord]:
    ids = [row.id for row in rows]
    orders = {
        order_id: (number, currency)
        for order_id, number, currency in await session.execute(
            select(Order.id, Order.number, Order.currency).where(Order.id.in_([r.order_id for r in rows]))
        )
    }
    lines: dict[UUID, list[ReturnLine]] = defaultdict(list)
    found = select(ReturnLine).join(OrderLine, OrderLine.id == ReturnLine.line_id)
    for line in await _all(session, found.where(ReturnLine.return_id.in_(ids)).order_by(OrderLine.position)):
        lines[line.return_id].append(line)
    of_line = {line.id: line.return_id for some in lines.values() for line in some}
    inspections: dict[UUID, list[ReturnInspection]] = defaultdict(list)
    looked = select(ReturnInspection).where(ReturnInspection.return_line_id.in_(of_line))
    for one_of in await _all(session, looked.order_by(ReturnInspection.id)):
        inspections[of_line[one_of.return_line_id]].append(one_of)
    parcels = {
        parcel.return_id: parcel
        for parcel in await _all(session, select(ReturnParcel).where(ReturnParcel.return_id.in_(ids)))
    }
    refunds: dict[UUID, list[UUID]] = defaultdict(list)
    for refund in await _all(session, select(Refund).where(Refund.return_id.in_(ids)).order_by(Refund.id)):
        refunds[refund.return_id].append(refund.id)
    swaps = await _swaps(session, ids)
    return [
        ReturnRecord(
            row,
            *orders[row.order_id],
            lines[row.id],
            inspections[row.id],
            parcels.get(row.id),
            refunds[row.id],
            swaps.get(row.id),
        )
        for row in rows
    ]


async def _swaps(session: AsyncSession, return_ids: Sequence[UUID]) -> dict[UUID, Swap]:
    rows = await session.execute(
        select(Exchange, Order.number, Order.state)
        .join(Order, Order.id == Exchange.order_id)
        .where(Exchange.return_id.in_(return_ids))
        .execution_options(populate_existing=True)
    )
    found = rows.all()
    held: dict[UUID, Payment] = {}
    if found:
        orders = [row.order_id for row, _, _ in found]
        query = select(Payment).where(Payment.order_id.in_(orders), Payment.security).order_by(Payment.id)
        held = {payment.order_id: payment for payment in await _all(session, query)}
    return {row.return_id: Swap(row, number, state, held.get(row.order_id)) for row, number, state in found}


async def _all(session: AsyncSession, query: Any) -> Sequence[Any]:  # Any: rows of one table
    return (await session.scalars(query.execution_options(populate_existing=True))).all()
