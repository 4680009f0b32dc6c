"""What has moved, where and why?"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.units import MoveKind
from orderwright.persistence.tables import StockMove


async def moves(
    session: AsyncSession,
    *,
    sku: str | None = None,
    location: str | None = None,
    kind: MoveKind | None = None,
    reference: str | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[StockMove]:
    """Moves, the newest first, from before the move numbered `before`."""
    given = ((StockMove.sku, sku), (StockMove.location, location), (StockMove.kind, kind),
             (StockMove.reference, reference))  # fmt: skip
    query = select(StockMove).where(*(column == value for column, value in given if value is not None))
    if before is not None:
        query = query.where(StockMove.seq < before)
    return (await session.scalars(query.order_by(StockMove.seq.desc()).limit(limit))).all()
