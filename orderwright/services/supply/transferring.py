"""Units go from one location to another: asked for, shipped, received line by line, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.stock.lots import Change, LotUnits, in_lots
from orderwright.domain.stock.supply import AdjustReason, TransferLineState, TransferState
from orderwright.domain.stock.units import ExpectedKind, ExpectedState, MoveKind
from orderwright.persistence.stock import lots, moves, waiting
from orderwright.persistence.tables import ExpectedReceipt, Transfer, TransferLine, TransferLot
from orderwright.services.stock import promising, stocking
from orderwright.services.supply import transfer_lots

Full = tuple[Transfer, Sequence[TransferLine]]
"""A transfer and its lines by SKU."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units per SKU that shall be at `destination` on that day.

    `lots`: all units of a tracked SKU by lot; where they are not named, what expires first is shipped.
    """

    origin: str
    destination: str
    due_on: date
    units: Mapping[str, int]
    note: str = ""
    lots: Mapping[str, Sequence[LotUnits]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of one SKU. `reason` is asked for where it is not what was shipped, lot by lot.

    `lots` need not be named where all came as it was shipped.
    """

    sku: str
    units: int
    reason: AdjustReason | None = None
    note: str = ""
    lots: Sequence[LotUnits] = ()


def reference(transfer_id: UUID) -> str:
    """How a transfer is named in moves and expected receipts."""
    return f"transfer/{transfer_id}"


async def request(session: AsyncSession, wanted: Wanted, actor: Actor) -> Full:
    """Ask for units; nothing moves yet. Raises Invalid, UnknownProduct."""
    if wanted.origin == wanted.destination:
        raise Invalid("a transfer to where the units are already")
    if not wanted.units:
        raise Invalid("a transfer of nothing")
    await stocking.check_known(session, set(wanted.units), {wanted.origin, wanted.destination})
    await transfer_lots.check(session, wanted.units, wanted.lots)
    transfer_id = uuid7()
    await session.execute(
        insert(Transfer).values(
            id=transfer_id, origin=wanted.origin, destination=wanted.destination, due_on=wanted.due_on,
            note=wanted.note, requested_by=actor.name,
        )
    )  # fmt: skip
    await session.execute(
        insert(TransferLine),
        [{"transfer_id": transfer_id, "sku": sku, "units": n} for sku, n in sorted(wanted.units.items())],
    )
    for sku, parts in sorted(wanted.lots.items()):
        await transfer_lots.note(session, transfer_id, sku, parts)
    return await transfer(session, transfer_id)


async def ship(session: AsyncSession, transfer_id: UUID, actor: Actor, due_on: date | None = None) -> Full:
    """All units have left the origin, and are expected at the destination. Of two who ship one is refused.

    Raises NotFound, Conflict, InsufficientStock (then nothing has left).
    """
    row = await _moved_on(
        session, transfer_id, TransferState.SHIPPED, shipped_by=actor.name,
        shipped_at=func.clock_timestamp(), **({} if due_on is None else {"due_on": due_on}),
    )  # fmt: skip
    lines = await _lines(session, transfer_id)
    await _expect(session, row, lines)
    gone = {line.sku: -line.units for line in lines}
    await promising.renew(session, gone, about_to_come=gone)
    why = moves.Why(MoveKind.TRANSFER_OUT, actor.name, reference(row.id))
    await moves.change_all(session, await transfer_lots.leaving(session, row, lines), why)
    return await transfer(session, transfer_id)


async def receive(
    session: AsyncSession, transfer_id: UUID, arrivals: Sequence[Arrival], actor: Actor
) -> Full:
    """What came of some lines, each once; the last one closes it. Of two who receive a line one is refused.

    Raises NotFound, Invalid (no such line, no fitting reason, lots that do not add up), Conflict.
    """
    row = await _under_way(session, transfer_id)
    lines = {line.sku: line for line in await _lines(session, transfer_id)}
    came = {one.sku: one for one in arrivals}
    if not came or len(came) < len(arrivals) or came.keys() - lines.keys():
        raise Invalid("name lines of this transfer, each once", skus=sorted(lines))
    left = await transfer_lots.of(session, [transfer_id])
    changes: list[Change] = []
    for sku in sorted(came):
        parts = await _receive_line(session, lines[sku], left.get((row.id, sku), ()), came[sku], actor)
        dated = await lots.dated(session, row.origin, sku, parts) if parts else ()
        changes += in_lots(sku, row.destination, came[sku].units, dated)
    await _close_if_all_came(session, transfer_id)
    await promising.renew(session, came, about_to_come={sku: one.units for sku, one in came.items()})
    await waiting.tell(session, {one.sku for one in arrivals if one.units > 0})
    why = moves.Why(MoveKind.TRANSFER_IN, actor.name, reference(row.id))
    await moves.change_all(session, changes, why)
    return await transfer(session, transfer_id)


async def cancel(session: AsyncSession, transfer_id: UUID) -> Full:
    """Call it off before it is shipped. Raises NotFound, Conflict."""
    await _moved_on(session, transfer_id, TransferState.CANCELED, ended_at=func.clock_timestamp())
    return await transfer(session, transfer_id)


async def transfer(session: AsyncSession, transfer_id: UUID) -> Full:
    """One transfer. Raises NotFound."""
    row = await session.get(Transfer, transfer_id, populate_existing=True)
    if row is None:
        raise NotFound("no such transfer")
    return row, await _lines(session, transfer_id)


async def transfers(
    session: AsyncSession,
    *,
    state: TransferState | None,
    location: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Full]:
    """Transfers in the order they were asked for, from after `after`; `location` is either end."""
    query = select(Transfer).order_by(Transfer.id).limit(limit)
    if state is not None:
        query = query.where(Transfer.state == state)
    if location is not None:
        query = query.where(or_(Transfer.origin == location, Transfer.destination == location))
    rows = (await session.scalars(query if after is None else query.where(Transfer.id > after))).all()
    lines: dict[UUID, list[TransferLine]] = {row.id: [] for row in rows}
    found = select(TransferLine).where(TransferLine.transfer_id.in_(lines)).order_by(TransferLine.sku)
    for line in await session.scalars(found):
        lines[line.transfer_id].append(line)
    return [(row, lines[row.id]) for row in rows]


async def _moved_on(
    session: AsyncSession, transfer_id: UUID, into: TransferState, **values: object
) -> Transfer:
    """From requested into another state, once."""
    row: Transfer | None = await session.scalar(
        update(Transfer)
        .where(Transfer.id == transfer_id, Transfer.state == TransferState.REQUESTED)
        .values(state=into, **values)
        .returning(Transfer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise _not_now((await transfer(session, transfer_id))[0])
    return row


async def _expect(session: AsyncSession, row: Transfer, lines: Sequence[TransferLine]) -> None:
    for line in lines:
        expected_id = uuid7()
        await session.execute(
            insert(ExpectedReceipt).values(
                id=expected_id, kind=ExpectedKind.TRANSFER, reference=reference(row.id), sku=line.sku,
                location=row.destination, units=line.units, due_on=row.due_on,
            )
        )  # fmt: skip
        await session.execute(
            update(TransferLine)
            .where(TransferLine.transfer_id == row.id, TransferLine.sku == line.sku)
            .values(expected_id=expected_id)
        )


async def _under_way(session: AsyncSession, transfer_id: UUID) -> Transfer:
    """The transfer, locked: who receives other lines of it waits, so that the last one sees that it is."""
    row = await session.scalar(
        select(Transfer)
        .where(Transfer.id == transfer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such transfer")
    if row.state is not TransferState.SHIPPED:
        raise _not_now(row)
    return row


async def _receive_line(
    session: AsyncSession, line: TransferLine, left: Sequence[TransferLot], one: Arrival, actor: Actor
) -> Sequence[LotUnits]:
    """The lots that came."""
    if line.state is TransferLineState.RECEIVED:
        raise _received(line)
    parts = transfer_lots.told(line, left, one.units, one.lots)
    gap = transfer_lots.gap(line, left, one.units, parts)
    if not gap.explained_by(one.reason):
        raise Invalid(f"{line.units} of {line.sku} were shipped: give a reason that fits", sku=line.sku)
    expected_id = await session.scalar(
        update(TransferLine)
        .where(
            TransferLine.transfer_id == line.transfer_id,
            TransferLine.sku == line.sku,
            TransferLine.state == TransferLineState.OPEN,
        )
        .values(
            state=TransferLineState.RECEIVED, received=one.units, short=gap.short, over=gap.over,
            reason=one.reason if gap.short or gap.over else None, note=one.note, received_by=actor.name,
            received_at=func.clock_timestamp(),
        )
        .returning(TransferLine.expected_id)
    )  # fmt: skip
    if expected_id is None:
        raise _received(line)
    await session.execute(
        update(ExpectedReceipt)
        .where(ExpectedReceipt.id == expected_id)
        .values(received=one.units, state=ExpectedState.CLOSED)
    )
    await transfer_lots.arrived(session, line, parts)
    return parts


def _received(line: TransferLine) -> Conflict:
    return Conflict(f"{line.received_by} has received {line.received} of {line.sku} already", sku=line.sku)


async def _close_if_all_came(session: AsyncSession, transfer_id: UUID) -> None:
    missing = select(TransferLine.sku).where(
        TransferLine.transfer_id == transfer_id, TransferLine.state == TransferLineState.OPEN
    )
    await session.execute(
        update(Transfer)
        .where(Transfer.id == transfer_id, Transfer.state == TransferState.SHIPPED, ~missing.exists())
        .values(state=TransferState.CLOSED, ended_at=func.clock_timestamp())
    )


async def _lines(session: AsyncSession, transfer_id: UUID) -> Sequence[TransferLine]:
    rows = await session.scalars(
        select(TransferLine)
        .where(TransferLine.transfer_id == transfer_id)
        .order_by(TransferLine.sku.collate("C"))
        .execution_options(populate_existing=True)
    )
    return rows.all()


def _not_now(row: Transfer) -> Conflict:
    return Conflict(f"this transfer is {row.state.value}", state=row.state.value)
