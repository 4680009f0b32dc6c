"""Money for the trouble: as much as an agent may give a day, and no unit more, however many ask at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import case, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Scope
from orderwright.domain.payments import RefundTo
from orderwright.persistence import locks, timeline
from orderwright.persistence.tables import Appeasement, AppeasementDay, AppeasementLimit
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import Wanted

EVERYBODY = ""
"""The agent whose limit is that of all who have none of their own."""


async def appease(
    session: AsyncSession, order_id: UUID, amount: int, actor: Actor, *, to: RefundTo, reason: str
) -> Appeasement:
    """Give `amount` of what was paid for the order. Raises NotFound, Forbidden, Conflict (the day's limit is
    reached or none is set; or less was taken and not given back)."""
    actor.require(Scope.OPERATIONS)
    order = await locks.order(session, order_id)
    await _spend(session, actor.name, order.currency, amount)
    await giving_back.request(session, order_id, actor, Wanted(reason=reason, amount=amount, to=to))
    given: Appeasement | None = await session.scalar(
        insert(Appeasement)
        .values(
            order_id=order_id, agent=actor.name, amount=amount, currency=order.currency, destination=to,
            reason=reason,
        )
        .returning(Appeasement)
    )  # fmt: skip
    assert given is not None  # noqa: S101 - an insert returns its row
    await timeline.tell(
        session, order_id, "appeasement.given", by=actor.name, why=reason, amount=amount, to=to.value
    )
    return given


async def _spend(session: AsyncSession, agent: str, currency: str, amount: int) -> None:
    """One statement: the day's sum rises where it stays within the limit."""
    per_day = await _limit(session, agent, currency)
    if per_day is None:
        raise Conflict(f"no limit is set for what may be given away in {currency}")
    today = datetime.now(UTC).date()
    first = select(literal(agent), literal(today), literal(currency), literal(amount)).where(
        literal(amount) <= per_day
    )
    spent = await session.execute(
        upsert(AppeasementDay)
        .from_select(["agent", "day", "currency", "spent"], first)
        .on_conflict_do_update(
            index_elements=["agent", "day", "currency"],
            set_={"spent": AppeasementDay.spent + amount},
            where=AppeasementDay.spent + amount <= per_day,
        )
        .returning(AppeasementDay.spent)
    )
    if spent.first() is None:
        known = await session.scalar(
            select(AppeasementDay.spent).where(
                AppeasementDay.agent == agent,
                AppeasementDay.day == today,
                AppeasementDay.currency == currency,
            )
        )
        raise Conflict("that is more than may be given away today", left=per_day - (known or 0))


async def _limit(session: AsyncSession, agent: str, currency: str) -> int | None:
    """His own, else everybody's."""
    own = case((AppeasementLimit.agent == agent, 0), else_=1)
    found: int | None = await session.scalar(
        select(AppeasementLimit.per_day)
        .where(AppeasementLimit.agent.in_([agent, EVERYBODY]), AppeasementLimit.currency == currency)
        .order_by(own)
        .limit(1)
    )
    return found


async def set_limit(
    session: AsyncSession, agent: str, currency: str, per_day: int, actor: Actor
) -> AppeasementLimit:
    """What an agent may give away a day from now on. Raises Forbidden: that is for admins."""
    actor.require()
    values = {"per_day": per_day, "set_by": actor.name, "set_at": func.clock_timestamp()}
    row: AppeasementLimit | None = await session.scalar(
        upsert(AppeasementLimit)
        .values(agent=agent, currency=currency, **values)
        .on_conflict_do_update(index_elements=["agent", "currency"], set_=values)
        .returning(AppeasementLimit)
        .execution_options(populate_existing=True)
    )
    assert row is not None  # noqa: S101 - an upsert returns its row
    return row


async def limits(session: AsyncSession) -> Sequence[AppeasementLimit]:
    """All of them, by agent and currency."""
    query = select(AppeasementLimit).order_by(AppeasementLimit.agent, AppeasementLimit.currency)
    return (await session.scalars(query)).all()
