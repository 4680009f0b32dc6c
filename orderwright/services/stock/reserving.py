"""Choose where the units ship from and hold every one of them, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment import DeliveryMethod, PartnerState
from orderwright.domain.orders import ENDS, AtDeadline, HoldOutcome, HoldType, TaskKind
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.sourcing import Plan
from orderwright.domain.stock import Demand
from orderwright.persistence import holds, lines, locks, stock, timeline, waiting
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import (
    FulfillmentOrder,
    Order,
    OrderLine,
    Payment,
    SourcingDecision,
)
from orderwright.services.fulfillment.parting import unplanned
from orderwright.services.stock import choosing

RESERVED_FOR = timedelta(hours=2)
"""How long units are kept for an order that is not accepted; every hold extends it past its deadline."""

STOCK_WAIT = timedelta(days=14)
"""How long an order waits for stock; then it expires."""

ROUTING_WAIT = timedelta(days=3)
"""How long a person has for an order that no location can or will ship."""

TRIES = 3
"""Looks at the stock without a lock: others may buy between the look and the hold."""


async def reserve(session: AsyncSession, order_id: UUID, at: datetime, *, multicapture: bool) -> None:
    """Hold all units that have no place yet, or open a hold that waits for stock (later on: for a person)."""
    order = await locks.order(session, order_id)
    wanted = await _unallocated(session, order_id)
    if order.state in ENDS or not wanted:
        return
    plan = await _hold_units(session, order, wanted, at)
    if not plan.complete:
        await _wait(session, order, plan, at)
        return
    await holds.release_all(session, order_id, HoldOutcome.RESOLVED, kind=HoldType.STOCK)
    await _open_payments(session, order, multicapture=multicapture)


async def _hold_units(session: AsyncSession, order: Order, wanted: Sequence[OrderLine], at: datetime) -> Plan:
    """Look and hold without a lock; where others were faster or units are missing, once more behind locks."""
    until = await _kept_until(session, order.id, at)
    for _ in range(TRIES):
        plan = await _plan(session, order, wanted, at)
        if not plan.complete:
            break
        async with session.begin_nested() as savepoint:
            if await stock.reserve(session, order.id, _demand(plan, wanted), expires_at=until):
                await _reserved(session, order, plan)
                return plan
            await savepoint.rollback()
    await waiting.look_last(session, {line.sku for line in wanted})
    plan = await _plan(session, order, wanted, at, locked=True)
    if plan.complete:
        await stock.reserve(session, order.id, _demand(plan, wanted), expires_at=until)
        await _reserved(session, order, plan)
    return plan


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


async def _unallocated(session: AsyncSession, order_id: UUID) -> Sequence[OrderLine]:
    rows = await session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order_id, OrderLine.unallocated > 0)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def _plan(
    session: AsyncSession, order: Order, wanted: Sequence[OrderLine], at: datetime, *, locked: bool = False
) -> Plan:
    units = Counter[str]()
    for line in wanted:
        units[line.sku] += line.unallocated
    refused = await session.scalars(
        select(FulfillmentOrder.location).where(FulfillmentOrder.order_id == order.id, _said_no(order))
    )
    return await choosing.choose(session, choosing.wish_of(order, units, at, refused), locked=locked)


def _said_no(order: Order) -> ColumnElement[bool]:
    """Rejected, or short: what was not found there is not looked for there again, unless only there."""
    rejected = FulfillmentOrder.partner == PartnerState.REJECTED
    if order.method is DeliveryMethod.PICKUP:
        return rejected
    return or_(rejected, FulfillmentOrder.short_at.is_not(None))


def _demand(plan: Plan, wanted: Sequence[OrderLine]) -> list[Demand]:
    """Give the plan's units to the lines, in the lines' order."""
    left = {location: dict(units) for location, units in plan.taken.items()}
    demand = []
    for line in wanted:
        open_units = line.unallocated
        for location, units in left.items():
            taken = min(open_units, units.get(line.sku, 0))
            if taken:
                demand.append(Demand(line.sku, location, str(line.id), taken))
                units[line.sku] -= taken
                open_units -= taken
    return demand


async def _reserved(session: AsyncSession, order: Order, plan: Plan) -> None:
    await lines.move_all(session, order.id, Units.UNALLOCATED, Units.ALLOCATED)
    await session.execute(
        insert(SourcingDecision).values(order_id=order.id, decision=choosing.explained(plan))
    )
    await session.execute(
        update(Order).where(Order.id == order.id).values(reserved_at=func.clock_timestamp())
    )
    await timeline.tell(session, order.id, "stock.reserved", why=plan.reason, locations=sorted(plan.taken))


async def _wait(session: AsyncSession, order: Order, plan: Plan, at: datetime) -> None:
    missing = ", ".join(f"{units} of {sku}" for sku, units in sorted(plan.missing.items()))
    if order.planned_at is None:
        await holds.open_hold(
            session, order.id, HoldType.STOCK, reason="nothing_in_stock", words=f"missing: {missing}",
            deadline=at + STOCK_WAIT, at_deadline=AtDeadline.EXPIRE,
        )  # fmt: skip
    else:
        await holds.open_hold(
            session, order.id, HoldType.ROUTING, reason="unroutable", words=f"missing elsewhere: {missing}",
            deadline=at + ROUTING_WAIT, at_deadline=AtDeadline.STAY, ask=TaskKind.ROUTING,
            question=f"No location can ship {missing}. Approve to try again, reject to cancel these units.",
        )  # fmt: skip


async def _open_payments(session: AsyncSession, order: Order, *, multicapture: bool) -> None:
    """One payment, or one per location where the gateway captures an authorization only once."""
    known = await session.scalar(select(Payment.id).where(Payment.order_id == order.id).limit(1))
    if known is not None or order.total == 0:
        return
    single = multicapture or order.payment_method is PaymentMethod.MANUAL
    amounts = [order.total] if single else [part.amount for _, part in await unplanned(session, order)]
    for amount in amounts:
        await session.execute(
            insert(Payment).values(
                order_id=order.id, method=order.payment_method, source=order.payment_source, amount=amount,
                currency=order.currency, multicapture=single,
            )
        )  # fmt: skip
