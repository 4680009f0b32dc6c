"""A deposit by card: taken at once, kept as what we owe, and used up before other money is taken."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import ENDS
from orderwright.domain.payments import CASH, Account, PaymentMethod, PaymentState
from orderwright.persistence import timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Order, Payment
from orderwright.ports.payments import Capture
from orderwright.services.payments.paying import note


def by_card(payment: Payment) -> bool:
    """Whether it is one. What comes by transfer is kept the same way, and nobody has to take it."""
    return payment.deposit and payment.method is PaymentMethod.CARD


def to_take(payment: Payment) -> bool:
    """Whether its money is reserved and not taken yet."""
    return by_card(payment) and payment.deposited_at is None and payment.state is PaymentState.AUTHORIZED


def cash(payment: Payment) -> Account:
    """Where the money is when a part takes it: a deposit is with us already."""
    return Account.DEPOSITS if payment.deposit else CASH[payment.method]


def called(payment: Payment) -> PaymentMethod:
    """Whose gateway is asked for a part's money: of a deposit nobody's, as of a transfer."""
    return PaymentMethod.TRANSFER if payment.deposit else payment.method


async def may_take(session: AsyncSession, payment_id: UUID) -> bool:
    """Whether it is still wanted."""
    wanted = await session.scalar(
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.id == payment_id,
            Payment.state == PaymentState.AUTHORIZED,
            Payment.deposited_at.is_(None),
            Order.state.not_in(list(ENDS)),
        )
    )
    return wanted is not None


async def taken(session: AsyncSession, payment_id: UUID, answer: Capture, at: datetime | None) -> None:
    """The provider has taken it: it runs out no more, and is owed to the customer until goods ship."""
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.deposited_at.is_(None))
        .values(deposited_at=func.clock_timestamp() if at is None else at, expires_at=None)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is None:
        return
    await note(session, payment, "deposited", amount=payment.amount, capture=answer.reference)
    await ledger.book(
        session, "deposit", {Account.CLEARING: payment.amount, Account.DEPOSITS: -payment.amount},
        currency=payment.currency, source=f"deposit/{payment_id}", order_id=payment.order_id,
    )  # fmt: skip
    await timeline.tell(
        session, payment.order_id, "payment.deposited", payment=str(payment_id), amount=payment.amount
    )
