"""What is told of vendor returns, and of units that wait for one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.returns.states import Disposition
from orderwright.domain.returns.vendors import VendorReturnState
from orderwright.persistence.tables import (
    Return,
    ReturnInspection,
    ReturnLine,
    VendorReturn,
    VendorReturnLine,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and the return that its units came with."""

    row: VendorReturnLine
    return_number: str


@dataclass(frozen=True, slots=True)
class VendorReturnRecord:
    """A vendor return with its lines."""

    row: VendorReturn
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class WaitingUnits:
    """Units of one SKU and lot that wait at a location, and since when the oldest does."""

    location: str
    sku: str
    lot: str | None
    units: int
    since: datetime


async def vendor_return_id(session: AsyncSession, name: str) -> UUID:
    """The id of the vendor return with that id or number. Raises NotFound."""
    try:
        wanted = VendorReturn.id == UUID(name)
    except ValueError:
        wanted = VendorReturn.number == name.upper()
    found: UUID | None = await session.scalar(select(VendorReturn.id).where(wanted))
    if found is None:
        raise NotFound("no such vendor return")
    return found


async def one(session: AsyncSession, wanted: UUID) -> VendorReturnRecord:
    """One vendor return. Raises NotFound."""
    rows = (await session.scalars(select(VendorReturn).where(VendorReturn.id == wanted))).all()
    if not rows:
        raise NotFound("no such vendor return")
    return (await _records(session, rows))[0]


async def listed(
    session: AsyncSession,
    *,
    state: VendorReturnState | None = None,
    vendor: str | None = None,
    location: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[VendorReturnRecord]:
    """Vendor returns, oldest first."""
    asked = (
        (state, VendorReturn.state == state),
        (vendor, VendorReturn.vendor == vendor),
        (location, VendorReturn.location == location),
    )
    query = select(VendorReturn).order_by(VendorReturn.id).limit(limit)
    query = query.where(*(condition for value, condition in asked if value is not None))
    if after is not None:
        query = query.where(VendorReturn.id > after)
    return await _records(session, (await session.scalars(query)).all())


async def _records(session: AsyncSession, rows: Sequence[VendorReturn]) -> list[VendorReturnRecord]:
    lines: dict[UUID, list[Line]] = defaultdict(list)
    found = await session.execute(
        select(VendorReturnLine, Return.number)
        .join(ReturnInspection, ReturnInspection.id == VendorReturnLine.inspection_id)
        .join(ReturnLine, ReturnLine.id == ReturnInspection.return_line_id)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(VendorReturnLine.vendor_return_id.in_([row.id for row in rows]))
        .order_by(VendorReturnLine.inspection_id)
        .execution_options(populate_existing=True)
    )
    for line, number in found:
        lines[line.vendor_return_id].append(Line(line, number))
    return [VendorReturnRecord(row, lines[row.id]) for row in rows]


async def waiting(session: AsyncSession, location: str | None = None) -> list[WaitingUnits]:
    """What waits to be gathered, by location, SKU and lot."""
    what = (Return.location, ReturnLine.sku, ReturnInspection.lot)
    query = (
        select(
            *what,
            func.sum(ReturnInspection.units - ReturnInspection.gathered).label("units"),
            func.min(ReturnInspection.at).label("since"),
        )
        .join(ReturnLine, ReturnLine.id == ReturnInspection.return_line_id)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            ReturnInspection.disposition == Disposition.TO_VENDOR,
            ReturnInspection.gathered < ReturnInspection.units,
        )
        .group_by(*what)
        .order_by(*what)
    )
    if location is not None:
        query = query.where(Return.location == location)
    return [WaitingUnits(*row) for row in await session.execute(query)]
