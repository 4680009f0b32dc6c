"""What nothing comes back for is paid by its security; on the server that skips time."""

from datetime import timedelta

from orderwright.domain.returns.states import Condition, Disposition
from tests.workflows.conftest import Clock
from tests.workflows.returning import delivered, swapped
from tests.workflows.test_return_deadlines import DAY, rules
from tests.workflows.world import PRICE, Placed, World


def calls(world: World, order: Placed) -> list[tuple[str, int]]:
    return [(e.operation, e.amount) for e in world.shop.gateway.effects if e.about == str(order.id)]


async def test_the_security_is_taken_when_nothing_was_ever_sent(skipping: World, clock: Clock) -> None:
    await rules(skipping)
    order, sku = await delivered(skipping)
    new = await skipping.stock(LON=1)
    back, given = await swapped(skipping, order, sku, new, ship_first=True)
    await given.ship()
    await skipping.until_story(given, "shipment.delivered")

    await clock.skip(21 * DAY + timedelta(minutes=1))
    row = await back.until_closed("canceled")
    await given.until_settled("completed")

    assert row.why == "expired"
    assert calls(skipping, given) == [("authorize", PRICE), ("capture", PRICE)]
    assert await back.refunds() == []
    assert (await back.exchange()).credit == 0
    (line,) = await order.lines()
    assert (line.coming_back, line.returned, line.refunded) == (0, 0, 0)
    await skipping.books_balance()


async def test_a_security_is_held_anew_before_it_runs_out_and_let_go_when_goods_come(
    skipping: World, clock: Clock
) -> None:
    await rules(skipping)
    order, sku = await delivered(skipping)
    new = await skipping.stock(LON=1)
    skipping.shop.gateway.validity = 7 * DAY
    back, given = await swapped(skipping, order, sku, new, ship_first=True)
    await given.ship()
    await skipping.until_story(given, "shipment.delivered")

    await clock.skip(5 * DAY)
    await skipping.until_story(given, "payment.voided")
    await back.receive(1)
    await back.inspect((1, Condition.AS_NEW, Disposition.RESTOCK, 0))
    await given.until_settled("completed")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert calls(skipping, given) == [
        ("authorize", PRICE), ("authorize", PRICE), ("void", PRICE), ("void", PRICE),
    ]  # fmt: skip
    assert await back.destinations() == [("exchange", PRICE)]
    await skipping.books_balance()


async def test_an_exchange_that_waits_in_vain_frees_its_stock(skipping: World, clock: Clock) -> None:
    await rules(skipping)
    order, sku = await delivered(skipping)
    new = await skipping.stock(LON=1, price=1300)
    back, given = await swapped(skipping, order, sku, new)
    await given.until_held("exchange")
    assert await skipping.levels(new) == {"LON": (1, 1)}

    await clock.skip(21 * DAY + timedelta(minutes=1))
    await back.until_closed("canceled")
    await given.until_settled("canceled")

    assert calls(skipping, given) == []
    assert await skipping.levels(new) == {"LON": (1, 0)}
    await skipping.books_balance()
