"""The simulated world, and addresses where nobody or nothing answers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from orderwright.domain.addresses import Address
from tests.adapters.world import World


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """The bounded threads that the container gives to every synchronous SDK."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def world(sim: str) -> World:
    """The simulator with nothing recorded."""
    return World(sim)


@pytest.fixture
def nobody() -> str:
    """host:port where no one listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """host:port that takes a connection and never says a word."""
    hung: list[asyncio.StreamWriter] = []

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hung.append(writer)
        await asyncio.sleep(0)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"{host}:{port}"
    server.close()
    for writer in hung:
        writer.close()


@pytest.fixture
def boston() -> Address:
    """Where parcels leave."""
    return Address("Shop Example", "1 Main Street", "Boston", "02101", "US", region="MA", phone="+161755501")


@pytest.fixture
def austin() -> Address:
    """Where they go."""
    return Address("Ann Example", "2 Oak Street", "Austin", "73301", "US", region="TX", line2="Flat 3")
