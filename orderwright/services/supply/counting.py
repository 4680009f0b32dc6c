"""Units are counted at a location, without being told what the books say."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.stock.supply import APPROVAL_LIMIT, CountLineState, CountState
from orderwright.domain.stock.units import Tracking
from orderwright.persistence import tracking
from orderwright.persistence.tables import Product, StockCount, StockCountLine, StockLevel, StockMove
from orderwright.services.stock import stocking

Full = tuple[StockCount, Sequence[StockCountLine]]
"""A count and its lines by SKU."""

_TO_COUNT = {"state": CountLineState.OPEN, "why": ""}
_PASSED_OVER = {"state": CountLineState.SKIPPED, "why": tracking.WHY}


async def open_count(
    session: AsyncSession,
    location: str,
    skus: Collection[str] | None,
    actor: Actor,
    *,
    approval_limit: int = APPROVAL_LIMIT,
    note: str = "",
) -> Full:
    """Count these SKUs, or (None) whatever lies there. Raises UnknownProduct, Invalid."""
    await stocking.check_known(session, set(skus or ()), {location})
    if skus is None:
        chosen = await _lying_there(session, location)
    elif skus:
        await tracking.refuse(session, skus)
        chosen = {sku: False for sku in skus}
    else:
        raise Invalid("a count of nothing")
    count_id = uuid7()
    await session.execute(
        insert(StockCount).values(
            id=count_id, location=location, whole=skus is None, approval_limit=approval_limit, note=note,
            opened_by=actor.name,
        )
    )  # fmt: skip
    rows = [{"count_id": count_id, "sku": sku} | (_PASSED_OVER if told_apart else _TO_COUNT)
            for sku, told_apart in sorted(chosen.items())]  # fmt: skip
    if rows:
        await session.execute(insert(StockCountLine), rows)
    return await count(session, count_id)


async def enter(session: AsyncSession, count_id: UUID, counted: Mapping[str, int], actor: Actor) -> Full:
    """What somebody has counted; again until it is submitted. A whole count takes SKUs nobody thought there.

    Beside it stands what the books say at this moment: what moves afterwards is no variance.
    Raises NotFound, Conflict, Invalid, UnknownProduct.
    """
    row = await _shared(session, count_id)
    await stocking.check_known(session, set(counted), set())
    await tracking.refuse(session, counted)
    new = counted.keys() - {line.sku for line in await lines(session, count_id)}
    if new and not row.whole:
        raise Invalid(f"{min(new)} is not part of this count", skus=sorted(new))
    for sku in sorted(counted):
        await _add_line(session, count_id, sku)
        await session.execute(
            update(StockCountLine)
            .where(StockCountLine.count_id == count_id, StockCountLine.sku == sku)
            .values(
                counted=counted[sku],
                counted_by=actor.name,
                counted_at=func.clock_timestamp(),
                **_books(sku, row.location),
            )
        )
    return await count(session, count_id)


async def cancel(session: AsyncSession, count_id: UUID) -> Full:
    """Give a count up before it is submitted. Raises NotFound, Conflict."""
    await moved_on(session, count_id, CountState.CANCELED, ended_at=func.clock_timestamp())
    return await count(session, count_id)


async def count(session: AsyncSession, count_id: UUID) -> Full:
    """One count. Raises NotFound."""
    row = await session.get(StockCount, count_id, populate_existing=True)
    if row is None:
        raise NotFound("no such count")
    return row, await lines(session, count_id)


async def counts(
    session: AsyncSession, *, state: CountState | None, location: str | None, after: UUID | None, limit: int
) -> Sequence[StockCount]:
    """Counts in the order they were opened, from after `after`."""
    query = select(StockCount).order_by(StockCount.id).limit(limit)
    if state is not None:
        query = query.where(StockCount.state == state)
    if location is not None:
        query = query.where(StockCount.location == location)
    return (await session.scalars(query if after is None else query.where(StockCount.id > after))).all()


async def lines(session: AsyncSession, count_id: UUID) -> Sequence[StockCountLine]:
    """The lines of a count as they are now."""
    rows = await session.scalars(
        select(StockCountLine)
        .where(StockCountLine.count_id == count_id)
        .order_by(StockCountLine.sku.collate("C"))
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def moved_on(session: AsyncSession, count_id: UUID, into: CountState, **values: object) -> StockCount:
    """From open into another state, once. Raises NotFound, Conflict."""
    row: StockCount | None = await session.scalar(
        update(StockCount)
        .where(StockCount.id == count_id, StockCount.state == CountState.OPEN)
        .values(state=into, **values)
        .returning(StockCount)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise not_now((await count(session, count_id))[0])
    return row


def not_now(row: StockCount) -> Conflict:
    """Why its state does not allow that."""
    return Conflict(f"this count is {row.state.value}", state=row.state.value)


async def _shared(session: AsyncSession, count_id: UUID) -> StockCount:
    """The count while it is open: whoever submits it waits for those who enter."""
    row = await session.scalar(
        select(StockCount)
        .where(StockCount.id == count_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such count")
    if row.state is not CountState.OPEN:
        raise not_now(row)
    return row


async def _lying_there(session: AsyncSession, location: str) -> dict[str, bool]:
    """SKUs with a level at the location, and whether their units are told apart."""
    rows = await session.execute(
        select(StockLevel.sku, Product.tracking != Tracking.NONE)
        .join(Product, Product.sku == StockLevel.sku)
        .where(StockLevel.location == location)
    )
    return {sku: told_apart for sku, told_apart in rows}


async def _add_line(session: AsyncSession, count_id: UUID, sku: str) -> None:
    await session.execute(upsert(StockCountLine).values(count_id=count_id, sku=sku).on_conflict_do_nothing())


def _books(sku: str, location: str) -> dict[str, object]:
    """On hand and the last move of it, of one picture."""
    on_hand = select(StockLevel.on_hand).where(StockLevel.sku == sku, StockLevel.location == location)
    last = select(func.max(StockMove.seq)).where(StockMove.sku == sku, StockMove.location == location)
    return {
        "book": func.coalesce(on_hand.scalar_subquery(), 0),
        "book_seq": func.coalesce(last.scalar_subquery(), 0),
    }
