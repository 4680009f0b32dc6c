"""`python -m bench [--orders N] [--at-once N] [--workers N]`: the product beside its yardstick."""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import bare, histories, report, sourcing, stock
from bench.processes import Seconds, cpu, spent
from bench.shop import Load, Shop
from orderwright.local.stack import Stack
from orderwright.runtime.leave import leave

RESULTS = Path(__file__).parent / "results"
ALONE = 20


def options() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=400)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument(
        "--workers", type=int, default=2, help="worker processes, of ours and of the yardstick's"
    )
    parser.add_argument("--fast", action="store_true", help="PostgreSQL without durability")
    parser.add_argument("--no-bare", action="store_true", help="without the yardstick, while tuning")
    return parser.parse_args()


def pids(stack: Stack) -> dict[str, int]:
    """The stack's processes; the bench itself counts too."""
    found = {"bench": os.getpid()}
    for name in stack.names:
        child = stack.server(name).child
        if child is not None and child.record is not None:
            found[name] = child.record.pid
    return found


def measured(stack: Stack) -> Seconds:
    """CPU so far; the bench's own without its children's."""
    times = cpu(pids(stack))
    times["bench"] = time.process_time()
    return times


@contextlib.contextmanager
def bare_workers(address: str, count: int, folder: Path) -> Iterator[None]:
    """The yardstick's worker processes, polling."""
    ready = [folder / f"bare-{number}.ready" for number in range(count)]
    started = [subprocess.Popen([sys.executable, "-m", "bench.bare", address, str(file)]) for file in ready]
    try:
        until = time.monotonic() + 30
        while not all(file.exists() for file in ready):
            if time.monotonic() > until:
                raise RuntimeError("the yardstick's workers did not start")
            time.sleep(0.05)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)


async def product(
    stack: Stack, asked: argparse.Namespace
) -> tuple[Load, Load, Seconds, histories.Shape, histories.Shape]:
    """Orders alone, then under load; what each process cost, and the shape of a run in both."""
    shop = Shop(stack)
    try:
        await shop.stock()
        await shop.run(10, at_once=10, name="warm")
        alone = await shop.run(ALONE, at_once=1, name="alone")
        client = await bare.connect(stack.urls["temporal"])
        await asyncio.sleep(1)
        single = histories.shape(await histories.fetch(client, f"order/{await shop.newest()}"))
        before = measured(stack)
        load = await shop.run(asked.orders, at_once=asked.at_once, name="load")
        costs = spent(before, measured(stack))
        await asyncio.sleep(1)
        loaded = histories.shape(await histories.fetch(client, f"order/{await shop.newest()}"))
    finally:
        await shop.close()
    return alone, load, costs, single, loaded


async def yardstick(stack: Stack, asked: argparse.Namespace, like: histories.Shape) -> tuple[float, int]:
    """Runs a second of the bare workflow, and its events."""
    client = await bare.connect(stack.urls["temporal"])
    tells = like.activities - 4  # authorize, label, hand over, capture; the rest tells people
    plan = bare.Plan(like.locals, 4, tells, like.signals, like.timers)
    await bare.run(client, plan, 20, at_once=20)
    rate, one = await bare.run(client, plan, asked.orders, at_once=asked.at_once)
    return rate, histories.shape(await histories.fetch(client, one)).events


def main() -> int:
    """Run it, print the table, keep the figures as JSON."""
    asked = options()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)
    try:
        with Stack(
            folder, ports="auto", workers=asked.workers, fast=asked.fast, instant=True, inherit=False
        ) as stack:
            alone, load, costs, single, loaded = asyncio.run(product(stack, asked))
            rate, events = 0.0, 0
            holding = asyncio.run(stock.measure(stack))
            if not asked.no_bare:
                stack.stop("api", *(name for name in stack.names if name.startswith("worker")))
                with bare_workers(stack.urls["temporal"], asked.workers, folder):
                    rate, events = asyncio.run(yardstick(stack, asked, single))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = report.figures(alone, load, costs, single, loaded, bare_rate=rate, bare_events=events)
    choices = sourcing.measure()
    keep(figures, holding, choices, asked)
    report.show(figures)
    stock.show(holding)
    sourcing.show(choices)
    return 0


def keep(
    figures: report.Figures, holding: stock.Figures, choices: sourcing.Figures, asked: argparse.Namespace
) -> None:
    """Write the JSON and say where."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "latest.json"
    about: dict[str, Any] = {  # Any: JSON
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "asked": vars(asked),
    }
    file.write_text(
        json.dumps(
            {
                **about,
                **dataclasses.asdict(figures),
                "stock": dataclasses.asdict(holding),
                "sourcing": sourcing.as_json(choices),
            },
            indent=1,
        )
        + "\n"
    )
    print(f"figures: {file}")


if __name__ == "__main__":
    leave(main())
