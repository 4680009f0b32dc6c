"""A vendor who has not answered in time: a person is asked, and the answer followed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import AlreadyDecided, NotFound
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, Scope, TaskKind, TaskState
from orderwright.domain.returns.vendors import SETTLE_DAYS, VendorReturnState
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Product, Task, VendorReturn, VendorReturnLine
from orderwright.services.vendors import moving, settling

BATCH = 500


async def sweep(db: Database) -> int:
    """Ask about each vendor return that is past its day, once. How many were new."""
    async with db.transaction() as session:
        due = await session.scalars(
            update(VendorReturn)
            .where(
                VendorReturn.id.in_(
                    select(VendorReturn.id)
                    .where(
                        VendorReturn.state == VendorReturnState.SHIPPED,
                        VendorReturn.due_at < func.clock_timestamp(),
                    )
                    .order_by(VendorReturn.id)
                    .limit(BATCH)
                    .with_for_update(skip_locked=True)
                )
            )
            .values(due_at=None)
            .returning(VendorReturn)
        )
        rows = due.all()
        for row in rows:
            await _ask(session, row)
    return len(rows)


async def _ask(session: AsyncSession, row: VendorReturn) -> None:
    left = "" if row.shipped_at is None else f" left on {row.shipped_at.date()} and"
    await session.execute(
        insert(Task)
        .values(
            kind=TaskKind.VENDOR_RETURN, subject=moving.subject(row.id),
            question=f"{row.number} to {row.vendor}{left} is not settled. Approve to wait {SETTLE_DAYS} days"
            " more, reject to end it without a credit; or settle it.",
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def decide(session: AsyncSession, task_id: UUID, decision: Decision, actor: Actor, note: str) -> Task:
    """Approve waits on, reject settles it with no credit. Raises NotFound, AlreadyDecided, Conflict."""
    actor.require(Scope.OPERATIONS)
    task = await session.get(Task, task_id)
    if task is None:
        raise NotFound("no such task")
    vendor_return_id = UUID(task.subject.partition("/")[2])
    now = datetime.now(UTC)
    await moving.lock(session, vendor_return_id)
    await session.refresh(task)
    if task.state is not TaskState.OPEN:
        what = task.decision or task.state.value
        raise AlreadyDecided(f"this is {what} already", decision=task.decision, decided_by=task.decided_by)
    await moving.answer(session, vendor_return_id, by=actor.name, decision=decision.value, note=note)
    if decision is Decision.APPROVE:
        await session.execute(
            update(VendorReturn)
            .where(VendorReturn.id == vendor_return_id, VendorReturn.state == VendorReturnState.SHIPPED)
            .values(due_at=now + timedelta(days=SETTLE_DAYS))
        )
    else:
        nothing = settling.Settled(Money(0, await _currency(session, vendor_return_id)), note[:200])
        await settling.settle(session, vendor_return_id, nothing, actor, now)
    return await session.get_one(Task, task_id, populate_existing=True)


async def _currency(session: AsyncSession, vendor_return_id: UUID) -> str:
    """That of its first product: of nothing any will do."""
    currency = await session.scalar(
        select(Product.currency)
        .join(VendorReturnLine, VendorReturnLine.sku == Product.sku)
        .where(VendorReturnLine.vendor_return_id == vendor_return_id)
        .limit(1)
    )
    return currency or "EUR"
