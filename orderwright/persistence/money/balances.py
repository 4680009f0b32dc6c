"""Gift cards and store credit: every move is one conditional statement, and its entry."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.payments import BalanceMove, PaymentMethod
from orderwright.persistence.tables import Balance, BalanceEntry


async def move(
    session: AsyncSession,
    balance_id: UUID,
    kind: BalanceMove,
    *,
    amount: int = 0,
    held: int = 0,
    actor: str = "system",
    why: str = "",
    order_id: UUID | None = None,
    payment_id: UUID | None = None,
    key: str | None = None,
) -> Balance | None:
    """Change the balance, what is held of it, or both. None: there is not so much, or it may not be used."""
    after, held_after = Balance.balance + amount, Balance.held + held
    moved: Balance | None = await session.scalar(
        update(Balance)
        .where(Balance.id == balance_id, held_after >= 0, held_after <= after, *_usable(kind))
        .values(balance=after, held=held_after)
        .returning(Balance)
        .execution_options(populate_existing=True)
    )
    if moved is not None:
        await session.execute(
            insert(BalanceEntry).values(
                balance_id=balance_id, kind=kind, amount=amount, held=held, order_id=order_id,
                payment_id=payment_id, key=key, actor=actor, why=why,
            )
        )  # fmt: skip
    return moved


def _usable(kind: BalanceMove) -> list[ColumnElement[bool]]:
    """New money is held of a card that is neither blocked nor past its date; all other moves go on."""
    if kind is not BalanceMove.HELD:
        return []
    now = func.clock_timestamp()
    return [Balance.blocked_at.is_(None), or_(Balance.expires_at.is_(None), Balance.expires_at > now)]


async def reopen(session: AsyncSession, balance_id: UUID, days: timedelta) -> None:
    """What comes back on a card that has expired, or soon does, can be used for that long at least."""
    until = func.clock_timestamp() + days
    await session.execute(
        update(Balance).where(Balance.id == balance_id, Balance.expires_at < until).values(expires_at=until)
    )


async def held_for(session: AsyncSession, payment_id: UUID) -> int:
    """What is reserved for a payment and neither taken nor given back."""
    query = select(func.coalesce(func.sum(BalanceEntry.held), 0)).where(BalanceEntry.payment_id == payment_id)
    return int(await session.scalar(query) or 0)


async def held_by(session: AsyncSession, key: str) -> BalanceEntry | None:
    """The reservation that was made with that key."""
    found: BalanceEntry | None = await session.scalar(select(BalanceEntry).where(BalanceEntry.key == key))
    return found


async def take(
    session: AsyncSession, balance_id: UUID, amount: int, *, order_id: UUID, payment_id: UUID
) -> None:
    """Spend reserved money. Raises Conflict where less is reserved for the payment."""
    moved = None
    if await held_for(session, payment_id) >= amount:
        moved = await move(
            session, balance_id, BalanceMove.TAKEN, amount=-amount, held=-amount, order_id=order_id,
            payment_id=payment_id,
        )  # fmt: skip
    if moved is None:
        raise Conflict("less than that is reserved of this balance", payment=str(payment_id))


async def let_go(session: AsyncSession, balance_id: UUID, *, order_id: UUID, payment_id: UUID) -> int:
    """Give back whatever is still reserved for the payment; again is nothing."""
    rest = await held_for(session, payment_id)
    if rest:
        await move(
            session, balance_id, BalanceMove.FREED, held=-rest, order_id=order_id, payment_id=payment_id
        )
    return rest


async def credit_of(session: AsyncSession, customer_id: UUID, currency: str) -> UUID:
    """The customer's store credit in that currency, opened with nothing where he had none."""
    where = Balance.kind == PaymentMethod.STORE_CREDIT
    await session.execute(
        insert(Balance)
        .values(kind=PaymentMethod.STORE_CREDIT, customer_id=customer_id, currency=currency)
        .on_conflict_do_nothing(index_elements=["customer_id", "currency"], index_where=where)
    )
    found = await session.scalars(
        select(Balance.id).where(where, Balance.customer_id == customer_id, Balance.currency == currency)
    )
    return found.one()


async def read(session: AsyncSession, balance_id: UUID) -> Balance:
    """One balance as it is now. Raises NotFound."""
    found: Balance | None = await session.get(Balance, balance_id, populate_existing=True)
    if found is None:
        raise NotFound("no such balance")
    return found


async def by_hash(session: AsyncSession, code_hash: str) -> Balance | None:
    """The gift card of a code, by the code's hash."""
    found: Balance | None = await session.scalar(select(Balance).where(Balance.code_hash == code_hash))
    return found


async def entries(
    session: AsyncSession, balance_id: UUID, *, after: int, limit: int
) -> Sequence[BalanceEntry]:
    """What moved it, oldest first."""
    query = select(BalanceEntry).where(BalanceEntry.balance_id == balance_id, BalanceEntry.seq > after)
    return (await session.scalars(query.order_by(BalanceEntry.seq).limit(limit))).all()
