"""A shop per test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from orderwright.persistence.database import Database
from tests.shop import Shop


@pytest_asyncio.fixture(loop_scope="session")
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """One fresh database with a shop in it."""
    database = Database(database_url, pool=16)
    yield Shop(database)
    await database.close()
