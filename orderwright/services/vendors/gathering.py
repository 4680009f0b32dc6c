"""Units that wait for their vendor are gathered into one return to him, or wait again."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.returns.states import Disposition
from orderwright.domain.returns.vendors import Named, Units, VendorReturnState, pick
from orderwright.persistence.tables import (
    Location,
    Return,
    ReturnInspection,
    ReturnLine,
    VendorReturn,
    VendorReturnLine,
)
from orderwright.services.vendors import moving

# One statement for both ways; more than there are is refused by the table's CHECK too.
_GATHER = text("""
    UPDATE return_inspections i SET gathered = i.gathered + g.units
      FROM unnest(CAST(:ids AS uuid[]), CAST(:units AS int[])) AS g (id, units)
     WHERE i.id = g.id AND i.gathered + g.units BETWEEN 0 AND i.units
    RETURNING i.id""")


async def gather(
    session: AsyncSession, *, vendor: str, location: str, wanted: Sequence[Named], note: str, actor: Actor
) -> VendorReturn:
    """Open a return to `vendor` with all units that wait at `location`, or those that are named.

    A unit is on one vendor return at most. Raises NotFound (no such location), Conflict (fewer wait).
    """
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    if await session.get(Location, location) is None:
        raise NotFound("no such location")
    waiting = await _waiting(session, location)
    taken = pick(waiting, wanted)
    await _move(session, taken)
    seq = await session.scalar(select(func.nextval("vendor_returns_seq_seq")))
    row: VendorReturn = await session.scalar(  # type: ignore[assignment]  # an insert returns its row
        insert(VendorReturn)
        .values(
            id=uuid7(), seq=seq, number=f"RTV-{seq}", vendor=vendor, location=location, note=note,
            opened_by=actor.name,
        )
        .returning(VendorReturn)
    )  # fmt: skip
    lines = [
        {"id": uuid7(), "vendor_return_id": row.id, "inspection_id": one.id, "sku": one.sku, "lot": one.lot,
         "units": taken[one.id]}
        for one in waiting if one.id in taken
    ]  # fmt: skip
    await session.execute(insert(VendorReturnLine), lines)
    return row


async def cancel(session: AsyncSession, vendor_return_id: UUID, actor: Actor) -> VendorReturn:
    """Call it off while nothing has left: its units wait again. Raises NotFound, Conflict."""
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    row = await moving.move(
        session, vendor_return_id, VendorReturnState.OPEN, VendorReturnState.CANCELED,
        ended_by=actor.name, ended_at=func.clock_timestamp(),
    )  # fmt: skip
    lines = await moving.lines_of(session, row.id)
    await _lock(session, [line.inspection_id for line in lines])
    await _move(session, {line.inspection_id: -line.units for line in lines})
    return row


async def _waiting(session: AsyncSession, location: str) -> list[Units]:
    """What waits there, the oldest first; locked, so that two who gather take turns."""
    query = (
        select(
            ReturnInspection.id,
            ReturnLine.sku,
            ReturnInspection.lot,
            ReturnInspection.units - ReturnInspection.gathered,
        )
        .join(ReturnLine, ReturnLine.id == ReturnInspection.return_line_id)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            Return.location == location,
            ReturnInspection.disposition == Disposition.TO_VENDOR,
            ReturnInspection.gathered < ReturnInspection.units,
        )
        .order_by(ReturnInspection.id)
        .with_for_update(of=ReturnInspection)
    )
    return [Units(*row) for row in await session.execute(query)]


async def _lock(session: AsyncSession, ids: Sequence[UUID]) -> None:
    query = select(ReturnInspection.id).where(ReturnInspection.id.in_(ids)).order_by(ReturnInspection.id)
    await session.execute(query.with_for_update())


async def _move(session: AsyncSession, units: Mapping[UUID, int]) -> None:
    moved = await session.execute(_GATHER, {"ids": list(units), "units": list(units.values())})
    if len(moved.all()) != len(units):
        raise Conflict("these units are on a return to their vendor already")
