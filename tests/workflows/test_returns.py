"""Goods come back: the run of a return beside its order's, on the dev server."""

import pytest

from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Decision, TaskKind
from orderwright.domain.returns.states import Condition, Disposition, Resolution, ReturnMethod, ReturnReason
from orderwright.services.orders import decisions
from orderwright.services.returns import deciding
from tests.workflows.returning import asked, delivered
from tests.workflows.world import PRICE, STAFF, World


async def test_a_return_goes_from_requested_to_resolved_with_one_label_and_one_refund(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(world, order, sku)
    await back.until_labeled()

    await back.scan("in_transit")
    await back.until("in_transit")
    await back.scan("delivered")
    await back.receive(2)
    await back.inspect((2, Condition.AS_NEW, Disposition.RESTOCK, 0))
    row = await back.until_closed("resolved")

    assert await back.refunds() == [(2 * PRICE - 450, "succeeded")]
    line = await back.line()
    assert (line.value, line.fee, line.refund, line.refunded_units) == (2000, 450, 1550, 2)
    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert [call.amount for call in world.shop.gateway.about(order.id, "refund")] == [1550]
    (order_line,) = await order.lines()
    assert (order_line.returned, order_line.coming_back, order_line.refunded) == (2, 0, 2)
    assert await world.levels(sku) == {"LON": (5, 0)}
    story = [kind for kind in await order.story() if kind.startswith("return.")]
    assert story == [
        "return.requested", "return.approved", "return.labeled", "return.sent", "return.arrived",
        "return.received", "return.inspected", "return.refund_requested", "return.resolved",
    ]  # fmt: skip
    assert row.why == "resolved"
    await world.books_balance()


async def test_what_came_damaged_and_not_all_is_refunded_in_part(world: World) -> None:
    order, sku = await delivered(world, 3)
    back = await asked(world, order, sku, 3, ReturnReason.DAMAGED, ReturnMethod.OWN_TRANSPORT)
    await back.until("approved")

    await back.receive(2, damaged=1)
    await back.inspect(
        (1, Condition.DAMAGED, Disposition.WRITE_OFF, 250_000), (1, Condition.OPENED, Disposition.RESTOCK, 0)
    )
    await back.until_closed("resolved")

    line = await back.line()
    assert (line.received, line.missing, line.value, line.kept) == (2, 1, 2000, 250)
    assert await back.refunds() == [(1750 + 333, "succeeded")]  # two thirds of 5.00 for the way there
    assert await world.levels(sku) == {"LON": (3, 0)}
    (order_line,) = await order.lines()
    assert (order_line.returned, order_line.coming_back, order_line.refunded) == (2, 0, 2)
    await world.books_balance()


async def test_a_return_called_off_while_its_label_is_bought_voids_it(world: World) -> None:
    order, sku = await delivered(world)
    gate = world.shop.parcels.hold("buy")
    back = await asked(world, order, sku)
    await gate.reached.wait()

    async with world.shop.db.transaction() as session:
        await deciding.cancel(session, back.id, STAFF)
    await world.turn()
    gate.open()
    await back.until_closed("canceled")

    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert (await back.parcel()).state.value == "voided"
    (line,) = await order.lines()
    assert (line.coming_back, line.returned) == (0, 0)
    await world.books_balance()


async def test_what_the_rules_leave_to_a_person_waits_for_the_task(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(world, order, sku, 1, ReturnReason.OTHER)
    task = await order.until_task(TaskKind.RETURN.value)
    assert world.shop.parcels.count("buy", str(order.id)) == 1

    async with world.shop.db.transaction() as session:
        await decisions.decide(session, task.id, Decision.APPROVE, STAFF)
    await back.until_labeled()

    assert (await back.row()).state.value == "approved"
    await back.scan("in_transit")
    with pytest.raises(Conflict):
        async with world.shop.db.transaction() as session:
            await deciding.cancel(session, back.id, STAFF)
    await back.receive(1)
    await back.inspect((1, Condition.AS_NEW, Disposition.TO_VENDOR, 0))
    await back.until_closed("resolved")
    await world.books_balance()


async def test_store_credit_is_a_resolution(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(
        world, order, sku, 1, ReturnReason.DEFECTIVE, ReturnMethod.DROP_OFF, Resolution.STORE_CREDIT
    )
    await back.until("approved")

    await back.receive(1)
    await back.inspect((1, Condition.USED, Disposition.REFURBISH, 0))
    await back.until_closed("resolved")

    assert world.shop.gateway.about(order.id, "refund") == []
    assert await back.refunds() == [(PRICE + 250, "succeeded")]
    await world.books_balance()
