"""A carrier pays over the cash that it collected: line by line, by its own reference, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account, PaymentMethod, TransferState
from orderwright.domain.transfers import Match, matched
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Order, Remittance, RemittanceLine, Shipment
from orderwright.services.payments import deposits
from orderwright.services.receivables import owing
from orderwright.services.receivables.owing import Owed


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected for one parcel. `named`: its tracking code, else the order's number."""

    named: str
    amount: int


@dataclass(frozen=True, slots=True)
class NewRemittance:
    """As the carrier tells it. `reference` is the carrier's own: the same again is the same remittance."""

    carrier: str
    reference: str
    currency: str
    lines: Sequence[Collected]
    received_at: datetime

    @property
    def amount(self) -> int:
        """In minor units."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Record:
    """A remittance with its lines."""

    row: Remittance
    lines: Sequence[RemittanceLine]


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What a line is about, where somebody knows it."""

    order_id: UUID
    parts: Sequence[UUID] = ()


async def record(session: AsyncSession, new: NewRemittance, actor: Actor) -> Record:
    """Book the money, line by line, against what the carrier owes for its parcels.

    Exactly enough, or less by no more than rounding: paid; less: the rest stays open; more, or for a parcel
    that nobody knows or that owes nothing: owed back. Raises Exists where the reference stood for another.
    """
    actor.require(Scope.OPERATIONS)
    found = [await _parcel(session, line.named) for line in new.lines]
    for order_id in sorted({one.order_id for one in found if one is not None}):
        await locks.lock(session, order_id)
    row = await session.scalar(
        upsert(Remittance)
        .values(
            id=uuid7(), carrier=new.carrier, reference=new.reference, amount=new.amount,
            currency=new.currency, received_at=new.received_at,
        )
        .on_conflict_do_nothing(index_elements=["carrier", "reference"])
        .returning(Remittance)
    )  # fmt: skip
    if row is None:
        return await _known(session, new)
    lines = [
        await _line(session, row, position, line, parcel, actor)
        for position, (line, parcel) in enumerate(zip(new.lines, found, strict=True))
    ]
    return Record(row, lines)


async def assign(session: AsyncSession, line_id: UUID, order_id: UUID, actor: Actor) -> Record:
    """A person knows whose parcel it was. Raises NotFound, Conflict where the carrier owes nothing for it."""
    actor.require(Scope.OPERATIONS)
    await locks.lock(session, order_id)
    line = await _claimed(session, line_id, TransferState.MATCHED)
    remittance = await session.get_one(Remittance, line.remittance_id)
    owed = await _owed(session, _Parcel(order_id), remittance.currency)
    if not owed:
        raise Conflict("no carrier owes anything for that order in this currency")
    await _settle(session, remittance, line, order_id, owed, Account.UNMATCHED, actor)
    return await read(session, remittance.id)


async def sent_back(session: AsyncSession, line_id: UUID, actor: Actor) -> Record:
    """A person has given back what was for no parcel of ours. Raises NotFound, Conflict."""
    actor.require(Scope.OPERATIONS)
    line = await _claimed(session, line_id, TransferState.RETURNED)
    remittance = await session.get_one(Remittance, line.remittance_id)
    await ledger.book(
        session, "remittance.returned", {Account.UNMATCHED: line.amount, Account.BANK: -line.amount},
        currency=remittance.currency, source=f"remittance.returned/{line.id}", order_id=None,
    )  # fmt: skip
    return await read(session, remittance.id)


async def read(session: AsyncSession, remittance_id: UUID) -> Record:
    """One with its lines. Raises NotFound."""
    row = await session.get(Remittance, remittance_id)
    if row is None:
        raise NotFound("no such remittance")
    return (await _with_lines(session, [row]))[0]


async def listed(
    session: AsyncSession, *, state: TransferState | None, after: UUID | None, limit: int
) -> Sequence[Record]:
    """Remittances, oldest first; those with a line in that state."""
    query = select(Remittance).order_by(Remittance.id).limit(limit)
    if state is not None:
        line = select(RemittanceLine.id).where(
            RemittanceLine.remittance_id == Remittance.id, RemittanceLine.state == state
        )
        query = query.where(line.exists())
    if after is not None:
        query = query.where(Remittance.id > after)
    return await _with_lines(session, (await session.scalars(query)).all())


async def _with_lines(session: AsyncSession, rows: Sequence[Remittance]) -> Sequence[Record]:
    lines = await session.scalars(
        select(RemittanceLine)
        .where(RemittanceLine.remittance_id.in_([row.id for row in rows]))
        .order_by(RemittanceLine.remittance_id, RemittanceLine.position)
        .execution_options(populate_existing=True)
    )
    found = lines.all()
    return [Record(row, [line for line in found if line.remittance_id == row.id]) for row in rows]


async def _known(session: AsyncSession, new: NewRemittance) -> Record:
    query = select(Remittance).where(Remittance.carrier == new.carrier, Remittance.reference == new.reference)
    (known,) = await _with_lines(session, (await session.scalars(query)).all())
    told = [Collected(line.named, line.amount) for line in known.lines]
    if told != list(new.lines) or known.row.currency != new.currency:
        raise Exists(
            "the carrier has told another remittance by that reference", remittance_id=str(known.row.id)
        )
    return known


async def _parcel(session: AsyncSession, named: str) -> _Parcel | None:
    """By the tracking code, the newest parcel that had it; else by the order's number."""
    parcel = await session.execute(
        select(Shipment.order_id, Shipment.fulfillment_id)
        .where(Shipment.tracking_code == named)
        .order_by(Shipment.id.desc())
        .limit(1)
    )
    if (row := parcel.one_or_none()) is not None:
        return _Parcel(row.order_id, [row.fulfillment_id])
    order_id = await session.scalar(select(Order.id).where(Order.number == named.upper()))
    return None if order_id is None else _Parcel(order_id)


async def _owed(session: AsyncSession, parcel: _Parcel, currency: str) -> Sequence[Owed]:
    """What the carrier owes for that parcel, or for all of the order where no parcel is named."""
    of = await session.scalar(select(Order.currency).where(Order.id == parcel.order_id))
    if of != currency:
        return []
    found = await owing.of_order(session, parcel.order_id, PaymentMethod.CASH_ON_DELIVERY)
    return [one for one in found if not parcel.parts or one.fulfillment_id in parcel.parts]


async def _line(
    session: AsyncSession,
    remittance: Remittance,
    position: int,
    told: Collected,
    parcel: _Parcel | None,
    actor: Actor,
) -> RemittanceLine:
    line: RemittanceLine | None = await session.scalar(
        insert(RemittanceLine)
        .values(
            id=uuid7(), remittance_id=remittance.id, position=position, named=told.named, amount=told.amount,
            state=TransferState.UNMATCHED,
        )
        .returning(RemittanceLine)
    )  # fmt: skip
    assert line is not None  # noqa: S101 - an insert returns its row
    owed = [] if parcel is None else await _owed(session, parcel, remittance.currency)
    if parcel is None or not owed:
        await _book(
            session, remittance, line, {Account.BANK: line.amount, Account.UNMATCHED: -line.amount}, None
        )
    else:
        await _settle(session, remittance, line, parcel.order_id, owed, Account.BANK, actor)
    return line


async def _settle(
    session: AsyncSession,
    remittance: Remittance,
    line: RemittanceLine,
    order_id: UUID,
    owed: Sequence[Owed],
    debit: Account,
    actor: Actor,
) -> None:
    match = matched(sum(one.amount for one in owed), line.amount, remittance.currency)
    await owing.settle(session, order_id, owed, match.used + match.rounding)
    line.state, line.used, line.missing, line.order_id = match.state, match.used, match.missing, order_id
    await session.flush()
    await _book(session, remittance, line, _entries(debit, line.amount, match), order_id)
    await timeline.tell(
        session, order_id, f"remittance.{match.state.value}", by=actor.name, amount=line.amount,
        missing=match.missing, excess=match.excess, carrier=remittance.carrier, remittance=str(remittance.id),
    )  # fmt: skip
    if match.excess:
        await deposits.ask_back(
            session, order_id, f"{deposits.OVERREMITTED}/{line.id}", match.excess, remittance.currency
        )
    await outbox.wake(session, order_id)


def _entries(debit: Account, amount: int, match: Match) -> dict[Account, int]:
    entries = {
        Account.COD_RECEIVABLE: -match.used - match.rounding,
        Account.ROUNDING: match.rounding,
        Account.UNMATCHED: -match.excess,
    }
    entries[debit] = entries.get(debit, 0) + amount
    return entries


async def _book(
    session: AsyncSession,
    remittance: Remittance,
    line: RemittanceLine,
    entries: dict[Account, int],
    order_id: UUID | None,
) -> None:
    again = "" if Account.BANK in entries else ".assigned"
    await ledger.book(
        session, f"remittance{again}", entries, currency=remittance.currency,
        source=f"remittance{again}/{line.id}", order_id=order_id,
    )  # fmt: skip


async def _claimed(session: AsyncSession, line_id: UUID, state: TransferState) -> RemittanceLine:
    """One that nobody has placed yet, and whoever asks is the one who does."""
    row: RemittanceLine | None = await session.scalar(
        update(RemittanceLine)
        .where(RemittanceLine.id == line_id, RemittanceLine.state == TransferState.UNMATCHED)
        .values(state=state)
        .returning(RemittanceLine)
        .execution_options(populate_existing=True)
    )
    if row is None:
        known = await session.get(RemittanceLine, line_id)
        if known is None:
            raise NotFound("no such line of a remittance")
        raise Conflict(f"the line is {known.state.value}", state=known.state.value)
    return row
