"""`orderwright demo`: the whole product on this machine, 25 orders with 25 fates, and a look at the books."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from orderwright.cli import books as ledger
from orderwright.cli import show
from orderwright.cli.client import Api, run
from orderwright.cli.demonstration import after, money, stock
from orderwright.cli.demonstration.display import Display, outcomes, told
from orderwright.cli.demonstration.flash import FlashSale, Sale
from orderwright.cli.demonstration.running import Demo
from orderwright.cli.demonstration.stories import QUICK
from orderwright.cli.record import in_transaction
from orderwright.cli.show import AsJson, Exit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.local.stack import Stack

T = TypeVar("T")
QUICK_S = 4


def demo(
    name: Annotated[str, typer.Argument(help="Which demo: orders, stock, money or after.")] = "orders",
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where its stack keeps its data.")
    ] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Any free ports, not the usual ones.")
    ] = False,
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="Leave everything up; default: on a terminal.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a stack of its own, let orders meet their fates, and compare our books with the world's.

    `orders`: 25 orders with 25 fates. `stock`: from where goods come, and a flash sale that ends sold out.
    `money`: authorizations renewed, refunds, a gift card, a short transfer, a dispute. `after`: changes,
    a canceled line, late and lost parcels, a damaged one, a return.
    """
    if name not in ("orders", "stock", "money", "after"):
        words = f"there is no demo {name}; there are: orders, stock, money, after"
        raise typer.BadParameter(words, param_hint="NAME")
    from orderwright.local import state, supervisor  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.local.stack import Stack  # noqa: PLC0415

    folder = (data_dir or state.default_data_dir().with_name(".orderwright-demo")).resolve()
    stopping = supervisor.stop_signal()
    quiet = as_json
    stack = Stack(
        folder, ports="auto" if free_ports else None, tended=True, say=_nothing if quiet else _say,
        interrupted=stopping.is_set,
    )  # fmt: skip
    _start(stack)
    code = Exit.REFUSED
    try:
        code = _played(stack, stopping, name, quiet=quiet)
        if stay if stay is not None else sys.stdin.isatty() and sys.stdout.isatty() and not quiet:
            _stay(stack, stopping)
    finally:
        stack.close()
    raise typer.Exit(code)


def _start(stack: "Stack") -> None:
    """Start, or say in plain words why not."""
    from orderwright.local.binaries import ProgramMissing  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.local.process import ServerFailed  # noqa: PLC0415
    from orderwright.local.state import AlreadyRunning  # noqa: PLC0415
    from orderwright.local.waiting import Interrupted  # noqa: PLC0415

    try:
        stack.start()
    except AlreadyRunning as running:
        show.fail(Exit.UNREACHABLE, f"{running}: stop it with `orderwright down --data-dir {stack.data_dir}`")
    except Interrupted:
        show.fail(Exit.REFUSED, "stopped before everything was ready")
    except (ServerFailed, ProgramMissing, OSError) as failed:
        show.fail(Exit.UNREACHABLE, f"{failed}\n`orderwright doctor --data-dir {stack.data_dir}` says more")


def _played(stack: "Stack", stopping: threading.Event, name: str, *, quiet: bool) -> Exit:
    """Play, compare, print; OK only where every order and every book is as it must be."""
    os.environ["ORDERWRIGHT_DATABASE_URL"] = stack.env["ORDERWRIGHT_DATABASE_URL"]
    in_transaction(_quick_rule)
    key = json.loads(stack.key_file.read_text())["operations"]
    with Display(quiet=quiet) as display:
        played = Demo(stack.urls["api"], key, stack.urls["simulator"], display)
        if name == "stock":
            played.stories, played.goods, played.places = stock.STORIES, stock.GOODS, stock.PLACES
        elif name == "money":
            played.stories, played.goods = money.STORIES, money.GOODS
        elif name == "after":
            played.stories, played.goods = after.STORIES, after.GOODS
        run(lambda: _until_stopped(played.run, stopping))
    sale = None
    if name == "stock":
        sale = run(lambda: _until_stopped(lambda: _sold(stack, key, quiet=quiet), stopping))
    found, outside = ledger.compared(
        minutes=0, simulator=stack.urls["simulator"], mail=stack.urls["mail"], settle_s=20
    )
    faults = [*found.faults, *outside]
    if quiet:
        more = {} if sale is None else {"sale": asdict(sale)}
        show.print_json({"orders": told(played), "faults": [asdict(fault) for fault in faults], **more})
    else:
        outcomes(played)
        if sale is not None:
            print(f"flash sale: {sale}")
        print()
        ledger.print_books(found, outside, compared_with=f"the simulator at {stack.urls['simulator']}")
    return Exit.OK if played.good and (sale is None or sale.good) and not faults else Exit.REFUSED


async def _sold(stack: "Stack", key: str, *, quiet: bool) -> Sale:
    """The flash sale, its counters shown as they move."""
    async with Api(stack.urls["api"], key, connections=40) as api:
        return await FlashSale(api, _nothing if quiet else _say).run()


async def _until_stopped(play: Callable[[], Coroutine[Any, Any, T]], stopping: threading.Event) -> T:
    """Play to the end, or until Ctrl-C (Any: as asyncio has it)."""
    playing = asyncio.create_task(play())
    while not playing.done():
        await asyncio.wait([playing], timeout=0.3)
        if stopping.is_set():
            playing.cancel()
            raise KeyboardInterrupt
    return await playing


async def _quick_rule(session: "AsyncSession") -> None:
    """The rule behind the story of the deadline: rules are data, and this one leaves a few seconds."""
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.domain.risk import RuleKind  # noqa: PLC0415
    from orderwright.persistence.tables import RiskRule  # noqa: PLC0415

    rule = {
        "name": "demo: everything, within seconds", "kind": RuleKind.TOTAL_OVER.value, "limit_amount": 0,
        "channels": QUICK, "deadline_s": QUICK_S,
    }  # fmt: skip
    await session.execute(insert(RiskRule).values(rule).on_conflict_do_nothing())


def _stay(stack: "Stack", stopping: threading.Event) -> None:
    titles = {
        "api": "API and console", "temporal_ui": "Temporal UI", "mail": "Mail page", "simulator": "Simulator",
    }  # fmt: skip
    print()
    for name, title in titles.items():
        print(f"  {title:<16} {stack.urls[name]}")
    print(f"  {'API keys':<16} {stack.key_file}")
    print(f"  look around with ORDERWRIGHT_DATA_DIR={stack.data_dir} orderwright orders list")
    print("  everything stays up; stop with Ctrl-C", flush=True)
    stopping.wait()
    print("stopping", flush=True)


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


def _nothing(_line: str) -> None:
    """Nobody listens: the output is for a program."""
