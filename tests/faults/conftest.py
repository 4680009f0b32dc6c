"""One stack for all scenarios, a seed that is said, and a table at the end."""

import json
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orderwright.local.stack import Stack
from tests.faults.verdict import Verdict, faults, judge
from tests.faults.world import TIMING, Placed, World

Judge = Callable[..., Awaitable[Verdict]]
VERDICTS: list[Verdict] = []
SEED = int(os.environ.get("ORDERWRIGHT_FAULT_SEED") or random.randrange(1_000_000))


def pytest_report_header() -> str:
    """So that a run can be repeated."""
    return f"faults: ORDERWRIGHT_FAULT_SEED={SEED}"


def pytest_terminal_summary() -> None:
    """The table."""
    if not VERDICTS:
        return
    table = Table(title=f"Faults, ORDERWRIGHT_FAULT_SEED={SEED}")
    for name in ("scenario", "ended", "orders", "kills", "doubles", "lost", "stuck", "faults", "seconds"):
        table.add_column(name, justify="left" if name in ("scenario", "ended") else "right")
    for one in VERDICTS:
        lists = (one.doubles, one.lost, one.stuck, one.faults)
        counts = [str(len(found)) for found in lists]
        table.add_row(
            escape(one.scenario), one.ends, str(one.orders), str(one.kills), *counts, f"{one.seconds:.0f}"
        )
    Console(width=130).print(table)


@pytest.fixture(scope="session")
def fault_stack(scratch: Path) -> Iterator[Stack]:
    """Two workers, the world's own steps a fraction of a second apart."""
    options = ("--timing", json.dumps(TIMING))
    with Stack(
        scratch / "faults", ports="auto", workers=2, fast=True, inherit=False, simulator_options=options
    ) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_world(fault_stack: Stack) -> AsyncIterator[World]:
    """With an open shop."""
    world = World(fault_stack, SEED)
    await world.open_shop()
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(shared_world: World) -> AsyncIterator[World]:
    """Everything runs, and runs again afterwards, whatever the scenario did."""
    yield shared_world
    await shared_world.all_up()


@pytest_asyncio.fixture(loop_scope="session")
async def judged(world: World, request: pytest.FixtureRequest) -> Judge:
    """Wait until all have ended, look everywhere, keep the verdict for the table."""
    began = time.monotonic()
    theirs, _, mails = await world.outside()
    known = set(await faults(world, theirs, mails))
    scenario = request.node.name.removeprefix("test_").replace("_", " ")

    async def verdict(orders: Collection[Placed], *, kills: int = 0, seconds: float = 150) -> Verdict:
        stuck = await world.ended(orders, seconds=seconds)
        found = await judge(world, scenario, orders, kills=kills, known=known)
        found.stuck += stuck
        found.seconds = time.monotonic() - began
        VERDICTS.append(found)
        return found

    return verdict
