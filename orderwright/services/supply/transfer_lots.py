"""Of which lots are the units of a transfer: asked for, picked when they leave, told when they come?"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.lots import Change, LotUnits, check_parts, in_lots
from orderwright.domain.stock.supply import Gap
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.stock import lots, moves, tracking
from orderwright.persistence.tables import Transfer, TransferLine, TransferLot

ByLine = Mapping[tuple[UUID, str], Sequence[TransferLot]]
"""Lots by transfer and SKU; none for a line whose units are not told apart, or not picked yet."""


async def of(session: AsyncSession, transfer_ids: Collection[UUID]) -> ByLine:
    """The lots of these transfers, as they are now."""
    found: dict[tuple[UUID, str], list[TransferLot]] = {}
    rows = await session.scalars(
        select(TransferLot)
        .where(TransferLot.transfer_id.in_(transfer_ids))
        .order_by(TransferLot.transfer_id, TransferLot.sku.collate("C"), TransferLot.lot.collate("C"))
        .execution_options(populate_existing=True)
    )
    for row in rows:
        found.setdefault((row.transfer_id, row.sku), []).append(row)
    return found


async def check(
    session: AsyncSession, units: Mapping[str, int], named: Mapping[str, Sequence[LotUnits]]
) -> None:
    """Whoever names lots names all of a SKU's units, and only of what is tracked. Raises Invalid."""
    known = await tracking.of(session, named)
    for sku, parts in named.items():
        check_parts(sku, known[sku], units[sku], parts)


async def note(session: AsyncSession, transfer_id: UUID, sku: str, parts: Sequence[LotUnits]) -> None:
    """These are the lots of the line."""
    if parts:
        rows = [{"transfer_id": transfer_id, "sku": sku, "lot": part.lot, "units": part.units}
                for part in parts]  # fmt: skip
        await session.execute(insert(TransferLot), rows)


async def leaving(session: AsyncSession, row: Transfer, lines: Sequence[TransferLine]) -> Sequence[Change]:
    """What the lines take from the origin: the lots asked for, or those that expire first, which are noted.

    The levels are locked here, so that what is picked is there still. Raises InsufficientStock.
    """
    await moves.lock(session, {(line.sku, row.origin) for line in lines})
    known = await tracking.of(session, {line.sku for line in lines})
    named = await of(session, [row.id])
    found: list[Change] = []
    for line in lines:
        parts = [LotUnits(lot.lot, lot.units) for lot in named.get((row.id, line.sku), ())]
        if not parts and known[line.sku] is not Tracking.NONE:
            parts = list(await lots.first_out(session, (line.sku, row.origin), line.units))
            await note(session, row.id, line.sku, parts)
        found += in_lots(line.sku, row.origin, -line.units, parts)
    return found


def gap(line: TransferLine, left: Sequence[TransferLot], units: int, parts: Sequence[LotUnits]) -> Gap:
    """What is missing, and what is there on top, lot by lot."""
    if not left:
        return Gap.between(line.units, units)
    shipped = {lot.lot: lot.units for lot in left}
    came = {part.lot: part.units for part in parts}
    each = (Gap.between(shipped.get(lot, 0), came.get(lot, 0)) for lot in shipped.keys() | came.keys())
    return sum(each, Gap(0, 0))


def told(
    line: TransferLine, left: Sequence[TransferLot], units: int, parts: Sequence[LotUnits]
) -> Sequence[LotUnits]:
    """Which lots have come: unless they are named, those that were shipped, if as many. Raises Invalid."""
    if left and not parts and units == line.units:
        return [LotUnits(lot.lot, lot.units) for lot in left]
    check_parts(line.sku, Tracking.LOT if left else Tracking.NONE, units, parts)
    return parts


async def arrived(session: AsyncSession, line: TransferLine, parts: Sequence[LotUnits]) -> None:
    """So many of each lot have come; one that had not left is noted too."""
    for part in sorted(parts, key=lambda part: part.lot):
        if part.units:
            made = upsert(TransferLot).values(
                transfer_id=line.transfer_id, sku=line.sku, lot=part.lot, units=0, received=part.units
            )
            await session.execute(
                made.on_conflict_do_update(
                    index_elements=["transfer_id", "sku", "lot"], set_={"received": part.units}
                )
            )
