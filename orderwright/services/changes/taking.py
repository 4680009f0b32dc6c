"""Where are the units that go, and which parts have to be made anew for it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, PastPivot
from orderwright.domain.fulfillment.states import (
    BEFORE_RELEASE,
    PAST_PIVOT,
    FulfillmentState,
    PartnerState,
)
from orderwright.domain.orders import HoldOutcome, HoldType
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import holds, lines, stock
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, OrderLine, Reservation
from orderwright.services.changes.naming import Delta
from orderwright.services.stock import stocking


@dataclass(slots=True)
class Ways:
    """What has to be done with parts: `anew` have not been handed over, `recall` their warehouses have."""

    anew: list[FulfillmentOrder] = field(default_factory=list)
    recall: list[FulfillmentOrder] = field(default_factory=list)


async def ways(
    session: AsyncSession, delta: Delta, parts: Sequence[FulfillmentOrder], there: Sequence[OrderLine]
) -> Ways:
    """Units without a part go first, then those of parts not handed over, then what can be recalled.

    Raises PastPivot with the units of each line that have not begun.
    """
    held = await _held(session, parts)
    found = Ways()
    if delta.of_all_parts:
        found.anew += [part for part in parts if part.state in BEFORE_RELEASE]
    if delta.of_the_way:
        if any(part.state in PAST_PIVOT for part in parts):
            raise PastPivot("a part of it has begun: the rest goes the same way")
        found.recall += [part for part in parts if part.state is FulfillmentState.RELEASED]
    if delta.hurried is not None:
        _hurried(found, delta.hurried.part, parts)
    for line in there:
        if line.id in delta.prices:
            _price(found, line, parts, held)
        if line.id in delta.less:
            _less(found, line, delta.less[line.id], parts, held)
    if any(part.partner is PartnerState.CANCEL_REJECTED for part in found.recall):
        raise PastPivot("the warehouse has refused to give it back", units=_not_begun(there, parts, held))
    return found


def _hurried(found: Ways, part_id: UUID, parts: Sequence[FulfillmentOrder]) -> None:
    part = next(part for part in parts if part.id == part_id)
    if part.state in PAST_PIVOT:
        raise PastPivot("picking has begun: it goes as it is labeled")
    if part.state in BEFORE_RELEASE:
        found.anew.append(part)
    elif part.state is FulfillmentState.RELEASED:
        found.recall.append(part)


async def _held(session: AsyncSession, parts: Sequence[FulfillmentOrder]) -> dict[tuple[UUID, UUID], int]:
    """Units by part and line."""
    rows = await session.execute(
        select(FulfillmentLine.fulfillment_id, FulfillmentLine.line_id, FulfillmentLine.units).where(
            FulfillmentLine.fulfillment_id.in_([part.id for part in parts])
        )
    )
    return {(part, line): units for part, line, units in rows}


def _price(
    found: Ways, line: OrderLine, parts: Sequence[FulfillmentOrder], held: Mapping[tuple[UUID, UUID], int]
) -> None:
    for part in parts:
        if part.state is FulfillmentState.CANCELED or (part.id, line.id) not in held:
            continue
        if part.state not in BEFORE_RELEASE:
            raise PastPivot("a warehouse has units of it: their price stays", line=str(line.id))
        _add(found.anew, part)


def _less(
    found: Ways,
    line: OrderLine,
    units: int,
    parts: Sequence[FulfillmentOrder],
    held: Mapping[tuple[UUID, UUID], int],
) -> None:
    in_parts = {
        part.id: held[part.id, line.id]
        for part in parts
        if part.state is not FulfillmentState.CANCELED and (part.id, line.id) in held
    }
    left = units - (line.ordered - line.canceled - sum(in_parts.values()))
    for states, into in (
        (BEFORE_RELEASE, found.anew),
        (frozenset({FulfillmentState.RELEASED}), found.recall),
    ):
        for part in reversed(parts):
            if left > 0 and part.id in in_parts and part.state in states:
                _add(into, part)
                left -= in_parts[part.id]
    if left > 0:
        raise PastPivot(
            "picking has begun: let it arrive, then return it", units=_not_begun([line], parts, held)
        )


def _add(into: list[FulfillmentOrder], part: FulfillmentOrder) -> None:
    if part not in into:
        into.append(part)


def _not_begun(
    there: Sequence[OrderLine],
    parts: Sequence[FulfillmentOrder],
    held: Mapping[tuple[UUID, UUID], int],
) -> dict[str, int]:
    """Units that can still be taken away, by SKU."""
    gone = {
        part.id for part in parts if part.state in PAST_PIVOT or part.partner is PartnerState.CANCEL_REJECTED
    }
    found: dict[str, int] = {}
    for line in there:
        begun = sum(units for (part, of), units in held.items() if of == line.id and part in gone)
        found[line.sku] = found.get(line.sku, 0) + line.ordered - line.canceled - begun
    return found


async def unplan(session: AsyncSession, part: FulfillmentOrder) -> None:
    """End a part that nobody picks. Its units stay held, in no part: the run plans them anew."""
    source = FulfillmentState(part.state)
    await session.execute(
        update(FulfillmentOrder).where(FulfillmentOrder.id == part.id).values(state=FulfillmentState.CANCELED)
    )
    if source not in BEFORE_RELEASE:
        await lines.move_part(session, part.id, Units.RELEASED, Units.ALLOCATED)
    await session.execute(
        update(Reservation)
        .where(Reservation.fulfillment_id == part.id, Reservation.state == ReservationState.ACTIVE)
        .values(fulfillment_id=None)
    )
    for hold in await holds.active(session, part.order_id):
        if hold.fulfillment_id == part.id:
            await holds.release(session, hold.id, HoldOutcome.WITHDRAWN)
    part.state = FulfillmentState.CANCELED


async def take(session: AsyncSession, order_id: UUID, less: Mapping[UUID, int]) -> dict[UUID, int]:
    """Move so many units of each line to canceled, those that no shelf holds first, and free the others.

    How many were freed. Raises Conflict where a part has them.
    """
    freed: dict[UUID, int] = {}
    unplanned = [row for row in await stock.active(session, order_id) if row.fulfillment_id is None]
    gone = []
    for line_id in sorted(less):
        line = await session.get_one(OrderLine, line_id, populate_existing=True)
        left = less[line_id]
        for place in (Units.UNALLOCATED, Units.BACKORDERED):
            units = min(left, getattr(line, place.value))
            if units:
                await lines.move(session, line_id, units, place, Units.CANCELED)
                left -= units
        if left:
            await lines.move(session, line_id, left, Units.ALLOCATED, Units.CANCELED)
            freed[line_id] = left
        for row in reversed(unplanned):
            units = min(row.units, left) if row.line_id == line_id else 0
            if units:
                gone.append(row if units == row.units else await stock.split(session, row, units))
                left -= units
        if left:
            raise Conflict("these units are in a part by now: look at a new preview", sku=line.sku)
    await stocking.free(session, gone, order_id)
    await _nobody_waits(session, order_id)
    return freed


async def _nobody_waits(session: AsyncSession, order_id: UUID) -> None:
    """Where no unit looks for a place any more, no hold waits for one."""
    homeless = select(OrderLine.id).where(
        OrderLine.order_id == order_id, OrderLine.unallocated + OrderLine.backordered > 0
    )
    if await session.scalar(homeless.limit(1)) is None:
        for kind in (HoldType.STOCK, HoldType.ROUTING):
            await holds.release_all(session, order_id, HoldOutcome.WITHDRAWN, kind=kind)
