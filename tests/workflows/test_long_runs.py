"""Long histories, second runs, lost runs, failing runs: an order is driven once, to its end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus

from orderwright.domain.failures import Conflict
from orderwright.messages import names, queues
from orderwright.messages.orders import OrderClosed, StartOrder
from orderwright.ports.orchestrator import OrderLabels
from orderwright.services import sweeping
from orderwright.services.orders import ending
from tests.workflows.world import TOTAL, Placed, World, opened, settings
from workflows import policies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_world(client: Client, module_database_url: str) -> AsyncIterator[World]:
    """With short runs; without the sandbox, which would load the policies anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies, "SIGNALS_PER_RUN", 20)
        async with opened(client, settings(module_database_url), sandboxed=False) as made:
            yield made


async def _runs(world: World, order: Placed) -> int:
    """How many runs the order's workflow has had, from the chain of its histories."""
    count, run_id = 1, (await order.run.describe()).run_id
    while run_id:
        handle = world.client.get_workflow_handle(order.run.id, run_id=run_id)
        async for event in handle.fetch_history_events(page_size=1):
            run_id = event.workflow_execution_started_event_attributes.continued_execution_run_id
            break
        count += bool(run_id)
    return count


async def _once_each(world: World, order: Placed) -> None:
    assert [call.amount for call in world.shop.gateway.about(order.id, "authorize")] == [TOTAL]
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert world.shop.parcels.count("buy", str(order.id)) == 1
    assert world.shop.partner.count("hand_off", str((await order.part()).id)) == 1
    assert await order.stages() == ["delivered", "invoiced", "received", "shipped"]
    assert order.told() == 4


async def test_six_hundred_wakes_make_further_runs_and_no_step_twice(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()

    for _ in range(12):
        await asyncio.gather(*(order.run.signal("wake") for _ in range(50)))
    await order.ship()
    await order.until_settled("completed")

    assert await _runs(world, order) >= 2  # how many depends on how the server bundles them
    await _once_each(world, order)


async def test_what_is_typed_while_a_run_moves_on_is_obeyed_by_it(world: World) -> None:
    gate = world.shop.post.hold("mail")
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    for _ in range(25):
        await order.run.signal("wake")
    await world.rest()

    await order.run.signal("approve", "ann")
    await world.until_story(order, "task.approve")
    gate.open()
    await order.until_handed()

    assert (await order.tasks(open_only=False))[0].decided_by == "temporal:ann"
    assert await _runs(world, order) >= 2


async def test_a_hold_and_its_deadline_outlive_the_run(world: World) -> None:
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    for _ in range(60):
        await order.run.signal("wake")
    await world.rest()

    await order.decide(await order.until_task("approval"), "reject")
    await order.until_settled("rejected")

    assert len(world.shop.gateway.about(order.id, "authorize")) == 1
    assert len(world.shop.gateway.about(order.id, "void")) == 1


async def test_a_second_run_of_a_finished_order_ends_at_once(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.ship()
    await order.until_settled("completed")
    story = await order.story()

    closed = await world.client.execute_workflow(
        names.ORDER,
        StartOrder(order_id=order.id),
        id=f"{order.run.id}/again",
        task_queue=queues.ORDERS,
        result_type=OrderClosed,
    )

    assert closed == OrderClosed(claimed=False)
    assert await order.story() == story
    await _once_each(world, order)


async def test_a_second_run_beside_the_first_ends_at_once(world: World) -> None:
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    await world.until_story(order, "payment.authorized")  # nothing of it is left for the next test's gate

    closed = await world.client.execute_workflow(
        names.ORDER,
        StartOrder(order_id=order.id),
        id=f"{order.run.id}/beside",
        task_queue=queues.ORDERS,
        result_type=OrderClosed,
    )

    assert closed.claimed is False
    assert not await order.closed()


async def _older(world: World, order: Placed) -> None:
    async with world.shop.db.transaction() as session:
        await session.execute(
            text("update orders set updated_at = updated_at - interval '2 minutes' where id = :id"),
            {"id": order.id},
        )


@pytest.mark.parametrize("at", ["authorize", "buy", "hand_off"])
async def test_a_terminated_order_is_started_again_and_does_nothing_twice(world: World, at: str) -> None:
    provider = {"authorize": world.shop.gateway, "buy": world.shop.parcels, "hand_off": world.shop.partner}[
        at
    ]
    gate = provider.hold(at)
    order = await world.place(await world.stock(LON=5))
    await world.until(lambda: _is_set(gate.reached.is_set()), "the call is out")
    await order.run.terminate("an accident")
    gate.open()
    await _older(world, order)

    swept = await sweeping.sweep_orders(world.shop.db, world.shop.orchestrator)
    assert swept.restarted == 1
    await order.ship()
    await order.until_settled("completed")

    assert "run.restarted" in await order.story()
    await _once_each(world, order)


async def _is_set(there: bool) -> bool:
    return there


async def test_a_terminated_order_that_was_canceled_is_undone_by_its_next_run(world: World) -> None:
    world.shop.gateway.down("void")
    order = await world.place_for_approval(await world.stock(LON=5))
    await world.until_story(order, "payment.authorized")
    await order.cancel()
    await order.until("canceled")
    await world.rest()
    await order.run.terminate("an accident")
    world.shop.gateway.up()
    await _older(world, order)

    await sweeping.sweep_orders(world.shop.db, world.shop.orchestrator)
    await order.until_settled("canceled")

    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert (await order.stages()).count("canceled") == 1


async def test_an_order_with_an_open_run_is_left_alone(world: World) -> None:
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    await _older(world, order)

    swept = await sweeping.sweep_orders(world.shop.db, world.shop.orchestrator)

    assert (swept.restarted, swept.flagged) == (0, 0)
    assert "run.restarted" not in await order.story()


async def test_a_wake_of_a_closed_run_starts_nothing(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.ship()
    await order.until_settled("completed")
    run_id = (await order.run.describe()).run_id

    labels = OrderLabels("completed", "web", needs_person=False, summary="")
    await world.shop.orchestrator.wake(order.id, labels)

    assert (await order.run.describe()).run_id == run_id


async def test_a_reset_in_the_middle_loses_no_compensation_and_repeats_no_effect(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    await world.rest()
    finished = [
        event.event_id
        async for event in order.run.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]

    await world.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(
                workflow_id=order.run.id, run_id=(await order.run.describe()).run_id
            ),
            reason="a test",
            workflow_task_finish_event_id=finished[1],
            request_id=str(order.id),
        )
    )
    await world.rest()
    await order.cancel()
    await world.until_story(order, "cancel.requested")
    part = await order.part()
    await world.until(lambda: _recalled(world, str(part.id)), "it is asked back")
    await order.warehouse("recall_accepted")
    await order.until_settled("canceled")

    assert len(world.shop.gateway.about(order.id, "authorize")) == 1
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert world.shop.parcels.count("buy", str(order.id)) == 1
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert world.shop.partner.count("hand_off", str(part.id)) == 1


async def _recalled(world: World, part_id: str) -> bool:
    return world.shop.partner.count("recall", part_id) == 1


async def test_a_run_that_a_rule_stops_is_shown_to_a_person_and_goes_on_once_it_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    real = ending.settle

    async def broken(*_: object) -> None:
        raise Conflict("a bug of ours")

    monkeypatch.setattr(ending, "settle", broken)
    await order.ship()
    await _older(world, order)

    async def flagged() -> bool:
        return (await sweeping.sweep_orders(world.shop.db, world.shop.orchestrator)).flagged == 1

    await world.until(flagged, "the failing run is seen")
    assert (await order.run.describe()).status is WorkflowExecutionStatus.RUNNING
    assert [task.kind.value for task in await order.tasks()] == ["stuck"]

    monkeypatch.setattr(ending, "settle", real)
    await order.until("completed")


async def test_an_outage_of_the_record_delays_a_step_and_ends_no_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    real = ending.settle

    async def away(*_: object) -> None:
        raise OperationalError("select 1", {}, ConnectionError("gone"))

    monkeypatch.setattr(ending, "settle", away)
    await order.ship()
    await world.rest(4.5)
    assert (await order.run.describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await order.row()).state.value == "in_fulfillment"

    monkeypatch.setattr(ending, "settle", real)
    await order.until_settled("completed")
    await _once_each(world, order)
