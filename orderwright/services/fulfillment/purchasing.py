"""What is ordered from suppliers for drop shipments, at which price, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.fulfillment.purchasing import OPEN_PURCHASES, PurchaseState
from orderwright.persistence import numbers, timeline
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    Product,
    PurchaseLine,
    PurchaseOrder,
    StockLevel,
)
from orderwright.ports.warehouses import Purchase


async def place(session: AsyncSession, fulfillment_id: UUID) -> None:
    """Order a drop shipment's units at the supplier's costs, once. Its number is locked last.

    Raises Invalid where its goods are bought in two currencies.
    """
    part = await session.get_one(FulfillmentOrder, fulfillment_id)
    known = select(PurchaseOrder.id).where(PurchaseOrder.fulfillment_id == fulfillment_id)
    if not part.drop_shipped or await session.scalar(known) is not None:
        return
    lines, currency = await _priced(session, part)
    total = sum(units * cost for units, cost in lines.values())
    number = await numbers.take(session, numbers.PURCHASE)
    made = await session.execute(
        insert(PurchaseOrder)
        .values(
            number=number, order_id=part.order_id, fulfillment_id=part.id, supplier=part.location,
            currency=currency, total=total,
        )
        .returning(PurchaseOrder.id)
    )  # fmt: skip
    purchase_id = made.scalar_one()
    await session.execute(
        insert(PurchaseLine),
        [
            {"purchase_id": purchase_id, "sku": sku, "units": units, "unit_cost": cost}
            for sku, (units, cost) in lines.items()
        ],
    )
    await timeline.tell(
        session, part.order_id, "purchase.placed", number=number, part=part.number, supplier=part.location
    )


async def _priced(session: AsyncSession, part: FulfillmentOrder) -> tuple[dict[str, tuple[int, int]], str]:
    """Units and unit cost by SKU, and their currency."""
    rows = await session.execute(
        select(
            FulfillmentLine.sku,
            func.sum(FulfillmentLine.units),
            func.coalesce(func.max(StockLevel.unit_cost), 0),
            func.max(Product.currency),
        )
        .join(Product, Product.sku == FulfillmentLine.sku)
        .outerjoin(
            StockLevel,
            and_(StockLevel.sku == FulfillmentLine.sku, StockLevel.location == part.location),
        )
        .where(FulfillmentLine.fulfillment_id == part.id)
        .group_by(FulfillmentLine.sku)
        .order_by(FulfillmentLine.sku)
    )
    found = rows.all()
    currencies = {currency for *_, currency in found}
    if len(currencies) > 1:
        raise Invalid("a purchase order in two currencies", currencies=sorted(currencies))
    return {sku: (units, cost) for sku, units, cost, _ in found}, currencies.pop()


async def terms(session: AsyncSession, fulfillment_id: UUID) -> Purchase | None:
    """The purchase order as the supplier reads it, or None."""
    row = await session.scalar(select(PurchaseOrder).where(PurchaseOrder.fulfillment_id == fulfillment_id))
    if row is None:
        return None
    costs = {line.sku: line.unit_cost for line in await lines(session, [row.id])}
    return Purchase(row.number, row.currency, row.total, costs)


async def lines(session: AsyncSession, purchase_ids: Sequence[UUID]) -> Sequence[PurchaseLine]:
    """The lines of purchase orders, by SKU."""
    query = select(PurchaseLine).where(PurchaseLine.purchase_id.in_(purchase_ids)).order_by(PurchaseLine.sku)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class PurchaseRecord:
    """A purchase order with the number of the customer's order, and its lines."""

    row: PurchaseOrder
    order_number: str
    lines: Sequence[PurchaseLine]


async def read(session: AsyncSession, number: str) -> PurchaseRecord:
    """One purchase order by its number. Raises NotFound."""
    found = await _records(session, select(PurchaseOrder).where(PurchaseOrder.number == number.upper()))
    if not found:
        raise NotFound("no such purchase order")
    return found[0]


async def search(
    session: AsyncSession,
    *,
    supplier: str | None,
    state: PurchaseState | None,
    order_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[PurchaseRecord]:
    """Purchase orders, oldest first, from after `after`."""
    query = select(PurchaseOrder).order_by(PurchaseOrder.id).limit(limit)
    asked = (
        (supplier, PurchaseOrder.supplier == supplier),
        (state, PurchaseOrder.state == state),
        (order_id, PurchaseOrder.order_id == order_id),
    )
    query = query.where(*(condition for value, condition in asked if value is not None))
    return await _records(session, query if after is None else query.where(PurchaseOrder.id > after))


async def _records(session: AsyncSession, query: Select[PurchaseOrder]) -> Sequence[PurchaseRecord]:
    rows = (await session.scalars(query)).all()
    of_orders = await session.execute(
        select(Order.id, Order.number).where(Order.id.in_({row.order_id for row in rows}))
    )
    numbers_of = dict(of_orders.all())
    all_lines = await lines(session, [row.id for row in rows])
    return [
        PurchaseRecord(
            row, numbers_of[row.order_id], [line for line in all_lines if line.purchase_id == row.id]
        )
        for row in rows
    ]


async def follow(
    session: AsyncSession, part: FulfillmentOrder, state: PurchaseState, reason: str = ""
) -> None:
    """Where the supplier's answer leads it. The order is locked; at an end it stays."""
    if not part.drop_shipped:
        return
    await session.execute(
        update(PurchaseOrder)
        .where(PurchaseOrder.fulfillment_id == part.id, PurchaseOrder.state.in_(list(OPEN_PURCHASES)))
        .values(state=state, reason=reason, updated_at=func.clock_timestamp())
    )


async def shrink(session: AsyncSession, part: FulfillmentOrder, missing: Mapping[str, int]) -> None:
    """He has fewer units than were ordered: we pay for those that he sends. The order is locked."""
    if not part.drop_shipped:
        return
    row = await session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.fulfillment_id == part.id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    saved = 0
    for line in await lines(session, [row.id]):
        less = missing.get(line.sku, 0)
        saved += less * line.unit_cost
        await session.execute(
            update(PurchaseLine)
            .where(PurchaseLine.purchase_id == row.id, PurchaseLine.sku == line.sku)
            .values(units=PurchaseLine.units - less)
        )
    await session.execute(
        update(PurchaseOrder)
        .where(PurchaseOrder.id == row.id)
        .values(total=PurchaseOrder.total - saved, updated_at=func.clock_timestamp())
    )
