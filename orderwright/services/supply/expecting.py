"""Units on their way to a location: announced, changed, called off, received."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Update, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.stock.lots import LotUnits
from orderwright.domain.stock.units import ExpectedKind, ExpectedState
from orderwright.persistence.stock import coming
from orderwright.persistence.tables import ExpectedReceipt
from orderwright.services.stock import promising, stocking


@dataclass(frozen=True, slots=True)
class Announcement:
    """Units of a purchase. `reference` is what people find it by: the purchase order's number."""

    reference: str
    sku: str
    location: str
    units: int
    due_on: date


async def announce(session: AsyncSession, data: Announcement) -> ExpectedReceipt:
    """Units are on their way. Raises UnknownProduct, Invalid (no such location)."""
    await stocking.check_known(session, {data.sku}, {data.location})
    made = await session.scalars(
        insert(ExpectedReceipt)
        .values(
            kind=ExpectedKind.PURCHASE, reference=data.reference, sku=data.sku, location=data.location,
            units=data.units, due_on=data.due_on,
        )
        .returning(ExpectedReceipt)
    )  # fmt: skip
    row = made.one()
    await promising.renew(session, {row.sku})
    return row


async def change(
    session: AsyncSession, expected_id: UUID, *, due_on: date | None, units: int | None
) -> ExpectedReceipt:
    """Another day, or another number of units; a transfer's units are what was shipped.

    Raises NotFound, Invalid (nothing to change), Conflict (not open; that many are there already).
    """
    new = {name: value for name, value in (("due_on", due_on), ("units", units)) if value is not None}
    if not new:
        raise Invalid("say another due_on or units")
    late = {} if due_on is None else {"weeks_late": 0}
    statement = _open(expected_id)
    if units is not None:
        statement = _purchase(statement).where(ExpectedReceipt.received < units)
    row = await _changed(session, expected_id, statement.values(**new, **late))
    await promising.renew(session, {row.sku})
    return row


async def put_off(session: AsyncSession, sku: str) -> None:
    """What has not come by its day is reckoned with later, and whoever was promised it is told."""
    if await coming.put_off(session, sku):
        await promising.renew(session, {sku})


async def give_up(session: AsyncSession, expected_id: UUID) -> ExpectedReceipt:
    """No more will come: canceled, or closed where some have. Raises NotFound, Conflict."""
    end = case((ExpectedReceipt.received > 0, ExpectedState.CLOSED.value), else_=ExpectedState.CANCELED.value)
    row = await _changed(session, expected_id, _purchase(_open(expected_id)).values(state=end))
    await promising.renew(session, {row.sku})
    return row


async def receive(
    session: AsyncSession,
    expected_id: UUID,
    units: int,
    actor: Actor,
    *,
    last: bool = False,
    lots: Sequence[LotUnits] = (),
) -> ExpectedReceipt:
    """Units have come, fewer or more than expected too; closed when all are there, or `last`.

    A normal receipt, tracked ones in lots: orders that wait are woken. Of two who receive all of it the
    second is refused.
    Raises NotFound, Conflict, Invalid.
    """
    so_far = ExpectedReceipt.received + units
    done = ExpectedState.CLOSED.value if last else case(
        (so_far >= ExpectedReceipt.units, ExpectedState.CLOSED.value), else_=ExpectedState.OPEN.value
    )  # fmt: skip
    statement = _purchase(_open(expected_id)).values(received=so_far, state=done)
    row = await _changed(session, expected_id, statement)
    await promising.renew(session, {row.sku}, about_to_come={row.sku: units})
    await stocking.receive(session, row.sku, row.location, units, actor, row.reference, lots)
    return row


async def expected(session: AsyncSession, expected_id: UUID) -> ExpectedReceipt:
    """One expected receipt. Raises NotFound."""
    row = await session.get(ExpectedReceipt, expected_id, populate_existing=True)
    if row is None:
        raise NotFound("no such expected receipt")
    return row


async def listed(
    session: AsyncSession,
    *,
    state: ExpectedState | None,
    sku: str | None,
    location: str | None,
    reference: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[ExpectedReceipt]:
    """Expected receipts in the order of their announcement, from after `after`."""
    given = ((ExpectedReceipt.state, state), (ExpectedReceipt.sku, sku),
             (ExpectedReceipt.location, location), (ExpectedReceipt.reference, reference))  # fmt: skip
    query = select(ExpectedReceipt).where(*(column == value for column, value in given if value is not None))
    if after is not None:
        query = query.where(ExpectedReceipt.id > after)
    return (await session.scalars(query.order_by(ExpectedReceipt.id).limit(limit))).all()


def _open(expected_id: UUID) -> Update:
    return update(ExpectedReceipt).where(
        ExpectedReceipt.id == expected_id, ExpectedReceipt.state == ExpectedState.OPEN
    )


def _purchase(statement: Update) -> Update:
    """A transfer is received and ended as a transfer: its figures are kept there."""
    return statement.where(ExpectedReceipt.kind == ExpectedKind.PURCHASE)


async def _changed(session: AsyncSession, expected_id: UUID, statement: Update) -> ExpectedReceipt:
    row: ExpectedReceipt | None = await session.scalar(
        statement.returning(ExpectedReceipt).execution_options(populate_existing=True)
    )
    if row is None:
        raise _why_not(await expected(session, expected_id))
    return row


def _why_not(row: ExpectedReceipt) -> Conflict:
    if row.state is not ExpectedState.OPEN:
        return Conflict(f"it is {row.state.value}", state=row.state.value)
    if row.kind is ExpectedKind.TRANSFER:
        return Conflict(f"it belongs to {row.reference}: receive that", reference=row.reference)
    return Conflict(f"{row.received} units are there already: give up the rest", received=row.received)
