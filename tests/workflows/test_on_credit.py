"""Orders that nobody has paid when they ship: cash at the door, and invoices on terms, through their runs."""

from uuid import UUID

from sqlalchemy import select

from orderwright.domain.payments import PaymentMethod
from orderwright.persistence.tables import Balance, LedgerEntry, LedgerTransaction, Refund, Remittance
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted
from orderwright.services.payments.instruments import Named
from orderwright.services.receivables import remitting
from orderwright.services.receivables.remitting import Collected, NewRemittance
from orderwright.services.wallet import keeping
from tests.workflows.world import STAFF, TOTAL, Placed, World


async def on(world: World, account: str, order_id: UUID) -> int:
    """What of an order stands on an account, debits positive."""
    query = (
        select(LedgerEntry.amount)
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.account == account, LedgerTransaction.order_id == order_id)
    )
    return int(sum(await world.all(query)))


async def refund(world: World, order: Placed, wanted: Wanted) -> UUID:
    async with world.shop.db.transaction() as session:
        (asked,) = await giving_back.request(session, order.id, STAFF, wanted)
    return asked.id


async def state(world: World, refund_id: UUID) -> str:
    (row,) = await world.all(select(Refund).where(Refund.id == refund_id))
    return str(row.state.value)


async def until_given(world: World, order: Placed, refund_id: UUID) -> None:
    async def given() -> bool:
        return await state(world, refund_id) == "succeeded"

    await world.until(given, "the refund is given")
    await order.until_settled("completed")


async def test_cash_is_owed_by_the_carrier_until_it_pays_over_and_no_gateway_is_called(world: World) -> None:
    order = await world.place(
        await world.stock(LON=5), payment_method=PaymentMethod.CASH_ON_DELIVERY, payment_source=None
    )
    await order.ship()
    await order.until_settled("completed")
    owed = await on(world, "cod_receivable", order.id)
    (parcel,) = await order.shipments()

    told = NewRemittance("UPS", "R-9", "GBP", [Collected(parcel.tracking_code or "", TOTAL)], world.clock())
    async with world.shop.db.transaction() as session:
        await remitting.record(session, told, STAFF)

    assert (owed, await on(world, "cod_receivable", order.id), await on(world, "bank", order.id)) == (
        TOTAL, 0, TOTAL,
    )  # fmt: skip
    assert world.shop.gateway.about(order.id, "authorize") == []
    assert len(await world.all(select(Remittance))) == 1
    await world.books_balance()


async def test_refused_at_the_door_the_cash_is_owed_no_more_and_the_gift_card_has_its_money_again(
    world: World,
) -> None:
    async with world.shop.db.transaction() as session:
        card, code = await keeping.issue(session, 700, "GBP", STAFF, granted=False, reason="test")
    paid = [Named(PaymentMethod.GIFT_CARD, code=code), Named(PaymentMethod.CASH_ON_DELIVERY)]
    order = await world.place(await world.stock(LON=5), payments=paid)
    await order.until_handed()
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said)
    await order.until_part("closed")
    await world.until_story(order, "payment.captured", times=2)
    owed = await on(world, "cod_receivable", order.id)

    await order.scan("returned")
    await order.until_settled("completed")

    refunds = await world.all(select(Refund).where(Refund.order_id == order.id))
    assert sorted((row.amount, row.state.value) for row in refunds) == [
        (700, "succeeded"), (TOTAL - 700, "succeeded"),
    ]  # fmt: skip
    assert (owed, await on(world, "cod_receivable", order.id)) == (TOTAL - 700, 0)
    (kept,) = await world.all(select(Balance).where(Balance.id == card.id))
    assert (kept.balance, kept.held) == (700, 0)
    assert [task.kind.value for task in await order.tasks()] == ["delivery"]
    await world.books_balance()


async def test_what_the_carrier_has_collected_is_sent_back_by_a_person(world: World) -> None:
    order = await world.place(
        await world.stock(LON=5), payment_method=PaymentMethod.CASH_ON_DELIVERY, payment_source=None
    )
    await order.ship()
    await order.until_settled("completed")

    asked = await refund(world, order, Wanted("broken", amount=300))
    task = await order.until_task("compensation")
    await order.decide(task, "approve")
    await until_given(world, order, asked)

    assert task.question == "Send 3.00 GBP back to the customer by bank transfer, then approve."
    assert (await on(world, "bank", order.id), await on(world, "cod_receivable", order.id)) == (-300, TOTAL)
    await world.books_balance()


async def test_a_refund_on_terms_lowers_what_is_owed_without_a_person(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku, payment_method=PaymentMethod.MANUAL, payment_source=None)
    await order.ship()
    await order.until_settled("completed")

    asked = await refund(world, order, Wanted("broken", lines=[LineWanted(sku, 1)]))
    await until_given(world, order, asked)

    assert await on(world, "receivable", order.id) == TOTAL - 1000
    assert await order.tasks(open_only=False) == []
    await world.books_balance()
