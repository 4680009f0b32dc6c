"""Where the gateway captures an authorization more than once, one pays for all parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest_asyncio
from pydantic import SecretStr
from temporalio.client import Client

from orderwright.domain.failures import AlreadyDecided
from orderwright.runtime.settings import SECRETS
from tests.workflows.world import PRICE, World, opened, settings


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_world(client: Client, module_database_url: str) -> AsyncIterator[World]:
    """With multicapture, in production: nobody at Temporal has rights."""
    own = {name: SecretStr("whsec_b3VyIG93biBzZWNyZXQgb2YgdGVzdHM=") for name in SECRETS}
    chosen = settings(module_database_url, stripe_multicapture=True, environment="production", **own)
    async with opened(client, chosen) as made:
        yield made


async def test_two_parts_are_captured_from_one_authorization_the_last_one_finally(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_handed(1)
    await order.until_handed(2)

    await order.ship(1)
    await world.until_story(order, "payment.captured")
    assert [one.state.value for one in await order.payments()] == ["partly_captured"]
    await order.ship(2)
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "authorize")] == [3 * PRICE + 500]
    assert sorted(call.amount for call in world.shop.gateway.about(order.id, "capture")) == [1167, 2333]
    assert [(one.state.value, one.captured) for one in await order.payments()] == [("captured", 3500)]
    await world.books_balance()


async def test_two_captures_at_once_leave_nothing_open(world: World) -> None:
    order = await world.place(await world.stock(LON=2, BER=1), units=3)
    gates = [world.shop.gateway.hold("capture") for _ in range(2)]

    await order.ship(1)
    await order.ship(2)
    await asyncio.gather(*(gate.reached.wait() for gate in gates))
    for gate in gates:
        gate.open()
    await order.until_settled("completed")

    assert [(one.state.value, one.captured) for one in await order.payments()] == [("captured", 3500)]
    assert world.shop.gateway.about(order.id, "void") == []
    await world.books_balance()


async def test_the_rest_is_kept_for_units_that_look_for_a_place(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_handed(1)
    await order.until_handed(2)
    far = next(part.number for part in await order.parts() if part.location == "BER")
    await order.warehouse("rejected", far, reason="no staff")
    await order.until_held("routing")

    await order.ship(3 - far)
    await world.until_story(order, "payment.captured")
    assert [one.state.value for one in await order.payments()] == ["partly_captured"]
    task = await order.until_task("routing")
    await world.receive(sku, "MAN", 1)
    with suppress(AlreadyDecided):  # it was woken by something else, and has found the unit by itself
        await order.decide(task, "approve")
    await order.ship(3)
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2333, 1167]
    assert world.shop.gateway.about(order.id, "void") == []


async def test_the_rest_of_a_partly_canceled_order_is_given_back(world: World) -> None:
    sku = await world.stock(LON=2, BER=1)
    order = await world.place(sku, units=3)
    await order.until_handed(1)
    await order.until_handed(2)
    far = next(part.number for part in await order.parts() if part.location == "BER")
    await order.warehouse("rejected", far, reason="no staff")
    await order.until_held("routing")
    await order.ship(3 - far)
    await world.until_story(order, "payment.captured")

    await order.decide(await order.until_task("routing"), "reject")
    await order.until_settled("completed")

    assert await order.units() == {"canceled": 1, "delivered": 2}
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2333]
    assert [call.amount for call in world.shop.gateway.about(order.id, "void")] == [1167]
    await world.books_balance()


async def test_in_production_nothing_typed_at_temporal_decides(world: World) -> None:
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")

    for signal in ("approve", "reject", "cancel"):
        await order.run.signal(signal, "ann")
    await world.until_story(order, "signal.refused", 3)

    assert await order.refusals() == [("temporal:ann", "forbidden")] * 3
    assert [task.kind.value for task in await order.tasks()] == ["approval"]
    assert (await order.row()).state.value == "submitted"
