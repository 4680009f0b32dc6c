"""A change meets the order on its way: labels, money and stock follow, and the order goes on."""

from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.persistence.tables import OrderChange
from orderwright.ports.failures import Declined
from orderwright.services.changes import asking
from orderwright.services.changes.asking import Asked
from tests.workflows.world import STAFF, Placed, World


async def change(world: World, order: Placed, wish: Wish, reason: str = "") -> OrderChange:
    """Confirmed as it was shown, and the run woken."""
    asked = Asked([wish], STAFF, reason)
    async with world.shop.db.transaction() as session:
        made = await asking.preview(session, order.id, asked)
    async with world.shop.db.transaction() as session:
        row = await asking.confirm(session, order.id, asked, made.fingerprint)
    await world.turn()
    return row


async def test_units_that_go_while_the_label_is_bought_void_it_and_a_new_one_is_bought(world: World) -> None:
    gate = world.shop.parcels.hold("buy")
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await world.until(lambda: _reached(gate.reached.is_set()), "the call is out")

    await change(world, order, Wish(ChangeKind.QUANTITY, line=sku, units=1))
    await world.rest()
    gate.open()
    await ship_second(world, order)
    await order.until_settled("completed")

    parcels, gateway = world.shop.parcels, world.shop.gateway
    assert (parcels.count("buy", str(order.id)), parcels.count("void", str(order.id))) == (2, 1)
    assert [call.amount for call in gateway.about(order.id, "capture")] == [1500]
    assert await order.units() == {"canceled": 1, "delivered": 1}
    assert await world.levels(sku) == {"LON": (4, 0)}
    assert (await order.stages()).count("changed") == 1
    await world.books_balance()


async def test_added_units_are_paid_by_a_further_payment_and_ship_in_one_parcel(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place_for_approval(sku)
    await order.until_held("approval")
    task = await order.until_task("approval")

    await change(world, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await order.decide(task, "approve")
    await order.ship(1)
    await order.until_settled("completed")

    gateway = world.shop.gateway
    asked = [call.amount for call in gateway.about(order.id, "authorize")]
    taken = [call.amount for call in gateway.about(order.id, "capture")]
    assert (asked, sum(taken)) == ([60_000, 1_000], 61_000)
    assert (await order.row()).total == 61_000
    assert await order.units() == {"delivered": 3}
    await world.books_balance()


async def test_a_further_payment_that_is_declined_waits_for_the_customer_and_rejects_nothing(
    world: World,
) -> None:
    sku = await world.stock(LON=5)
    order = await world.place_for_approval(sku)
    task = await order.until_task("approval")
    await world.until_story(order, "payment.authorized")
    world.shop.gateway.refuse("authorize", Declined("card_declined"))

    await change(world, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    hold = await order.until_held("payment")
    await order.decide(task, "approve")
    await world.rest()

    assert (await order.row()).state.value == "submitted"
    assert hold.at_deadline.value == "stay"
    async with world.shop.db.transaction() as session:
        await asking.cancel(session, order.id, STAFF, "cannot pay", {sku: 1})
    await order.ship(1)
    await order.until_settled("completed")
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [60_000]
    assert await order.units() == {"canceled": 1, "delivered": 2}
    await world.books_balance()


async def test_a_change_of_what_the_warehouse_has_follows_its_answer(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await order.until_handed()

    row = await change(world, order, Wish(ChangeKind.QUANTITY, line=sku, units=1))
    await world.until(lambda: _recalled(world, order), "it is asked back")
    await order.warehouse("recall_accepted")
    await order.ship(2)
    await order.until_settled("completed")

    assert row.state.value == "awaiting_recall"
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [1500]
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert await order.units() == {"canceled": 1, "delivered": 1}
    await world.books_balance()


async def ship_second(world: World, order: Placed) -> None:
    """The part that was made anew, the first of which no warehouse has heard."""

    async def handed() -> bool:
        return len(await order.parts()) > 1 and "fulfillment.handed_off" in await order.story()

    await world.until(handed, "the new part is handed off")
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said, 2)
    await order.until_part("closed", 2)
    await order.scan("in_transit", 2)
    await order.scan("delivered", 2)


async def _recalled(world: World, order: Placed) -> bool:
    return (await order.part()).recall_sent_at is not None


async def _reached(there: bool) -> bool:
    return there
