"""One database per test file; each test finds it without orders, goods or places."""

from collections.abc import AsyncIterator

import pytest_asyncio

from orderwright.persistence.database import Database
from tests.shop import Shop


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database(module_database_url: str) -> AsyncIterator[Database]:
    """The record of one test file."""
    database = Database(module_database_url, pool=16)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def shop(database: Database) -> Shop:
    """An empty shop."""
    shop = Shop(database)
    await shop.empty()
    return shop
