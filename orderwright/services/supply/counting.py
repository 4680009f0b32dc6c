"""Units are counted at a location, without being told what the books say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.stock.lots import LotUnits, check
from orderwright.domain.stock.supply import APPROVAL_LIMIT, CountLineState, CountState
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.stock import lots, tracking
from orderwright.persistence.tables import StockCount, StockCountLine, StockLevel, StockLot, StockMove
from orderwright.services.stock import stocking

Full = tuple[StockCount, Sequence[StockCountLine]]
"""A count and its lines by SKU and lot."""

_NONE_THERE = "no lot of it is on hand: enter those that are found"


@dataclass(frozen=True, slots=True)
class Entry:
    """Units of a SKU that somebody has counted; of a tracked one those of one lot."""

    sku: str
    counted: int
    lot: str | None = None
    expires_on: date | None = None


async def open_count(
    session: AsyncSession,
    location: str,
    skus: Collection[str] | None,
    actor: Actor,
    *,
    approval_limit: int = APPROVAL_LIMIT,
    note: str = "",
) -> Full:
    """Count these SKUs, or (None) whatever lies there; tracked ones lot by lot.

    Raises UnknownProduct, Invalid.
    """
    await stocking.check_known(session, set(skus or ()), {location})
    if skus is not None and not skus:
        raise Invalid("a count of nothing")
    count_id = uuid7()
    await session.execute(
        insert(StockCount).values(
            id=count_id, location=location, whole=skus is None, approval_limit=approval_limit, note=note,
            opened_by=actor.name,
        )
    )  # fmt: skip
    rows = await _to_count(session, location, skus)
    if rows:
        await session.execute(insert(StockCountLine), [{"count_id": count_id} | row for row in rows])
    return await count(session, count_id)


async def enter(session: AsyncSession, count_id: UUID, entries: Sequence[Entry], actor: Actor) -> Full:
    """What somebody has counted; again until it is submitted. A whole count takes SKUs nobody thought there,
    and every count lots nobody thought there.

    Beside it stands what the books say at this moment: what moves afterwards is no variance.
    Raises NotFound, Conflict, Invalid, UnknownProduct.
    """
    row = await _shared(session, count_id)
    skus = {entry.sku for entry in entries}
    await stocking.check_known(session, skus, set())
    await _check_lots(session, row.location, entries)
    new = skus - {line.sku for line in await lines(session, count_id)}
    if new and not row.whole:
        raise Invalid(f"{min(new)} is not part of this count", skus=sorted(new))
    for entry in sorted(entries, key=lambda entry: (entry.sku, entry.lot or "")):
        await _enter(session, row, entry, actor)
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
        .order_by(StockCountLine.sku.collate("C"), StockCountLine.lot.collate("C"))
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


async def _to_count(
    session: AsyncSession, location: str, skus: Collection[str] | None
) -> Sequence[dict[str, object]]:
    """The lines of a new count: of these SKUs, or of all with a level at the location."""
    if skus is None:
        levels = await session.scalars(select(StockLevel.sku).where(StockLevel.location == location))
        chosen: Collection[str] = levels.all()
    else:
        chosen = set(skus)
    tracked = await tracking.of(session, chosen)
    there = await lots.on_hand(session, location, chosen)
    rows: list[dict[str, object]] = []
    for sku in sorted(chosen):
        if tracked[sku] is Tracking.NONE:
            rows.append(_line(sku))
        elif sku in there:
            rows += [_line(sku, lot) for lot in there[sku]]
        elif skus is not None:  # so that lots of it can be entered
            rows.append(_line(sku, state=CountLineState.SKIPPED, why=_NONE_THERE))
    return rows


def _line(
    sku: str, lot: str = "", *, state: CountLineState = CountLineState.OPEN, why: str = ""
) -> dict[str, object]:
    return {"sku": sku, "lot": lot, "state": state, "why": why}


async def _check_lots(session: AsyncSession, location: str, entries: Sequence[Entry]) -> None:
    """Raises Invalid."""
    known = await tracking.of(session, {entry.sku for entry in entries})
    for entry in entries:
        check(entry.sku, known[entry.sku], entry.counted, entry.lot, entry.expires_on)
        if entry.lot is not None and entry.expires_on is not None:
            part = LotUnits(entry.lot, entry.counted, entry.expires_on)
            await lots.dated(session, location, entry.sku, [part])


async def _enter(session: AsyncSession, row: StockCount, entry: Entry, actor: Actor) -> None:
    key = {"count_id": row.id, "sku": entry.sku, "lot": entry.lot or ""}
    said = {
        "counted": entry.counted, "counted_by": actor.name, "counted_at": func.clock_timestamp(),
        "expires_on": entry.expires_on,
    } | _books(entry, row.location)  # fmt: skip
    await session.execute(
        upsert(StockCountLine)
        .values(**key, **said)
        .on_conflict_do_update(index_elements=["count_id", "sku", "lot"], set_=said)
    )


def _books(entry: Entry, location: str) -> dict[str, object]:
    """On hand and the last move there, of one picture."""
    on_hand = select(StockLevel.on_hand).where(StockLevel.sku == entry.sku, StockLevel.location == location)
    if entry.lot is not None:
        on_hand = select(StockLot.on_hand).where(
            StockLot.sku == entry.sku, StockLot.location == location, StockLot.lot == entry.lot
        )
    last = select(func.max(StockMove.seq)).where(StockMove.sku == entry.sku, StockMove.location == location)
    return {
        "book": func.coalesce(on_hand.scalar_subquery(), 0),
        "book_seq": func.coalesce(last.scalar_subquery(), 0),
    }
