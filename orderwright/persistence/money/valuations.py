"""Posted bookings that are still to be valued in the base currency, and what they were valued at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import func, insert, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import Position, Rate, Value
from orderwright.domain.payments import Account, LedgerState
from orderwright.persistence.tables import (
    ExchangePosition,
    LedgerEntry,
    LedgerTransaction,
    LedgerValuation,
    LedgerValue,
)

_VALUING = 0x570A  # the advisory lock behind which bookings are valued, one after the other

Held = dict[str, dict[Account, Position]]
"""By currency and account."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A posted booking: what it puts on each account, by currency, in minor units."""

    id: UUID
    posted_at: datetime
    reverses_id: UUID | None
    entries: Mapping[str, Mapping[Account, int]]


async def alone(session: AsyncSession) -> None:
    """Wait for whoever else values."""
    await session.execute(select(func.pg_advisory_xact_lock(_VALUING)))


async def bases(session: AsyncSession) -> Sequence[str]:
    """The currencies that bookings were valued in: one at most."""
    return (await session.scalars(select(LedgerValuation.base_currency).limit(1))).all()


async def waiting(
    session: AsyncSession, base: str, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Booking]:
    """Bookings in other currencies that nobody has valued, in the order in which they were posted."""
    transaction = LedgerTransaction
    other = or_(LedgerEntry.currency < base, LedgerEntry.currency > base)  # unlike <>, read from the index
    foreign = select(LedgerEntry.transaction_id).where(other)
    query = (
        select(transaction.id, transaction.posted_at, transaction.reverses_id)
        .where(
            transaction.state == LedgerState.POSTED,
            transaction.id.in_(foreign),
            ~select(LedgerValuation).where(LedgerValuation.transaction_id == transaction.id).exists(),
        )
        .order_by(transaction.posted_at, transaction.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(transaction.posted_at, transaction.id) > after)
    rows = (await session.execute(query)).all()
    entries = await _entries(session, [row.id for row in rows])
    return [Booking(row.id, row.posted_at, row.reverses_id, entries[row.id]) for row in rows]


async def _entries(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[str, dict[Account, int]]]:
    found: dict[UUID, dict[str, dict[Account, int]]] = {one: {} for one in ids}
    query = select(LedgerEntry).where(LedgerEntry.transaction_id.in_(ids)).order_by(LedgerEntry.seq)
    for entry in await session.scalars(query):
        accounts = found[entry.transaction_id].setdefault(entry.currency, {})
        accounts[entry.account] = accounts.get(entry.account, 0) + entry.amount
    return found


async def rates(session: AsyncSession, transaction_id: UUID) -> Mapping[str, Rate]:
    """What a booking was valued at, by currency; empty where it was not."""
    row = await session.get(LedgerValuation, transaction_id)
    if row is None:
        return {}
    return {
        currency: Rate(currency, row.base_currency, Fraction(said)) for currency, said in row.rates.items()
    }


async def held(session: AsyncSession) -> Held:
    """All positions as they are now."""
    found: Held = {}
    query = select(ExchangePosition).execution_options(populate_existing=True)
    for row in await session.scalars(query):
        found.setdefault(row.currency, {})[row.account] = Position(row.amount, row.base)
    return found


async def write(
    session: AsyncSession, booking: Booking, rates: Mapping[str, Rate], base: str, values: Sequence[Value]
) -> None:
    """One booking's values, at these rates."""
    said = {currency: str(rate.value) for currency, rate in rates.items()}
    await session.execute(
        insert(LedgerValuation).values(transaction_id=booking.id, base_currency=base, rates=said)
    )
    rows = [
        {"transaction_id": booking.id, "account": one.account, "currency": one.currency,
         "amount": one.amount, "base": one.base}
        for one in values
    ]  # fmt: skip
    if rows:
        await session.execute(insert(LedgerValue), rows)


async def put(session: AsyncSession, positions: Held) -> None:
    """Keep the positions."""
    for currency, accounts in positions.items():
        for account, one in accounts.items():
            await session.execute(
                upsert(ExchangePosition)
                .values(account=account, currency=currency, amount=one.amount, base=one.base)
                .on_conflict_do_update(
                    index_elements=["account", "currency"], set_={"amount": one.amount, "base": one.base}
                )
            )
