"""What time does: deadlines and renewals. On the server that skips time."""

from datetime import timedelta

from sqlalchemy import text

from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.ports.failures import Declined
from tests.workflows.conftest import Clock
from tests.workflows.world import HOME, TOTAL, Placed, World

DAY = timedelta(days=1)


async def _undone(world: World, order: Placed) -> None:
    authorized = world.shop.gateway.about(order.id, "authorize")
    assert len(world.shop.gateway.about(order.id, "void")) == len(authorized)
    assert world.shop.gateway.about(order.id, "capture") == []
    assert await order.holds() == []
    assert await order.tasks() == []
    assert all(reserved == 0 for _, reserved in (await world.levels((await order.lines())[0].sku)).values())


async def test_an_approval_nobody_gives_rejects_the_order(skipping: World, clock: Clock) -> None:
    order = await skipping.place_for_approval(await skipping.stock(LON=5))
    task = await order.until_task("approval")
    await skipping.until_story(order, "payment.authorized")

    await clock.skip(2 * DAY - timedelta(hours=1))
    assert (await order.row()).state.value == "submitted"
    await clock.skip(timedelta(hours=2))
    row = await order.until_settled("rejected")

    assert row.failure == "approval_deadline"
    assert [one.state.value for one in await order.tasks(open_only=False)] == ["expired"]
    assert task.id == (await order.tasks(open_only=False))[0].id
    assert len(skipping.shop.gateway.about(order.id, "void")) == 1
    assert await order.stages() == ["approval_needed", "canceled", "received"]
    await _undone(skipping, order)


async def test_an_approval_in_time_leaves_no_deadline(skipping: World, clock: Clock) -> None:
    order = await skipping.place_for_approval(await skipping.stock(LON=5))
    await clock.skip(DAY)

    await order.decide(await order.until_task("approval"), "approve")
    await order.until_handed()
    await clock.skip(3 * DAY)

    assert (await order.row()).state.value == "in_fulfillment"
    assert await order.holds() == []


async def test_what_was_to_follow_and_never_comes_is_given_up(skipping: World, clock: Clock) -> None:
    order = await skipping.place(await skipping.stock(LON=1), policy=FulfillmentPolicy.SHIP_AVAILABLE)
    await order.ship()
    await skipping.until_story(order, "payment.captured")

    await clock.skip(29 * DAY)
    assert (await order.units())["backordered"] == 1
    await clock.skip(2 * DAY)
    await order.until_settled("completed")

    assert await order.units() == {"delivered": 1, "canceled": 1}
    assert (await order.stages()).count("backordered") == 2


async def test_stock_that_never_comes_expires_the_order(skipping: World, clock: Clock) -> None:
    order = await skipping.place(await skipping.stock())
    await order.until_held("stock")

    await clock.skip(14 * DAY + timedelta(hours=1))
    row = await order.until_settled("expired")

    assert row.failure == "stock_deadline"
    assert await order.payments() == []
    assert await order.units() == {"canceled": 2}
    await _undone(skipping, order)


async def test_a_customer_who_does_not_act_lets_the_order_expire(skipping: World, clock: Clock) -> None:
    order = await skipping.place(await skipping.stock(LON=5), payment_source="tok_3ds")
    await order.until_held("payment")

    await clock.skip(DAY + timedelta(hours=1))
    row = await order.until_settled("expired")

    assert row.failure == "payment_deadline"
    assert [one.state.value for one in await order.payments()] == ["voided"]
    await _undone(skipping, order)


async def test_an_address_nobody_mends_rejects_the_order(skipping: World, clock: Clock) -> None:
    bad = type(HOME)(name="Ada King", line1="12 Row Lane", city="London", postal_code="?", country="GB")
    order = await skipping.place(await skipping.stock(LON=5), ship_to=bad)
    await order.until_task("address")

    await clock.skip(3 * DAY + timedelta(hours=1))
    row = await order.until_settled("rejected")

    assert row.failure == "address_deadline"
    await _undone(skipping, order)


async def _long_wait(world: World) -> Placed:
    """An order whose approval may take ten days, authorized for seven."""
    async with world.shop.db.transaction() as session:
        await session.execute(text("update risk_rules set deadline_s = 864000"))
    world.shop.gateway.validity = 7 * DAY
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    await world.until_story(order, "payment.authorized")
    return order


async def test_an_authorization_is_renewed_before_it_runs_out_and_charged_once(
    skipping: World, clock: Clock
) -> None:
    order = await _long_wait(skipping)

    await clock.skip(5 * DAY)
    await skipping.until_story(order, "payment.voided")
    await skipping.until_story(order, "payment.authorized", 2)
    first, second = await order.payments()
    assert (first.state.value, second.state.value) == ("voided", "authorized")
    assert second.replaces_id == first.id

    await order.decide(await order.until_task("approval"), "approve")
    await order.ship()
    await order.until_settled("completed")

    assert [call.amount for call in skipping.shop.gateway.about(order.id, "capture")] == [60_000]
    assert len(skipping.shop.gateway.about(order.id, "void")) == 1
    assert [one.captured for one in await order.payments()] == [0, 60_000]


async def test_a_part_in_its_warehouse_is_paid_from_the_renewed_authorization(
    skipping: World, clock: Clock
) -> None:
    skipping.shop.gateway.validity = 7 * DAY
    order = await skipping.place(await skipping.stock(LON=5))
    await order.until_handed()

    await clock.skip(5 * DAY)
    await skipping.until_story(order, "payment.authorized", 2)
    await skipping.until_story(order, "payment.voided")
    await order.ship()
    await order.until_settled("completed")

    assert [one.captured for one in await order.payments()] == [0, TOTAL]
    assert [call.amount for call in skipping.shop.gateway.about(order.id, "capture")] == [TOTAL]


async def test_a_declined_renewal_sends_the_customer_a_link_and_keeps_the_old_money(
    skipping: World, clock: Clock
) -> None:
    order = await _long_wait(skipping)
    skipping.shop.gateway.refuse("authorize", Declined("expired_card"))

    await clock.skip(timedelta(days=4, hours=6))
    await order.until_held("payment")
    states = [one.state.value for one in await order.payments()]
    assert states == ["authorized", "failed", "action_required"]
    assert skipping.shop.gateway.about(order.id, "void") == []

    link = (await order.payments())[2]
    skipping.shop.gateway.state[link.reference or ""] = "held"
    await skipping.event("stripe", "payment.authorized", link.reference or "", payment_id=str(link.id))
    await skipping.until_story(order, "payment.voided")
    assert [one.state.value for one in await order.payments()] == ["voided", "failed", "authorized"]
    await order.decide(await order.until_task("approval"), "approve")
    await order.ship()
    await order.until_settled("completed")

    assert [call.amount for call in skipping.shop.gateway.about(order.id, "capture")] == [60_000]


async def test_a_link_nobody_uses_is_taken_back_once_the_old_money_was_captured(
    skipping: World, clock: Clock
) -> None:
    skipping.shop.gateway.validity = 7 * DAY
    order = await skipping.place(await skipping.stock(LON=5))
    await order.until_handed()
    skipping.shop.gateway.refuse("authorize", Declined("expired_card"))
    await clock.skip(timedelta(days=4, hours=6))
    await order.until_held("payment")

    await order.ship()
    await order.until_settled("completed")

    assert [one.state.value for one in await order.payments()] == ["captured", "failed", "voided"]
    assert [call.amount for call in skipping.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert await order.holds() == []
