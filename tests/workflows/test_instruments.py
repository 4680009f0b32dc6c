"""Paid with a gift card, store credit and a card: taken in that order, given back to each."""

from uuid import UUID

from sqlalchemy import select

from orderwright.domain.payments import PaymentMethod, RefundTo
from orderwright.persistence.tables import Balance, Payment, Refund, SavedMethod
from orderwright.ports.failures import Declined
from orderwright.services import customers
from orderwright.services.customers import CustomerData
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted
from orderwright.services.payments.instruments import Named
from orderwright.services.wallet import keeping
from tests.workflows.world import PRICE, STAFF, Placed, World

CARD = Named(PaymentMethod.CARD, "tok_visa")


async def gift_card(world: World, amount: int) -> tuple[UUID, Named]:
    async with world.shop.db.transaction() as session:
        card, code = await keeping.issue(session, amount, "GBP", STAFF, granted=False, reason="test")
    return card.id, Named(PaymentMethod.GIFT_CARD, code=code)


async def credited(world: World, amount: int) -> tuple[UUID, UUID]:
    """A customer, and his credit."""
    async with world.shop.db.transaction() as session:
        customer = await customers.create(session, CustomerData("Ada King", email="ada@example.org"))
        credit = await keeping.grant_credit(session, customer.id, amount, "GBP", STAFF, reason="sorry")
    return customer.id, credit.id


async def left(world: World, balance_id: UUID) -> tuple[int, int]:
    """What is on it, and what of that is held."""
    (row,) = await world.all(select(Balance).where(Balance.id == balance_id))
    return row.balance, row.held


async def paid(order: Placed) -> list[tuple[str, str, int, int, int]]:
    rows = sorted(await order.payments(), key=lambda one: (one.instrument, one.id))
    return [(row.method.value, row.state.value, row.amount, row.captured, row.refunded) for row in rows]


async def test_two_shipments_take_from_gift_card_credit_and_card_and_all_get_theirs_back(
    world: World,
) -> None:
    sku = await world.stock(LON=2, BER=1)
    card_id, card = await gift_card(world, 2000)
    customer_id, credit_id = await credited(world, 700)
    order = await world.place(
        sku, units=3, customer=customer_id, payments=[CARD, Named(PaymentMethod.STORE_CREDIT), card]
    )
    await order.until_handed(1)
    await order.until_handed(2)
    first, second = await order.parts()
    held = [await left(world, card_id), await left(world, credit_id)]

    await order.ship(1)
    await order.ship(2)
    await order.until_settled("completed")
    taken = await paid(order)
    async with world.shop.db.transaction() as session:
        await giving_back.request(session, order.id, STAFF, Wanted(lines=[LineWanted(sku, 1)]))
    await world.until_story(order, "refund.given", times=3)
    async with world.shop.db.transaction() as session:
        await giving_back.request(session, order.id, STAFF, Wanted())
    await order.until_settled("completed")

    assert (first.amount, second.amount) == (1167, 2333)
    assert held == [(2000, 2000), (700, 700)]
    assert taken == [
        ("gift_card", "captured", 2000, 2000, 0), ("store_credit", "captured", 700, 700, 0),
        ("card", "captured", 800, 800, 0),
    ]  # fmt: skip
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [800]
    assert [(captured, refunded) for *_, captured, refunded in await paid(order)] == [
        (2000, 2000), (700, 700), (800, 800),
    ]  # fmt: skip
    assert [call.amount for call in world.shop.gateway.about(order.id, "refund")] == [229, 571]
    assert [await left(world, card_id), await left(world, credit_id)] == [(2000, 0), (700, 0)]
    await world.books_balance()


async def test_a_declined_card_gives_the_gift_card_back(world: World) -> None:
    card_id, card = await gift_card(world, 1000)
    world.shop.gateway.refuse("authorize", Declined("card_declined", "do not honor"))
    order = await world.place(await world.stock(LON=5), payments=[card, CARD])

    await order.until_settled("rejected")

    assert await left(world, card_id) == (1000, 0)
    assert sorted(state for _, state, *_ in await paid(order)) == ["failed", "voided"]
    await world.books_balance()


async def test_a_bank_that_wants_the_customer_of_a_saved_card_holds_the_order_until_he_has_paid(
    world: World,
) -> None:
    async with world.shop.db.transaction() as session:
        customer = await customers.create(session, CustomerData("Ada King", email="ada@example.org"))
        saved = SavedMethod(customer_id=customer.id, provider="stripe", reference="cus_1/pm_1")
        session.add(saved)
    world.shop.gateway.refuse("authorize", Declined("authentication_required", "who are you"))
    order = await world.place(
        await world.stock(LON=5),
        customer=customer.id,
        payments=[Named(PaymentMethod.CARD, saved=saved.id)],
    )

    hold = await order.until_held("payment")
    asked = (await order.payments())[-1]
    world.shop.gateway.state[asked.reference or ""] = "held"
    await world.event("stripe", "payment.authorized", asked.reference or "", payment_id=str(asked.id))
    await order.until_handed()
    await order.ship()
    await order.until_settled("completed")

    assert hold.reason == "payment_action_required"
    assert [(one.state.value, one.failure) for one in await order.payments()] == [
        ("failed", "authentication_required"),
        ("captured", None),
    ]
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [asked.amount]
    await world.books_balance()


async def test_a_gift_card_that_others_have_spent_meanwhile_ends_the_order_and_no_card_is_charged(
    world: World,
) -> None:
    sku = await world.stock(LON=9)
    card_id, card = await gift_card(world, 2 * PRICE)
    first = await world.place(sku, units=1, payments=[card, CARD])
    await first.until_handed()
    async with world.shop.db.transaction() as session:
        late = (await session.scalars(select(Balance).where(Balance.id == card_id))).one()
    spare = late.balance - late.held

    both = [
        await world.place(
            sku, units=1, payments=[Named(PaymentMethod.GIFT_CARD, code=card.code, amount=spare), CARD]
        )
        for _ in range(2)
    ]
    for order in both:
        await world.until(lambda o=order: _decided(o), "decided")  # type: ignore[misc]  # bound as a default

    states = sorted([(await order.row()).state.value for order in both])
    assert states[1] == "rejected"
    assert (await left(world, card_id))[1] == 2 * PRICE
    (rejected,) = [order for order in both if (await order.row()).state.value == "rejected"]
    await rejected.until_settled("rejected")
    assert world.shop.gateway.about(rejected.id, "capture") == []
    for order in (first, *both):
        if order is not rejected:
            await order.cancel()


async def _decided(order: Placed) -> bool:
    return (await order.row()).state.value in ("rejected", "accepted", "in_fulfillment")


async def test_a_gift_card_alone_pays_and_its_rest_stays(world: World) -> None:
    card_id, card = await gift_card(world, 9000)
    order = await world.place(await world.stock(LON=5), units=2, payments=[card])

    await order.ship()
    await order.until_settled("completed")

    assert await paid(order) == [("gift_card", "captured", 2500, 2500, 0)]
    assert await left(world, card_id) == (6500, 0)
    assert world.shop.gateway.about(order.id, "authorize") == []
    await world.books_balance()


async def test_a_canceled_order_frees_what_it_held(world: World) -> None:
    card_id, card = await gift_card(world, 600)
    order = await world.place(await world.stock(LON=5), payments=[card, CARD])
    await order.until_part("open")

    await order.cancel()
    await order.until_settled("canceled")

    assert await left(world, card_id) == (600, 0)
    assert sorted(state for _, state, *_ in await paid(order)) == ["voided", "voided"]
    await world.books_balance()


async def test_money_of_a_card_goes_to_store_credit_where_that_is_asked_for(world: World) -> None:
    customer_id, credit_id = await credited(world, 1)
    order = await world.place(await world.stock(LON=5), customer=customer_id, payments=[CARD])
    await order.ship()
    await order.until_settled("completed")

    async with world.shop.db.transaction() as session:
        await giving_back.request(session, order.id, STAFF, Wanted(amount=300, to=RefundTo.STORE_CREDIT))
    await order.until_settled("completed")

    assert await left(world, credit_id) == (301, 0)
    assert world.shop.gateway.about(order.id, "refund") == []
    (refund,) = await world.all(select(Refund).where(Refund.order_id == order.id))
    (payment,) = await world.all(select(Payment).where(Payment.order_id == order.id))
    assert (refund.state.value, payment.refunded) == ("succeeded", 300)
    await world.books_balance()
