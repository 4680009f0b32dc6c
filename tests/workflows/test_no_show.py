"""What nobody collects goes back. On the server that skips time."""

from datetime import timedelta

from sqlalchemy import text

from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.orders import Scope
from orderwright.services.fulfillment import pickup
from tests.workflows.conftest import Clock
from tests.workflows.world import PRICE, Placed, World

DAY = timedelta(days=1)
COUNTER = Actor("counter", frozenset({Scope.WAREHOUSE}))


async def _ready(world: World, sku: str) -> Placed:
    """Two mugs at the counter of London."""
    async with world.shop.db.transaction() as session:
        await session.execute(text("UPDATE locations SET pickup = true WHERE code = 'LON'"))
    order = await world.place(sku, method=DeliveryMethod.PICKUP, pickup_at="LON", ship_to=None)
    await order.until_handed()
    await order.warehouse("ready")
    await world.until_story(order, "fulfillment.ready")
    await world.until_story(order, "notification.sent", 2)
    return order


async def test_a_no_show_gives_units_and_money_back_and_is_told(skipping: World, clock: Clock) -> None:
    sku = await skipping.stock(LON=5)
    order = await _ready(skipping, sku)

    await clock.skip(7 * DAY - timedelta(hours=1))
    assert (await order.part()).state.value == "in_progress"
    await clock.skip(timedelta(hours=2))
    row = await order.until_settled("canceled")

    assert row.failure == "not_collected"
    assert await order.units() == {"canceled": 2}
    assert await skipping.levels(sku) == {"LON": (5, 0)}
    assert len(skipping.shop.gateway.about(order.id, "void")) == 1
    assert skipping.shop.gateway.about(order.id, "capture") == []
    assert await order.stages() == ["canceled", "ready_for_pickup", "received"]
    (mail,) = [one for one in skipping.shop.post.to(order.email) if "canceled" in one.subject]
    assert "not collected in time" in mail.text
    await skipping.books_balance()


async def test_a_deadline_that_was_put_off_is_waited_for_and_then_met(skipping: World, clock: Clock) -> None:
    sku = await skipping.stock(LON=5)
    order = await _ready(skipping, sku)
    part = await order.part()
    until = skipping.clock() + 20 * DAY

    async with skipping.shop.db.transaction() as session:
        await pickup.extend(session, part.id, COUNTER, until, skipping.clock())
    await skipping.rest()
    await clock.skip(9 * DAY)
    kept = (await order.row()).state.value
    async with skipping.shop.db.transaction() as session:
        await pickup.collect(session, part.id, COUNTER, part.pickup_code or "")
    await order.until_settled("completed")

    assert kept == "in_fulfillment"
    (told,) = [one for one in skipping.shop.post.to(order.email) if "is kept until" in one.subject]
    assert part.pickup_code is not None
    assert part.pickup_code in told.text
    assert sum(call.amount for call in skipping.shop.gateway.about(order.id, "capture")) == 2 * PRICE
    assert await order.units() == {"delivered": 2}
    await skipping.books_balance()
