"""The API in this process, on a real database, without Temporal."""

import copy
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from api.app import create_app
from api.schemas.catalog import LOCATION, PRODUCT
from api.schemas.placing import NEW_ORDER
from orderwright.domain.orders import Scope
from orderwright.persistence.database import Database
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: request bodies


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(module_database_url: str) -> AsyncIterator[World]:
    """One database per test file."""
    database = Database(module_database_url, pool=10)
    yield World(database)
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(world: World) -> FastAPI:
    return create_app(world.container())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test") as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nobody(http: httpx2.AsyncClient) -> Client:
    return Client(http)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def store(world: World, http: httpx2.AsyncClient) -> Client:
    return Client(http, await world.key(Scope.STOREFRONT))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staff(world: World, http: httpx2.AsyncClient) -> Client:
    return Client(http, await world.key(Scope.OPERATIONS))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def floor(world: World, http: httpx2.AsyncClient) -> Client:
    return Client(http, await world.key(Scope.WAREHOUSE))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(staff: Client) -> Client:
    """A catalog of one mug, and a place where it lies."""
    assert (await staff.post("/v1/products", PRODUCT)).status_code == 201
    assert (await staff.post("/v1/locations", LOCATION)).status_code == 201
    return staff


@pytest.fixture
def new_order() -> Json:
    """An order for two mugs, without an external id."""
    order: Json = copy.deepcopy(NEW_ORDER)
    del order["external_id"]
    return order
