"""What is told of orders, tasks, fulfillment orders and parcels: rows, read in few statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from orderwright.domain import status
from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.orders import ENDS, HoldState, OrderState, TaskKind, TaskState
from orderwright.persistence.tables import (
    Dispute,
    FulfillmentLine,
    FulfillmentOrder,
    Hold,
    Order,
    OrderCharge,
    OrderEvent,
    OrderKit,
    OrderLine,
    Payment,
    PromotionUse,
    Refund,
    RefundLine,
    Shipment,
    ShipmentOffer,
    ShipmentScan,
    SourcingDecision,
    Task,
)
from orderwright.persistence.tables.base import Base
from orderwright.services.payments import outcomes
from orderwright.services.payments.outcomes import Unknown

Row = TypeVar("Row", bound=Base)
WITHOUT_LABEL = frozenset({ShipmentState.PLANNED, ShipmentState.VOIDED})


@dataclass(frozen=True, slots=True)
class ParcelRecord:
    """One parcel with its offers and scans."""

    row: Shipment
    offers: Sequence[ShipmentOffer] = ()
    scans: Sequence[ShipmentScan] = ()


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One fulfillment order with its lines and parcels."""

    row: FulfillmentOrder
    order_number: str
    service: str
    lines: Sequence[FulfillmentLine] = ()
    parcels: Sequence[ParcelRecord] = ()


_COUNTS = attrgetter(*(one.name for one in fields(status.LineUnits)))


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order with all its own rows. In a list without kits, and without lines and offers of parts."""

    order: Order
    lines: Sequence[OrderLine] = ()
    kits: Sequence[OrderKit] = ()
    charges: Sequence[OrderCharge] = ()
    uses: Sequence[PromotionUse] = ()
    holds: Sequence[Hold] = ()
    tasks: Sequence[Task] = ()
    payments: Sequence[Payment] = ()
    unknown: Sequence[Unknown] = ()
    refunds: Sequence[Refund] = ()
    refund_lines: Sequence[RefundLine] = ()
    disputes: Sequence[Dispute] = ()
    parts: Sequence[PartRecord] = ()
    parcels: Sequence[ParcelRecord] = ()
    facts: status.OrderFacts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", _facts(self))


def _facts(record: OrderRecord) -> status.OrderFacts:
    unknown = {one.payment_id for one in record.unknown}
    return status.OrderFacts(
        state=record.order.state,
        cancel=record.order.cancel,
        total=record.order.total,
        lines=tuple(_units(line) for line in record.lines),
        payments=tuple(
            status.PaymentFacts(row.state, row.amount, row.captured, row.refunded, unknown=row.id in unknown)
            for row in record.payments
        ),
        parts=tuple(
            status.PartFacts(part.row.state, part.row.amount, part.row.captured) for part in record.parts
        ),
        holds=tuple(hold.type for hold in record.holds if hold.state is HoldState.ACTIVE),
        approval_open=any(
            task.kind is TaskKind.APPROVAL and task.state is TaskState.OPEN for task in record.tasks
        ),
        label_bought=any(parcel.row.state not in WITHOUT_LABEL for parcel in record.parcels),
        pickup=record.order.method is DeliveryMethod.PICKUP,
    )


def _units(line: OrderLine) -> status.LineUnits:
    return status.LineUnits(*_COUNTS(line))


async def order_id(session: AsyncSession, name: str) -> UUID:
    """The id of the order with that id or number. Raises NotFound."""
    if (parsed := _uuid(name)) is not None:
        return parsed
    found: UUID | None = await session.scalar(select(Order.id).where(Order.number == name.upper()))
    if found is None:
        raise NotFound("no such order")
    return found


async def order(session: AsyncSession, name: str | UUID) -> OrderRecord:
    """One order by id or number, with everything. Raises NotFound."""
    known = name if isinstance(name, UUID) else _uuid(name)
    match = Order.id == known if known is not None else Order.number == str(name).upper()
    row: Order | None = await session.scalar(
        select(Order).where(match).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such order")
    return (await records(session, [row], deep=True))[0]


async def facts(session: AsyncSession, order_id: UUID) -> status.OrderFacts:
    """What `domain/status.py` asks of one order. Raises NotFound."""
    return (await order(session, order_id)).facts


async def records(session: AsyncSession, orders: Sequence[Order], *, deep: bool) -> list[OrderRecord]:
    """The orders with their own rows, in a fixed number of statements whatever their number."""
    ids = [row.id for row in orders]
    lines = await _of(session, OrderLine, OrderLine.order_id, ids, OrderLine.position)
    kits = await _of(session, OrderKit, OrderKit.order_id, ids, OrderKit.position) if deep else {}
    charges = await _of(session, OrderCharge, OrderCharge.order_id, ids, OrderCharge.position) if deep else {}
    uses = await _of(session, PromotionUse, PromotionUse.order_id, ids, PromotionUse.position) if deep else {}
    held = await _of(session, Hold, Hold.order_id, ids, Hold.id)
    tasks = await _of(session, Task, Task.order_id, ids, Task.id)
    payments = await _of(session, Payment, Payment.order_id, ids, Payment.id)
    unknown = await outcomes.of(session, ids)
    refunds = await _of(session, Refund, Refund.order_id, ids, Refund.id) if deep else {}
    refund_lines = await lines_of(session, [one for rows in refunds.values() for one in rows])
    disputes = await _of(session, Dispute, Dispute.order_id, ids, Dispute.id) if deep else {}
    part_rows = await _of(session, FulfillmentOrder, FulfillmentOrder.order_id, ids, FulfillmentOrder.number)
    shipment_rows = await _of(session, Shipment, Shipment.order_id, ids, Shipment.id)
    parcels = await _parcels(session, [row for rows in shipment_rows.values() for row in rows], deep=deep)
    by_id = {row.id: row for row in orders}
    parts = await _parts(
        session, [row for rows in part_rows.values() for row in rows], by_id, parcels, deep=deep
    )
    return [
        OrderRecord(
            order=row,
            lines=lines.get(row.id, ()),
            kits=kits.get(row.id, ()),
            charges=charges.get(row.id, ()),
            uses=uses.get(row.id, ()),
            holds=held.get(row.id, ()),
            tasks=tasks.get(row.id, ()),
            payments=payments.get(row.id, ()),
            unknown=[one for one in unknown if one.order_id == row.id],
            refunds=refunds.get(row.id, ()),
            refund_lines=refund_lines,
            disputes=disputes.get(row.id, ()),
            parts=[part for part in parts if part.row.order_id == row.id],
            parcels=[parcel for parcel in parcels if parcel.row.order_id == row.id],
        )
        for row in orders
    ]


async def lines_of(session: AsyncSession, refunds: Sequence[Refund]) -> list[RefundLine]:
    """What these refunds are for."""
    ids = [refund.id for refund in refunds]
    found = await _of(session, RefundLine, RefundLine.refund_id, ids, RefundLine.id)
    return [line for lines in found.values() for line in lines]


async def timeline(session: AsyncSession, order_id: UUID, *, after: int, limit: int) -> Sequence[OrderEvent]:
    """What happened, oldest first. Raises NotFound."""
    if not await session.scalar(select(exists().where(Order.id == order_id))):
        raise NotFound("no such order")
    query = select(OrderEvent).where(OrderEvent.order_id == order_id, OrderEvent.seq > after)
    return (await session.scalars(query.order_by(OrderEvent.seq).limit(limit))).all()


async def sourcing(session: AsyncSession, order_id: UUID) -> Sequence[SourcingDecision]:
    """Why its units ship from where they ship, oldest first."""
    query = select(SourcingDecision).where(SourcingDecision.order_id == order_id)
    return (await session.scalars(query.order_by(SourcingDecision.id))).all()


async def rests(session: AsyncSession, order_id: UUID) -> bool:
    """Whether a caller that waits may stop: the order is accepted, held, or at an end."""
    held = exists().where(Hold.order_id == Order.id, Hold.state == HoldState.ACTIVE)
    row = (await session.execute(select(Order.state, held).where(Order.id == order_id))).one_or_none()
    if row is None:
        return True
    past = {OrderState.ACCEPTED, OrderState.IN_FULFILLMENT, *ENDS}
    return row[0] in past or bool(row[1])


_TASKS = (
    select(Task, func.coalesce(Order.number, ""), func.coalesce(Hold.reason, ""))
    .outerjoin(Order, Order.id == Task.order_id)
    .outerjoin(Hold, Hold.id == Task.hold_id)
)


async def task(session: AsyncSession, task_id: UUID) -> tuple[Task, str, str]:
    """One task, its order's number (empty: it is about none), and why its hold stands. Raises NotFound."""
    row = (await session.execute(_TASKS.where(Task.id == task_id))).one_or_none()
    if row is None:
        raise NotFound("no such task")
    return row[0], row[1], row[2]


async def tasks(
    session: AsyncSession,
    *,
    state: TaskState | None,
    kind: TaskKind | None,
    order_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> list[tuple[Task, str, str]]:
    """Tasks, oldest first, each with its order's number and its hold's reason."""
    query = _TASKS.order_by(Task.id).limit(limit)
    asked = ((state, Task.state == state), (kind, Task.kind == kind), (order_id, Task.order_id == order_id))
    query = query.where(*(condition for value, condition in asked if value is not None))
    if after is not None:
        query = query.where(Task.id > after)
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def part(session: AsyncSession, fulfillment_id: UUID) -> PartRecord:
    """One fulfillment order with lines and parcels. Raises NotFound."""
    row = await session.get(FulfillmentOrder, fulfillment_id, populate_existing=True)
    if row is None:
        raise NotFound("no such fulfillment order")
    return (await _with_orders(session, [row]))[0]


async def parts(
    session: AsyncSession,
    *,
    location: str | None,
    states: Collection[FulfillmentState],
    after: UUID | None,
    limit: int,
) -> list[PartRecord]:
    """Fulfillment orders, oldest first, with lines and parcels."""
    query = select(FulfillmentOrder).order_by(FulfillmentOrder.id).limit(limit)
    if location is not None:
        query = query.where(FulfillmentOrder.location == location)
    if states:
        query = query.where(FulfillmentOrder.state.in_(states))
    if after is not None:
        query = query.where(FulfillmentOrder.id > after)
    return await _with_orders(session, (await session.scalars(query)).all())


async def parcel(session: AsyncSession, shipment_id: UUID) -> ParcelRecord:
    """One parcel with offers and scans. Raises NotFound."""
    row = await session.get(Shipment, shipment_id, populate_existing=True)
    if row is None:
        raise NotFound("no such shipment")
    return (await _parcels(session, [row], deep=True))[0]


async def parcels_of(session: AsyncSession, order_id: UUID) -> list[ParcelRecord]:
    """The parcels of an order. Raises NotFound."""
    if not await session.scalar(select(exists().where(Order.id == order_id))):
        raise NotFound("no such order")
    found = await _of(session, Shipment, Shipment.order_id, [order_id], Shipment.id)
    return await _parcels(session, found.get(order_id, []), deep=True)


async def _with_orders(session: AsyncSession, rows: Sequence[FulfillmentOrder]) -> list[PartRecord]:
    orders = await session.scalars(select(Order).where(Order.id.in_({row.order_id for row in rows})))
    shipments = await _of(session, Shipment, Shipment.fulfillment_id, [row.id for row in rows], Shipment.id)
    parcels = await _parcels(session, [row for found in shipments.values() for row in found], deep=True)
    return await _parts(session, rows, {row.id: row for row in orders}, parcels, deep=True)


async def _parts(
    session: AsyncSession,
    rows: Sequence[FulfillmentOrder],
    orders: dict[UUID, Order],
    parcels: Sequence[ParcelRecord],
    *,
    deep: bool,
) -> list[PartRecord]:
    ids = [row.id for row in rows] if deep else []
    lines = await _of(session, FulfillmentLine, FulfillmentLine.fulfillment_id, ids, FulfillmentLine.line_id)
    return [
        PartRecord(
            row,
            orders[row.order_id].number,
            orders[row.order_id].service,
            lines.get(row.id, ()),
            [parcel for parcel in parcels if parcel.row.fulfillment_id == row.id],
        )
        for row in rows
    ]


async def _parcels(session: AsyncSession, rows: Sequence[Shipment], *, deep: bool) -> list[ParcelRecord]:
    ids = [row.id for row in rows] if deep else []
    offers = await _of(session, ShipmentOffer, ShipmentOffer.shipment_id, ids, ShipmentOffer.amount)
    scans = await _of(session, ShipmentScan, ShipmentScan.shipment_id, ids, ShipmentScan.seq)
    return [ParcelRecord(row, offers.get(row.id, ()), scans.get(row.id, ())) for row in rows]


async def _of(
    session: AsyncSession,
    table: type[Row],
    owner: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
    ids: Sequence[UUID],
    order_by: InstrumentedAttribute[Any],  # Any: whatever the rows are sorted by
) -> dict[UUID, list[Row]]:
    """Rows by owner; nobody asked for, nothing asked."""
    if not ids:
        return {}
    found: dict[UUID, list[Row]] = defaultdict(list)
    query = select(table).where(owner.in_(ids)).order_by(order_by).execution_options(populate_existing=True)
    for row in await session.scalars(query):
        found[getattr(row, owner.key)].append(row)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
