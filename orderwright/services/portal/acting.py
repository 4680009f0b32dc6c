"""As whom does somebody act who has the link of an order, and what if a form is sent twice?"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import NotFound
from orderwright.domain.orders import Scope
from orderwright.persistence import locks
from orderwright.persistence.tables import Order
from orderwright.services import idempotency
from orderwright.services.idempotency import Answer, Asked

Work = Callable[[Actor], Awaitable[str]]


async def acting(session: AsyncSession, order_id: UUID, *scopes: Scope) -> Actor:
    """The order's customer, with the rights of the one act that a page offers. Raises NotFound."""
    customer = await session.scalar(select(Order.customer_id).where(Order.id == order_id))
    if customer is None:
        raise NotFound("no such order")
    return Actor(f"customer:{customer}", frozenset(scopes))


async def once(session: AsyncSession, order_id: UUID, actor: Actor, what: str, key: str, work: Work) -> str:
    """Where the customer goes on: what `work` says, and for the same `key` what it said the first time.

    The second of two clicks waits for the first at the order, and so finds its answer. What was sent with
    it does not matter: a page that is gone back to and changed was sent already. Where `work` is refused
    nothing of it stays, and the key may be used again.
    """
    await locks.lock(session, order_id)
    asked = Asked(actor.name, key, f"{what} {order_id}", idempotency.body_hash(b""))
    before = await idempotency.begin(session, asked)
    if before is not None:
        return before.headers["location"]
    async with session.begin_nested():
        where = await work(actor)
    await idempotency.store(session, asked, Answer(303, "", {"location": where}))
    return where
