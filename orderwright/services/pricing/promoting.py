"""Which promotions may a cart have, which uses does its order take, and what is kept of them?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.pricing.promotions import (
    Applied,
    CartItem,
    Discounts,
    Promotion,
    PromotionNotMet,
    PromotionUsedUp,
    Tier,
    UnknownPromotion,
    apply,
    why_not,
)
from orderwright.persistence.money import promotions as uses
from orderwright.persistence.tables import Order, PromotionBuyer, PromotionRow, PromotionUse

MOST = 2**31
"""More uses than can be counted: no limit."""


@dataclass(frozen=True, slots=True)
class Buying:
    """Who buys where, when, in which currency, with which codes; `automatic`: the others count too."""

    channel: str
    currency: str
    at: datetime
    customer_id: UUID | None
    codes: Sequence[str] = ()
    automatic: bool = True


def plain(code: str) -> str:
    """A code as it is kept: people type it in any case."""
    return code.strip().upper()


async def discounts(
    session: AsyncSession, buying: Buying, items: Sequence[CartItem], shipping: int
) -> Discounts:
    """What the cart gets, with a use of each taken where a customer is known and it is limited.

    Raises UnknownPromotion, PromotionNotMet, PromotionUsedUp for codes; automatic ones just do not count.
    """
    rows = await _candidates(session, buying)
    _check_codes(buying.codes, rows, items)
    gone: set[UUID] = set()
    while True:
        found = apply([of(row) for row in rows.values() if row.id not in gone], items, shipping)
        lacking = await _take(session, buying, [rows[one.promotion.id] for one in found.applied])
        if lacking is None:
            return found
        if lacking.code is not None:
            raise PromotionUsedUp(f"the code {lacking.code} has been used up", promotion=lacking.code)
        gone.add(lacking.id)


async def look(session: AsyncSession, buying: Buying, items: Sequence[CartItem], shipping: int) -> Discounts:
    """The same without taking anything; what is used up is left out, or refused where it was asked for."""
    rows = await _candidates(session, buying)
    _check_codes(buying.codes, rows, items)
    had = await _had(session, buying, rows)
    for row in list(rows.values()):
        all_used = row.limit_total is not None and row.used >= row.limit_total
        if all_used or had.get(row.id, 0) >= (row.limit_per_customer or MOST):
            if row.code is not None:
                raise PromotionUsedUp(f"the code {row.code} has been used up", promotion=row.code)
            del rows[row.id]
    return apply([of(row) for row in rows.values()], items, shipping)


async def _had(session: AsyncSession, buying: Buying, rows: Collection[UUID]) -> dict[UUID, int]:
    """How often a known customer has used those of them that limit that."""
    if buying.customer_id is None or not rows:
        return {}
    counted = await session.execute(
        select(PromotionBuyer.promotion_id, PromotionBuyer.used).where(
            PromotionBuyer.customer_id == buying.customer_id, PromotionBuyer.promotion_id.in_(list(rows))
        )
    )
    return dict(counted.all())


async def record(session: AsyncSession, order: Order, applied: Sequence[Applied]) -> Sequence[PromotionUse]:
    """What each gave the order."""
    uses = [
        PromotionUse(
            order_id=order.id, promotion_id=one.promotion.id, customer_id=order.customer_id, position=nth,
            name=one.promotion.name, code=one.promotion.code, currency=order.currency, lines=sum(one.lines),
            shipping=one.shipping,
        )
        for nth, one in enumerate(applied, start=1)
    ]  # fmt: skip
    session.add_all(uses)
    await session.flush()
    return uses


def of(row: PromotionRow) -> Promotion:
    """As the rules have it."""
    tiers = [Tier(one["minimum"], one.get("ppm", 0), one.get("amount", 0)) for one in row.tiers]
    return Promotion(
        row.id, row.name, row.kind, row.code, row.ppm, row.amount, row.buy, row.get, tiers, row.minimum,
        frozenset(row.skus), row.priority, row.stacking,
    )  # fmt: skip


async def _candidates(session: AsyncSession, buying: Buying) -> dict[UUID, PromotionRow]:
    asked = PromotionRow.code == func.any(sorted({plain(code) for code in buying.codes}))
    rows = await session.scalars(
        select(PromotionRow)
        .where(
            or_(asked, PromotionRow.code.is_(None)) if buying.automatic else asked,
            PromotionRow.valid_from <= buying.at,
            or_(PromotionRow.valid_to.is_(None), PromotionRow.valid_to > buying.at),
            or_(PromotionRow.ended_at.is_(None), PromotionRow.ended_at > buying.at),
        )
        .order_by(PromotionRow.id)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows if _is_for(row, buying)}


def _is_for(row: PromotionRow, buying: Buying) -> bool:
    return (
        row.currency in (None, buying.currency)
        and (not row.channels or buying.channel in row.channels)
        and (not row.customers or buying.customer_id in row.customers)
    )


def _check_codes(codes: Collection[str], rows: dict[UUID, PromotionRow], items: Sequence[CartItem]) -> None:
    by_code = {row.code: row for row in rows.values() if row.code is not None}
    for code in codes:
        row = by_code.get(plain(code))
        if row is None:
            raise UnknownPromotion(f"no code {plain(code)} is valid here and now", promotion=plain(code))
        if reason := why_not(of(row), items):
            raise PromotionNotMet(f"the code {row.code} gives nothing: {reason}", promotion=row.code)


class _Lacking(Exception):
    """A promotion has no use left: whatever was taken is rolled back, and its locks with it."""

    def __init__(self, row: PromotionRow) -> None:
        super().__init__(str(row.id))
        self.row = row


async def _take(session: AsyncSession, buying: Buying, rows: Sequence[PromotionRow]) -> PromotionRow | None:
    """Take a use of each, by id; the first that has none left, and then nothing is taken."""
    limited = [row for row in rows if row.limit_total is not None or row.limit_per_customer is not None]
    if buying.customer_id is None or not limited:
        return None
    try:
        async with session.begin_nested():
            for row in sorted(limited, key=lambda row: row.id):
                if not await uses.take(session, row, buying.customer_id):
                    raise _Lacking(row)
    except _Lacking as lacking:
        return lacking.row
    return None
