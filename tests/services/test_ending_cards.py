"""Gift cards end: past their date or blocked nothing more is held of them; the rest is income by a rule."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from orderwright.adapters.payments.balances import BalanceGateway
from orderwright.domain.failures import Conflict, Forbidden, Invalid, NotFound
from orderwright.domain.money import Money
from orderwright.domain.payments import ExpiredCards, PaymentMethod
from orderwright.persistence.money import balances
from orderwright.persistence.tables import Balance
from orderwright.ports.failures import Declined
from orderwright.ports.payments import Context
from orderwright.reporting import books
from orderwright.services.payments.instruments import GiftCardBlocked, GiftCardExpired, Named
from orderwright.services.wallet import ending_cards, keeping
from tests.shop import STAFF, STORE, Shop

CARD = Named(PaymentMethod.CARD, "pm_card_visa")


async def card(shop: Shop, amount: int = 5000, **other: datetime) -> tuple[UUID, str]:
    row, code = await shop.do(
        lambda session: keeping.issue(session, amount, "EUR", STAFF, granted=False, reason="till", **other)
    )
    return row.id, code


async def pass_date(shop: Shop, card_id: UUID) -> None:
    await shop.execute("UPDATE balances SET expires_at = now() - interval '1 s' WHERE id = :id", id=card_id)


async def read(shop: Shop, card_id: UUID) -> Balance:
    return await shop.do(lambda session: balances.read(session, card_id))


async def held_by_an_order(shop: Shop, code: str) -> UUID:
    await shop.catalog("MUG")
    await shop.receive("MUG", 9)
    order_id = await shop.order(
        ("MUG", 1), payments=[Named(PaymentMethod.GIFT_CARD, code=code), CARD], payment_source=None
    )
    await shop.verify(order_id)
    await shop.reserve(order_id)
    payment = next(one for one in await shop.payments(order_id) if one.method is PaymentMethod.GIFT_CARD)
    context = Context(str(order_id), str(payment.id), "1")
    await BalanceGateway(shop.db).authorize(
        Money(payment.amount, "EUR"), source=payment.source or "", context=context, key=f"{order_id}:a:1"
    )
    return order_id


async def order_with(shop: Shop, code: str) -> UUID:
    return await shop.order(
        ("MUG", 1), payments=[Named(PaymentMethod.GIFT_CARD, code=code), CARD], payment_source=None
    )


async def income(shop: Shop) -> int:
    return -await shop.count(
        "SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = 'gift_card_income'"
    )


async def test_what_is_left_and_not_held_becomes_income_once_where_the_rule_says_so(shop: Shop) -> None:
    card_id, code = await card(shop, expires_at=datetime.now(UTC) + timedelta(days=1))
    await held_by_an_order(shop, code)
    held = (await read(shop, card_id)).held
    assert held > 0
    early = await ending_cards.expire(shop.db, ExpiredCards.INCOME)
    await pass_date(shop, card_id)

    ended = [await ending_cards.expire(shop.db, ExpiredCards(rule)) for rule in ("keep", "income", "income")]

    row = await read(shop, card_id)
    assert (early, ended) == (0, [0, 1, 0])
    assert (row.balance, row.held, await income(shop)) == (held, held, 5000 - held)
    moves = await shop.do(lambda session: keeping.moves(session, card_id, after=0, limit=9))
    assert [(one.kind.value, one.amount) for one in moves][-1] == ("expired", held - 5000)
    assert books.off(await shop.do(books.trial)) == {}


async def test_what_an_order_frees_after_the_date_is_met_by_the_next_sweep(shop: Shop) -> None:
    card_id, code = await card(shop)
    order_id = await held_by_an_order(shop, code)
    await pass_date(shop, card_id)
    await ending_cards.expire(shop.db, ExpiredCards.INCOME)
    payment = next(one for one in await shop.payments(order_id) if one.method is PaymentMethod.GIFT_CARD)

    await shop.do(lambda session: balances.let_go(session, card_id, order_id=order_id, payment_id=payment.id))
    again = await ending_cards.expire(shop.db, ExpiredCards.INCOME)

    assert (again, (await read(shop, card_id)).balance, await income(shop)) == (1, 0, 5000)


async def test_money_given_back_to_an_expired_card_can_be_used_again(shop: Shop) -> None:
    card_id, _ = await card(shop)
    await pass_date(shop, card_id)

    await shop.do(lambda session: balances.reopen(session, card_id, timedelta(days=90)))

    until = (await read(shop, card_id)).expires_at
    assert until is not None
    assert timedelta(days=89) < until - datetime.now(UTC) <= timedelta(days=90)
    assert await ending_cards.expire(shop.db, ExpiredCards.INCOME) == 0


async def test_a_card_past_its_date_is_refused_at_checkout(shop: Shop) -> None:
    await shop.catalog("MUG")
    card_id, code = await card(shop)
    await pass_date(shop, card_id)

    with pytest.raises(GiftCardExpired) as refused:
        await order_with(shop, code)

    assert refused.value.code == "gift_card_expired"
    assert await shop.count("SELECT count(*) FROM orders") == 0


async def test_a_blocked_card_is_refused_until_it_is_unblocked_and_its_history_says_why(shop: Shop) -> None:
    await shop.catalog("MUG")
    card_id, code = await card(shop)

    await shop.do(lambda session: ending_cards.block(session, card_id, STAFF, why="stolen"))
    with pytest.raises(GiftCardBlocked) as refused:
        await order_with(shop, code)
    with pytest.raises(Conflict):
        await shop.do(lambda session: ending_cards.block(session, card_id, STAFF, why="again"))
    await shop.do(lambda session: ending_cards.unblock(session, card_id, STAFF, why="found"))
    with pytest.raises(Conflict):
        await shop.do(lambda session: ending_cards.unblock(session, card_id, STAFF, why="again"))
    await order_with(shop, code)

    assert refused.value.code == "gift_card_blocked"
    history = (
        "SELECT string_agg(actor || ' ' || blocked || ' ' || why, ', ' ORDER BY seq) = :h FROM balance_blocks"
    )
    assert await shop.count(f"SELECT ({history})::int", h="ann true stolen, ann false found") == 1


async def test_a_card_blocked_after_checkout_holds_no_new_money_and_keeps_what_is_held(shop: Shop) -> None:
    card_id, code = await card(shop)
    order_id = await held_by_an_order(shop, code)
    before = await read(shop, card_id)
    await shop.do(lambda session: ending_cards.block(session, card_id, STAFF, why="stolen"))
    payment = next(one for one in await shop.payments(order_id) if one.method is PaymentMethod.GIFT_CARD)

    with pytest.raises(Declined):
        await BalanceGateway(shop.db).authorize(
            Money(1, "EUR"), source=str(card_id),
            context=Context(str(order_id), str(payment.id), "1"), key="another",
        )  # fmt: skip
    await shop.do(
        lambda session: balances.take(
            session, card_id, payment.amount, order_id=order_id, payment_id=payment.id
        )
    )

    after = await read(shop, card_id)
    assert (after.balance, after.held) == (before.balance - payment.amount, before.held - payment.amount)


async def test_only_staff_blocks_cards_and_only_cards_are_blocked(shop: Shop) -> None:
    card_id, _ = await card(shop)

    with pytest.raises(Forbidden):
        await shop.do(lambda session: ending_cards.block(session, card_id, STORE, why="x"))
    with pytest.raises(NotFound):
        await shop.do(lambda session: ending_cards.block(session, UUID(int=1), STAFF, why="x"))
    with pytest.raises(Invalid):
        await card(shop, expires_at=datetime.now(UTC))
