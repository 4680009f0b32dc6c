"""Holds that people open and release."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import AlreadyDecided, Conflict, Exists, NotFound
from orderwright.domain.orders import ENDS, AtDeadline, HoldOutcome, HoldType, Scope, TaskKind
from orderwright.persistence import holds, locks, outbox
from orderwright.persistence.tables import Hold
from orderwright.services.stock import lacking


async def open_manual(
    session: AsyncSession, order_id: UUID, actor: Actor, reason: str, deadline: datetime | None
) -> Hold:
    """Stop an order by hand. Raises Conflict at an end, Exists where it is held by hand already."""
    actor.require(Scope.OPERATIONS)
    order = await locks.order(session, order_id)
    if order.state in ENDS:
        raise Conflict(f"the order is {order.state.value}")
    hold_id = await holds.open_hold(
        session, order_id, HoldType.MANUAL, reason=reason, deadline=deadline, at_deadline=AtDeadline.STAY,
        ask=TaskKind.MANUAL, by=actor.name,
        question=f"Held by hand: {reason}. Approve to go on, reject the order otherwise.",
    )  # fmt: skip
    if hold_id is None:
        raise Exists("the order is held by hand already")
    await outbox.wake(session, order_id)
    return await session.get_one(Hold, hold_id)


async def release(session: AsyncSession, hold_id: UUID, actor: Actor, why: str = "") -> Hold:
    """Let the order go on. Raises NotFound, AlreadyDecided, Conflict where a return holds it."""
    actor.require(Scope.OPERATIONS)
    order_id = await session.scalar(select(Hold.order_id).where(Hold.id == hold_id))
    if order_id is None:
        raise NotFound("no such hold")
    await locks.lock(session, order_id)
    kind = await session.scalar(select(Hold.type).where(Hold.id == hold_id))
    if kind is HoldType.EXCHANGE:
        raise Conflict("its return decides: what comes back is inspected, or the return is called off")
    hold = await holds.release(session, hold_id, HoldOutcome.RESOLVED, by=actor.name, why=why)
    if hold is None:
        raise AlreadyDecided("the hold was released before")
    if hold.type is HoldType.ROUTING:
        await lacking.ask_again(session, order_id)
    await outbox.wake(session, order_id)
    return hold
