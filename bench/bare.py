"""The yardstick: a workflow with as many steps of the same kinds, which do nothing.

`python -m bench.bare ADDRESS` is its worker. Queues and their widths are those of the product's worker.
"""

import asyncio
import contextlib
import signal
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

QUEUE = "bare"
LANES = {"bare-payments": 10, "bare-carriers": 10, "bare-warehouse": 10, "bare-notifications": 10}
WORLD_ANSWERS_AFTER = 0.02
_TRY = timedelta(seconds=60)


@dataclass
class Plan:
    """How often what: from the history of a real order."""

    locals: int
    steps: int
    tells: int
    wakes: int
    timers: int


@dataclass
class Position:
    """What each step answers with: about as large as an order's position."""

    text: str = "x" * 900


@activity.defn(name="bare.record")
async def record(_: Position) -> Position:
    """A step on the record."""
    return Position()


@activity.defn(name="bare.step")
async def step(_: Position) -> Position:
    """A step at a provider."""
    return Position()


class Answering:
    """The last step before a wait; the world answers it with one signal."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tasks: set[asyncio.Task[None]] = set()

    @activity.defn(name="bare.answered")
    async def answered(self, _: Position) -> Position:
        """Done; the signal comes a little later."""
        workflow_id = activity.info().workflow_id
        assert workflow_id is not None
        task = asyncio.create_task(self._signal(workflow_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Position()

    async def _signal(self, workflow_id: str) -> None:
        await asyncio.sleep(WORLD_ANSWERS_AFTER)
        await self._client.get_workflow_handle(workflow_id).signal("wake")


@workflow.defn(name="Bare")
class Bare:
    """Local steps first, then provider steps, a wait for each wake, and the rest of the local steps."""

    def __init__(self) -> None:
        self._wakes = 0

    @workflow.signal
    def wake(self) -> None:
        """Something has happened."""
        self._wakes += 1

    @workflow.run
    async def run(self, plan: Plan) -> None:
        """The same kinds in about the same order as the product's order."""
        timers = [asyncio.create_task(workflow.sleep(86_400)) for _ in range(plan.timers)]
        telling: list[asyncio.Task[Position]] = []
        waits = plan.wakes - 1  # the first came with the start
        locals_before = plan.locals - waits - 1
        telling.append(asyncio.create_task(self._step("bare-notifications")))
        for _ in range(locals_before):
            await self._record()
        lanes = ["bare-payments", "bare-carriers", "bare-warehouse"]
        for number in range(plan.steps - 1):
            is_last = number == plan.steps - 2
            await self._step(lanes[number % 3], answered=is_last and waits > 0)
        for number in range(waits):
            await workflow.wait_condition(lambda n=number: self._wakes >= n + 2)  # type: ignore[misc]  # bound now
            await self._record()
            is_more = number < waits - 1
            if number == 0:
                await self._step("bare-payments", answered=is_more)
            if len(telling) < plan.tells:
                telling.append(asyncio.create_task(self._step("bare-notifications")))
        for timer in timers:
            timer.cancel()
        await self._record()
        await asyncio.gather(*telling)

    async def _record(self) -> None:
        await workflow.execute_local_activity(record, Position(), start_to_close_timeout=_TRY)

    async def _step(self, queue: str, *, answered: bool = False) -> Position:
        name = "bare.answered" if answered else "bare.step"
        done: Position = await workflow.execute_activity(
            name,
            Position(),
            task_queue=queue,
            start_to_close_timeout=_TRY,
            result_type=Position,
            summary="nothing",
        )
        return done


async def connect(address: str) -> Client:
    """With the product's converter."""
    return await Client.connect(address, data_converter=pydantic_data_converter)


async def run(client: Client, plan: Plan, orders: int, *, at_once: int) -> tuple[float, str]:
    """Runs a second, and the id of one of them."""
    slots = asyncio.Semaphore(at_once)
    ids = [f"bare/{uuid.uuid4()}" for _ in range(orders)]
    began = time.perf_counter()

    async def one(workflow_id: str) -> None:
        async with slots:
            handle = await client.start_workflow(
                "Bare", plan, id=workflow_id, task_queue=QUEUE, start_signal="wake"
            )
            await handle.result()

    await asyncio.gather(*(one(workflow_id) for workflow_id in ids))
    return orders / (time.perf_counter() - began), ids[0]


async def serve(address: str, ready: Path) -> None:
    """Poll until SIGTERM."""
    client = await connect(address)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with contextlib.AsyncExitStack() as running:
        orders = Worker(
            client,
            task_queue=QUEUE,
            workflows=[Bare],
            activities=[record],
            max_concurrent_workflow_tasks=20,
            max_concurrent_local_activities=20,
            max_concurrent_activities=20,
        )
        await running.enter_async_context(orders)
        for lane, width in LANES.items():
            activities = [step, Answering(client).answered]
            worker = Worker(client, task_queue=lane, activities=activities, max_concurrent_activities=width)
            await running.enter_async_context(worker)
        await asyncio.to_thread(ready.touch)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
