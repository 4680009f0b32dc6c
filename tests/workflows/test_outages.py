"""A provider is away for a day: a person is asked, the rest goes on. On the server that skips time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

import worker
from tests.workflows.conftest import Clock
from tests.workflows.world import TOTAL, Placed, World, opened, settings
from workflows import policies

DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_skipping(
    temporal_skipping: WorkflowEnvironment, module_database_url: str, clock: Clock
) -> AsyncIterator[World]:
    """As the others, with few tries a day: each of the usual 1,440 takes its real time."""
    await temporal_skipping.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=worker.SEARCH_ATTRIBUTES)
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, interval in (
            ("initial_interval", timedelta(minutes=5)),
            ("maximum_interval", timedelta(hours=6)),
        ):
            patch.setattr(policies.FORWARD.retry, name, interval)
        chosen = settings(module_database_url)
        async with opened(temporal_skipping.client, chosen, clock=clock, sandboxed=False) as made:
            made.patience = 45
            yield made


async def _tried(world: World, order: Placed) -> None:
    async def there() -> bool:
        return any(
            call.operation == "void" and call.about == str(order.id) for call in world.shop.gateway.calls
        )

    await world.until(there, "the void was tried")


async def _undone(world: World, order: Placed) -> None:
    authorized = world.shop.gateway.about(order.id, "authorize")
    assert len(world.shop.gateway.about(order.id, "void")) == len(authorized)
    assert world.shop.gateway.about(order.id, "capture") == []
    assert await order.tasks() == []
    assert all(reserved == 0 for _, reserved in (await world.levels((await order.lines())[0].sku)).values())


async def test_a_day_without_the_carrier_asks_a_person_and_then_tries_again(
    skipping: World, clock: Clock
) -> None:
    skipping.shop.parcels.down("rate", "buy", "find_label")
    order = await skipping.place(await skipping.stock(LON=5))
    await skipping.until_story(order, "fulfillment.planned")

    await clock.skip(DAY + timedelta(hours=1))
    task = await order.until_task("carrier")
    assert "a day of retries has not succeeded" in task.question
    assert skipping.shop.parcels.count("buy", str(order.id)) == 0

    skipping.shop.parcels.up()
    await order.decide(task, "approve")
    await order.ship()
    await order.until_settled("completed")

    assert skipping.shop.parcels.count("buy", str(order.id)) == 1
    assert await order.tasks() == []


async def test_a_day_without_the_carrier_can_be_enough(skipping: World, clock: Clock) -> None:
    skipping.shop.parcels.down("rate", "buy", "find_label")
    sku = await skipping.stock(LON=5)
    order = await skipping.place(sku)
    await skipping.until_story(order, "fulfillment.planned")
    await clock.skip(DAY + timedelta(hours=1))

    await order.decide(await order.until_task("carrier"), "reject")
    row = await order.until_settled("canceled")

    assert row.failure == "no_label"
    await _undone(skipping, order)


async def test_a_day_without_the_gateway_keeps_the_units_and_then_goes_on(
    skipping: World, clock: Clock
) -> None:
    skipping.shop.gateway.down("authorize", "find_authorization")
    order = await skipping.place(await skipping.stock(LON=5))
    await skipping.until_story(order, "stock.reserved")

    await clock.skip(DAY + timedelta(hours=1))
    task = await order.until_task("payment_lookup")
    skipping.shop.gateway.up()
    await order.decide(task, "approve")
    await order.until_handed()

    assert [call.amount for call in skipping.shop.gateway.about(order.id, "authorize")] == [TOTAL]


async def test_what_cannot_be_undone_for_a_day_is_a_persons_and_the_rest_is_undone(
    skipping: World, clock: Clock
) -> None:
    order = await skipping.place_for_approval(await skipping.stock(LON=5))
    await skipping.until_story(order, "payment.authorized")
    skipping.shop.gateway.down("void")
    await order.decide(await order.until_task("approval"), "reject")
    await _tried(skipping, order)

    await clock.skip(DAY + timedelta(hours=1))
    task = await order.until_task("compensation")
    assert (await order.row()).settled_at is None
    before = await order.length()
    await skipping.rest()
    assert await order.length() == before

    skipping.shop.gateway.up()
    await order.decide(task, "reject")
    await order.until_settled("rejected")

    assert len(skipping.shop.gateway.about(order.id, "void")) == 1
    await _undone(skipping, order)


async def test_a_person_who_undid_it_by_hand_ends_the_matter(skipping: World, clock: Clock) -> None:
    order = await skipping.place_for_approval(await skipping.stock(LON=5))
    await skipping.until_story(order, "payment.authorized")
    skipping.shop.gateway.down("void")
    await order.decide(await order.until_task("approval"), "reject")
    await _tried(skipping, order)
    await clock.skip(DAY + timedelta(hours=1))

    await order.decide(await order.until_task("compensation"), "approve")
    await order.until_settled("rejected")

    assert [one.state.value for one in await order.payments()] == ["voided"]
    assert skipping.shop.gateway.about(order.id, "void") == []


async def test_nobody_told_for_a_day_is_a_task_and_the_order_ends(skipping: World, clock: Clock) -> None:
    skipping.shop.post.down("mail")
    order = await skipping.place(await skipping.stock(LON=5))
    await order.ship()
    await order.until("completed")

    await clock.skip(DAY + timedelta(hours=1))
    await order.until_settled("completed")

    assert {task.kind.value for task in await order.tasks()} == {"notification"}
    assert order.told() == 0
