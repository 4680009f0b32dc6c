"""Money that is kept for customers: gift cards and store credit issued, looked at, and what moved them."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.payments import CASH, Account, BalanceMove, PaymentMethod
from orderwright.persistence.money import balances, ledger
from orderwright.persistence.tables import Balance, BalanceEntry
from orderwright.services import customers
from orderwright.services.payments.instruments import code_hash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing that reads like something else
GROUPS = 4


async def issue(
    session: AsyncSession,
    amount: int,
    currency: str,
    actor: Actor,
    *,
    granted: bool,
    reason: str,
    expires_at: datetime | None = None,
) -> tuple[Balance, str]:
    """A new gift card, and its code, which is told now and never again. Raises Invalid.

    Sold: its money is in the bank; granted: it is goodwill. Without `expires_at` it never ends.
    """
    actor.require(Scope.OPERATIONS)
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Invalid("a gift card expires in the future", field="expires_at")
    code = "-".join(["GC", *("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(GROUPS))])
    card_id = uuid7()
    await session.execute(
        insert(Balance).values(
            id=card_id, kind=PaymentMethod.GIFT_CARD, currency=currency, code_hash=code_hash(code),
            last4=code[-4:], expires_at=expires_at,
        )
    )  # fmt: skip
    card = await _put(session, card_id, amount, actor, granted=granted, reason=reason)
    return card, code


async def grant_credit(
    session: AsyncSession, customer_id: UUID, amount: int, currency: str, actor: Actor, *, reason: str
) -> Balance:
    """More store credit for a customer, out of goodwill. Raises NotFound."""
    actor.require(Scope.OPERATIONS)
    await customers.get(session, customer_id)
    balance_id = await balances.credit_of(session, customer_id, currency)
    return await _put(session, balance_id, amount, actor, granted=True, reason=reason)


async def _put(
    session: AsyncSession, balance_id: UUID, amount: int, actor: Actor, *, granted: bool, reason: str
) -> Balance:
    kind = BalanceMove.GRANTED if granted else BalanceMove.SOLD
    row = await balances.move(session, balance_id, kind, amount=amount, actor=actor.name, why=reason)
    assert row is not None  # noqa: S101 - more of it is always there
    await ledger.book(
        session, f"balance.{kind.value}",
        {Account.GOODWILL if granted else Account.BANK: amount, CASH[row.kind]: -amount},
        currency=row.currency, source=f"balance/{balance_id}/{uuid7()}", order_id=None,
    )  # fmt: skip
    return row


async def card(session: AsyncSession, code: str) -> Balance:
    """The gift card of a code. Raises NotFound."""
    row = await balances.by_hash(session, code_hash(code))
    if row is None:
        raise NotFound("no gift card has that code")
    return row


async def cards(
    session: AsyncSession, *, last4: str | None, after: UUID | None, limit: int
) -> Sequence[Balance]:
    """Gift cards, oldest first."""
    query = select(Balance).where(Balance.kind == PaymentMethod.GIFT_CARD).order_by(Balance.id).limit(limit)
    if last4 is not None:
        query = query.where(Balance.last4 == last4.upper())
    if after is not None:
        query = query.where(Balance.id > after)
    return (await session.scalars(query)).all()


async def credit(session: AsyncSession, customer_id: UUID) -> Sequence[Balance]:
    """A customer's store credit, one per currency. Raises NotFound."""
    await customers.get(session, customer_id)
    query = select(Balance).where(Balance.customer_id == customer_id).order_by(Balance.currency)
    return (await session.scalars(query)).all()


async def moves(session: AsyncSession, balance_id: UUID, *, after: int, limit: int) -> Sequence[BalanceEntry]:
    """What moved a balance, oldest first. Raises NotFound."""
    await balances.read(session, balance_id)
    return await balances.entries(session, balance_id, after=after, limit=limit)
