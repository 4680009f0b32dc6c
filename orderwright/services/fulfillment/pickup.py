"""Collected at a counter: ready with a code and a deadline, then handed out for the code, or a no-show."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.fulfillment import pickup
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import LIVE, DeliveryMethod, FulfillmentState
from orderwright.domain.orders import CancelState, OrderState, Scope, TaskKind, TaskState
from orderwright.messages.orders import CollectionDeadline
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderLine, Shipment, Task
from orderwright.services.fulfillment import partner
from orderwright.services.orders.ending import end_unshipped

NOT_COLLECTED = "not_collected"


class Outcome(StrEnum):
    """What came of a code at the counter."""

    COLLECTED = "collected"
    WRONG_CODE = "wrong_code"
    LOCKED = "pickup_locked"


@dataclass(frozen=True, slots=True)
class Collection:
    """The outcome, and how many wrong codes are still borne."""

    outcome: Outcome
    tries_left: int


async def ready(session: AsyncSession, fulfillment_id: UUID, *, by: str, at: datetime) -> bool:
    """It lies at the counter: the customer gets a code and a deadline. False: it is not waited for there."""
    _, part = await locks.order_of(session, fulfillment_id)
    with_us = part.state in (FulfillmentState.RELEASED, FulfillmentState.IN_PROGRESS)
    if part.method is not DeliveryMethod.PICKUP or not with_us or part.ready_at is not None:
        return False
    await partner.picking(session, fulfillment_id, by=by)
    collect_by = at + pickup.KEPT_FOR
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == fulfillment_id)
        .values(ready_at=at, collect_by=collect_by, pickup_code=pickup.code(secrets.choice))
    )
    await _parcel(session, fulfillment_id, state=ShipmentState.READY_FOR_PICKUP)
    await timeline.tell(
        session, part.order_id, "fulfillment.ready", by=by, part=part.number,
        collect_by=collect_by.isoformat(),
    )  # fmt: skip
    await outbox.wake(session, part.order_id)
    return True


async def ready_at_station(
    session: AsyncSession, fulfillment_id: UUID, actor: Actor, at: datetime
) -> FulfillmentOrder:
    """The same by our own people. Raises Conflict where it is not to be collected, or not with us."""
    _staff(actor)
    if not await ready(session, fulfillment_id, by=actor.name, at=at):
        part = await _part(session, fulfillment_id)
        raise Conflict(_why_not_ready(part), method=part.method.value, state=part.state.value)
    return await _part(session, fulfillment_id)


def _why_not_ready(part: FulfillmentOrder) -> str:
    if part.method is not DeliveryMethod.PICKUP:
        return "this fulfillment order is shipped, not collected"
    return "it was made ready before" if part.ready_at else f"the fulfillment order is {part.state.value}"


async def collect(session: AsyncSession, fulfillment_id: UUID, actor: Actor, code: str) -> Collection:
    """Hand it out for the right code. A wrong one is counted, so this returns and does not raise for it.

    Raises Conflict where it does not lie at the counter (any more).
    """
    _staff(actor)
    _, part = await locks.order_of(session, fulfillment_id)
    if part.ready_at is None or part.state is not FulfillmentState.IN_PROGRESS:
        raise Conflict(f"it does not lie at the counter: {part.state.value}", state=part.state.value)
    if part.wrong_codes >= pickup.TRIES:
        return Collection(Outcome.LOCKED, 0)
    if not pickup.opens(code, part.pickup_code or ""):
        return await _wrong(session, part, actor)
    await _handed_out(session, part, by=actor.name)
    return Collection(Outcome.COLLECTED, pickup.TRIES - part.wrong_codes)


async def _wrong(session: AsyncSession, part: FulfillmentOrder, actor: Actor) -> Collection:
    left = pickup.TRIES - part.wrong_codes - 1
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id)
        .values(wrong_codes=FulfillmentOrder.wrong_codes + 1)
    )
    await timeline.tell(
        session, part.order_id, "pickup.wrong_code", by=actor.name, part=part.number, left=left
    )
    if left == 0:
        await holds.ask_person(
            session, part.order_id, TaskKind.DELIVERY,
            f"{pickup.TRIES} wrong codes at the counter of {part.location}: find out who wants to collect it."
            " Approve to allow as many again.",
            subject=f"pickup/{part.id}",
        )  # fmt: skip
        await outbox.wake(session, part.order_id)
    return Collection(Outcome.WRONG_CODE, left)


async def unlock(session: AsyncSession, fulfillment_id: UUID) -> None:
    """A person has looked: codes are taken again. The order is locked."""
    await session.execute(
        update(FulfillmentOrder).where(FulfillmentOrder.id == fulfillment_id).values(wrong_codes=0)
    )


async def _handed_out(session: AsyncSession, part: FulfillmentOrder, *, by: str) -> None:
    """Shipped and delivered in one: stock is committed, the money may be captured."""
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id, FulfillmentOrder.state == FulfillmentState.IN_PROGRESS)
        .values(state=FulfillmentState.CLOSED, shipped_at=func.clock_timestamp())
    )
    await lines.move_part(session, part.id, Units.RELEASED, Units.DELIVERED)
    await _parcel(session, part.id, state=ShipmentState.COLLECTED, delivered_at=func.clock_timestamp())
    await timeline.tell(session, part.order_id, "fulfillment.collected", by=by, part=part.number)
    await outbox.wake(session, part.order_id)
    await stock.ship(session, part.id, order_id=part.order_id)


async def extend(
    session: AsyncSession, fulfillment_id: UUID, actor: Actor, until: datetime, at: datetime
) -> FulfillmentOrder:
    """Keep it until another moment. Raises Invalid (past, or too far off), Conflict (not at the counter)."""
    _staff(actor)
    if not at < until <= at + pickup.KEPT_AT_MOST:
        days = pickup.KEPT_AT_MOST.days
        raise Invalid(f"the deadline must be in the future, at most {days} days away", field="collect_by")
    order, _ = await locks.order_of(session, fulfillment_id)
    kept = await session.execute(
        update(FulfillmentOrder)
        .where(
            FulfillmentOrder.id == fulfillment_id,
            FulfillmentOrder.state == FulfillmentState.IN_PROGRESS,
            FulfillmentOrder.ready_at.is_not(None),
        )
        .values(collect_by=until)
        .returning(FulfillmentOrder.number)
    )
    row = kept.first()
    if row is None:
        raise Conflict("it does not lie at the counter")
    await timeline.tell(
        session, order.id, "fulfillment.kept", by=actor.name, part=row.number, collect_by=until.isoformat()
    )
    await outbox.wake(session, order.id)
    return await _part(session, fulfillment_id)


async def no_show(session: AsyncSession, message: CollectionDeadline) -> None:
    """Nobody has come: the units go back, and the order ends where nothing else of it is left.

    Stock and money follow by the run's compensations, which the rows now ask for. Nothing happens where it
    was collected, or kept longer than the deadline that the timer was armed for.
    """
    await locks.lock(session, message.order_id)
    await locks.fulfillment_orders(session, message.order_id)
    ended = await session.execute(
        update(FulfillmentOrder)
        .where(
            FulfillmentOrder.id == message.fulfillment_id,
            FulfillmentOrder.state == FulfillmentState.IN_PROGRESS,
            FulfillmentOrder.ready_at.is_not(None),
            FulfillmentOrder.collect_by == message.deadline,
        )
        .values(state=FulfillmentState.CANCELED)
        .returning(FulfillmentOrder.number)
    )
    row = ended.first()
    if row is None:
        return
    await lines.move_part(session, message.fulfillment_id, Units.RELEASED, Units.CANCELED)
    await _parcel(session, message.fulfillment_id, state=ShipmentState.VOIDED)
    await _withdraw(session, message.fulfillment_id)
    await timeline.tell(
        session, message.order_id, "fulfillment.not_collected", by="deadline", part=row.number
    )
    if await _all_over(session, message.order_id) and await end_unshipped(
        session, message.order_id, OrderState.CANCELED, reason=NOT_COLLECTED, by="deadline"
    ):
        return
    await session.execute(
        update(Order)
        .where(Order.id == message.order_id, Order.cancel.in_([CancelState.NONE, CancelState.REFUSED]))
        .values(cancel=CancelState.PARTLY, cancel_reason=NOT_COLLECTED, version=Order.version + 1)
    )


async def _withdraw(session: AsyncSession, fulfillment_id: UUID) -> None:
    """Nobody has to find out any more who wanted to collect it."""
    await session.execute(
        update(Task)
        .where(Task.subject == f"pickup/{fulfillment_id}", Task.state == TaskState.OPEN)
        .values(state=TaskState.WITHDRAWN)
    )


async def _all_over(session: AsyncSession, order_id: UUID) -> bool:
    """Whether no unit of the order is on its way or still to come."""
    live = select(FulfillmentOrder.id).where(
        FulfillmentOrder.order_id == order_id, FulfillmentOrder.state.in_(list(LIVE))
    )
    open_units = OrderLine.unallocated + OrderLine.backordered + OrderLine.allocated + OrderLine.released
    waiting = select(OrderLine.id).where(OrderLine.order_id == order_id, open_units > 0)
    return not await session.scalar(select(live.exists() | waiting.exists()))


async def _parcel(session: AsyncSession, fulfillment_id: UUID, **values: object) -> None:
    await session.execute(
        update(Shipment)
        .where(Shipment.fulfillment_id == fulfillment_id, Shipment.state != ShipmentState.VOIDED)
        .values(**values)
    )


async def _part(session: AsyncSession, fulfillment_id: UUID) -> FulfillmentOrder:
    return await session.get_one(FulfillmentOrder, fulfillment_id, populate_existing=True)


def _staff(actor: Actor) -> None:
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
