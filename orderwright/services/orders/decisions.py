"""A question is decided once, by a person with the right to or by its deadline."""

from typing import assert_never
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import AlreadyDecided, Conflict, NotFound
from orderwright.domain.fulfillment.states import LIVE
from orderwright.domain.orders import (
    AtDeadline,
    Decision,
    HoldOutcome,
    HoldState,
    HoldType,
    OrderState,
    Scope,
    TaskKind,
    TaskState,
)
from orderwright.messages.orders import HoldDeadline
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Hold, OrderLine, Task
from orderwright.services.changes import taking_back
from orderwright.services.contact import incoming
from orderwright.services.delivery import deciding as case_deciding
from orderwright.services.delivery import opening
from orderwright.services.fulfillment import handing, pickup, shipping
from orderwright.services.orders import cancellation
from orderwright.services.orders.cancellation import drop_part
from orderwright.services.orders.ending import end_unshipped
from orderwright.services.payments import deposits, paying, refunding
from orderwright.services.reconciliation import unmatched
from orderwright.services.returns import deciding
from orderwright.services.stock import lacking
from orderwright.services.vendors import overdue as vendors_overdue

_OUTCOMES = {
    TaskKind.APPROVAL: HoldOutcome.APPROVED,
    TaskKind.ADDRESS: HoldOutcome.RESOLVED,
    TaskKind.CARRIER: HoldOutcome.RETRIED,
    TaskKind.ROUTING: HoldOutcome.RETRIED,
}
_REASONS = {
    TaskKind.APPROVAL: "approval_rejected",
    TaskKind.ADDRESS: "address_undeliverable",
    TaskKind.MANUAL: "rejected_by_staff",
}


async def decide(
    session: AsyncSession, task_id: UUID, decision: Decision, actor: Actor, note: str = ""
) -> Task:
    """Write the decision and what follows from it. Raises NotFound, Forbidden, AlreadyDecided, Conflict."""
    actor.require(Scope.OPERATIONS)
    asked = (await session.execute(select(Task.order_id, Task.kind).where(Task.id == task_id))).one_or_none()
    if asked is None:
        raise NotFound("no such task")
    order_id = asked.order_id
    if asked.kind is TaskKind.VENDOR_RETURN:
        return await vendors_overdue.decide(session, task_id, decision, actor, note)
    if order_id is None:
        return await unmatched.decide(session, task_id, decision, actor, note)
    await locks.lock(session, order_id)
    task = await session.scalar(
        update(Task)
        .where(Task.id == task_id, Task.state == TaskState.OPEN)
        .values(
            state=TaskState.DECIDED, decision=decision.value, decided_by=actor.name, note=note,
            decided_at=func.clock_timestamp(),
        )
        .returning(Task)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if task is None:
        raise await _too_late(session, task_id)
    await timeline.tell(
        session,
        order_id,
        f"task.{decision.value}",
        by=actor.name,
        why=note,
        task=str(task_id),
        about=task.kind.value,
    )
    about, _, subject = task.subject.partition("/")
    if about == opening.SUBJECT:
        await case_deciding.follow_task(session, UUID(subject), decision, actor, note)
    elif task.kind is TaskKind.RETURN:
        await deciding.answered(session, task, decision, actor)
    elif task.kind is TaskKind.CUSTOMER_MESSAGE:
        await incoming.handled(session, task, decision, actor)
    elif decision is Decision.APPROVE:
        await _approved(session, task, actor)
    else:
        await _rejected(session, task, actor)
    await outbox.wake(session, order_id)
    return task


async def decide_order(
    session: AsyncSession, order_id: UUID, decision: Decision, actor: Actor, note: str = ""
) -> Task:
    """Decide the order's open approval. Raises Conflict where it never had one."""
    query = (
        select(Task).where(Task.order_id == order_id, Task.kind == TaskKind.APPROVAL).order_by(Task.id.desc())
    )
    task = await session.scalar(query.limit(1))
    if task is None:
        raise Conflict("nobody has to approve this order")
    return await decide(session, task.id, decision, actor, note)


async def _too_late(session: AsyncSession, task_id: UUID) -> AlreadyDecided:
    task = await session.get_one(Task, task_id, populate_existing=True)
    what = task.decision or task.state.value
    return AlreadyDecided(f"this is {what} already", decision=task.decision, decided_by=task.decided_by)


async def _approved(session: AsyncSession, task: Task, actor: Actor) -> None:
    if task.kind is TaskKind.COMPENSATION:
        await _done_by_hand(session, task, actor)
    kind, _, subject = task.subject.partition("/")
    if task.kind is TaskKind.DELIVERY and kind == "pickup":
        await pickup.unlock(session, UUID(subject))
    if task.kind is TaskKind.ROUTING:
        await lacking.ask_again(session, task.order)
    if task.hold_id is not None:
        outcome = _OUTCOMES.get(task.kind, HoldOutcome.RESOLVED)
        await holds.release(session, task.hold_id, outcome, by=actor.name)


async def _rejected(session: AsyncSession, task: Task, actor: Actor) -> None:
    if task.hold_id is None:
        await _give_up_step(session, task, actor)
        return
    hold = await holds.release(session, task.hold_id, HoldOutcome.REJECTED, by=actor.name)
    if hold is None:
        raise Conflict("the order is no longer held for that")
    if task.kind in (TaskKind.CARRIER, TaskKind.ROUTING):
        await _give_up(session, hold, actor)
        return
    reason = _REASONS.get(task.kind, "rejected_by_staff")
    if not await end_unshipped(session, task.order, OrderState.REJECTED, reason=reason, by=actor.name):
        raise Conflict("a warehouse has the goods: recall them by canceling the order")


async def _give_up(session: AsyncSession, hold: Hold, actor: Actor) -> None:
    """Cancel what cannot be shipped; the order too where nothing else of it is under way."""
    if hold.fulfillment_id is not None:
        await drop_part(session, await session.get_one(FulfillmentOrder, hold.fulfillment_id))
    await lines.move_all(session, hold.order_id, Units.UNALLOCATED, Units.CANCELED)
    await _end_if_nothing_is_left(session, hold.order_id, hold.reason, actor)


async def _end_if_nothing_is_left(session: AsyncSession, order_id: UUID, reason: str, actor: Actor) -> None:
    alive = await session.scalar(
        select(FulfillmentOrder.id)
        .where(FulfillmentOrder.order_id == order_id, FulfillmentOrder.state.in_(list(LIVE)))
        .limit(1)
    )
    following = await session.scalar(
        select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.backordered > 0).limit(1)
    )
    if alive is None and following is None:
        await end_unshipped(session, order_id, OrderState.CANCELED, reason=reason, by=actor.name)


async def _give_up_step(session: AsyncSession, task: Task, actor: Actor) -> None:
    """A day of tries was enough: the units or the order end; what may be done is looked up and undone.

    A compensation is tried again, as a capture is; the others were questions to be read.
    """
    step, _, subject = task.subject.partition("/")
    match step:
        case "label":
            await drop_part(session, await session.get_one(FulfillmentOrder, UUID(subject)))
            await _end_if_nothing_is_left(session, task.order, "no_label", actor)
        case "hand-off":
            await cancellation.request(session, task.order, actor, "not_handed_off")
        case "authorize":
            await end_unshipped(
                session, task.order, OrderState.REJECTED, reason="payment_failed", by=actor.name
            )
        case _:
            return


async def _done_by_hand(session: AsyncSession, task: Task, actor: Actor) -> None:
    """A person has undone at the provider what we could not; the rows follow."""
    kind, _, subject = task.subject.partition("/")
    match kind:
        case "refund":
            await refunding.by_hand(session, UUID(subject), by=actor.name)
        case deposits.OVERPAID | deposits.OVERREMITTED | deposits.DEPOSIT:
            await deposits.returned(session, kind, UUID(subject))
        case "payment":
            await paying.voided(session, UUID(subject), by=actor.name)
        case "label":
            part = await session.get_one(FulfillmentOrder, UUID(subject))
            await shipping.label_voided_of(session, part.id, money_back=True, by=actor.name)
        case "recall":
            await handing.recall_sent(session, UUID(subject))
            await timeline.tell(session, task.order, "undone.by_hand", by=actor.name, subject=task.subject)
        case _:
            await timeline.tell(session, task.order, "undone.by_hand", by=actor.name, subject=task.subject)


async def pass_deadline(session: AsyncSession, message: HoldDeadline) -> None:
    """A hold's timer fired: its stated end, if it still has the deadline the timer was armed for."""
    await locks.lock(session, message.order_id)
    hold = await session.scalar(
        select(Hold).where(
            Hold.id == message.hold_id, Hold.state == HoldState.ACTIVE, Hold.deadline == message.deadline
        )
    )
    if hold is None:
        return
    if hold.at_deadline is AtDeadline.GO_ON:
        await holds.release(session, hold.id, HoldOutcome.DEADLINE, by="deadline")
        return
    state = _state_at(hold.at_deadline)
    if state is not None and await _end_at_deadline(session, hold, state):
        return
    if hold.type is HoldType.PAYMENT and state is None and await taking_back.unpaid(session, hold.order_id):
        await holds.release(session, hold.id, HoldOutcome.DEADLINE)
        return
    await session.execute(update(Hold).where(Hold.id == hold.id).values(deadline=None))
    await stock.keep(session, hold.order_id, None)
    await timeline.tell(session, hold.order_id, "hold.overdue", hold=str(hold.id), type=hold.type.value)
    if state is not None:
        await holds.ask_person(
            session, hold.order_id, TaskKind.MANUAL,
            f"The {hold.type.value} hold is overdue and a warehouse has goods of this order."
            " Approve to go on without, or cancel the order.",
            subject=str(hold.id), hold_id=hold.id,
        )  # fmt: skip


async def _end_at_deadline(session: AsyncSession, hold: Hold, state: OrderState) -> bool:
    """False: a warehouse has goods, and the hold stays as it was."""
    async with session.begin_nested() as savepoint:
        await holds.release(session, hold.id, HoldOutcome.DEADLINE)
        reason = f"{hold.type.value}_deadline"
        if await end_unshipped(session, hold.order_id, state, reason=reason, by="deadline"):
            return True
        await savepoint.rollback()
    await session.refresh(hold)
    return False


def _state_at(meaning: AtDeadline) -> OrderState | None:
    match meaning:
        case AtDeadline.REJECT:
            return OrderState.REJECTED
        case AtDeadline.EXPIRE:
            return OrderState.EXPIRED
        case AtDeadline.CANCEL:
            return OrderState.CANCELED
        case AtDeadline.STAY | AtDeadline.GO_ON:
            return None
        case _:
            assert_never(meaning)
