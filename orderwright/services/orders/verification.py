"""Is the order's address deliverable, and must a person look at it first?"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain import addresses, risk
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.orders import AtDeadline, HoldType, OrderState, TaskKind
from orderwright.persistence import holds, locks, timeline
from orderwright.persistence.tables import Hold, Order, RiskRule

ADDRESS_WAIT = timedelta(hours=72)
"""How long a person has to mend an address; then the order is rejected."""


async def verify(session: AsyncSession, order_id: UUID, at: datetime) -> None:
    """Check once: address by the country's format, then approval rules. Trouble is a hold with a task."""
    order = await locks.order(session, order_id)
    if order.verified_at is not None or order.state is not OrderState.SUBMITTED:
        return
    await _address(session, order, at)
    await _approval(session, order, at)
    await session.execute(
        update(Order).where(Order.id == order_id).values(verified_at=func.clock_timestamp())
    )


async def _address(session: AsyncSession, order: Order, at: datetime) -> None:
    if order.method is DeliveryMethod.PICKUP:
        return  # the address is our own
    found = addresses.problems(Address(**order.ship_to))
    if found:
        await holds.open_hold(
            session, order.id, HoldType.ADDRESS, reason="address_undeliverable", words=", ".join(found),
            deadline=at + ADDRESS_WAIT, at_deadline=AtDeadline.REJECT, ask=TaskKind.ADDRESS,
            question=f"The address cannot be delivered to: {', '.join(found)}."
            " Correct it, or reject the order.",
        )  # fmt: skip


async def _approval(session: AsyncSession, order: Order, at: datetime) -> None:
    rules = [
        risk.Rule(row.name, row.kind, row.limit_amount, row.currency, row.score, row.channels, row.deadline_s)
        for row in await session.scalars(select(RiskRule).where(RiskRule.active))
    ]
    facts = await _facts(session, order)
    hit = risk.first_hit(rules, facts)
    await timeline.tell(
        session, order.id, "order.verified", score=facts.score, rule=hit.name if hit else None
    )
    if hit is not None and not await _asked_before(session, order):
        await holds.open_hold(
            session, order.id, HoldType.APPROVAL, reason=hit.name,
            deadline=at + timedelta(seconds=hit.deadline_s), at_deadline=AtDeadline.REJECT,
            ask=TaskKind.APPROVAL, question=f"Approve order {order.number}? Rule: {hit.name}.",
        )  # fmt: skip


async def _asked_before(session: AsyncSession, order: Order) -> bool:
    """Whether a person has answered, or is being asked: a corrected address is no new order."""
    query = select(Hold.id).where(Hold.order_id == order.id, Hold.type == HoldType.APPROVAL)
    return await session.scalar(query.limit(1)) is not None


async def _facts(session: AsyncSession, order: Order) -> risk.Facts:
    earlier = await session.scalar(
        select(Order.id)
        .where(Order.customer_id == order.customer_id, Order.state == OrderState.COMPLETED)
        .limit(1)
    )
    billed = (order.bill_to or order.ship_to).get("country")
    facts = risk.Facts(
        total=order.total,
        currency=order.currency,
        channel=order.channel,
        new_customer=earlier is None,
        countries_differ=billed != order.ship_to.get("country"),
        score=order.risk_score or 0,
    )
    if order.risk_score is not None:
        return facts
    scored = risk.score(facts)
    await session.execute(update(Order).where(Order.id == order.id).values(risk_score=scored))
    return risk.Facts(
        facts.total, facts.currency, facts.channel, facts.new_customer, facts.countries_differ, scored
    )
