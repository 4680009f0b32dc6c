"""Double entry: bookings that sum to zero, made once by their source, never changed."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.payments import Account, LedgerState
from orderwright.persistence.tables import LedgerEntry, LedgerTransaction


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
    lines = [(account, amount) for account, amount in entries.items() if amount]
    if not lines:
        return False
    transaction_id = await session.scalar(
        upsert(LedgerTransaction)
        .values(order_id=order_id, kind=kind, source=source, state=state)
        .on_conflict_do_nothing()
        .returning(LedgerTransaction.id)
    )
    if transaction_id is None:
        return False
    await session.execute(
        insert(LedgerEntry),
        [
            {"transaction_id": transaction_id, "account": account, "amount": amount, "currency": currency}
            for account, amount in lines
        ],
    )
    return True


async def end(session: AsyncSession, source: str, state: LedgerState) -> bool:
    """Post or void a pending booking. False: it is no longer pending."""
    ended = await session.execute(
        update(LedgerTransaction)
        .where(LedgerTransaction.source == source, LedgerTransaction.state == LedgerState.PENDING)
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
