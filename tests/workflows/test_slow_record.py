"""The record does not answer in time: the step goes on as an ordinary activity, and its history replays."""

import asyncio
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, Worker

from orderwright.messages import queues
from orderwright.messages.orders import Claim, Claimed, OrderClosed, StartOrder
from worker import sandbox
from workflows import policies
from workflows.order import OrderWorkflow


@activity.defn(name="orders.claim")
async def slow_at_first(claim: Claim) -> Claimed:
    """Too slow for a local step; then another run has the order, which ends this one."""
    if activity.info().is_local:
        await asyncio.sleep(2 * policies.LOCAL_ALL.total_seconds())
    return Claimed()


async def test_a_step_that_timed_out_locally_is_done_and_its_history_replays(temporal_dev: str) -> None:
    client = await Client.connect(temporal_dev, data_converter=pydantic_data_converter)
    order_id = uuid4()
    async with Worker(
        client,
        task_queue=queues.ORDERS,
        workflows=[OrderWorkflow],
        activities=[slow_at_first],
        workflow_runner=sandbox(),
    ):
        handle = await client.start_workflow(
            OrderWorkflow.run, StartOrder(order_id=order_id), id=f"slow/{order_id}", task_queue=queues.ORDERS
        )
        closed = await handle.result()
    history = await handle.fetch_history()

    replayed = await Replayer(
        workflows=[OrderWorkflow], data_converter=pydantic_data_converter, workflow_runner=sandbox()
    ).replay_workflow(history, raise_on_replay_failure=False)

    assert closed == OrderClosed(claimed=False)
    assert replayed.replay_failure is None
