"""`orderwright import …`: other systems' orders, placed through the API, with a report for every row."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Key, Url, find, run
from orderwright.cli.importing import retail, sending_back
from orderwright.cli.importing.asking import Stalled
from orderwright.cli.importing.bodies import LOCATIONS
from orderwright.cli.importing.placing import Pace, Placing, Tally
from orderwright.cli.importing.progress import Progress
from orderwright.cli.importing.report import explained, outcome, write_report
from orderwright.cli.importing.retail import Listed, Reading
from orderwright.cli.show import AsJson, Exit
from orderwright.domain.money import Money

imports = typer.Typer(name="import", help="Orders of other systems.", no_args_is_help=True)


@imports.callback()
def group() -> None:
    """Keeps `online-retail` a command of its own, whatever else comes beside it."""


@imports.command("online-retail")
def online_retail(  # noqa: PLR0917 - typer reads the signature
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .csv or .csv.xz.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Place so many orders, then stop.")] = None,
    speed: Annotated[
        str, typer.Option(help="max, or 3600x: so many times faster than the file's clock.")
    ] = "max",
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Requests at a time.")] = 8,
    unfinished: Annotated[
        int, typer.Option(min=1, max=1000, help="Orders that may be under way at most.")
    ] = 60,
    patience: Annotated[
        float, typer.Option(min=1, help="Give up after so many seconds without any change.")
    ] = 900,
    locations: Annotated[
        int, typer.Option(min=1, max=len(LOCATIONS), help="Spread the stock over so many locations.")
    ] = 1,
    credits: Annotated[
        bool, typer.Option("--credits", help="Give back what the file's credits take back of these orders.")
    ] = False,
    gross: Annotated[
        bool, typer.Option("--gross", help="The file's prices hold their tax: totals are its own.")
    ] = False,
    returns: Annotated[
        bool,
        typer.Option(
            "--returns", help="Return what the file's first credits take back, of only the orders they need."
        ),
    ] = False,
    months: Annotated[
        int, typer.Option(min=1, max=120, help="With --returns: of so many months of the file.")
    ] = 3,
    report: Annotated[
        Path | None, typer.Option(help="Write what became of each other row there, as CSV.")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Real orders of a gift shop. Interrupted and started again, it goes on and makes nothing twice."""
    if returns and credits:
        raise typer.BadParameter("a credit is given back as a refund or as a return", param_hint="--returns")
    pace = Pace(limit, _times(speed), concurrency, unfinished, patience, locations, credits, gross or returns)
    where, secret = find(url, key, role="import")
    reading = _reading(file)
    if returns:
        raise typer.Exit(
            sending_back.sent_back(where, secret, reading, pace, months, report, as_json=as_json)
        )
    raise typer.Exit(_all_placed(where, secret, reading, pace, report, as_json=as_json))


def _reading(file: Path) -> Reading:
    try:
        return retail.read(retail.rows(file))
    except retail.NotThatFile as other:
        raise typer.BadParameter(str(other), param_hint="FILE") from None


def _all_placed(
    url: str, key: str, reading: Reading, pace: Pace, report: Path | None, *, as_json: bool
) -> Exit:
    """Place and wait, and print what became of it; OK only where every order is completed."""
    began = time.monotonic()
    with Progress(quiet=as_json) as progress:
        try:
            tally = run(lambda: _placed(url, key, reading, pace, progress))
        except Stalled as stalled:
            show.fail(Exit.REFUSED, f"{stalled}; run the same command again to go on")
    listed = explained(reading, tally, pace.limit)
    if report is not None:
        write_report(report, listed)
    _print(reading, tally, listed, time.monotonic() - began, as_json=as_json)
    return Exit.OK if tally.outcomes["completed"] == tally.wanted else Exit.REFUSED


async def _placed(url: str, key: str, reading: Reading, pace: Pace, progress: Progress) -> Tally:
    async with Api(url, key, connections=pace.at_once + 4) as api:
        placing = Placing(api, reading, pace, progress.show)
        return await placing.run()


def _times(speed: str) -> float | None:
    if speed == "max":
        return None
    try:
        times = float(speed.removesuffix("x"))
    except ValueError:
        times = 0
    if not 0 < times < float("inf"):
        raise typer.BadParameter("say max, or a number with an x: 3600x", param_hint="--speed")
    return times


def _print(
    reading: Reading, tally: Tally, listed: Sequence[Listed], seconds: float, *, as_json: bool
) -> None:
    reasons = Counter(one.reason for one in listed)
    lines = reading.rows - len(listed)
    if as_json:
        show.print_json(
            {
                "orders": {"wanted": tally.wanted, "placed": tally.placed, "before": tally.before},
                "credits": {
                    "found": tally.credits, "in_the_file": tally.credited, "given_back": tally.given_back,
                },
                "totals": {
                    "in_the_file": tally.in_file, "ordered": tally.ordered, "differing": tally.differing,
                },
                "outcomes": dict(tally.outcomes), "waiting_for_a_person": tally.waiting,
                "rows": {"read": reading.rows, "order_lines": lines},
                "other_rows": [
                    {"reason": reason.value, "outcome": outcome(reason), "rows": count}
                    for reason, count in reasons.most_common()
                ],
                "seconds": round(seconds, 1),
            }
        )  # fmt: skip
        return
    found = [(outcome(reason), reason.value, f"{count:,}") for reason, count in reasons.most_common()]
    show.table(("Outcome", "Why", "Rows"), found, title=f"{reading.rows:,} rows: {lines:,} order lines, and")
    print()
    ended = ", ".join(f"{count} {state}" for state, count in tally.outcomes.most_common()) or "none"
    if tally.in_file:
        file, ours = Money(tally.in_file, retail.CURRENCY), Money(tally.ordered, retail.CURRENCY)
        differing = ", ".join(tally.differing) or "none"
        print(f"invoices of {file} in the file, orders of {ours}; differing: {differing}")
    if tally.credits:
        file, ours = Money(tally.credited, retail.CURRENCY), Money(tally.given_back, retail.CURRENCY)
        print(f"{tally.credits} credits given back: {file} in the file, {ours} with tax")
    print(f"{tally.placed} orders placed in {seconds:.0f} s, {tally.before} were there before: {ended}")
    if tally.waiting:
        print(f"{tally.waiting} wait for a person: see `orderwright tasks list`")
