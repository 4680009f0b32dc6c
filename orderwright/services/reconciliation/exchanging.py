"""What the provider exchanged for the currency that he keeps our balance in, booked once by his reference."""

from collections import Counter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.reconciliation import Movement, MovementKind
from orderwright.domain.money import Money
from orderwright.domain.payments import Account
from orderwright.persistence.money import ledger
from orderwright.persistence.money.ledger import Entry
from orderwright.persistence.tables import LedgerEntry, LedgerTransaction, Payment, PaymentEvent

KIND = "exchange"
FINE = 10_000
"""A rate of six digits tells an amount to one in so many."""


async def book_movement(session: AsyncSession, movement: Movement, order_id: UUID | None) -> bool:
    """One movement's exchange. False: there was none, or it was booked before."""
    given = movement.exchanged
    if given is None or await _is_booked(session, movement.reference):
        return False
    if movement.kind is MovementKind.CHARGE and order_id is not None:
        given = await _capture(session, movement, given, order_id)
    return await book(session, movement.reference, given, movement.amount, order_id)


async def book(
    session: AsyncSession, reference: str, given: Money, got: Money, order_id: UUID | None
) -> bool:
    """What was in clearing in one currency is there in another. False: it was booked before."""
    return await ledger.book_entries(
        session, KIND,
        [
            Entry(Account.CLEARING, -given.amount, given.currency),
            Entry(Account.EXCHANGE, given.amount, given.currency),
            Entry(Account.CLEARING, got.amount, got.currency),
            Entry(Account.EXCHANGE, -got.amount, got.currency),
        ],
        source=f"{KIND}/{reference}", order_id=order_id,
    )  # fmt: skip


async def _is_booked(session: AsyncSession, reference: str) -> bool:
    query = select(LedgerTransaction.id).where(LedgerTransaction.source == f"{KIND}/{reference}")
    return await session.scalar(query) is not None


async def _capture(session: AsyncSession, movement: Movement, given: Money, order_id: UUID) -> Money:
    """The capture of ours that it is: where a charge was taken in steps, the rate says it nearly only."""
    query = (
        select(PaymentEvent.amount)
        .join(Payment, Payment.id == PaymentEvent.payment_id)
        .where(Payment.reference == movement.payment_reference, PaymentEvent.kind == "captured")
    )
    ours = Counter(amount or 0 for amount in await session.scalars(query))
    ours -= await _exchanged(session, order_id, given.currency)
    near = 2 + given.amount // FINE + given.amount // max(movement.amount.amount, 1)
    fits = [amount for amount in +ours if abs(amount - given.amount) <= near]
    nearest = min(fits, key=lambda amount: (abs(amount - given.amount), amount), default=given.amount)
    return Money(nearest, given.currency)


async def _exchanged(session: AsyncSession, order_id: UUID, currency: str) -> Counter[int]:
    query = (
        select(LedgerEntry.amount)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerTransaction.order_id == order_id,
            LedgerTransaction.kind == KIND,
            LedgerEntry.account == Account.EXCHANGE,
            LedgerEntry.currency == currency,
        )
    )
    return Counter(await session.scalars(query))
