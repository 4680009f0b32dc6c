"""Promotions are made, listed, found and ended; what they gave stays in their orders."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Exists, NotFound
from orderwright.domain.pricing.promotions import PromotionKind, Stacking
from orderwright.persistence.tables import PromotionRow, PromotionUse
from orderwright.services.pricing.promoting import plain


@dataclass(frozen=True, slots=True)
class PromotionData:
    """As the table has it; without a code it is for everybody."""

    name: str
    kind: PromotionKind
    code: str | None = None
    currency: str | None = None
    ppm: int = 0
    amount: int = 0
    buy: int = 0
    get: int = 0
    tiers: Sequence[dict[str, int]] = ()
    minimum: int = 0
    skus: Sequence[str] = ()
    channels: Sequence[str] = ()
    customers: Sequence[UUID] = ()
    priority: int = 0
    stacking: Stacking = Stacking.COMBINABLE
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    limit_total: int | None = None
    limit_per_customer: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A promotion with the uses that stand, and what they have taken off in minor units by currency."""

    row: PromotionRow
    uses: int = 0
    given: dict[str, int] = field(default_factory=dict)


async def create(session: AsyncSession, data: PromotionData, actor: Actor) -> Campaign:
    """A new promotion, valid at once unless it says otherwise. Raises Exists where its code is taken."""
    values = {name: value for name, value in asdict(data).items() if value is not None}
    if data.code is not None:
        values["code"] = plain(data.code)
    values |= {name: list(values[name]) for name in ("tiers", "skus", "channels", "customers")}
    row: PromotionRow | None = await session.scalar(
        insert(PromotionRow)
        .values(id=uuid7(), created_by=actor.name, **values)
        .on_conflict_do_nothing()
        .returning(PromotionRow)
    )
    if row is None:
        raise Exists("a promotion has that code", code=values["code"])
    return Campaign(row)


async def find(session: AsyncSession, name: str) -> Campaign:
    """By id or code. Raises NotFound."""
    try:
        match = PromotionRow.id == UUID(name)
    except ValueError:
        match = PromotionRow.code == plain(name)
    row = await session.scalar(select(PromotionRow).where(match).execution_options(populate_existing=True))
    if row is None:
        raise NotFound("no such promotion")
    return (await _counted(session, [row]))[0]


async def listed(session: AsyncSession, *, after: UUID | None, limit: int) -> list[Campaign]:
    """Promotions in order of their making, from after `after`."""
    query = select(PromotionRow).order_by(PromotionRow.id).limit(limit)
    rows = await session.scalars(query if after is None else query.where(PromotionRow.id > after))
    return await _counted(session, rows.all())


async def end(session: AsyncSession, name: str) -> Campaign:
    """Valid no more from now on; ended once, the second time changes nothing. Raises NotFound."""
    found = await find(session, name)
    await session.execute(
        update(PromotionRow)
        .where(PromotionRow.id == found.row.id, PromotionRow.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
    )
    return await find(session, str(found.row.id))


async def _counted(session: AsyncSession, rows: Sequence[PromotionRow]) -> list[Campaign]:
    from_orders = await session.execute(
        select(
            PromotionUse.promotion_id,
            PromotionUse.currency,
            func.count(),
            func.sum(PromotionUse.lines + PromotionUse.shipping),
        )
        .where(PromotionUse.promotion_id.in_([row.id for row in rows]), PromotionUse.given_back_at.is_(None))
        .group_by(PromotionUse.promotion_id, PromotionUse.currency)
    )
    counted = {row.id: Campaign(row) for row in rows}
    for promotion_id, currency, uses, given in from_orders:
        before = counted[promotion_id]
        counted[promotion_id] = Campaign(
            before.row, before.uses + uses, before.given | {currency: int(given)}
        )
    return list(counted.values())
