"""Units on their way that are reckoned with: on their day, and when that has passed, a week later again."""

from collections.abc import Sequence

from sqlalchemy import Integer, and_, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.units import RECKONED_WEEKS, ExpectedState
from orderwright.persistence.tables import ExpectedReceipt

LEFT = ExpectedReceipt.units - ExpectedReceipt.received
DAY = ExpectedReceipt.due_on + 7 * ExpectedReceipt.weeks_late
"""The day on which they are reckoned with, as `ExpectedReceipt.reckoned_on`."""

RECKONED = and_(
    ExpectedReceipt.state == ExpectedState.OPEN, LEFT > 0, ExpectedReceipt.weeks_late <= RECKONED_WEEKS
)
_OVERDUE = and_(RECKONED, func.current_date() > DAY)


async def overdue(session: AsyncSession, limit: int) -> Sequence[str]:
    """SKUs of which units were reckoned with by now and have not come."""
    skus = select(ExpectedReceipt.sku).where(_OVERDUE).distinct().order_by(ExpectedReceipt.sku).limit(limit)
    return (await session.scalars(skus)).all()


async def put_off(session: AsyncSession, sku: str) -> bool:
    """Reckon with what is overdue of this SKU next week, or no longer. False: nothing is, any more."""
    mine = select(ExpectedReceipt.id).where(ExpectedReceipt.sku == sku, _OVERDUE).order_by(ExpectedReceipt.id)
    weeks = func.ceil((func.current_date() - ExpectedReceipt.due_on) / 7.0)
    late = await session.execute(
        update(ExpectedReceipt)
        .where(ExpectedReceipt.id.in_(mine.with_for_update()))
        .values(weeks_late=cast(func.least(weeks, RECKONED_WEEKS + 1), Integer))
        .returning(ExpectedReceipt.id)
    )
    return late.first() is not None
