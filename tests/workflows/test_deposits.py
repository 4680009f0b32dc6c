"""A part of the price is paid at once, by card or by transfer, and used up first when goods ship."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.failures import Invalid
from orderwright.domain.payments import PaymentMethod
from orderwright.persistence.tables import LedgerEntry, LedgerTransaction, Payment
from orderwright.services.payments import giving_back, receiving
from orderwright.services.payments.giving_back import Wanted
from orderwright.services.payments.instruments import Deposit
from orderwright.services.payments.receiving import Incoming
from tests.workflows.world import STAFF, TOTAL, Placed, World

BY_CARD = Deposit(PaymentMethod.CARD, "tok_visa", amount=1000)
BY_TRANSFER = Deposit(PaymentMethod.TRANSFER, percent=40)
ON_TERMS: dict[str, Any] = {"payment_method": PaymentMethod.MANUAL, "payment_source": None}
REST = TOTAL - 1000


async def on(world: World, account: str, order_id: UUID) -> int:
    """What of an order stands on an account, posted, debits positive."""
    query = (
        select(LedgerEntry.amount)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(
            LedgerEntry.account == account, LedgerTransaction.order_id == order_id,
            LedgerTransaction.state == "posted",
        )
    )  # fmt: skip
    return int(sum(await world.all(query)))


async def paid(order: Placed) -> list[tuple[str, bool, str, int, int]]:
    rows = sorted(await order.payments(), key=lambda one: one.instrument)
    return [(row.method.value, row.deposit, row.state.value, row.amount, row.captured) for row in rows]


def called(world: World, order: Placed, operation: str) -> list[int]:
    return [call.amount for call in world.shop.gateway.about(order.id, operation)]


async def come(world: World, bank_id: str, amount: int, reference: str) -> None:
    new = Incoming(bank_id, amount, "GBP", reference, world.clock())
    async with world.shop.db.transaction() as session:
        await receiving.receive(session, new, STAFF)


async def test_a_card_pays_the_deposit_at_once_and_the_rest_when_it_ships(world: World) -> None:
    order = await world.place(await world.stock(LON=5), deposit=BY_CARD)
    await order.until_handed()
    before = (await on(world, "deposits", order.id), called(world, order, "capture"))
    await order.ship()
    await order.until_settled("completed")

    assert before == (-1000, [1000])
    assert sorted(called(world, order, "authorize")) == [1000, REST]
    assert called(world, order, "capture") == [1000, REST]
    assert await paid(order) == [
        ("card", True, "captured", 1000, 1000),
        ("card", False, "captured", REST, REST),
    ]
    assert (await on(world, "deposits", order.id), await on(world, "clearing", order.id)) == (0, TOTAL)
    await world.books_balance()


async def test_a_lost_answer_to_the_deposits_capture_is_looked_up_and_it_is_taken_once(world: World) -> None:
    world.shop.gateway.lose("capture")
    order = await world.place(await world.stock(LON=5), deposit=BY_CARD)
    await order.ship()
    await order.until_settled("completed")

    assert called(world, order, "capture") == [1000, REST]
    assert "payment.outcome_known" in await order.story()
    await world.books_balance()


async def test_a_canceled_order_gives_the_cards_deposit_back_at_the_provider(world: World) -> None:
    order = await world.place(await world.stock(LON=5), deposit=BY_CARD)
    await order.until_handed()
    await order.cancel()
    await order.warehouse("recall_accepted")
    await order.until_settled("canceled")

    assert called(world, order, "refund") == [1000]
    assert called(world, order, "void") == [REST]
    assert await on(world, "deposits", order.id) == 0
    assert await on(world, "clearing", order.id) == 0
    states = {row.deposit: row.state.value for row in await order.payments()}
    assert states == {True: "voided", False: "voided"}
    assert await order.tasks() == []
    await world.books_balance()


async def test_a_transfer_is_waited_for_and_the_rest_is_invoiced_on_terms(world: World) -> None:
    order = await world.place(await world.stock(LON=5), deposit=BY_TRANSFER, **ON_TERMS)
    hold = await order.until_held("payment")
    number = (await order.row()).number
    await come(world, "d-1", 1000, number)
    await order.ship()
    await order.until_settled("completed")
    owed = await on(world, "receivable", order.id)
    await come(world, "d-2", REST, number)

    assert hold.reason == "awaiting_transfer"
    assert await paid(order) == [
        ("transfer", True, "captured", 1000, 1000), ("manual", False, "captured", REST, REST),
    ]  # fmt: skip
    assert (owed, await on(world, "receivable", order.id), await on(world, "deposits", order.id)) == (
        REST,
        0,
        0,
    )
    assert await on(world, "bank", order.id) == TOTAL
    assert await order.tasks() == []
    await world.books_balance()


async def test_a_transferred_deposit_of_a_canceled_order_is_sent_back_by_a_person(world: World) -> None:
    order = await world.place(await world.stock(LON=5), deposit=BY_TRANSFER, **ON_TERMS)
    await order.until_held("payment")
    await come(world, "d-3", 1000, (await order.row()).number)
    await order.until_handed()
    await order.cancel()
    await order.warehouse("recall_accepted")
    await order.decide(await order.until_task("compensation"), "approve")
    await order.until_settled("canceled")

    assert (await on(world, "deposits", order.id), await on(world, "bank", order.id)) == (0, 0)
    await world.books_balance()


async def test_two_shipments_use_the_deposit_up_first(world: World) -> None:
    sku = await world.stock(LON=1, BER=1)
    order = await world.place(sku, deposit=Deposit(PaymentMethod.CARD, "tok_visa", percent=80))
    await order.until_handed(1)
    await order.until_handed(2)
    first, second = await order.parts()

    await order.ship(1)
    await world.until_story(order, "payment.captured")
    await order.ship(2)
    await order.until_settled("completed")

    assert TOTAL * 80 // 100 - first.amount > 0
    assert called(world, order, "capture") == [TOTAL * 80 // 100, TOTAL - TOTAL * 80 // 100]
    assert sum((first.amount, second.amount)) == TOTAL
    await world.books_balance()


async def test_what_a_deposit_paid_is_given_back_to_its_card(world: World) -> None:
    order = await world.place(await world.stock(LON=5), deposit=BY_CARD, **ON_TERMS)
    await order.ship()
    await order.until_settled("completed")
    async with world.shop.db.transaction() as session:
        asked = await giving_back.request(session, order.id, STAFF, Wanted("broken"))
    await world.until_story(order, "refund.given", times=2)
    await order.until_settled("completed")

    assert sorted(one.amount for one in asked) == [1000, REST]
    assert called(world, order, "refund") == [1000]
    assert (await on(world, "receivable", order.id), await on(world, "clearing", order.id)) == (0, 0)
    await world.books_balance()


@pytest.mark.parametrize(
    "deposit",
    [
        Deposit(PaymentMethod.MANUAL, amount=10),
        Deposit(PaymentMethod.CARD, amount=10),
        Deposit(PaymentMethod.CARD, "tok_visa", amount=TOTAL),
        Deposit(PaymentMethod.CARD, "tok_visa", amount=TOTAL + 1),
    ],
)
async def test_what_is_no_deposit_is_refused_and_nothing_is_written(world: World, deposit: Deposit) -> None:
    sku = await world.stock(LON=5)
    before = len(await world.all(select(Payment)))

    with pytest.raises(Invalid):
        await world.place(sku, deposit=deposit)

    assert len(await world.all(select(Payment))) == before


async def test_two_transfers_for_one_order_are_refused(world: World) -> None:
    with pytest.raises(Invalid):
        await world.place(
            await world.stock(LON=5), deposit=BY_TRANSFER, payment_method=PaymentMethod.TRANSFER,
            payment_source=None,
        )  # fmt: skip
