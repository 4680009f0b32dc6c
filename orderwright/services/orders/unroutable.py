"""Orders that no location can or will ship: listed with the reason, and looked at anew when told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Decision, HoldState, HoldType, Scope, TaskKind, TaskState
from orderwright.persistence import holds, locks, outbox, timeline
from orderwright.persistence.tables import Hold, Order, SourcingDecision, Task
from orderwright.services.orders import decisions
from orderwright.services.sourcing.explaining import Then
from orderwright.services.stock import lacking


@dataclass(frozen=True, slots=True)
class Unroutable:
    """An order that is held until a person says where it may ship from; `decision` is why it has no place."""

    hold: Hold
    order_number: str
    task_id: UUID | None
    decision: dict[str, Any] | None  # Any: JSON, as the sourcing wrote it


async def listed(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[Unroutable]:
    """Those that wait, the longest first, from after the hold `after`."""
    why = (
        select(SourcingDecision.decision)
        .where(SourcingDecision.order_id == Hold.order_id)
        .where(SourcingDecision.decision["then"].astext == Then.ASKED)
        .order_by(SourcingDecision.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Hold, Order.number, Task.id, why)
        .join(Order, Order.id == Hold.order_id)
        .outerjoin(Task, (Task.hold_id == Hold.id) & (Task.state == TaskState.OPEN))
        .where(Hold.type == HoldType.ROUTING, Hold.state == HoldState.ACTIVE)
        .order_by(Hold.id)
        .limit(limit)
    )
    rows = await session.execute(query if after is None else query.where(Hold.id > after))
    return [Unroutable(hold, number, task_id, decision) for hold, number, task_id, decision in rows]


async def retry(session: AsyncSession, order_id: UUID, actor: Actor, note: str = "") -> None:
    """Look for a place once more, also where the units were refused or not found before.

    The question to a person is answered by that. Raises Forbidden, Conflict (nothing waits for a place).
    """
    actor.require(Scope.OPERATIONS)
    await locks.lock(session, order_id)
    task_id = await session.scalar(
        select(Task.id).where(
            Task.order_id == order_id, Task.kind == TaskKind.ROUTING, Task.state == TaskState.OPEN
        )
    )
    if task_id is not None:
        await decisions.decide(session, task_id, Decision.APPROVE, actor, note)
        return
    if not any(hold.type is HoldType.STOCK for hold in await holds.active(session, order_id)):
        raise Conflict("nothing of this order waits for a place")
    await lacking.ask_again(session, order_id)
    await timeline.tell(session, order_id, "sourcing.retried", by=actor.name, why=note)
    await outbox.wake(session, order_id)
