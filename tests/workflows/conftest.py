"""Worlds on the two Temporal servers: one that skips time, one that races."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest_asyncio
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import worker
from orderwright.adapters.temporal.client import connect
from tests.workflows.world import World, opened, settings


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(temporal_dev: str) -> Client:
    """The product's own client, on a server that knows our search attributes."""
    made = await connect(temporal_dev, "default")
    await worker.register(made)
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_world(client: Client, module_database_url: str) -> AsyncIterator[World]:
    """One shop for a test file."""
    async with opened(client, settings(module_database_url)) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def world(shared_world: World) -> AsyncIterator[World]:
    """The file's shop, without the orders and faults of the test before."""
    yield shared_world
    await shared_world.end()


class Clock:
    """The time-skipping server's own time."""

    def __init__(self, env: WorkflowEnvironment) -> None:
        self._env = env
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now().astimezone() + self.ahead

    async def skip(self, by: timedelta) -> None:
        """Let timers fire that would take days."""
        await self._env.sleep(by)
        self.ahead = await self._env.get_current_time() - datetime.now().astimezone()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clock(temporal_skipping: WorkflowEnvironment) -> Clock:
    """Where the server's time is now."""
    return Clock(temporal_skipping)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_skipping(
    temporal_skipping: WorkflowEnvironment, module_database_url: str, clock: Clock
) -> AsyncIterator[World]:
    """One shop for a test file, whose server skips time."""
    await (
        temporal_skipping.client.operator_service.add_search_attributes(  # it cannot list them: no `register`
            AddSearchAttributesRequest(namespace="default", search_attributes=worker.SEARCH_ATTRIBUTES)
        )
    )
    async with opened(temporal_skipping.client, settings(module_database_url), clock=clock) as made:
        made.patience = 45.0
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def skipping(shared_skipping: World) -> AsyncIterator[World]:
    """The file's shop, without the orders and faults of the test before."""
    yield shared_skipping
    await shared_skipping.end()
