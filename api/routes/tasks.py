"""Tasks: what people are asked, and what they decide."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.holds import TaskView
from api.schemas.orders import DecisionBody
from api.transaction import InTransaction, Once, Wake
from orderwright.domain.access import Actor
from orderwright.domain.orders import Decision, TaskKind, TaskState
from orderwright.services.orders import decisions, reading

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], route_class=Once)


@router.get("", operation_id="listTasks")
async def list_tasks(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    state: Annotated[TaskState | None, Query(alias="filter[state]")] = None,
    kind: Annotated[TaskKind | None, Query(alias="filter[kind]")] = None,
    order_id: Annotated[UUID | None, Query(alias="filter[order_id]")] = None,
) -> Listing[TaskView]:
    """Tasks, oldest first."""
    rows = await reading.tasks(
        session, state=state, kind=kind, order_id=order_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row[0].id,))
    return Listing(data=[TaskView.of(*row) for row in shown], next=following)


@router.get("/{task_id}", operation_id="readTask")
async def read_task(task_id: UUID, _actor: Staff, session: InTransaction) -> TaskView:
    """One task."""
    return TaskView.of(*await reading.task(session, task_id))


@router.post("/{task_id}/approve", operation_id="approveTask")
async def approve_task(
    task_id: UUID, body: DecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> TaskView:
    """Go on: approve, try again, done. The first decision counts."""
    return await _decide(session, task_id, Decision.APPROVE, actor, body.note, wake)


@router.post("/{task_id}/reject", operation_id="rejectTask")
async def reject_task(
    task_id: UUID, body: DecisionBody, actor: Staff, session: InTransaction, wake: Wake
) -> TaskView:
    """End it. The first decision counts."""
    return await _decide(session, task_id, Decision.REJECT, actor, body.note, wake)


async def _decide(
    session: AsyncSession, task_id: UUID, decision: Decision, actor: Actor, note: str, wake: Wake
) -> TaskView:
    task = await decisions.decide(session, task_id, decision, actor, note)
    if task.order_id is not None:
        wake(task.order_id)
    return TaskView.of(*await reading.task(session, task_id))
