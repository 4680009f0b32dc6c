"""The way of an order that little stands against, and what it costs in events."""

from collections import Counter
from statistics import median

from temporalio.api.enums.v1 import EventType

from orderwright.domain.payments import PaymentMethod
from orderwright.services.orders.placing import NewLine
from tests.workflows.world import PRICE, TOTAL, Placed, World

HAPPY = {
    "orders.claim": 1,
    "orders.verify": 1,
    "orders.reserve": 1,
    "payments.authorize": 1,
    "orders.plan": 1,
    "carriers.label": 1,
    "warehouse.hand_off": 1,
    "payments.capture": 1,
    "notifications.tell": 4,
    "orders.settle": 1,
}
IN_THEIR_ORDER = [name for name in HAPPY if name != "notifications.tell"]


async def test_an_order_goes_from_placed_to_completed_with_one_of_each(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)

    await order.ship()
    row = await order.until_settled("completed")

    assert row.total == TOTAL
    gateway, parcels = world.shop.gateway, world.shop.parcels
    assert [call.amount for call in gateway.about(order.id, "authorize")] == [TOTAL]
    assert [call.amount for call in gateway.about(order.id, "capture")] == [TOTAL]
    assert gateway.about(order.id, "void") == []
    assert parcels.count("buy", str(order.id)) == 1
    assert parcels.count("void", str(order.id)) == 0
    assert world.shop.partner.count("hand_off", str((await order.part()).id)) == 1
    assert await order.stages() == ["delivered", "invoiced", "received", "shipped"]
    assert order.told() == 4
    assert await order.units() == {"delivered": 2}
    assert await world.levels(sku) == {"LON": (3, 0)}
    assert [payment.state.value for payment in await order.payments()] == ["captured"]
    assert await order.tasks(open_only=False) == []
    await world.books_balance()


async def test_the_steps_of_a_plain_order_and_their_events(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.ship()
    await order.until_settled("completed")

    done = await order.activities()

    assert Counter(name for name in done if name != "orders.read") == Counter(HAPPY)
    assert [name for name in done if name in IN_THEIR_ORDER] == IN_THEIR_ORDER
    assert await order.length() <= 75


async def _events(world: World, *, held: bool) -> int:
    order = await _placed(world, held=held)
    await order.ship()
    await order.until_settled("completed")
    return await order.length()


async def _placed(world: World, *, held: bool) -> Placed:
    sku = await world.stock(**({} if held else {"LON": 5}))
    order = await world.place(sku)
    if held:
        await order.until_held("stock")
        await world.receive(sku, "LON", 5)
    return order


async def test_a_hold_costs_at_most_fifteen_events_more(world: World) -> None:
    """The middle of three each: how many tasks a run takes depends on what comes in at the same moment."""
    plain = median([await _events(world, held=False) for _ in range(3)])
    held = median([await _events(world, held=True) for _ in range(3)])

    assert held - plain <= 15


async def test_a_further_wake_costs_at_most_five_events(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    await world.rest()
    before = await order.length()

    for _ in range(10):
        await order.run.signal("wake")
        await world.rest(0.1)

    assert await order.length() - before <= 50
    assert (await order.row()).state.value == "in_fulfillment"


async def test_scans_change_rows_and_wake_nobody(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said)
    await order.until_part("closed")
    await world.until_story(order, "payment.captured")
    await world.rest()
    before = await order.length()

    for _ in range(20):
        await order.scan("in_transit")
        await order.scan("out_for_delivery")
    await world.rest()

    assert await order.length() == before


async def test_histories_hold_nobodys_data(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.ship()
    await order.until_settled("completed")

    history = b"".join([event.SerializeToString() async for event in order.run.fetch_history_events()])

    for personal in (order.email, "Ada", "King", "Row Lane", "N1 9GU", "tok_visa"):
        assert personal.encode() not in history


async def test_every_activity_and_timer_carries_a_summary(world: World) -> None:
    kinds = (EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_TIMER_STARTED)
    order = await world.place_for_approval(await world.stock(LON=5))
    task = await order.until_task("approval")

    async def waits() -> bool:  # decided sooner, the deadline's timer never reaches the history
        return any([event.event_type == kinds[1] async for event in order.run.fetch_history_events()])

    await world.until(waits, "its deadline has a timer")
    await order.decide(task, "approve")
    await order.ship()
    await order.until_settled("completed")

    events = [event async for event in order.run.fetch_history_events() if event.event_type in kinds]

    assert {event.event_type for event in events} == set(kinds)
    assert [event for event in events if not event.user_metadata.summary.data] == []
    assert all(event.ByteSize() < 64_000 for event in events)


async def test_an_order_of_nothing_skips_payment(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku, lines=[NewLine(sku, 2, unit_price=0)])

    await order.ship()
    row = await order.until_settled("completed")

    assert row.total == 0
    assert await order.payments() == []
    assert world.shop.gateway.about(order.id, "authorize") == []
    assert "payments.authorize" not in await order.activities()
    await world.books_balance()


async def test_an_order_on_terms_calls_no_gateway_and_is_owed(world: World) -> None:
    order = await world.place(
        await world.stock(LON=5), payment_method=PaymentMethod.MANUAL, payment_source=None
    )

    await order.ship()
    await order.until_settled("completed")

    assert world.shop.gateway.about(order.id, "authorize") == []
    assert [(one.state.value, one.captured) for one in await order.payments()] == [("captured", TOTAL)]
    await world.books_balance()


async def test_units_from_two_locations_make_two_parts_paid_apart_to_the_penny(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_part("released", 2)

    await order.ship(1)
    await order.ship(2)
    await order.until_settled("completed")

    total = 3 * PRICE + 500
    parts = await order.parts()
    assert sorted(part.location for part in parts) == ["BER", "LON"]
    assert sorted(part.amount for part in parts) == [1167, 2333]
    captures = world.shop.gateway.about(order.id, "capture")
    assert sorted(call.amount for call in captures) == [1167, 2333]
    assert sum(call.amount for call in world.shop.gateway.about(order.id, "authorize")) == total
    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert await order.stages() == [
        "delivered", "delivered", "invoiced", "invoiced", "received", "shipped", "shipped",
    ]  # fmt: skip
    await world.books_balance()
