"""What the rows say before and after money is given back, driven by the order's run."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind
from orderwright.domain.payments import (
    CASH,
    KEPT,
    ON_CREDIT,
    Account,
    BalanceMove,
    PaymentMethod,
    RefundState,
    RefundTo,
)
from orderwright.messages.orders import UndoKind
from orderwright.persistence import holds, locks, outbox, timeline
from orderwright.persistence.money import balances, ledger
from orderwright.persistence.tables import Order, Payment, Refund, RefundLine
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Refunded
from orderwright.services.documents import issuing
from orderwright.services.receivables import owing
from orderwright.services.receivables.owing import Owed

BY_PERSON = frozenset({PaymentMethod.TRANSFER, PaymentMethod.EXCHANGE, *ON_CREDIT})
"""No provider sends the money back: a person does, and says so."""
CREDITED, NOT_COLLECTED = "credited", "not collected"
NOT_PAID = (CREDITED, NOT_COLLECTED)
"""What a refund's reference begins with where the money had not come yet: none moves."""

CARD_REOPENED = timedelta(days=90)
"""How long what is given back to a gift card can be used at least, whenever the card expires."""


async def load(session: AsyncSession, refund_id: UUID) -> tuple[Refund, Payment]:
    """The refund and the payment it comes from."""
    refund = await session.get_one(Refund, refund_id)
    return refund, await session.get_one(Payment, refund.payment_id)


async def may_refund(session: AsyncSession, refund_id: UUID) -> bool:
    """Whether the money is still to be given back."""
    state = await session.scalar(select(Refund.state).where(Refund.id == refund_id))
    return state is RefundState.REQUESTED


async def refunded(session: AsyncSession, refund_id: UUID, answer: Refunded) -> None:
    """The provider has it: refund, payment and ledger say so."""
    state = RefundState.SUCCEEDED if answer.settled else RefundState.PROCESSING
    await _given_back(session, refund_id, state, answer.reference)


async def by_hand(session: AsyncSession, refund_id: UUID, *, by: str) -> None:
    """A person has given it back outside of us."""
    await _given_back(session, refund_id, RefundState.SUCCEEDED, f"by hand: {by}")


async def credited(session: AsyncSession, refund_id: UUID) -> bool:
    """Where at least as much is still owed on terms, it is taken off that, and nobody sends money."""
    refund, payment = await load(session, refund_id)
    await locks.lock(session, refund.order_id)
    if payment.method is not PaymentMethod.MANUAL or refund.destination is not RefundTo.ORIGINAL:
        return False
    if await owing.open_of(session, payment) < refund.amount:
        return False
    await _given_back(session, refund_id, RefundState.SUCCEEDED, f"{CREDITED}: {refund_id}")
    return True


async def not_collected(session: AsyncSession, refund_id: UUID, fulfillment_id: UUID) -> None:
    """What a carrier was to collect at the door and could not: it is taken off what the carrier owes."""
    refund = await session.get_one(Refund, refund_id)
    owed = Owed(fulfillment_id, refund.payment_id, refund.amount)
    await owing.settle(session, refund.order_id, [owed], refund.amount)
    await _given_back(
        session, refund_id, RefundState.SUCCEEDED, f"{NOT_COLLECTED}: {refund_id}",
        cash={Account.COD_RECEIVABLE: refund.amount},
    )  # fmt: skip


async def _given_back(
    session: AsyncSession,
    refund_id: UUID,
    state: RefundState,
    reference: str,
    *,
    cash: Mapping[Account, int] | None = None,
) -> None:
    """`cash`: what it is taken from, where that is known; else as its payment's method says."""
    refund = await session.scalar(
        update(Refund)
        .where(Refund.id == refund_id, Refund.state == RefundState.REQUESTED)
        .values(state=state, reference=reference)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )
    if refund is None:
        return
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == refund.payment_id)
        .values(refunded=Payment.refunded + refund.amount)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    assert payment is not None  # noqa: S101 - a refund's payment is there
    cash = cash or await _cash(session, refund, payment)
    tax = await _tax(session, refund.id)
    await ledger.book(
        session, "refund",
        {Account.REFUNDS: refund.amount - tax, Account.TAX: tax,
         **{account: -amount for account, amount in cash.items()}},
        currency=refund.currency, source=f"refund/{refund.id}", order_id=refund.order_id,
    )  # fmt: skip
    await timeline.tell(
        session,
        refund.order_id,
        "refund.given",
        why=refund.reason,
        refund=str(refund.id),
        amount=refund.amount,
    )
    await issuing.given_back(session, refund)
    if refund.return_id is not None:
        await outbox.wake_return(session, refund.order_id, refund.return_id)


async def _cash(session: AsyncSession, refund: Refund, payment: Payment) -> Mapping[Account, int]:
    """What pays it: what is still owed on terms is credited first, the rest a person has sent by bank."""
    if refund.destination is RefundTo.EXCHANGE:
        return {Account.EXCHANGED: refund.amount}
    if refund.destination is RefundTo.STORE_CREDIT or payment.method not in BY_PERSON:
        return {await _to_balance(session, refund, payment): refund.amount}
    on_terms = payment.method is PaymentMethod.MANUAL
    less = await owing.credit(session, payment, refund.amount) if on_terms else 0
    return {Account.RECEIVABLE: less, Account.BANK: refund.amount - less}


async def _to_balance(session: AsyncSession, refund: Refund, payment: Payment) -> Account:
    """Back to a gift card, or on the customer's store credit; which account owes it, or has paid it."""
    if refund.destination is RefundTo.STORE_CREDIT:
        customer_id = await session.scalar(select(Order.customer_id).where(Order.id == refund.order_id))
        assert customer_id is not None  # noqa: S101 - every order has a customer
        balance_id = await balances.credit_of(session, customer_id, refund.currency)
    elif payment.method in KEPT and payment.source is not None:
        balance_id = UUID(payment.source)
    else:
        return CASH[payment.method]
    await balances.move(
        session, balance_id, BalanceMove.REFUNDED, amount=refund.amount, order_id=refund.order_id,
        payment_id=payment.id, why=refund.reason,
    )  # fmt: skip
    await balances.reopen(session, balance_id, CARD_REOPENED)
    credited = refund.destination is RefundTo.STORE_CREDIT
    return Account.STORE_CREDIT if credited else CASH[payment.method]


async def _tax(session: AsyncSession, refund_id: UUID) -> int:
    """The tax within what is given back: it is owed no longer."""
    query = select(func.coalesce(func.sum(RefundLine.tax), 0)).where(RefundLine.refund_id == refund_id)
    return int(await session.scalar(query) or 0)


async def arrived(session: AsyncSession, payment_id: UUID) -> None:
    """The provider says that what was under way has reached the customer."""
    await session.execute(
        update(Refund)
        .where(Refund.payment_id == payment_id, Refund.state == RefundState.PROCESSING)
        .values(state=RefundState.SUCCEEDED)
    )


async def refused(session: AsyncSession, refund_id: UUID, no: Refused) -> None:
    """A person gives it back by hand (approve), or has it tried again (reject)."""
    refund, payment = await load(session, refund_id)
    words = f"The refund of {refund.amount} {refund.currency} (minor units) was refused: {no.code}."
    if payment.method in BY_PERSON:
        less = await owing.open_of(session, payment) if payment.method is PaymentMethod.MANUAL else 0
        send = Money(refund.amount - less, refund.currency)
        words = f"Send {send} back to the customer by bank transfer, then approve."
    await holds.ask_person(
        session, refund.order_id, TaskKind.COMPENSATION, words,
        subject=f"{UndoKind.REFUND}/{refund_id}",
    )  # fmt: skip
