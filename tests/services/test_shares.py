"""However an order is paid and ships, its parts take from each instrument in turn, to the minor unit."""

import random
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.adapters.payments.balances import BalanceGateway
from orderwright.domain.failures import Invalid
from orderwright.domain.money import Money
from orderwright.domain.payments import KEPT, PaymentMethod, PaymentState
from orderwright.persistence import locks
from orderwright.persistence.tables import Balance, Order
from orderwright.ports.failures import Declined
from orderwright.ports.payments import Capture, Context
from orderwright.services import customers
from orderwright.services.customers import CustomerData
from orderwright.services.fulfillment import shorting
from orderwright.services.payments import capturing, paying
from orderwright.services.payments.instruments import Named, Uncovered, UnknownGiftCard
from orderwright.services.wallet import keeping
from tests.services.test_giving_back import unbalanced
from tests.shop import NOW, STAFF, Shop, all_try

CARD = Named(PaymentMethod.CARD, "pm_card_visa")


async def gift_card(shop: Shop, amount: int, currency: str = "EUR") -> Named:
    async with shop.db.transaction() as session:
        _, code = await keeping.issue(session, amount, currency, STAFF, granted=False, reason="")
    return Named(PaymentMethod.GIFT_CARD, code=code)


async def held(shop: Shop, order_id: UUID) -> None:
    """What is kept is held by its gateway, and what is not by the shop's."""
    gateway = BalanceGateway(shop.db)
    for payment in await shop.payments(order_id):
        if payment.method in KEPT and payment.state is PaymentState.CREATED:
            context = Context(str(order_id), str(payment.id), "ORD")
            answer = await gateway.authorize(
                Money(payment.amount, payment.currency), source=payment.source or "", context=context,
                key=f"k/{payment.id}",
            )  # fmt: skip
            async with shop.db.transaction() as session:
                await paying.authorized(session, payment.id, answer, NOW)
    await shop.authorize(order_id)


@pytest.mark.parametrize("multicapture", [True, False])
@pytest.mark.parametrize("seed", range(6))
async def test_captures_of_all_parts_sum_to_every_instrument_and_every_account(
    shop: Shop, seed: int, *, multicapture: bool
) -> None:
    chance = random.Random(seed)
    shop.multicapture = multicapture
    places = ("LON", "PAR", "BER")
    await shop.catalog("MUG", "CUP", "JAR", price=chance.randint(1, 1999), at=places)
    for sku, place in zip(("MUG", "CUP", "JAR"), places, strict=True):
        await shop.receive(sku, 5, at=place)
    cards = [await gift_card(shop, chance.randint(1, 1500)) for _ in range(chance.randint(1, 3))]
    lines = [(sku, chance.randint(1, 4)) for sku in ("MUG", "CUP", "JAR")]
    order_id = await shop.order(*lines, payments=[*cards, CARD])
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await held(shop, order_id)
    await shop.plan(order_id)
    parts = list(await shop.parts(order_id))
    chance.shuffle(parts)

    for part in parts:
        await shop.hand_over(part.id)
        await shop.ship(part.id)
        async with shop.db.transaction() as session:
            await locks.lock(session, order_id)
            for due in await capturing.due(session, part.id):
                amount = Money(due.amount, due.payment.currency)
                await capturing.captured(session, due, Capture("c", amount))

    order, payments = await shop.get(order_id), await shop.payments(order_id)
    assert [payment.captured for payment in payments] == [payment.amount for payment in payments]
    assert sum(payment.captured for payment in payments) == order.total
    assert all(payment.state is PaymentState.CAPTURED for payment in payments)
    tax = await shop.count("SELECT -sum(amount) FROM ledger_entries WHERE account = 'tax_payable'")
    assert tax == order.tax
    assert await unbalanced(shop) == []


async def test_the_first_shipment_empties_the_gift_card_before_the_card_is_asked(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 1)
    await shop.receive("CUP", 1, at="PAR")
    order_id = await shop.order(("MUG", 1), ("CUP", 1), payments=[CARD, await gift_card(shop, 1500)])
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await held(shop, order_id)
    await shop.plan(order_id)

    kept, card = await shop.payments(order_id)
    kept, card = (kept, card) if kept.method in KEPT else (card, kept)
    first, second = await shop.parts(order_id)

    assert await shop.shares(first.id) == [(kept.id, 1250)]
    assert sorted(await shop.shares(second.id)) == sorted([(kept.id, 250), (card.id, 1000)])


async def test_what_a_short_part_loses_it_takes_no_more_from_the_last_instrument(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    order_id = await shop.order(("MUG", 3), payments=[await gift_card(shop, 2600), CARD])
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await held(shop, order_id)
    await shop.plan(order_id)
    (part,) = await shop.parts(order_id)
    await shop.hand_over(part.id)

    await shop.do(lambda s: shorting.told_short(s, part.id, [{"sku": "MUG", "units": 2}], by="w", reason="x"))

    (short,) = await shop.parts(order_id)
    amounts = [amount for _, amount in await shop.shares(part.id)]
    assert (short.amount, sum(amounts)) == (2333, 2333)
    assert len(amounts) == 1


async def test_sixty_at_once_never_hold_more_than_is_on_the_card(shop: Shop) -> None:
    await shop.catalog("MUG")
    card = await gift_card(shop, 1000)
    orders = [await shop.order(("MUG", 1), payments=[card, CARD]) for _ in range(6)]
    async with shop.db.transaction() as session:
        (row,) = (await session.scalars(select(Balance))).all()
    gateway = BalanceGateway(shop.db)

    async def hold(n: int) -> object:
        context = Context(str(orders[n % 6]), str(payments[n % 6]), "ORD")
        return await gateway.authorize(Money(300, "EUR"), source=str(row.id), context=context, key=f"k{n}")

    for order_id in orders:
        await shop.execute(
            "INSERT INTO payments (id, order_id, method, amount, currency)"
            " VALUES (gen_random_uuid(), :o, 'gift_card', 300, 'EUR')",
            o=order_id,
        )
    payments = [(await shop.payments(order_id))[0].id for order_id in orders]

    outcomes = await all_try([partial(hold, n) for n in range(60)], at_once=16)

    assert [type(one) for one in outcomes].count(Declined) == 57
    async with shop.db.transaction() as session:
        (row,) = (await session.scalars(select(Balance))).all()
    assert (row.balance, row.held) == (1000, 900)


async def test_the_same_key_holds_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1), payments=[await gift_card(shop, 1000), CARD])
    await shop.receive("MUG", 1)
    await shop.reserve(order_id)

    for _ in range(2):
        await shop.execute("UPDATE payments SET state = 'created' WHERE method = 'gift_card'")
        gateway = BalanceGateway(shop.db)
        payment = next(one for one in await shop.payments(order_id) if one.method in KEPT)
        context = Context(str(order_id), str(payment.id), "ORD")
        await gateway.authorize(
            Money(payment.amount, "EUR"), source=payment.source or "", context=context, key="one"
        )

    assert await shop.count("SELECT held FROM balances") == 1000


async def test_what_does_not_pay_for_the_order_is_refused_and_no_order_is_there(shop: Shop) -> None:
    await shop.catalog("MUG")
    small, foreign = await gift_card(shop, 500), await gift_card(shop, 5000, "GBP")
    for payments, why in (
        ([small], Uncovered),
        ([Named(PaymentMethod.GIFT_CARD, code=small.code, amount=501), CARD], Uncovered),
        ([small, small, CARD], Invalid),
        ([foreign, CARD], Invalid),
        ([Named(PaymentMethod.GIFT_CARD, code="GC-0000"), CARD], UnknownGiftCard),
        ([Named(PaymentMethod.STORE_CREDIT), CARD], Invalid),
        ([CARD, Named(PaymentMethod.MANUAL)], Invalid),
        ([Named(PaymentMethod.CARD)], Invalid),
    ):
        with pytest.raises(why):
            await shop.order(("MUG", 1), payments=payments)

    async with shop.db.transaction() as session:
        assert (await session.scalars(select(Order))).all() == []


async def test_a_code_is_read_as_people_type_it(shop: Shop) -> None:
    card = await gift_card(shop, 500)
    typed = (card.code or "").lower().replace("-", " ")

    found = await shop.do(lambda session: keeping.card(session, typed))

    assert (found.balance, found.last4) == (500, (card.code or "")[-4:])
    assert (card.code or "") not in str(await shop.do(lambda session: session.get(Balance, found.id)))


async def test_credit_of_nothing_leaves_all_to_the_card(shop: Shop) -> None:
    await shop.catalog("MUG")
    async with shop.db.transaction() as session:
        customer = await customers.create(session, CustomerData("Ana"))

    order_id = await shop.order(
        ("MUG", 1), customer=customer.id, payments=[Named(PaymentMethod.STORE_CREDIT), CARD]
    )

    assert await shop.count("SELECT count(*) FROM order_instruments WHERE order_id = :o", o=order_id) == 1
