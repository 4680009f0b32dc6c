"""Money that an order was paid in advance and does not need (any more): it goes back."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind
from orderwright.domain.payments import Account, PaymentMethod
from orderwright.persistence import holds
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import BankTransfer, Payment, Remittance, RemittanceLine

OVERPAID = "overpaid"
OVERREMITTED = "overremitted"
DEPOSIT = "deposit"


async def used_for(session: AsyncSession, payment_id: UUID) -> int:
    """What has come for a payment."""
    query = select(func.coalesce(func.sum(BankTransfer.used), 0)).where(BankTransfer.payment_id == payment_id)
    return int(await session.scalar(query) or 0)


async def let_go(session: AsyncSession, payment: Payment) -> None:
    """What has come for a payment and was not captured is owed back; what was forgiven is owed to nobody.

    A person sends back what came by transfer; what was taken of a card, the provider has given back by now.
    """
    if payment.deposited_at is not None:
        left = payment.amount - payment.captured
        await ledger.book(
            session, "deposit.returned", {Account.DEPOSITS: left, Account.CLEARING: -left},
            currency=payment.currency, source=f"deposit.returned/{payment.id}", order_id=payment.order_id,
        )  # fmt: skip
    if payment.method is not PaymentMethod.TRANSFER:
        return
    used = await used_for(session, payment.id)
    forgiven = payment.amount - used if payment.authorized_at is not None else 0
    left = used + forgiven - payment.captured
    rounding = min(left, forgiven)
    booked = await ledger.book(
        session, "transfer.left_over",
        {Account.DEPOSITS: left, Account.UNMATCHED: rounding - left, Account.ROUNDING: -rounding},
        currency=payment.currency, source=_left_over(payment.id), order_id=payment.order_id,
    )  # fmt: skip
    if booked and left > rounding:
        await ask_back(
            session, payment.order_id, f"{DEPOSIT}/{payment.id}", left - rounding, payment.currency
        )


async def ask_back(session: AsyncSession, order_id: UUID, subject: str, amount: int, currency: str) -> None:
    """No provider can send it: a person does, and approves."""
    await holds.ask_person(
        session, order_id, TaskKind.COMPENSATION,
        f"{Money(amount, currency)} has come and is not needed: send it back, then approve.",
        subject=subject,
    )  # fmt: skip


async def returned(session: AsyncSession, kind: str, subject: UUID) -> None:
    """A person has sent it back."""
    if kind == OVERPAID:
        row = await session.get_one(BankTransfer, subject)
        amount, currency, order_id = row.amount - row.used, row.currency, row.order_id
    elif kind == OVERREMITTED:
        line = await session.get_one(RemittanceLine, subject)
        remittance = await session.get_one(Remittance, line.remittance_id)
        amount, currency, order_id = line.amount - line.used, remittance.currency, line.order_id
    else:
        payment = await session.get_one(Payment, subject)
        owed = await ledger.entry(session, _left_over(subject), Account.UNMATCHED)
        amount, currency, order_id = -owed, payment.currency, payment.order_id
    await ledger.book(
        session, "transfer.returned", {Account.UNMATCHED: amount, Account.BANK: -amount},
        currency=currency, source=f"transfer.returned/{subject}", order_id=order_id,
    )  # fmt: skip


def _left_over(payment_id: UUID) -> str:
    return f"transfer.left_over/{payment_id}"
