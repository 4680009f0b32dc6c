"""What nobody drives any more is found and started again; what does not move becomes a person's task."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import ENDS, HoldState, OrderState, TaskKind
from orderwright.domain.returns.states import RETURN_ENDS
from orderwright.domain.stock.units import ReservationState
from orderwright.messages.orders import Swept
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.lines import Units
from orderwright.persistence.stock import coming, queue
from orderwright.persistence.tables import Exchange, Hold, Order, Reservation, Return
from orderwright.ports.orchestrator import Driven, Orchestrator, OrderLabels, RunState
from orderwright.services.stock import stocking
from orderwright.services.supply import expecting

OLD_ENOUGH = timedelta(minutes=1)
BATCH = 500
AT_ONCE = 20
_UNSETTLED_RETURN = or_(
    Return.state.not_in(list(RETURN_ENDS)),
    exists().where(Exchange.return_id == Return.id, Exchange.decided_at.is_(None)),
)


async def sweep_orders(db: Database, orchestrator: Orchestrator) -> Swept:
    """Restart unsettled orders without an open run once their claim is freed; flag those whose run fails."""
    swept, after = Swept(), UUID(int=0)
    while page := await _unsettled(db, after):
        for at in range(0, len(page), AT_ONCE):
            found = await asyncio.gather(
                *(_look_after(db, orchestrator, *order) for order in page[at : at + AT_ONCE])
            )
            swept = Swept(
                checked=swept.checked + len(found),
                restarted=swept.restarted + found.count(RunState.ABSENT),
                flagged=swept.flagged + found.count(RunState.FAILING),
            )
        after = page[-1][0]
    return swept


async def _unsettled(db: Database, after: UUID) -> Sequence[tuple[UUID, OrderLabels]]:
    """The next orders that are not settled, by id, as they are labeled for developers."""
    held = select(Hold.id).where(Hold.order_id == Order.id, Hold.state == HoldState.ACTIVE).exists()
    async with db.transaction() as session:
        rows = await session.execute(
            select(Order.id, Order.number, Order.state, Order.channel, held)
            .where(
                Order.settled_at.is_(None),
                Order.state != OrderState.DRAFT,
                Order.updated_at < func.clock_timestamp() - OLD_ENOUGH,
                Order.id > after,
            )
            .order_by(Order.id)
            .limit(BATCH)
        )
        return [
            (order_id, OrderLabels(state.value, channel, needs_person=needs, summary=number))
            for order_id, number, state, channel, needs in rows
        ]


async def _look_after(
    db: Database, orchestrator: Orchestrator, order_id: UUID, labels: OrderLabels
) -> RunState | None:
    """ABSENT: it was started anew; FAILING: a person is asked; None: nothing had to be done."""
    run = await orchestrator.look(order_id)
    if run is RunState.FAILING and await _flag(db, order_id):
        return RunState.FAILING
    if run in (RunState.CLOSED, RunState.ABSENT) and await _unclaim(db, order_id):
        await orchestrator.restart(order_id, labels)
        return RunState.ABSENT
    return None


async def sweep_returns(db: Database, orchestrator: Orchestrator) -> Swept:
    """The same for returns that are not at their end, or whose exchange is not decided."""
    async with db.transaction() as session:
        rows = await session.execute(
            select(Return.id, Return.number, Return.state, Order.channel)
            .join(Order, Order.id == Return.order_id)
            .where(
                _UNSETTLED_RETURN,
                Return.created_at < func.clock_timestamp() - OLD_ENOUGH,
            )
            .order_by(Return.id)
        )
        open_ones = rows.all()
    restarted = 0
    for return_id, number, state, channel in open_ones:
        run = await orchestrator.look(return_id, driven=Driven.RETURN)
        if run in (RunState.CLOSED, RunState.ABSENT) and await _unclaim_return(db, return_id):
            labels = OrderLabels(state.value, channel, needs_person=False, summary=number)
            await orchestrator.restart(return_id, labels, driven=Driven.RETURN)
            restarted += 1
    return Swept(checked=len(open_ones), restarted=restarted)


async def _unclaim_return(db: Database, return_id: UUID) -> bool:
    """Free the claim of a run that is no more. False: the return is settled meanwhile."""
    async with db.transaction() as session:
        freed = await session.execute(
            update(Return)
            .where(Return.id == return_id, _UNSETTLED_RETURN)
            .values(run_id=None, woken=False)
            .returning(Return.id)
        )
        return freed.first() is not None


async def _unclaim(db: Database, order_id: UUID) -> bool:
    """Free the claim of a run that is no more. False: the order was settled meanwhile."""
    async with db.transaction() as session:
        freed = await session.execute(
            update(Order)
            .where(Order.id == order_id, Order.settled_at.is_(None))
            .values(run_id=None, woken=False)
            .returning(Order.id)
        )
        if freed.first() is None:
            return False
        await timeline.tell(session, order_id, "run.restarted", by="sweep")
        return True


async def _flag(db: Database, order_id: UUID) -> bool:
    async with db.transaction() as session:
        await locks.lock(session, order_id)
        task = await holds.ask_person(
            session, order_id, TaskKind.STUCK, "The order's run fails again and again: see its history."
        )
        return task is not None


async def sweep_reservations(db: Database) -> Swept:
    """Give back units held past their time for orders not accepted; the order looks for stock anew.

    What was to come and has not is promised anew. Then those are woken who wait for units that are there,
    were they released today or missed.
    """
    async with db.transaction() as session:
        due = await session.scalars(
            select(Reservation.order_id)
            .where(
                Reservation.state == ReservationState.ACTIVE, Reservation.expires_at < func.clock_timestamp()
            )
            .distinct()
            .limit(BATCH)
        )
        orders = sorted(due.all())
    freed = 0
    for order_id in orders:
        async with db.transaction() as session:
            freed += await _expire(session, order_id)
    async with db.transaction() as session:
        overdue = await coming.overdue(session, BATCH)
    for sku in overdue:
        async with db.transaction() as session:
            await expecting.put_off(session, sku)
    async with db.transaction() as session:
        woken = await queue.wake_fillable(session, BATCH)
    return Swept(checked=len(orders), restarted=freed, woken=woken)


async def _expire(session: AsyncSession, order_id: UUID) -> int:
    order = await locks.order(session, order_id)
    rows: Sequence[Reservation] = [
        row for row in await stock.active(session, order_id) if row.expires_at is not None
    ]
    if not rows or order.state not in (OrderState.SUBMITTED, *ENDS):
        return 0
    await stocking.free(session, rows, order_id, into=ReservationState.EXPIRED)
    if order.state is OrderState.SUBMITTED:
        await lines.move_all(session, order_id, Units.ALLOCATED, Units.UNALLOCATED)
        await session.execute(update(Order).where(Order.id == order_id).values(reserved_at=None))
    await timeline.tell(session, order_id, "reservation.expired", by="sweep")
    await outbox.wake(session, order_id)
    return 1
