"""An order that is paid by bank transfer waits for its money: exact, short, over, unknown, too late."""

from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.failures import Exists
from orderwright.domain.orders import HoldState
from orderwright.domain.payments import PaymentMethod, TransferState
from orderwright.persistence.tables import BankTransfer, LedgerEntry, LedgerTransaction, Notification
from orderwright.services.payments import receiving
from orderwright.services.payments.receiving import Incoming
from tests.workflows.world import STAFF, Placed, World

TOTAL = 2500


async def placed(world: World) -> Placed:
    order = await world.place(
        await world.stock(LON=5), payment_method=PaymentMethod.TRANSFER, payment_source=None
    )
    await order.until_held("payment")
    return order


async def come(world: World, bank_id: str, amount: int, reference: str) -> BankTransfer:
    new = Incoming(bank_id, amount, "GBP", reference, world.clock())
    async with world.shop.db.transaction() as session:
        return await receiving.receive(session, new, STAFF)


async def on(world: World, account: str, order_id: UUID | None) -> int:
    """What of an order stands on an account, credits positive."""
    query = (
        select(LedgerEntry.amount)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.account == account, LedgerTransaction.order_id == order_id)
    )
    amounts: list[int] = list(await world.all(query))
    return -sum(amounts)


async def test_the_exact_amount_lets_the_order_go_on_and_is_a_deposit_until_it_ships(world: World) -> None:
    order = await placed(world)

    told = await come(world, "b-1", TOTAL, f"for {(await order.row()).number.lower()}")
    await order.until_handed()
    deposit = await on(world, "deposits", order.id)
    await order.ship()
    await order.until_settled("completed")

    assert (told.state, told.used) == (TransferState.MATCHED, TOTAL)
    assert (deposit, await on(world, "deposits", order.id)) == (TOTAL, 0)
    assert await on(world, "bank", order.id) == -TOTAL
    assert world.shop.gateway.about(order.id, "authorize") == []
    await world.books_balance()


async def test_a_pound_short_waits_for_the_pound_and_tells(world: World) -> None:
    order = await placed(world)
    number = (await order.row()).number

    first = await come(world, "b-2", TOTAL - 100, number)
    await world.until_story(order, "hold.opened", times=2)
    (hold,) = await order.holds()
    waits = (await order.row()).state.value
    second = await come(world, "b-3", 100, number)
    await order.until_handed()

    assert (first.state, second.state) == (TransferState.SHORT, TransferState.MATCHED)
    assert (hold.reason, hold.state, waits) == ("transfer_short", HoldState.ACTIVE, "submitted")
    await order.ship()
    await order.until_settled("completed")
    stages = await world.all(select(Notification.stage).where(Notification.order_id == order.id))
    assert list(stages).count("action_needed") == 2
    await world.books_balance()


async def test_a_penny_short_is_rounding(world: World) -> None:
    order = await placed(world)

    await come(world, "b-4", TOTAL - 1, (await order.row()).number)
    await order.until_handed()
    await order.ship()
    await order.until_settled("completed")

    assert await on(world, "rounding", order.id) == -1
    await world.books_balance()


async def test_what_is_too_much_is_sent_back_by_a_person(world: World) -> None:
    order = await placed(world)

    await come(world, "b-5", TOTAL + 700, (await order.row()).number)
    await order.until_handed()
    owed = await on(world, "unmatched", order.id)
    await order.ship()
    await order.decide(await order.until_task("compensation"), "approve")
    await order.until_settled("completed")

    assert (owed, await on(world, "unmatched", order.id)) == (700, 0)
    assert await on(world, "bank", order.id) == -TOTAL
    await world.books_balance()


async def test_a_transfer_told_twice_is_one_and_another_by_its_id_is_refused(world: World) -> None:
    order = await placed(world)
    number = (await order.row()).number

    first = await come(world, "b-6", TOTAL, number)
    again = await come(world, "b-6", TOTAL, number)
    with pytest.raises(Exists):
        await come(world, "b-6", 1, number)

    assert first.id == again.id
    assert await on(world, "bank", order.id) == -TOTAL
    await order.cancel()
    await order.decide(await order.until_task("compensation"), "approve")
    await order.until_settled("canceled")
    assert (await on(world, "bank", order.id), await on(world, "deposits", order.id)) == (0, 0)
    await world.books_balance()


async def test_money_without_an_order_is_kept_until_a_person_knows_whose_it_is(world: World) -> None:
    order = await placed(world)

    unknown = await come(world, "b-7", TOTAL, "thanks, Ada")
    nobodys = await come(world, "b-8", 55, "ORD-1")
    async with world.shop.db.transaction() as session:
        assigned = await receiving.assign(session, unknown.id, order.id, STAFF)
        back = await receiving.sent_back(session, nobodys.id, STAFF)
    await order.until_handed()
    await order.ship()
    await order.until_settled("completed")

    assert (unknown.state, nobodys.state) == (TransferState.UNMATCHED, TransferState.UNMATCHED)
    assert (assigned.state, back.state) == (TransferState.MATCHED, TransferState.RETURNED)
    assert await on(world, "unmatched", None) + await on(world, "unmatched", order.id) == 0
    await world.books_balance()
