"""An answer is lost after the effect: it is looked up, and nothing happens twice."""

import pytest

from orderwright.messages import names
from tests.workflows.world import TOTAL, World

LOST = ["authorize", "capture", "buy", "hand_off", "mail"]


@pytest.mark.parametrize("operation", LOST)
async def test_a_lost_answer_is_found_and_nothing_happens_twice(world: World, operation: str) -> None:
    shop = world.shop
    providers = {"buy": shop.parcels, "hand_off": shop.partner, "mail": shop.post}
    providers.get(operation, shop.gateway).lose(operation)
    order = await world.place(await world.stock(LON=5))

    await order.ship()
    await order.until_settled("completed")

    assert [call.amount for call in shop.gateway.about(order.id, "authorize")] == [TOTAL]
    assert [call.amount for call in shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert shop.parcels.count("buy", str(order.id)) == 1
    assert shop.partner.count("hand_off", str((await order.part()).id)) == 1
    assert order.told() == 4
    assert await order.tasks(open_only=False) == []
    await world.books_balance()


@pytest.mark.parametrize("operation", ["authorize", "buy", "hand_off"])
async def test_a_call_that_never_arrived_is_made_again_under_the_same_key(
    world: World, operation: str
) -> None:
    from orderwright.ports.failures import Unreachable  # noqa: PLC0415

    shop = world.shop
    provider = {"authorize": shop.gateway, "buy": shop.parcels, "hand_off": shop.partner}[operation]
    provider.down(operation, failure=Unreachable("no answer"))
    order = await world.place(await world.stock(LON=5))

    async def tried() -> bool:
        return len([call for call in provider.calls if call.operation == operation]) >= 2

    await world.until(tried, "it was tried twice")
    provider.up()
    await order.until_handed()

    effects = await order.effects()
    assert {name: state for name, state in effects.items() if not name.startswith("notify")} == {
        "authorize:1": "done", "rate:1": "done", "label:1": "done", "hand-off:1": "done",
    }  # fmt: skip


async def test_an_order_is_not_over_before_its_payments_step_is(world: World) -> None:
    """As where a worker is killed in that step: a webhook is faster than its next attempt."""
    gate = world.shop.gateway.hold("authorize")
    order = await world.place(await world.stock(LON=5))
    await gate.reached.wait()

    payment = (await order.payments())[0]
    gateway, reference = world.shop.gateway, f"pi_{order.id}:authorize/{payment.id}:1"
    gateway.state[reference], gateway.held[reference] = "held", TOTAL  # done there, and not yet answered
    await world.event("stripe", "payment.authorized", reference, payment_id=str(payment.id))
    await world.until_story(order, "payment.authorized")
    await order.run.signal(names.WAKE)
    await order.ship()
    await world.until_story(order, "shipment.delivered")
    await world.rest()
    assert (await order.row()).settled_at is None
    gate.open()
    await order.until_settled("completed")

    assert (await order.effects())["authorize:1"] == "done"
