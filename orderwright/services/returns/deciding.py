"""A return is approved, declined or called off, by a person or by its deadline."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Decision, Scope, TaskKind, TaskState
from orderwright.domain.returns.rules import AtApprovalDeadline
from orderwright.domain.returns.states import CANCELABLE, ReturnMethod, ReturnState
from orderwright.persistence import returns
from orderwright.persistence.tables import OrderLine, Return, ReturnLine, Task
from orderwright.services.returns import exchanging, policies, telling


async def approve(
    session: AsyncSession, return_id: UUID, actor: Actor, at: datetime, note: str = ""
) -> Return:
    """The customer may send it. Raises NotFound, Conflict."""
    actor.require(Scope.OPERATIONS)
    row = await returns.locked(session, return_id)
    await _withdraw(session, row, Decision.APPROVE, actor)
    return await _approve(session, row, at, by=actor.name, why=note)


async def decline(session: AsyncSession, return_id: UUID, actor: Actor, note: str = "") -> Return:
    """It may not come back. Raises NotFound, Conflict."""
    actor.require(Scope.OPERATIONS)
    row = await returns.locked(session, return_id)
    await _withdraw(session, row, Decision.REJECT, actor)
    return await _end(
        session, row, {ReturnState.REQUESTED}, ReturnState.DECLINED, "declined", by=actor.name, why=note
    )


async def cancel(session: AsyncSession, return_id: UUID, actor: Actor, note: str = "") -> Return:
    """Nothing is sent after all; a label that was bought is voided by the run. Raises NotFound, Conflict."""
    actor.require(Scope.STOREFRONT, Scope.OPERATIONS)
    row = await returns.locked(session, return_id)
    await exchanging.check_cancelable(session, row)
    return await _end(session, row, CANCELABLE, ReturnState.CANCELED, "canceled", by=actor.name, why=note)


async def pass_deadline(session: AsyncSession, return_id: UUID, deadline: datetime) -> None:
    """A timer fired: the stated end of the state it is in, if it still has the deadline it was armed for."""
    row = await returns.locked(session, return_id)
    if row.deadline != deadline:
        return
    policy = await policies.of_version(session, row.policy_version)
    match row.state:
        case ReturnState.REQUESTED if policy.at_approval_deadline is AtApprovalDeadline.APPROVE:
            await _close_tasks(session, row, TaskState.EXPIRED)
            await _approve(session, row, deadline, by="deadline", why="nobody has decided")
        case ReturnState.REQUESTED:
            await _end(
                session, row, {row.state}, ReturnState.DECLINED, "declined", by="deadline",
                why="nobody has decided",
            )  # fmt: skip
        case ReturnState.APPROVED:
            await _end(
                session, row, {row.state}, ReturnState.CANCELED, "expired", by="deadline", why="never sent"
            )
        case ReturnState.IN_TRANSIT:
            paid = " The money was given back when it was sent." if row.reckoned_at else ""
            await _overdue(
                session, row, "return-late",
                f"it has not arrived.{paid} Approve to end it without the goods, reject to go on waiting.",
            )  # fmt: skip
        case ReturnState.RECEIVED:
            await _overdue(session, row, "return-uninspected", "it lies there and is not inspected.")
        case ReturnState.INSPECTED:
            await _overdue(session, row, "return-refund", "its refund is not through: see the order's tasks.")
        case _:
            return


async def answered(session: AsyncSession, task: Task, decision: Decision, actor: Actor) -> None:
    """A person has answered a question about a return; the order is locked."""
    about, _, return_id = task.subject.partition("/")
    row = await returns.locked(session, UUID(return_id))
    yes = decision is Decision.APPROVE
    at = datetime.now(UTC)
    if about == "return" and yes:
        await _approve(session, row, at, by=actor.name, why=task.note or "")
    elif about == "return":
        sources = {ReturnState.REQUESTED}
        await _end(
            session, row, sources, ReturnState.DECLINED, "declined", by=actor.name, why=task.note or ""
        )
    elif about == "return-late" and yes:
        target = ReturnState.RESOLVED if row.reckoned_at else ReturnState.CANCELED
        sources = {ReturnState.IN_TRANSIT}
        await _end(session, row, sources, target, "never_arrived", by=actor.name, why="never arrived")
    elif about == "return-late":
        policy = await policies.of_version(session, row.policy_version)
        await session.execute(
            update(Return).where(Return.id == row.id).values(deadline=at + timedelta(days=policy.arrive_days))
        )
    elif about == exchanging.ASKED:
        await exchanging.answered(session, row, yes=yes, by=actor.name)
    elif about == "return-label" and not yes:
        await session.execute(
            update(Return).where(Return.id == row.id).values(method=ReturnMethod.OWN_TRANSPORT)
        )
        await session.refresh(row)
        await telling.approved(session, row)
    await returns.tell(session, row, "answered", by=actor.name, about=about, decision=decision.value)


async def _approve(session: AsyncSession, row: Return, at: datetime, *, by: str, why: str) -> Return:
    policy = await policies.of_version(session, row.policy_version)
    moved = await returns.move(
        session, row.id, {ReturnState.REQUESTED}, ReturnState.APPROVED,
        approved_at=at, deadline=at + timedelta(days=policy.send_days),
    )  # fmt: skip
    if moved is None:
        raise Conflict(f"the return is {row.state.value}", state=row.state.value)
    await returns.tell(session, moved, "approved", by=by, why=why)
    await telling.approved(session, moved)
    await exchanging.approved(session, moved)
    return moved


async def _end(
    session: AsyncSession, row: Return, sources: Collection[ReturnState], target: ReturnState, what: str,
    *, by: str, why: str,
) -> Return:  # fmt: skip
    """End it, and give free the units that will not come."""
    moved = await returns.move(
        session, row.id, sources, target, deadline=None, why=what, ended_at=func.clock_timestamp()
    )
    if moved is None:
        raise Conflict(f"the return is {row.state.value}", state=row.state.value)
    await free_missing(session, row.id)
    await _close_tasks(session, row, TaskState.WITHDRAWN)
    await returns.tell(session, moved, what, by=by, why=why)
    if target is ReturnState.DECLINED:
        await telling.declined(session, moved)
    return moved


async def free_missing(session: AsyncSession, return_id: UUID) -> int:
    """Units that were announced and have not come: they may be announced again. How many."""
    lines = await session.execute(
        select(ReturnLine.id, ReturnLine.line_id, ReturnLine.units - ReturnLine.received - ReturnLine.missing)
        .where(ReturnLine.return_id == return_id)
        .order_by(ReturnLine.line_id)
    )
    freed = 0
    for row_id, line_id, units in lines.all():
        if units:
            await session.execute(
                update(ReturnLine).where(ReturnLine.id == row_id).values(missing=ReturnLine.missing + units)
            )
            await session.execute(
                update(OrderLine)
                .where(OrderLine.id == line_id)
                .values(coming_back=OrderLine.coming_back - units)
            )
            freed += units
    return freed


async def _overdue(session: AsyncSession, row: Return, subject: str, question: str) -> None:
    await session.execute(update(Return).where(Return.id == row.id).values(deadline=None))
    await returns.ask(session, row, subject, question)
    await returns.tell(session, row, "overdue", by="deadline", state=row.state.value)


async def _withdraw(session: AsyncSession, row: Return, decision: Decision, actor: Actor) -> None:
    """The question is answered at the return itself."""
    await session.execute(
        update(Task)
        .where(
            Task.order_id == row.order_id, Task.kind == TaskKind.RETURN, Task.state == TaskState.OPEN,
            Task.subject == f"return/{row.id}",
        )
        .values(
            state=TaskState.DECIDED, decision=decision.value, decided_by=actor.name,
            decided_at=func.clock_timestamp(),
        )
    )  # fmt: skip


async def _close_tasks(session: AsyncSession, row: Return, state: TaskState) -> None:
    about = [f"{one}/{row.id}" for one in ("return", "return-label", "return-late", "return-uninspected")]
    await session.execute(
        update(Task)
        .where(Task.order_id == row.order_id, Task.state == TaskState.OPEN, Task.subject.in_(about))
        .values(state=state)
    )
