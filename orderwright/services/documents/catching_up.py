"""Which documents are missing, and issue them: of money that was taken before there were any."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.orders import Scope
from orderwright.domain.payments import RefundState
from orderwright.persistence import locks
from orderwright.persistence.tables import MoneyDocument, Refund
from orderwright.services.documents import issuing

AT_ONCE = 50
"""Orders in one transaction, which holds the numbers' rows to its end."""

# An order that is billed in one waits for the rest of it until it is settled: nothing of it is missing.
_LACKING = text("""
    SELECT o.id FROM orders o
     WHERE EXISTS (SELECT 1 FROM fulfillment_orders f
                    WHERE f.order_id = o.id AND f.captured > 0 AND f.captured = f.amount
                      AND NOT EXISTS (SELECT 1 FROM billed_parts b WHERE b.fulfillment_id = f.id)
                      AND (o.settled_at IS NOT NULL OR 'order' IS DISTINCT FROM
                           (SELECT s.invoice_per FROM sellers s WHERE s.channel IN (o.channel, '*')
                             ORDER BY s.channel = '*' LIMIT 1)))
        OR EXISTS (SELECT 1 FROM refunds r
                    WHERE r.order_id = o.id AND r.state IN ('processing', 'succeeded')
                      AND NOT EXISTS (SELECT 1 FROM money_documents d WHERE d.refund_id = r.id))
     ORDER BY o.id LIMIT :wanted""")


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """How many orders got their papers, and whether there are more such orders."""

    orders: int
    more: bool


async def catch_up(session: AsyncSession, actor: Actor, *, at_once: int = AT_ONCE) -> CaughtUp:
    """Issue what is missing for some orders, dated today. All are locked before the first number is taken."""
    actor.require(Scope.OPERATIONS)
    found: list[UUID] = list(await session.scalars(_LACKING, {"wanted": at_once + 1}))
    now = found[:at_once]
    for order_id in now:
        await locks.lock(session, order_id)
    for order_id in now:
        await issuing.bill(session, order_id, all_now=True)
    for refund in await _uncredited(session, now):
        await issuing.given_back(session, refund)
    return CaughtUp(len(now), len(found) > at_once)


async def _uncredited(session: AsyncSession, orders: list[UUID]) -> list[Refund]:
    """In the order in which they were asked for, so that numbers follow time."""
    rows = await session.scalars(
        select(Refund)
        .outerjoin(MoneyDocument, MoneyDocument.refund_id == Refund.id)
        .where(
            Refund.order_id.in_(orders),
            Refund.state.in_([RefundState.PROCESSING, RefundState.SUCCEEDED]),
            MoneyDocument.id.is_(None),
        )
        .order_by(Refund.id)
    )
    return list(rows)
