"""An order is sent elsewhere while nothing of it is on its way: a change of that kind, not previewed."""

from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.domain.failures import Conflict, Stale
from orderwright.domain.payments import EffectState
from orderwright.domain.status import Action, allowed_for
from orderwright.persistence import locks
from orderwright.persistence.tables import Effect
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import asking
from orderwright.services.changes.asking import Asked
from orderwright.services.orders import reading


async def change_address(
    session: AsyncSession,
    order_id: UUID,
    ship_to: Address,
    version: int,
    actor: Actor,
    tax: TaxEngine | None = None,
) -> UUID:
    """Send it elsewhere in the same country, while nothing has been handed over and no label bought.

    The address is verified anew; an address hold ends as resolved. After the label a previewed change does
    it. Raises Stale, NotFound, Conflict with allowed_actions, and as `asking.make`.
    """
    order = await locks.order(session, order_id)
    if order.version != version:
        raise Stale("somebody has changed this order since", version=order.version)
    record = await reading.order(session, order_id)
    allowed = allowed_for(record.facts, actor)
    if Action.EDIT_ADDRESS.value not in allowed or await _label_under_way(session, order_id):
        raise Conflict("its way has begun: the address stays", allowed_actions=allowed)
    await asking.make(session, order_id, Asked([Wish(ChangeKind.ADDRESS, ship_to=ship_to)], actor, tax=tax))
    return order_id


async def _label_under_way(session: AsyncSession, order_id: UUID) -> bool:
    """Whether the carrier is being asked for a label right now: it would bear the old address."""
    asked = exists().where(
        Effect.order_id == order_id,
        Effect.step.startswith("label/"),
        Effect.state.in_([EffectState.INTENDED, EffectState.UNKNOWN]),
    )
    return bool(await session.scalar(select(asked)))
