"""Units that are not there yet follow in a part of their own, with money of their own; or are given up."""

from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.ports.failures import Declined
from tests.workflows.world import PRICE, World

AVAILABLE = FulfillmentPolicy.SHIP_AVAILABLE


async def test_what_is_there_ships_and_the_receipt_sends_the_rest(world: World) -> None:
    sku = await world.stock(LON=1)
    order = await world.place(sku, units=3, policy=AVAILABLE)
    await order.ship(1)
    await world.until_story(order, "payment.captured")
    units = await order.units()
    assert units.pop("backordered") == 2
    assert units in ({"shipped": 1}, {"delivered": 1})
    assert (await order.row()).state.value == "in_fulfillment"

    await world.receive(sku, "LON", 1)
    await order.ship(2)
    await world.receive(sku, "LON", 1)
    await order.ship(3)
    await order.until_settled("completed")

    gateway = world.shop.gateway
    taken = [call.amount for call in gateway.about(order.id, "capture")]
    assert sorted(call.amount or 0 for call in gateway.about(order.id, "authorize")) == sorted(taken)
    assert sum(taken) == (await order.row()).total == 3 * PRICE + 500
    assert gateway.about(order.id, "void") == []
    assert "backordered" in await order.stages()
    assert await world.levels(sku) == {"LON": (0, 0)}
    await world.books_balance()


async def test_nothing_there_is_waited_for_without_a_hold_and_without_money(world: World) -> None:
    sku = await world.stock()
    order = await world.place(sku, policy=AVAILABLE)
    await world.until_story(order, "order.promised")
    await world.rest()
    assert await order.units() == {"backordered": 2}
    assert (await order.payments(), await order.holds(), await order.parts()) == ([], [], [])

    await world.receive(sku, "LON", 2)
    await order.ship()
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2 * PRICE + 500]


async def test_who_waits_is_served_before_who_comes_later(world: World) -> None:
    sku = await world.stock()
    early = await world.place(sku, units=2, policy=AVAILABLE)
    await world.until_story(early, "order.promised")
    late = await world.place(sku, units=2, policy=AVAILABLE)
    await world.until_story(late, "order.promised")

    await world.receive(sku, "LON", 3)
    await early.until_handed()
    await late.until_handed()

    assert await early.units() == {"released": 2}
    assert await late.units() == {"released": 1, "backordered": 1}
    await world.receive(sku, "LON", 1)
    for order, parts in ((early, 1), (late, 2)):
        for number in range(1, parts + 1):
            await order.ship(number)
        await order.until_settled("completed")


async def test_a_card_declined_for_what_follows_asks_the_customer(world: World) -> None:
    sku = await world.stock(LON=1)
    order = await world.place(sku, units=2, policy=AVAILABLE)
    await order.until_handed()
    world.shop.gateway.refuse("authorize", Declined("card_expired", "expired"))

    await world.receive(sku, "LON", 1)
    await order.until_held("payment")

    assert [payment.state.value for payment in await order.payments()][1:] == ["failed", "action_required"]
    assert len(await order.parts()) == 1


async def test_canceling_what_was_to_follow_completes_the_order(world: World) -> None:
    sku = await world.stock(LON=1)
    order = await world.place(sku, units=2, policy=AVAILABLE)
    await order.ship()
    await world.until_story(order, "payment.captured")

    assert (await order.cancel()).value == "partly_canceled"
    await order.until_settled("completed")

    assert await order.units() == {"delivered": 1, "canceled": 1}
    assert world.shop.gateway.about(order.id, "void") == []
    await world.books_balance()
