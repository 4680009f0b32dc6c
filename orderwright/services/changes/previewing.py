"""What a change or a cancel would do, shown with every compensation; nothing is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.changes.wishes import NothingLeft
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import CancelState
from orderwright.persistence import locks, stock
from orderwright.persistence.tables import OrderChange
from orderwright.services.changes import applying, asking, compensations, naming
from orderwright.services.changes.applying import Made, Standing
from orderwright.services.changes.asking import Asked
from orderwright.services.changes.compensations import Compensation
from orderwright.services.orders import cancellation


@dataclass(frozen=True, slots=True)
class Shown:
    """A cancel as it would be. `left` None: nothing is."""

    possible: bool
    why: str
    whole: bool
    left: Standing | None
    compensations: Sequence[Compensation]


async def change(session: AsyncSession, order_id: UUID, asked: Asked) -> tuple[Made, Sequence[Compensation]]:
    """What it would do, and what of that is undoing. Raises as `asking.preview`."""
    order = await locks.order(session, order_id)
    currency = order.currency
    made = await asking.preview(session, order_id, asked)
    return made, await _of(session, order_id, made, currency)


async def cancel(
    session: AsyncSession, order_id: UUID, actor: Actor, units: Mapping[UUID | str, int]
) -> Shown:
    """Of these units, or of the whole order where none are named. What is not possible says why."""
    order = await locks.order(session, order_id)
    currency = order.currency
    if units:
        try:
            made = await asking.preview_cancel(session, order_id, actor, units)
        except NothingLeft:
            return await _whole(session, order_id, actor)
        return Shown(True, "", False, made.after, await _of(session, order_id, made, currency))
    return await _whole(session, order_id, actor)


async def _of(session: AsyncSession, order_id: UUID, made: Made, currency: str) -> list[Compensation]:
    return [
        *await compensations.of_parts(session, order_id, [*made.anew, *made.recall]),
        *compensations.of_stock(made.freed),
        *compensations.of_difference(made.further, currency),
    ]


async def _whole(session: AsyncSession, order_id: UUID, actor: Actor) -> Shown:
    """Tried and rolled back, so that the answer is that of the cancel itself."""
    order = await locks.order(session, order_id)
    held: dict[str, int] = {}
    for row in await stock.active(session, order_id):
        held[row.sku] = held.get(row.sku, 0) + row.units
    undone = [
        *await compensations.of_parts(session, order_id, None),
        *compensations.of_stock(held),
        *await compensations.of_money(session, order),
    ]
    try:
        async with session.begin_nested() as savepoint:
            state = await cancellation.request(session, order_id, actor, "preview")
            await savepoint.rollback()
    except Conflict as refused:
        return Shown(False, str(refused), True, None, [])
    if state is not CancelState.PARTLY:
        return Shown(True, "", True, None, undone)
    order = await locks.order(session, order_id)
    left = applying.standing(order, (await naming.content(session, order_id)).lines)
    return Shown(True, "only what was to follow is canceled", False, left, [])


async def all_of(session: AsyncSession, order_id: UUID) -> Sequence[OrderChange]:
    """The order's changes, oldest first."""
    query = select(OrderChange).where(OrderChange.order_id == order_id).order_by(OrderChange.number)
    return (await session.scalars(query)).all()
