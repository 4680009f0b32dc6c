"""A vendor return moves from state to state, each by one conditional statement; whoever is late is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.orders import TaskKind, TaskState
from orderwright.domain.returns.vendors import VendorReturnState
from orderwright.persistence.tables import Task, VendorReturn, VendorReturnLine


async def move(
    session: AsyncSession,
    vendor_return_id: UUID,
    source: VendorReturnState,
    target: VendorReturnState,
    **values: Any,
) -> VendorReturn:  # Any: columns
    """From `source` to `target`. Raises NotFound, Conflict (it is in another state)."""
    row: VendorReturn | None = await session.scalar(
        update(VendorReturn)
        .where(VendorReturn.id == vendor_return_id, VendorReturn.state == source)
        .values(state=target, **values)
        .returning(VendorReturn)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        return row
    state = await session.scalar(select(VendorReturn.state).where(VendorReturn.id == vendor_return_id))
    if state is None:
        raise NotFound("no such vendor return")
    raise Conflict(f"the vendor return is {state.value}", state=state.value)


async def lock(session: AsyncSession, vendor_return_id: UUID) -> None:
    """Before all of an order's rows, as whatever moves stock without one. Raises NotFound."""
    query = select(VendorReturn.id).where(VendorReturn.id == vendor_return_id).with_for_update()
    if await session.scalar(query) is None:
        raise NotFound("no such vendor return")


async def lines_of(session: AsyncSession, vendor_return_id: UUID) -> Sequence[VendorReturnLine]:
    """Its lines, the unit that waited longest first."""
    query = (
        select(VendorReturnLine)
        .where(VendorReturnLine.vendor_return_id == vendor_return_id)
        .order_by(VendorReturnLine.inspection_id)
    )
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


def subject(vendor_return_id: UUID) -> str:
    """What a question to a person about it is filed under."""
    return f"vendor-return/{vendor_return_id}"


async def answer(
    session: AsyncSession,
    vendor_return_id: UUID,
    *,
    by: str = "",
    decision: str | None = None,
    note: str = "",
) -> None:
    """End its open question: with a decision, or as no longer needed."""
    decided = {"decision": decision, "decided_by": by, "decided_at": func.clock_timestamp(), "note": note}
    state = TaskState.WITHDRAWN if decision is None else TaskState.DECIDED
    await session.execute(
        update(Task)
        .where(
            Task.kind == TaskKind.VENDOR_RETURN, Task.subject == subject(vendor_return_id),
            Task.state == TaskState.OPEN,
        )
        .values(state=state, **({} if decision is None else decided))
    )  # fmt: skip
