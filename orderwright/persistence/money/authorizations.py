"""What the ledger keeps of an authorization: its own pending booking, and one for each time it was raised."""

from uuid import UUID

from sqlalchemy import Text, and_, cast, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.payments import Account, LedgerState, PaymentState
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Payment


async def hold(session: AsyncSession, payment: Payment) -> None:
    """The money of one payment is reserved: by an authorization of its own, or as a part of another."""
    await ledger.book(
        session, "authorization",
        {Account.AUTHORIZED: payment.amount, Account.AUTHORIZATIONS: -payment.amount},
        currency=payment.currency, source=f"authorization/{payment.id}", order_id=payment.order_id,
        state=LedgerState.PENDING,
    )  # fmt: skip


async def end(session: AsyncSession, payment_id: UUID, state: LedgerState) -> None:
    """Post or void all that is reserved by an authorization; what is not pending stays as it is."""
    part = and_(Payment.raises_id == payment_id, Payment.state == PaymentState.RAISED)
    sources = select(literal("authorization/") + cast(Payment.id, Text)).where(
        or_(Payment.id == payment_id, part)
    )
    await ledger.end(session, sources, state)


async def cannot_be_raised(session: AsyncSession, payment_id: UUID) -> None:
    """What was to raise it is to be reserved by itself."""
    await session.execute(
        update(Payment)
        .where(
            Payment.raises_id == payment_id, Payment.state.in_([PaymentState.CREATED, PaymentState.RAISING])
        )
        .values(state=PaymentState.CREATED, raises_id=None)
    )
