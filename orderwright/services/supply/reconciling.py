"""Does every figure of stock agree with the rows it is made of? What does not is listed, never repaired."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.supply import DifferenceKind, DifferenceState
from orderwright.persistence.stock import differences
from orderwright.persistence.tables import StockDifference, StockLevel


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Levels looked at; differences found for the first time, not found any more, and open now."""

    levels: int
    new: int
    gone: int
    open: int


async def reconcile(session: AsyncSession) -> Reconciled:
    """Ask every question and note the answers; two at once take turns."""
    await differences.alone(session)
    new = gone = still = 0
    for what in DifferenceKind:
        found = await differences.ask(session, what)
        noted = await differences.note(session, what, found)
        new, gone, still = new + noted.new, gone + noted.gone, still + len(found)
    levels = await session.scalar(select(func.count()).select_from(StockLevel))
    return Reconciled(levels or 0, new, gone, still)


async def listed(
    session: AsyncSession,
    *,
    state: DifferenceState | None,
    sku: str | None = None,
    location: str | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[StockDifference]:
    """Differences, oldest first, from after `after`."""
    given = ((StockDifference.state, state), (StockDifference.sku, sku),
             (StockDifference.location, location))  # fmt: skip
    query = select(StockDifference).where(*(column == value for column, value in given if value is not None))
    if after is not None:
        query = query.where(StockDifference.id > after)
    return (await session.scalars(query.order_by(StockDifference.id).limit(limit))).all()
