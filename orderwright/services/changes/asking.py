"""A change or a cancel of lines is asked for: shown without being made, or made as it was shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.changes.wishes import ChangeState, NothingLeft, StalePreview, WindowOver, Wish, check
from orderwright.domain.orders import CancelState, Scope
from orderwright.persistence import locks
from orderwright.persistence.tables import FulfillmentOrder, Order, OrderChange
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import applying, naming
from orderwright.services.changes.applying import Made, Said
from orderwright.services.changes.naming import Content, Delta
from orderwright.services.orders import cancellation


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be different, who asks, and why. `window`: how long a customer may; None: until release."""

    wishes: Sequence[Wish]
    actor: Actor
    reason: str = ""
    window: timedelta | None = None
    tax: TaxEngine | None = None


async def preview(session: AsyncSession, order_id: UUID, asked: Asked) -> Made:
    """What it would do; nothing is changed. Raises as `applying.make` and `wishes.check`, WindowOver."""
    check(asked.wishes, asked.actor, asked.reason)
    order, parts, there = await applying.locked(session, order_id)
    _in_time(order, asked)
    delta = naming.meant(asked.wishes, there, asked.actor)
    by = Said(asked.actor.name, asked.reason)
    return await _tried(session, order, parts, there, delta, by, tax=asked.tax)


async def confirm(session: AsyncSession, order_id: UUID, asked: Asked, fingerprint: str) -> OrderChange:
    """Make it as it was shown, or ask the warehouses first (AWAITING_RECALL). Raises StalePreview too."""
    return await make(session, order_id, asked, shown=fingerprint)


async def make(
    session: AsyncSession, order_id: UUID, asked: Asked, *, shown: str | None = None
) -> OrderChange:
    """The same, as it is now where nothing was `shown`."""
    check(asked.wishes, asked.actor, asked.reason)
    order, parts, there = await applying.locked(session, order_id)
    _in_time(order, asked)
    delta = naming.meant(asked.wishes, there, asked.actor)
    by = Said(asked.actor.name, asked.reason)
    return await carry_out(session, order, parts, there, delta, by, shown=shown, tax=asked.tax)


def _in_time(order: Order, asked: Asked) -> None:
    if asked.window is None or asked.actor.may(Scope.OPERATIONS):
        return
    if datetime.now(UTC) > order.placed_at + asked.window:
        raise WindowOver("the time in which the order could be changed is over")


async def preview_cancel(
    session: AsyncSession, order_id: UUID, actor: Actor, units: Mapping[UUID | str, int]
) -> Made:
    """What canceling these units would do. Raises NothingLeft where that is the whole order."""
    order, parts, there = await applying.locked(session, order_id)
    return await _tried(session, order, parts, there, naming.canceled(units, there), Said(actor.name))


async def cancel(
    session: AsyncSession, order_id: UUID, actor: Actor, reason: str, units: Mapping[UUID | str, int]
) -> CancelState:
    """Cancel units of lines: PARTLY at once, REQUESTED where a warehouse is asked; all of them: the order."""
    order, parts, there = await applying.locked(session, order_id)
    try:
        delta = naming.canceled(units, there)
        row = await carry_out(session, order, parts, there, delta, Said(actor.name, reason))
    except NothingLeft:
        return await cancellation.request(session, order_id, actor, reason)
    return CancelState.REQUESTED if row.state is ChangeState.AWAITING_RECALL else CancelState.PARTLY


async def _tried(
    session: AsyncSession,
    order: Order,
    parts: Sequence[FulfillmentOrder],
    there: Content,
    delta: Delta,
    by: Said,
    *,
    tax: TaxEngine | None = None,
) -> Made:
    async with session.begin_nested() as savepoint:
        made = await applying.make(session, order, parts, there, delta, by=by, at=datetime.now(UTC), tax=tax)
        await savepoint.rollback()
    return made


async def carry_out(
    session: AsyncSession,
    order: Order,
    parts: Sequence[FulfillmentOrder],
    there: Content,
    delta: Delta,
    by: Said,
    *,
    shown: str | None = None,
    tax: TaxEngine | None = None,
) -> OrderChange:
    """Make it at once, or ask the warehouses first. Raises as `applying.make`, StalePreview."""
    order_id = order.id
    async with session.begin_nested() as savepoint:
        made = await applying.make(session, order, parts, there, delta, by=by, at=datetime.now(UTC), tax=tax)
        if shown is not None and made.fingerprint != shown:
            raise StalePreview("something has moved since the preview: look at a new one")
        if not made.recall:
            await applying.keep(session, made.row, made)
            return made.row
        await savepoint.rollback()
    return await _ask_back(session, order_id, made, delta, by)


async def _ask_back(session: AsyncSession, order_id: UUID, made: Made, delta: Delta, by: Said) -> OrderChange:
    """Nothing is changed until the warehouses have given their parts back."""
    order = await locks.order(session, order_id)
    parts = await locks.fulfillment_orders(session, order_id)
    row = await applying.write(session, order, delta, by, ChangeState.AWAITING_RECALL)
    row.fingerprint = made.fingerprint
    await session.flush()
    await applying.recall(session, order_id, [one for one in parts if one.number in made.recall], row)
    return row
