"""A cancel meets the order at every point of its way: undone in reverse, recalled, or too late."""

import pytest

from orderwright.domain.failures import PastPivot
from orderwright.domain.orders import CancelState
from tests.workflows.world import TOTAL, Placed, World


async def _nothing_is_left(world: World, order: Placed, sku: str) -> None:
    """Every effect is undone, and the customer was told once."""
    parcels, gateway = world.shop.parcels, world.shop.gateway
    assert parcels.count("buy", str(order.id)) == parcels.count("void", str(order.id))
    assert len(gateway.about(order.id, "authorize")) == len(gateway.about(order.id, "void"))
    assert gateway.about(order.id, "capture") == []
    assert all(reserved == 0 for _, reserved in (await world.levels(sku)).values())
    assert (await order.stages()).count("canceled") == 1
    assert await order.units() == {"canceled": 2}
    assert await order.tasks() == []
    await world.books_balance()


@pytest.mark.parametrize("operation", ["authorize", "rate", "buy"])
async def test_a_cancel_while_a_step_is_at_its_provider_waits_for_the_answer_and_undoes_it(
    world: World, operation: str
) -> None:
    provider = world.shop.gateway if operation == "authorize" else world.shop.parcels
    gate = provider.hold(operation)
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await world.until(lambda: _reached(gate.reached.is_set()), "the call is out")

    assert await order.cancel() is CancelState.ACCEPTED
    await world.rest()
    assert world.shop.gateway.about(order.id, "void") == []
    gate.open()
    await order.until_settled("canceled")

    assert world.shop.parcels.count("buy", str(order.id)) == (1 if operation == "buy" else 0)
    await _nothing_is_left(world, order, sku)


async def _reached(there: bool) -> bool:
    return there


async def test_a_label_whose_answer_was_lost_is_voided_not_forgotten(world: World) -> None:
    world.shop.parcels.lose("buy")
    world.shop.parcels.down("find_label")
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await world.until(lambda: _called(world, order), "the label is bought, the answer lost")

    assert await order.cancel() is CancelState.ACCEPTED
    await world.rest()
    assert world.shop.parcels.count("void", str(order.id)) == 0
    world.shop.parcels.up()
    await order.until_settled("canceled")

    assert world.shop.parcels.count("buy", str(order.id)) == 1
    await _nothing_is_left(world, order, sku)


async def _called(world: World, order: Placed) -> bool:
    return world.shop.parcels.count("buy", str(order.id)) == 1


async def test_a_cancel_before_the_hand_off_undoes_label_stock_and_money_in_this_order(world: World) -> None:
    world.shop.partner.down("hand_off", "find")
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await order.until_part("released")

    assert await order.cancel() is CancelState.REQUESTED
    await world.rest()
    world.shop.partner.up()
    await order.until_settled("canceled")

    assert world.shop.partner.count("hand_off", str((await order.part()).id)) == 0
    assert world.shop.partner.count("recall", str((await order.part()).id)) == 0
    story = await order.story()
    assert story.index("label.voided") < story.index("payment.voided")
    await _nothing_is_left(world, order, sku)


async def test_a_hand_off_in_flight_arrives_before_it_is_recalled(world: World) -> None:
    gate = world.shop.partner.hold("hand_off")
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await world.until(lambda: _reached(gate.reached.is_set()), "the call is out")

    assert await order.cancel() is CancelState.REQUESTED
    await world.rest()
    part = await order.part()
    assert part.state.value == "released"
    assert world.shop.partner.count("recall", str(part.id)) == 0
    gate.open()
    await world.until(lambda: _recalled(world, str(part.id)), "the warehouse is asked")
    await order.warehouse("recall_accepted")
    await order.until_settled("canceled")

    assert world.shop.partner.count("hand_off", str(part.id)) == 1
    assert world.shop.partner.count("recall", str(part.id)) == 1
    await _nothing_is_left(world, order, sku)


async def _recalled(world: World, part_id: str) -> bool:
    return world.shop.partner.count("recall", part_id) == 1


async def _asked_back(world: World) -> tuple[Placed, str]:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    part = await order.until_handed()
    assert await order.cancel() is CancelState.REQUESTED
    assert await order.cancel() is CancelState.REQUESTED
    await world.until(lambda: _recalled(world, str(part.id)), "the warehouse is asked")
    return order, sku


@pytest.mark.parametrize("answer", ["recall_accepted", "rejected"])
async def test_what_the_warehouse_gives_back_is_undone(world: World, answer: str) -> None:
    order, sku = await _asked_back(world)

    await order.warehouse(answer)
    await order.warehouse(answer)
    row = await order.until_settled("canceled")

    assert row.cancel is CancelState.ACCEPTED
    await _nothing_is_left(world, order, sku)


async def test_a_refused_recall_lets_the_order_go_on_and_tells_the_asker(world: World) -> None:
    order, _ = await _asked_back(world)

    await order.warehouse("recall_refused", reason="on the truck")
    await world.until_story(order, "cancel.refused")
    with pytest.raises(PastPivot):
        await order.cancel()
    await order.ship()
    row = await order.until_settled("completed")

    assert row.cancel is CancelState.REFUSED
    assert await order.stages() == ["cancel_refused", "delivered", "invoiced", "received", "shipped"]
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]


@pytest.mark.parametrize("first", ["picking_started", "shipped"])
async def test_what_is_reported_before_the_recalls_answer_wins(world: World, first: str) -> None:
    order, _ = await _asked_back(world)

    await order.warehouse(first)
    await order.warehouse("recall_accepted")
    await order.ship()
    row = await order.until_settled("completed")

    assert row.cancel is CancelState.REFUSED
    assert await order.units() == {"delivered": 2}
    assert world.shop.parcels.count("void", str(order.id)) == 0


async def test_two_parts_with_mixed_answers_ship_and_pay_only_the_one(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_handed(1)
    await order.until_handed(2)
    far = next(part.number for part in await order.parts() if part.location == "BER")
    await order.cancel()
    for part in await order.parts():
        await world.until(lambda id=str(part.id): _recalled(world, id), "both are asked back")  # type: ignore[misc]

    await order.warehouse("recall_accepted", far)
    await order.warehouse("recall_refused", 3 - far)
    await order.ship(3 - far)
    row = await order.until_settled("completed")

    assert row.cancel is CancelState.PARTLY
    assert await order.units() == {"canceled": 1, "delivered": 2}
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2333]
    assert [call.amount for call in world.shop.gateway.about(order.id, "void")] == [1167]
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert await world.levels(sku) == {"LON": (0, 0), "BER": (1, 0)}
    assert "partly_canceled" in await order.stages()
    await world.books_balance()


async def test_past_the_pivot_nothing_happens(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    await order.warehouse("picking_started")
    await order.until_part("in_progress")
    told = await order.story()

    with pytest.raises(PastPivot):
        await order.cancel()
    await order.run.signal("cancel", "ann")
    await world.until_story(order, "signal.refused")

    assert await order.refusals() == [("temporal:ann", "past_pivot")]
    assert await order.story() == [*told, "signal.refused"]
    assert (await order.row()).cancel is CancelState.NONE
    assert world.shop.partner.count("recall", str((await order.part()).id)) == 0


async def test_what_was_called_off_and_shipped_all_the_same_is_a_persons(world: World) -> None:
    order, _ = await _asked_back(world)
    await order.warehouse("recall_accepted")
    await order.until("canceled")

    await order.warehouse("shipped")
    task = await order.until_task("delivery")

    assert "called off" in task.question
    assert (await order.row()).state.value == "canceled"
    assert world.shop.gateway.about(order.id, "capture") == []
