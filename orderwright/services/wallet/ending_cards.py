"""Gift cards that may not be used any more: blocked by staff, or past their date."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account, BalanceMove, ExpiredCards, PaymentMethod
from orderwright.persistence.database import Database
from orderwright.persistence.money import balances, ledger
from orderwright.persistence.tables import Balance, BalanceBlock

BATCH = 500


async def block(session: AsyncSession, card_id: UUID, actor: Actor, *, why: str) -> Balance:
    """Nothing more is held of the card; orders under way keep what is theirs. Raises NotFound, Conflict."""
    return await _set(session, card_id, actor, why, blocked=True)


async def unblock(session: AsyncSession, card_id: UUID, actor: Actor, *, why: str) -> Balance:
    """The card may be used again. Raises NotFound, Conflict."""
    return await _set(session, card_id, actor, why, blocked=False)


async def _set(session: AsyncSession, card_id: UUID, actor: Actor, why: str, *, blocked: bool) -> Balance:
    actor.require(Scope.OPERATIONS)
    card: Balance | None = await session.scalar(
        update(Balance)
        .where(
            Balance.id == card_id,
            Balance.kind == PaymentMethod.GIFT_CARD,
            Balance.blocked_at.is_(None) if blocked else Balance.blocked_at.is_not(None),
        )
        .values(blocked_at=func.clock_timestamp() if blocked else None, blocked_why=why if blocked else None)
        .returning(Balance)
        .execution_options(populate_existing=True)
    )
    if card is None:
        await _refuse(session, card_id, blocked=blocked)
        raise NotFound("no such gift card")
    await session.execute(
        insert(BalanceBlock).values(balance_id=card_id, blocked=blocked, actor=actor.name, why=why)
    )
    return card


async def _refuse(session: AsyncSession, card_id: UUID, *, blocked: bool) -> None:
    known = await session.get(Balance, card_id)
    if known is not None and known.kind is PaymentMethod.GIFT_CARD:
        raise Conflict("the gift card is blocked already" if blocked else "the gift card is not blocked")


async def expire(db: Database, rule: ExpiredCards) -> int:
    """What is left on expired cards and held for no order becomes income, where the law lets it. How many."""
    if rule is ExpiredCards.KEEP:
        return 0
    async with db.transaction() as session:
        query = select(Balance.id).where(*_left()).order_by(Balance.id).limit(BATCH)
        cards = (await session.scalars(query)).all()
    ended = 0
    for card_id in cards:
        async with db.transaction() as session:
            ended += await _expire(session, card_id)
    return ended


def _left() -> list[ColumnElement[bool]]:
    return [Balance.expires_at <= func.clock_timestamp(), Balance.balance > Balance.held]


async def _expire(session: AsyncSession, card_id: UUID) -> bool:
    """False: it is used up or reopened meanwhile. What is held and freed later is met by a later sweep."""
    card: Balance | None = await session.scalar(
        select(Balance).where(Balance.id == card_id, *_left()).with_for_update()
    )
    if card is None:
        return False
    left = card.balance - card.held
    await balances.move(session, card_id, BalanceMove.EXPIRED, amount=-left, why="expired")
    return await ledger.book(
        session, "balance.expired", {Account.GIFT_CARDS: left, Account.BREAKAGE: -left},
        currency=card.currency, source=f"balance.expired/{card_id}/{uuid7()}", order_id=None,
    )  # fmt: skip
