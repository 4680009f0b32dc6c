"""Temporal as the engine that drives the orders: started and woken by name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from orderwright.messages import names, queues
from orderwright.messages.base import Message
from orderwright.messages.orders import StartOrder
from orderwright.messages.returns import StartReturn
from orderwright.ports.failures import NotSent, Unreachable
from orderwright.ports.orchestrator import Driven, OrderLabels, RunState

RPC_TIMEOUT = timedelta(seconds=2)  # of one try
CALL_SECONDS = 2.5  # of all: the SDK goes on for up to 10 s where the connection is refused [M]
FAILING_ATTEMPTS = 3  # the second can be a worker that was restarted; the third comes ten seconds later
ORDER_STATE = SearchAttributeKey.for_keyword(names.ORDER_STATE)
CHANNEL = SearchAttributeKey.for_keyword(names.CHANNEL)
NEEDS_PERSON = SearchAttributeKey.for_bool(names.NEEDS_PERSON)
OUTCOME_UNKNOWN = frozenset(
    {
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.ABORTED,
        RPCStatusCode.DATA_LOSS,
    }
)


@dataclass(frozen=True, slots=True)
class _Run:
    """One workflow type, its input and its id."""

    type: str
    start: Callable[[UUID], Message]
    workflow_id: Callable[[UUID], str]


_RUNS: Mapping[Driven, _Run] = {
    Driven.ORDER: _Run(names.ORDER, lambda id_: StartOrder(order_id=id_), names.order_workflow),
    Driven.RETURN: _Run(names.RETURN, lambda id_: StartReturn(return_id=id_), names.return_workflow),
}


class TemporalOrchestrator:
    """Starts and wakes; never decides. `connect` may fail as long as Temporal is not there."""

    def __init__(self, connect: Client | Callable[[], Awaitable[Client]]) -> None:
        self.timeout = CALL_SECONDS
        self._connect = connect
        self._client = connect if isinstance(connect, Client) else None
        self._connecting = asyncio.Lock()

    async def wake(self, order_id: UUID, labels: OrderLabels, *, driven: Driven = Driven.ORDER) -> bool:
        """One call, first or later: signal-with-start. A closed run refuses, which counts as told."""
        return await self._start(order_id, labels, WorkflowIDReusePolicy.REJECT_DUPLICATE, driven)

    async def restart(self, order_id: UUID, labels: OrderLabels, *, driven: Driven = Driven.ORDER) -> None:
        """As `wake`, and a closed run is followed by a new one."""
        await self._start(order_id, labels, WorkflowIDReusePolicy.ALLOW_DUPLICATE, driven)

    async def look(self, order_id: UUID, *, driven: Driven = Driven.ORDER) -> RunState:
        """One describe call. A question changes nothing, so every failure of it is Unreachable."""
        try:
            client = await self._connected()
            handle = client.get_workflow_handle(_RUNS[driven].workflow_id(order_id))
            async with asyncio.timeout(CALL_SECONDS):
                described = await handle.describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return RunState.ABSENT
            raise Unreachable(f"temporal: {error.status.name}") from error
        except (NotSent, RuntimeError, TimeoutError) as error:
            raise Unreachable("temporal: no connection") from error
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return RunState.CLOSED
        task = described.raw_description.pending_workflow_task
        return RunState.FAILING if task.attempt >= FAILING_ATTEMPTS else RunState.OPEN

    async def ping(self) -> bool:
        """False instead of an error: whoever asks wants to know just that."""
        try:
            client = await self._connected()
            return await client.service_client.check_health(timeout=RPC_TIMEOUT)
        except (RPCError, NotSent, RuntimeError):
            return False

    async def _start(
        self, run_of: UUID, labels: OrderLabels, reuse: WorkflowIDReusePolicy, driven: Driven
    ) -> bool:
        run, client = _RUNS[driven], await self._connected()
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await client.start_workflow(
                    run.type,
                    run.start(run_of),
                    id=run.workflow_id(run_of),
                    task_queue=queues.ORDERS,
                    id_reuse_policy=reuse,
                    start_signal=names.WAKE,
                    search_attributes=_attributes(labels),
                    static_summary=labels.summary,
                    rpc_timeout=RPC_TIMEOUT,
                )
        except WorkflowAlreadyStartedError:
            return False
        except RPCError as error:
            raise _classified(error) from error
        except TimeoutError as error:
            raise Unreachable("temporal: no answer in time") from error
        except RuntimeError as error:  # a lazy client connects with its first call
            raise NotSent("temporal: no connection") from error
        return True

    async def _connected(self) -> Client:
        """One client per process. A failed attempt is not remembered: the next caller tries again."""
        async with self._connecting:
            if self._client is None:
                if isinstance(self._connect, Client):
                    return self._connect
                try:
                    self._client = await self._connect()
                except (RPCError, RuntimeError, OSError) as error:
                    raise NotSent("temporal: no connection") from error
            return self._client


def _attributes(labels: OrderLabels) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(ORDER_STATE, labels.state),
            SearchAttributePair(CHANNEL, labels.channel),
            SearchAttributePair(NEEDS_PERSON, labels.needs_person),
        ]
    )


def _classified(error: RPCError) -> NotSent | Unreachable:
    """A definite refusal (limits, rights, an unregistered search attribute) did nothing: repeat it."""
    words = f"temporal: {error.status.name}"
    return Unreachable(words) if error.status in OUTCOME_UNKNOWN else NotSent(f"{words}: {error.message}")
