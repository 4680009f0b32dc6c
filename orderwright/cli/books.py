"""`orderwright books …`; here `check`: is every order proven, by our rows and by the world outside?"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwright.cli import record, show
from orderwright.cli.money import deciding, exchange, ledger, provider
from orderwright.cli.money.margin import margin
from orderwright.cli.money.receivables import receivables
from orderwright.cli.show import AsJson, Exit

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.reporting.books import Books, Fault

books = typer.Typer(
    name="books", help="Money, labels, stock and units: do they balance?", no_args_is_help=True
)

MOST_SHOWN = 200
LOOK_AGAIN_S = 1.0


books.command()(ledger.trial)
books.command()(ledger.prove)
books.command()(ledger.reverse)
books.command()(provider.differences)
books.command()(provider.reconcile)
books.command()(provider.settle)
books.command()(deciding.adopt)
books.command()(deciding.give_back)
books.command()(exchange.exchange)
books.command()(exchange.value)
books.command()(margin)
books.command()(receivables)


@books.command()
def check(
    minutes: Annotated[int, typer.Option(min=0, help="What is under way for less is no fault.")] = 10,
    simulator: Annotated[
        str | None, typer.Option(help="Also compare with the simulator at this address, in both directions.")
    ] = None,
    mail: Annotated[
        str | None,
        typer.Option(help="The mail catcher's address; default: the local stack's, with --simulator."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List every order that is not proven, with the reason. Exit code 1 where there is one."""
    found, outside = compared(minutes=minutes, simulator=simulator, mail=mail)
    faults = [*found.faults, *outside]
    if as_json:
        from orderwright.reporting.outside import RULES  # noqa: PLC0415 - keeps `--help` fast

        rules = [*found.rules, *(RULES if simulator else ())]
        show.print_json(
            {**asdict(found), "rules": rules, "faults": [asdict(f) for f in faults], "proven": not faults}
        )
    else:
        print_books(found, outside, compared_with=simulator)
    raise typer.Exit(Exit.REFUSED if faults else Exit.OK)


def compared(
    *, minutes: int, simulator: str | None, mail: str | None, settle_s: float = 1.0
) -> "tuple[Books, Sequence[Fault]]":
    """Our books, and what the world outside says otherwise; nothing is compared without a simulator.

    Both are read one after the other while orders may go on: what is found is looked at again until it is
    gone, or for `settle_s`, and only what stays is a fault.
    """
    from orderwright.reporting import books as inside  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.reporting import outside  # noqa: PLC0415

    async def check_inside(session: "AsyncSession") -> "Books":
        return await inside.check(session, minutes=minutes)

    def look() -> "tuple[Books, Sequence[Fault]]":
        found = record.in_transaction(check_inside)
        if simulator is None:
            return found, ()
        world, mails = _world(simulator), _mails(mail or _local_mail())
        return found, outside.compare(record.in_transaction(outside.ours), world, mails)

    until = time.monotonic() + settle_s
    found, other = look()
    while (found.faults or other) and time.monotonic() < until:
        time.sleep(LOOK_AGAIN_S)
        again, others = look()
        found, other = again, [fault for fault in others if fault in other]
    return found, other


def print_books(found: "Books", outside: "Sequence[Fault]", *, compared_with: str | None) -> None:
    """For people: the trial balance, then each fault, then the verdict."""
    rows = [(b.account, show.amount(b.amount, b.currency)) for b in found.trial]
    if rows:
        show.table(("Account", "Balance"), rows, title="Trial balance of what is posted")
        print()
    faults = [*found.faults, *outside]
    if faults:
        shown = [(fault.subject, fault.rule, fault.reason) for fault in faults[:MOST_SHOWN]]
        show.table(("Whose", "What must be", "What is"), shown, title="Not proven")
        if len(faults) > MOST_SHOWN:
            print(f"and {len(faults) - MOST_SHOWN} more: see --json")
        print()
    against = f", compared with {compared_with}" if compared_with else ""
    unproven = len({fault.subject for fault in faults})
    verdict = "the books are clean" if not faults else f"{unproven} not proven, {len(faults)} faults"
    print(f"{found.orders} orders, {found.bookings} bookings, {len(found.rules)} rules{against}: {verdict}")


def _world(simulator: str) -> Any:  # Any: the simulator's JSON
    return _read(f"{simulator.rstrip('/')}/_sim/books", timeout=120)


def _mails(url: str | None) -> list[Any] | None:  # Any: the mail catcher's JSON
    return None if url is None else list(_pages(url.rstrip("/")))


def _pages(url: str) -> Iterator[Any]:  # Any: the mail catcher's JSON
    after: int | None = 0
    while after is not None:
        page = _read(f"{url}/messages?limit=1000&after={after}", timeout=120)
        yield from page["messages"]
        after = page["next"]


def _read(url: str, *, timeout: float) -> Any:  # Any: JSON
    import httpx2  # noqa: PLC0415 - keeps `--help` fast

    try:
        return httpx2.get(url, timeout=timeout).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        show.fail(Exit.UNREACHABLE, f"{url} does not answer as expected: {error}")


def _local_mail() -> str | None:
    from orderwright.local import state  # noqa: PLC0415 - keeps `--help` fast

    known = state.load()
    return known.urls.get("mail") if known and known.running else None
