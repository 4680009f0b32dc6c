"""How an order's story ends: one conditional statement each, whoever asks."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.states import BEFORE_RELEASE, LIVE, FulfillmentState, PartnerState
from orderwright.domain.orders import (
    FOLLOWS,
    CancelState,
    HoldOutcome,
    OrderState,
    Scope,
    TaskKind,
    TaskState,
)
from orderwright.persistence import holds, lines, returns, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.money import promotions
from orderwright.persistence.positions import read
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderLine, Task
from orderwright.services.delivery import replacing
from orderwright.services.documents import issuing
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted

_SYSTEM = Actor("system", frozenset({Scope.OPERATIONS}))
_FORWARD = (
    TaskKind.APPROVAL,
    TaskKind.ADDRESS,
    TaskKind.CARRIER,
    TaskKind.ROUTING,
    TaskKind.MANUAL,
    TaskKind.PAYMENT_LOOKUP,
)


async def advance(
    session: AsyncSession, order_id: UUID, state: OrderState, *, by: str = "system", why: str = ""
) -> bool:
    """Move the order to `state` if the rules let it go there from where it is. False: they do not."""
    sources = [before for before, after in FOLLOWS.items() if state in after]
    moved = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state.in_(sources))
        .values(state=state, updated_at=func.clock_timestamp(), version=Order.version + 1)
        .returning(Order.id)
    )
    if moved.first() is None:
        return False
    await timeline.tell(session, order_id, f"order.{state.value}", by=by, why=why)
    return True


async def end_unshipped(
    session: AsyncSession, order_id: UUID, state: OrderState, *, reason: str, by: str = "system"
) -> bool:
    """Reject, cancel or expire an order none of whose parts the warehouse has. False: too late for that.

    Money, labels and stock follow by the run's compensations, which the rows now ask for.
    """
    begun = select(FulfillmentOrder.id).where(
        FulfillmentOrder.order_id == order_id,
        FulfillmentOrder.state.not_in([*BEFORE_RELEASE, FulfillmentState.CANCELED]),
    )
    sources = [before for before, after in FOLLOWS.items() if state in after]
    moved = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.state.in_(sources), ~begun.exists())
        .values(state=state, failure=reason, updated_at=func.clock_timestamp(), version=Order.version + 1)
        .returning(Order.id)
    )
    if moved.first() is None:
        return False
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.order_id == order_id, FulfillmentOrder.state.in_(list(BEFORE_RELEASE)))
        .values(state=FulfillmentState.CANCELED)
    )
    await lines.move_all(session, order_id, Units.UNALLOCATED, Units.CANCELED)
    await lines.move_all(session, order_id, Units.BACKORDERED, Units.CANCELED)
    await lines.move_all(session, order_id, Units.ALLOCATED, Units.CANCELED)
    await promotions.give_back_unshipped(session, order_id)
    await holds.release_all(session, order_id, HoldOutcome.WITHDRAWN, by=by)
    await _withdraw(session, order_id)
    await timeline.tell(session, order_id, f"order.{state.value}", by=by, why=reason)
    await returns.wake_exchange(session, order_id)
    return True


async def _withdraw(session: AsyncSession, order_id: UUID) -> None:
    """Nobody is asked any more how the order may go on: its way forward is at its end."""
    await session.execute(
        update(Task)
        .where(Task.order_id == order_id, Task.state == TaskState.OPEN, Task.kind.in_(_FORWARD))
        .values(state=TaskState.WITHDRAWN)
    )


async def settle(session: AsyncSession, order_id: UUID) -> None:
    """Complete the order when every unit has arrived or will not; settled when nothing is left to do."""
    position = await read(session, order_id)
    if not position.at_end and position.parts and not position.unallocated and not position.unplanned:
        waiting = await session.scalar(
            select(
                func.sum(OrderLine.backordered + OrderLine.allocated + OrderLine.released + OrderLine.shipped)
            ).where(OrderLine.order_id == order_id)
        )
        owed = any(part.shipped and part.uncaptured for part in position.parts)
        if not waiting and not owed:
            await _give_back_lapsed(session, order_id)
        if not waiting and not owed and await advance(session, order_id, OrderState.COMPLETED):
            await holds.release_all(session, order_id, HoldOutcome.WITHDRAWN)
            position = await read(session, order_id)
    if position.at_end and not position.undo and not await _questions(session, order_id):
        await session.execute(
            update(Order)
            .where(Order.id == order_id, Order.settled_at.is_(None))
            .values(settled_at=func.clock_timestamp())
        )
        await promotions.give_back_unshipped(session, order_id)
        await _withdraw(session, order_id)
        await issuing.bill(session, order_id, all_now=True)


async def _give_back_lapsed(session: AsyncSession, order_id: UUID) -> None:
    """What was to be sent again and could not be is paid back."""
    units = {line: count for line, count in (await replacing.lapsed(session, order_id)).items() if count}
    if units:
        lines_of = [LineWanted(line, count) for line, count in units.items()]
        wanted = Wanted(reason="no replacement could be sent", lines=lines_of)
        try:
            async with session.begin_nested():
                await giving_back.request(session, order_id, _SYSTEM, wanted)
        except Conflict as refused:
            await holds.ask_person(
                session, order_id, TaskKind.DELIVERY,
                f"No replacement could be sent, and the money is not given back by itself: {refused}.",
                subject="replacement",
            )  # fmt: skip


async def _questions(session: AsyncSession, order_id: UUID) -> bool:
    """Whether a person still owes an answer about something to be undone."""
    return bool(
        await session.scalar(
            select(Task.id)
            .where(
                Task.order_id == order_id, Task.state == TaskState.OPEN, Task.kind == TaskKind.COMPENSATION
            )
            .limit(1)
        )
    )


async def finish_recall(session: AsyncSession, order_id: UUID, *, by: str) -> None:
    """When every recalled part is answered: canceled, partly canceled, or going on; the asker is told."""
    parts = (
        await session.scalars(select(FulfillmentOrder).where(FulfillmentOrder.order_id == order_id))
    ).all()
    if any(
        part.partner is PartnerState.CANCEL_REQUESTED and part.state is FulfillmentState.RELEASED
        for part in parts
    ):
        return
    accepted = any(
        part.partner is PartnerState.CANCEL_ACCEPTED and part.recalled_for is None for part in parts
    )
    going_on = any(part.state in LIVE or part.state is FulfillmentState.CLOSED for part in parts)
    answer = CancelState.REFUSED if not accepted else CancelState.PARTLY if going_on else CancelState.ACCEPTED
    moved = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.cancel == CancelState.REQUESTED)
        .values(cancel=answer, version=Order.version + 1)
        .returning(Order.cancel_reason)
    )
    row = moved.first()
    if row is None:
        return
    await timeline.tell(session, order_id, f"cancel.{answer.value}", by=by)
    if answer is CancelState.ACCEPTED:
        await end_unshipped(
            session, order_id, OrderState.CANCELED, reason=row.cancel_reason or "canceled", by=by
        )
