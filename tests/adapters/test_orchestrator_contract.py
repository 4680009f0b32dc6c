"""Every engine keeps the port's promises: started once, always told, run anew only for the sweep."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from orderwright.adapters.temporal.client import connect, data_converter
from orderwright.adapters.temporal.orchestrator import (
    CHANNEL,
    NEEDS_PERSON,
    ORDER_STATE,
    TemporalOrchestrator,
)
from orderwright.messages import names, queues
from orderwright.messages.orders import StartOrder
from orderwright.ports.failures import NotSent, Unreachable
from orderwright.ports.orchestrator import Orchestrator, OrderLabels, RunState

KEY = "c2l4dGVlbiBieXRlcyBhbmQgc2l4dGVlbiBtb3JlISE="
BROKEN = UUID(int=1)
LABELS = OrderLabels(state="submitted", channel="web", needs_person=False, summary="OW-1001, 2 lines")


@workflow.defn(name=names.ORDER)
class Order:
    """Stands in for the product's workflow: counts wakes, ends when told."""

    def __init__(self) -> None:
        self._wakes = 0
        self._ended = False
        self._order_id: UUID | None = None

    @workflow.run
    async def run(self, start: StartOrder) -> int:
        """Until told to end."""
        self._order_id = start.order_id
        if start.order_id == BROKEN:
            raise RuntimeError("a plain exception fails the task, not the run")
        await workflow.wait_condition(lambda: self._ended)
        return self._wakes

    @workflow.signal(name=names.WAKE)
    def wake(self) -> None:
        """Rows have changed."""
        self._wakes += 1

    @workflow.signal
    def end(self) -> None:
        """The test has seen enough."""
        self._ended = True

    @workflow.query
    def seen(self) -> tuple[str, int]:
        """The order and how often it was woken."""
        return str(self._order_id), self._wakes


@pytest.fixture(scope="module")
async def client(temporal_dev: str) -> Client:
    """The product's own client, with a payload key, on a server that knows our search attributes."""
    made = await connect(temporal_dev, "default", KEY)
    keyword, boolean = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD, IndexedValueType.INDEXED_VALUE_TYPE_BOOL
    wanted = {names.ORDER_STATE: keyword, names.CHANNEL: keyword, names.NEEDS_PERSON: boolean}
    await made.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace="default", search_attributes=wanted)
    )
    return made


@pytest.fixture(scope="module")
async def worker(client: Client) -> AsyncIterator[None]:
    """Someone who polls the orders' queue."""
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=queues.ORDERS, workflows=[Order], workflow_runner=runner):
        yield


@pytest.fixture(params=["temporal"])
def engine(client: Client, worker: None) -> Orchestrator:
    """Each engine in turn."""
    return TemporalOrchestrator(client)


async def ended(client: Client, order_id: UUID) -> int:
    """Let the run end; how often it was woken."""
    handle = client.get_workflow_handle(names.order_workflow(order_id), result_type=int)
    await handle.signal(Order.end)
    woken: int = await handle.result(rpc_timeout=timedelta(seconds=10))
    return woken


async def test_the_first_wake_starts_the_run_and_the_next_ones_reach_it(
    engine: Orchestrator, client: Client
) -> None:
    order_id = uuid4()
    assert await engine.look(order_id) is RunState.ABSENT

    for _ in range(3):
        await engine.wake(order_id, LABELS)

    assert await engine.look(order_id) is RunState.OPEN
    handle = client.get_workflow_handle(names.order_workflow(order_id))
    assert await handle.query(Order.seen) == (str(order_id), 3)
    assert await ended(client, order_id) == 3


async def test_a_closed_run_counts_as_told_and_stays_closed(engine: Orchestrator, client: Client) -> None:
    order_id = uuid4()
    await engine.wake(order_id, LABELS)
    await ended(client, order_id)

    await engine.wake(order_id, LABELS)

    assert await engine.look(order_id) is RunState.CLOSED


async def test_only_the_sweep_starts_a_closed_order_again(engine: Orchestrator, client: Client) -> None:
    order_id = uuid4()
    await engine.wake(order_id, LABELS)
    await ended(client, order_id)

    await engine.restart(order_id, LABELS)

    assert await engine.look(order_id) is RunState.OPEN
    await ended(client, order_id)


async def test_a_restart_of_a_running_order_is_one_run(engine: Orchestrator, client: Client) -> None:
    order_id = uuid4()
    await engine.wake(order_id, LABELS)

    await engine.restart(order_id, LABELS)

    assert await ended(client, order_id) == 2


async def test_a_run_whose_task_fails_again_and_again_is_told_from_a_waiting_one(
    engine: Orchestrator, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await engine.wake(BROKEN, LABELS)

    async with asyncio.timeout(40):
        while await engine.look(BROKEN) is not RunState.FAILING:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.2)

    await client.get_workflow_handle(names.order_workflow(BROKEN)).terminate()
    assert await engine.look(BROKEN) is RunState.CLOSED


async def test_developers_find_the_order_by_its_labels(engine: Orchestrator, client: Client) -> None:
    order_id = uuid4()

    await engine.wake(order_id, LABELS)

    described = await client.get_workflow_handle(names.order_workflow(order_id)).describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    assert described.workflow_type == "Order"
    assert described.task_queue == "orders"
    assert described.typed_search_attributes[ORDER_STATE] == "submitted"
    assert described.typed_search_attributes[CHANNEL] == "web"
    assert described.typed_search_attributes[NEEDS_PERSON] is False
    assert await described.static_summary() == "OW-1001, 2 lines"
    await ended(client, order_id)


async def test_with_a_key_nothing_in_the_history_can_be_read(engine: Orchestrator, client: Client) -> None:
    order_id = uuid4()
    await engine.wake(order_id, LABELS)

    history = await client.get_workflow_handle(names.order_workflow(order_id)).fetch_history()

    payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
    assert [payload.metadata["encoding"] for payload in payloads] == [b"binary/encrypted"]
    assert str(order_id).encode() not in payloads[0].data
    await ended(client, order_id)


async def test_an_engine_that_answers_says_so(engine: Orchestrator) -> None:
    assert await engine.ping()


async def test_where_nobody_listens_nothing_was_sent_and_the_next_try_is_a_new_one(
    nobody: str, client: Client
) -> None:
    there = [False]

    async def when_there() -> Client:
        return client if there[0] else await connect(nobody, "default")

    engine = TemporalOrchestrator(when_there)

    with pytest.raises(NotSent):
        await engine.wake(uuid4(), LABELS)
    with pytest.raises(Unreachable):
        await engine.look(uuid4())
    assert not await engine.ping()

    there[0] = True
    assert await engine.ping()


async def test_a_lazy_client_of_an_engine_that_is_not_there_sent_nothing(nobody: str) -> None:
    away = await Client.connect(nobody, lazy=True, data_converter=data_converter(None))
    engine = TemporalOrchestrator(away)

    with pytest.raises(NotSent):
        await engine.wake(uuid4(), LABELS)
    with pytest.raises(Unreachable):
        await engine.look(uuid4())
    assert not await engine.ping()
