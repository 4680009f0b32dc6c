"""Uses of promotions: taken by one conditional statement each, given back when nothing is shipped."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import OrderLine, PromotionBuyer, PromotionRow, PromotionUse


async def take(session: AsyncSession, promotion: PromotionRow, customer_id: UUID) -> bool:
    """One use for this customer. False: there is none left, or it has ended; roll back to before the call.

    A promotion without a limit is not touched, so that orders do not wait for each other.
    """
    if promotion.limit_total is not None:
        taken = await session.execute(
            update(PromotionRow)
            .where(
                PromotionRow.id == promotion.id,
                PromotionRow.used < PromotionRow.limit_total,
                or_(PromotionRow.ended_at.is_(None), PromotionRow.ended_at > func.clock_timestamp()),
            )
            .values(used=PromotionRow.used + 1)
            .returning(PromotionRow.id)
            .execution_options(synchronize_session=False)
        )
        if taken.first() is None:
            return False
    return await _take_of_customer(session, promotion, customer_id)


async def _take_of_customer(session: AsyncSession, promotion: PromotionRow, customer_id: UUID) -> bool:
    if promotion.limit_per_customer is None:
        return True
    first = insert(PromotionBuyer).values(promotion_id=promotion.id, customer_id=customer_id, used=1)
    taken = await session.execute(
        first.on_conflict_do_update(
            index_elements=["promotion_id", "customer_id"],
            set_={"used": PromotionBuyer.used + 1},
            where=PromotionBuyer.used < promotion.limit_per_customer,
        ).returning(PromotionBuyer.used)
    )
    return taken.first() is not None


async def give_back_unshipped(session: AsyncSession, order_id: UUID) -> Sequence[UUID]:
    """The uses of an ended order of which no unit has left are there again, once: of which promotions."""
    left = select(OrderLine.id).where(
        OrderLine.order_id == order_id, OrderLine.shipped + OrderLine.delivered + OrderLine.undelivered > 0
    )
    rows = await session.execute(
        update(PromotionUse)
        .where(PromotionUse.order_id == order_id, PromotionUse.given_back_at.is_(None), ~left.exists())
        .values(given_back_at=func.clock_timestamp())
        .returning(PromotionUse.promotion_id, PromotionUse.customer_id)
    )
    returned = sorted(rows.all(), key=lambda row: row.promotion_id)
    for row in returned:
        await _less(session, row.promotion_id)
        await _less_of_customer(session, row.promotion_id, row.customer_id)
    return [row.promotion_id for row in returned]


async def _less(session: AsyncSession, promotion_id: UUID) -> None:
    await session.execute(
        update(PromotionRow)
        .where(PromotionRow.id == promotion_id, PromotionRow.limit_total.is_not(None))
        .values(used=PromotionRow.used - 1)
        .execution_options(synchronize_session=False)
    )


async def _less_of_customer(session: AsyncSession, promotion_id: UUID, customer_id: UUID) -> None:
    await session.execute(
        update(PromotionBuyer)
        .where(PromotionBuyer.promotion_id == promotion_id, PromotionBuyer.customer_id == customer_id)
        .values(used=PromotionBuyer.used - 1)
        .execution_options(synchronize_session=False)
    )
