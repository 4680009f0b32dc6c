"""Payment, stock, address, carrier and warehouse can each hold an order; how each ends."""

from contextlib import suppress

import pytest

from orderwright.domain.addresses import Address
from orderwright.domain.failures import AlreadyDecided, Conflict
from orderwright.ports.failures import Declined, Refused
from orderwright.services.changes import addressing
from orderwright.services.orders import holding, placing, unroutable
from tests.workflows.world import HOME, STAFF, TOTAL, Placed, World


async def test_a_declined_card_rejects_the_order(world: World) -> None:
    sku = await world.stock(LON=5)
    world.shop.gateway.refuse("authorize", Declined("card_declined", "do not honor"))
    order = await world.place(sku)

    row = await order.until_settled("rejected")

    assert row.failure == "payment_declined"
    assert [one.state.value for one in await order.payments()] == ["failed"]
    assert world.shop.gateway.about(order.id, "authorize") == []
    assert world.shop.gateway.about(order.id, "void") == []
    assert await world.levels(sku) == {"LON": (5, 0)}
    assert await order.stages() == ["canceled", "received"]


async def _waits_for_the_customer(world: World) -> Placed:
    order = await world.place(await world.stock(LON=5), payment_source="tok_3ds")
    hold = await order.until_held("payment")
    assert hold.at_deadline.value == "expire"
    assert (await order.payments())[0].action_url is not None
    return order


async def test_an_order_waits_for_the_customers_action_and_goes_on(world: World) -> None:
    order = await _waits_for_the_customer(world)
    assert await order.parts() == []

    payment = (await order.payments())[0]
    world.shop.gateway.state[payment.reference or ""] = "held"
    await world.event("stripe", "payment.authorized", payment.reference or "", payment_id=str(payment.id))
    await order.ship()
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "authorize")] == [TOTAL]
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert "action_needed" in await order.stages()


async def test_a_failed_attempt_leaves_the_customer_the_page(world: World) -> None:
    order = await _waits_for_the_customer(world)

    payment = (await order.payments())[0]
    await world.event("stripe", "payment.failed", payment.reference or "", payment_id=str(payment.id))
    await world.rest()

    assert [hold.type.value for hold in await order.holds()] == ["payment"]
    assert (await order.row()).state.value == "submitted"


async def test_an_order_that_waits_for_the_customer_can_be_canceled(world: World) -> None:
    order = await _waits_for_the_customer(world)

    await order.cancel()
    await order.until_settled("canceled")

    assert [one.state.value for one in await order.payments()] == ["voided"]
    assert await order.holds() == []


async def test_an_order_waits_for_stock_without_asking_for_money(world: World) -> None:
    sku = await world.stock()
    order = await world.place(sku)
    hold = await order.until_held("stock")
    assert (hold.words, hold.at_deadline.value) == (f"missing: 2 of {sku}", "expire")
    assert await order.payments() == []

    await world.receive(sku, "LON", 1)
    await world.rest()
    assert await order.payments() == []
    assert await world.levels(sku) == {"LON": (1, 0)}

    await world.receive(sku, "LON", 1)
    await order.ship()
    await order.until_settled("completed")
    assert await world.levels(sku) == {"LON": (0, 0)}


async def test_the_oldest_order_gets_the_units_that_another_gives_back(world: World) -> None:
    sku = await world.stock(LON=2)
    first = await world.place_for_approval(sku)
    await first.until_task("approval")
    second = await world.place(sku)
    await second.until_held("stock")

    await first.decide(await first.until_task("approval"), "reject")
    await first.until_settled("rejected")

    await second.until_part("released")
    assert await world.levels(sku) == {"LON": (2, 2)}


BAD = Address(name="Ada King", line1="12 Row Lane", city="London", postal_code="nowhere", country="GB")


async def test_an_undeliverable_address_is_corrected_verified_anew_and_shipped_to(world: World) -> None:
    order = await world.place(await world.stock(LON=5), ship_to=BAD)
    task = await order.until_task("address")
    assert "postal_code_wrong" in task.question
    await world.until_story(order, "payment.authorized")

    row = await order.row()
    async with world.shop.db.transaction() as session:
        await addressing.change_address(session, order.id, HOME, row.version, STAFF)
    await order.ship()
    await order.until_settled("completed")

    assert (await order.row()).verified_at is not None
    assert (await order.activities()).count("orders.verify") == 2
    handed = world.shop.partner.requests[str((await order.part()).id)]
    assert handed.ship_to.postal_code == "N1 9GU"


async def test_a_correction_that_is_as_bad_holds_the_order_again(world: World) -> None:
    order = await world.place(await world.stock(LON=5), ship_to=BAD)
    await order.until_task("address")
    await world.until_story(order, "payment.authorized")

    row = await order.row()
    async with world.shop.db.transaction() as session:
        await addressing.change_address(session, order.id, BAD, row.version, STAFF)
    await world.until_story(order, "hold.opened", 2)
    await world.rest()

    assert [hold.type.value for hold in await order.holds()] == ["address"]
    assert await order.parts() == []


async def test_an_approved_order_is_not_approved_again_for_its_corrected_address(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku, ship_to=BAD, lines=[placing.NewLine(sku, 2, unit_price=30_000)])
    await order.decide(await order.until_task("approval"), "approve")
    await world.until_story(order, "payment.authorized")

    row = await order.row()
    async with world.shop.db.transaction() as session:
        await addressing.change_address(session, order.id, HOME, row.version, STAFF)
    await order.until_part("released")

    assert sorted(task.kind.value for task in await order.tasks(open_only=False)) == ["address", "approval"]


async def test_an_undeliverable_address_is_rejected(world: World) -> None:
    order = await world.place(await world.stock(LON=5), ship_to=BAD)

    await order.decide(await order.until_task("address"), "reject")
    row = await order.until_settled("rejected")

    assert row.failure == "address_undeliverable"
    assert world.shop.parcels.count("buy", str(order.id)) == 0


async def test_a_carriers_no_is_read_by_a_person_who_has_it_tried_again(world: World) -> None:
    world.shop.parcels.refuse("buy", Refused("no_service", "parcel too long"))
    order = await world.place(await world.stock(LON=5))
    task = await order.until_task("carrier")
    assert "parcel too long" in task.question
    assert (await order.holds())[0].words == "parcel too long"

    await order.decide(task, "approve")
    await order.ship()
    await order.until_settled("completed")

    assert world.shop.parcels.count("buy", str(order.id)) == 1
    rates = [
        call.about
        for call in world.shop.parcels.calls
        if call.operation == "rate" and str(order.id) in call.about
    ]
    assert [key.rpartition(":")[2] for key in rates] == ["1", "2"]


async def test_a_carriers_no_that_is_accepted_cancels_the_order(world: World) -> None:
    world.shop.parcels.refuse("rate", Refused("no_service", "not there"))
    sku = await world.stock(LON=5)
    order = await world.place(sku)

    await order.decide(await order.until_task("carrier"), "reject")
    await order.until_settled("canceled")

    assert await order.units() == {"canceled": 2}
    assert world.shop.parcels.count("buy", str(order.id)) == 0
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert await world.levels(sku) == {"LON": (5, 0)}
    assert await order.holds() == []


async def test_no_offer_at_all_is_a_hold_and_no_hot_loop(world: World) -> None:
    world.shop.parcels.no_offers = True
    order = await world.place(await world.stock(LON=5))
    task = await order.until_task("carrier")
    await world.rest()
    assert (await order.activities()).count("carriers.label") == 1

    world.shop.parcels.no_offers = False
    await order.decide(task, "approve")
    await order.until_part("released")

    assert world.shop.parcels.count("buy", str(order.id)) == 1


async def test_what_a_warehouse_rejects_ships_from_another(world: World) -> None:
    sku = await world.stock(LON=2, BER=2)
    order = await world.place(sku)
    await order.until_handed()

    await order.warehouse("rejected", reason="flooded")
    await order.ship(2)
    await order.until_settled("completed")

    parts = await order.parts()
    assert [(part.location, part.state.value) for part in parts] == [("LON", "canceled"), ("BER", "closed")]
    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert len(world.shop.gateway.about(order.id, "authorize")) == 1
    assert world.shop.gateway.about(order.id, "void") == []
    assert await world.levels(sku) == {"LON": (2, 0), "BER": (0, 0)}
    await world.books_balance()


async def _unroutable(world: World) -> tuple[Placed, str]:
    sku = await world.stock(LON=2)
    order = await world.place(sku)
    await order.until_handed()
    await order.warehouse("rejected", reason="flooded")
    await order.until_held("routing")
    await world.until_story(order, "label.voided")
    await world.rest()
    return order, sku


async def test_what_nobody_can_ship_waits_for_a_person_and_keeps_its_money(world: World) -> None:
    order, sku = await _unroutable(world)
    assert [one.state.value for one in await order.payments()] == ["authorized"]
    assert world.shop.gateway.about(order.id, "void") == []
    assert await world.levels(sku) == {"LON": (2, 0)}

    await world.receive(sku, "BER", 2)
    await order.decide(await order.until_task("routing"), "approve")
    await order.ship(2)
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert len(world.shop.gateway.about(order.id, "authorize")) == 1


async def test_trying_again_in_vain_holds_the_order_again_and_not_in_a_circle(world: World) -> None:
    order, sku = await _unroutable(world)
    await world.receive(sku, "LON", -2)
    before = await order.length()

    await order.decide(await order.until_task("routing"), "approve")
    await world.until_story(order, "hold.opened", 2)
    await world.rest()

    assert [hold.type.value for hold in await order.holds()] == ["routing"]
    assert await order.length() - before <= 30


async def test_a_retry_hands_the_units_to_the_place_that_refused_them_before(world: World) -> None:
    order, sku = await _unroutable(world)

    async with world.shop.db.transaction() as session:
        await unroutable.retry(session, order.id, STAFF, "the pumps have run")
    await order.ship(2)
    await order.until_settled("completed")

    assert [part.location for part in await order.parts()] == ["LON", "LON"]
    assert await world.levels(sku) == {"LON": (0, 0)}
    await world.books_balance()


async def test_what_nobody_can_ship_is_canceled_by_a_person(world: World) -> None:
    order, sku = await _unroutable(world)

    await order.decide(await order.until_task("routing"), "reject")
    await order.until_settled("canceled")

    assert await order.units() == {"canceled": 2}
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert world.shop.gateway.about(order.id, "capture") == []
    assert await world.levels(sku) == {"LON": (2, 0)}
    await world.books_balance()


async def test_one_part_ships_and_is_paid_while_the_other_looks_for_a_place(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_handed(1)
    await order.until_handed(2)
    far = next(part.number for part in await order.parts() if part.location == "BER")

    await order.warehouse("rejected", far, reason="no staff")
    await order.until_held("routing")
    await order.ship(3 - far)
    await world.until_story(order, "payment.captured")
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2333]

    task = await order.until_task("routing")
    await world.receive(sku, "MAN", 1)
    with suppress(AlreadyDecided):  # it was woken by something else, and has found the unit by itself
        await order.decide(task, "approve")
    await order.ship(3)
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2333, 1167]
    assert world.shop.gateway.about(order.id, "void") == []
    await world.books_balance()


async def test_a_hold_by_hand_is_stronger_than_the_next_hand_off(world: World) -> None:
    gate = world.shop.parcels.hold("buy")
    order = await world.place(await world.stock(LON=5))
    await gate.reached.wait()
    async with world.shop.db.transaction() as session:
        await holding.open_manual(session, order.id, STAFF, "look at it", None)
    gate.open()
    await world.until_story(order, "label.bought")
    await world.rest()
    assert (await order.part()).state.value == "open"
    assert world.shop.partner.count("hand_off", str((await order.part()).id)) == 0

    await order.decide(await order.until_task("manual"), "approve")
    await order.until_handed()

    with pytest.raises(Conflict):
        async with world.shop.db.transaction() as session:
            await holding.release(session, (await order.holds(active=False))[0].id, STAFF)
