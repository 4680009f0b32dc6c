"""What the provider keeps, exchanges and pays out, booked once by his own references."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.reconciliation import Movement, Payout, PayoutState
from orderwright.domain.payments import Account
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import LedgerTransaction
from orderwright.services.reconciliation import exchanging


async def book_movements(
    session: AsyncSession, movements: Sequence[Movement], orders: Mapping[str, UUID]
) -> int:
    """Fee and exchange of each, as they happened, for the order that it is of. How many were booked."""
    booked = 0
    for one in sorted(reversed(movements), key=lambda movement: movement.created_at):
        order_id = orders.get(one.payment_reference or "")
        booked += await book_fee(session, one, order_id)
        booked += await exchanging.book_movement(session, one, order_id)
    return booked


async def book_fee(session: AsyncSession, movement: Movement, order_id: UUID | None) -> bool:
    """Fees against clearing. False: it costs nothing, or was booked before."""
    return await ledger.book(
        session, "fee", {Account.PAYMENT_FEES: movement.cost, Account.CLEARING: -movement.cost},
        currency=movement.amount.currency, source=f"fee/{movement.reference}", order_id=order_id,
    )  # fmt: skip


async def book_payouts(session: AsyncSession, payouts: Sequence[Payout]) -> int:
    """Bank against clearing once it has arrived; taken back where the bank sent it back. How many changed."""
    return sum([await book_payout(session, one) for one in payouts])


async def book_payout(session: AsyncSession, payout: Payout) -> bool:
    """One payout. False: nothing is to be booked, or was before."""
    source = f"payout/{payout.reference}"
    if payout.state is PayoutState.PENDING:
        return False
    if payout.state is PayoutState.FAILED:
        return await _sent_back(session, source)
    amount = payout.amount.amount
    return await ledger.book(
        session, "payout", {Account.BANK: amount, Account.CLEARING: -amount},
        currency=payout.amount.currency, source=source, order_id=None,
    )  # fmt: skip


async def _sent_back(session: AsyncSession, source: str) -> bool:
    sources = [source, f"{ledger.REVERSAL}/{source}"]
    known = set(
        await session.scalars(select(LedgerTransaction.source).where(LedgerTransaction.source.in_(sources)))
    )
    if known != {source}:
        return False
    await ledger.reverse(session, source, by="provider", why="the bank sent the payout back")
    return True
