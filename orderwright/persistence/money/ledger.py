"""Double entry: bookings that sum to zero, made once by their source, put right by reversals only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.payments import Account, LedgerState
from orderwright.persistence.tables import LedgerEntry, LedgerTransaction

REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a booking: a debit above zero, a credit below, in minor units."""

    account: Account
    amount: int
    currency: str


async def book(
    session: AsyncSession,
    kind: str,
    entries: Mapping[Account, int],
    *,
    currency: str,
    source: str,
    order_id: UUID | None,
    state: LedgerState = LedgerState.POSTED,
) -> bool:
    """Book debits (positive) and credits (negative) in minor units. False: `source` was booked before."""
    lines = [Entry(account, amount, currency) for account, amount in entries.items()]
    return await book_entries(session, kind, lines, source=source, order_id=order_id, state=state)


async def book_entries(
    session: AsyncSession,
    kind: str,
    entries: Sequence[Entry],
    *,
    source: str,
    order_id: UUID | None,
    state: LedgerState = LedgerState.POSTED,
    by: str = "system",
    why: str = "",
) -> bool:
    """The same in any number of currencies, each of which sums to zero (checked at the commit)."""
    lines = [entry for entry in entries if entry.amount]
    if not lines:
        return False
    transaction_id = await session.scalar(
        upsert(LedgerTransaction)
        .values(order_id=order_id, kind=kind, source=source, state=state, booked_by=by, why=why)
        .on_conflict_do_nothing()
        .returning(LedgerTransaction.id)
    )
    if transaction_id is None:
        return False
    await _write(session, transaction_id, lines)
    return True


async def _write(session: AsyncSession, transaction_id: UUID, lines: Sequence[Entry]) -> None:
    await session.execute(
        insert(LedgerEntry),
        [
            {"transaction_id": transaction_id, "account": line.account, "amount": line.amount,
             "currency": line.currency}
            for line in lines
        ],
    )  # fmt: skip


async def end(session: AsyncSession, sources: Sequence[str] | Select[str], state: LedgerState) -> bool:
    """Post or void pending bookings. False: none of them is pending any more."""
    ended = await session.execute(
        update(LedgerTransaction)
        .where(LedgerTransaction.source.in_(sources), LedgerTransaction.state == LedgerState.PENDING)
        .values(state=state)
        .returning(LedgerTransaction.id)
    )
    return ended.first() is not None


async def entry(session: AsyncSession, source: str, account: Account) -> int:
    """What a booking has put on an account; 0 where it was never made."""
    query = (
        select(func.coalesce(func.sum(LedgerEntry.amount), 0))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerTransaction.source == source, LedgerEntry.account == account)
    )
    return int(await session.scalar(query) or 0)


async def reverse(session: AsyncSession, source: str, *, by: str, why: str) -> LedgerTransaction:
    """Book the opposite of a posted booking, once; what it was stays as it is and is named by the new one.

    Raises NotFound, Conflict (not posted, reversed already, or a reversal itself: book that anew instead).
    """
    wrong = await session.scalar(select(LedgerTransaction).where(LedgerTransaction.source == source))
    if wrong is None:
        raise NotFound(f"nothing was booked as {source}")
    if wrong.state is not LedgerState.POSTED or wrong.reverses_id is not None:
        what = REVERSAL if wrong.reverses_id is not None else f"{wrong.state} booking"
        raise Conflict(f"a {what} is not reversed")
    made: LedgerTransaction | None = await session.scalar(
        upsert(LedgerTransaction)
        .values(
            order_id=wrong.order_id, kind=REVERSAL, source=f"{REVERSAL}/{source}", state=LedgerState.POSTED,
            reverses_id=wrong.id, booked_by=by, why=why,
        )
        .on_conflict_do_nothing()
        .returning(LedgerTransaction)
    )  # fmt: skip
    if made is None:
        raise Conflict(f"{source} is reversed already")
    entries = await session.scalars(select(LedgerEntry).where(LedgerEntry.transaction_id == wrong.id))
    await _write(session, made.id, [Entry(one.account, -one.amount, one.currency) for one in entries])
    return made
