"""`orderwright import …`: other systems' orders, placed through the API, with a report for every row."""

import csv
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Key, Url, find, run
from orderwright.cli.importing import retail
from orderwright.cli.importing.bodies import LOCATIONS
from orderwright.cli.importing.placing import Pace, Placing, Stalled, Tally
from orderwright.cli.importing.progress import Progress
from orderwright.cli.importing.retail import MAPPED, Listed, Reading, Reason
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
    report: Annotated[
        Path | None, typer.Option(help="Write what became of each other row there, as CSV.")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Real orders of a gift shop. Interrupted and started again, it goes on and makes nothing twice."""
    pace = Pace(limit, _times(speed), concurrency, unfinished, patience, locations, credits, gross)
    where, secret = find(url, key, role="import")
    try:
        reading = retail.read(retail.rows(file))
    except retail.NotThatFile as other:
        raise typer.BadParameter(str(other), param_hint="FILE") from None
    began = time.monotonic()
    with Progress(quiet=as_json) as progress:
        try:
            tally = run(lambda: _placed(where, secret, reading, pace, progress))
        except Stalled as stalled:
            show.fail(Exit.REFUSED, f"{stalled}; run the same command again to go on")
    listed = explained(reading, tally, limit)
    if report is not None:
        write_report(report, listed)
    _print(reading, tally, listed, time.monotonic() - began, as_json=as_json)
    whole = tally.outcomes["completed"] == tally.wanted
    raise typer.Exit(Exit.OK if whole else Exit.REFUSED)


async def _placed(url: str, key: str, reading: Reading, pace: Pace, progress: Progress) -> Tally:
    async with Api(url, key, connections=pace.at_once + 4) as api:
        placing = Placing(api, reading, pace, progress.show)
        return await placing.run()


def explained(reading: Reading, tally: Tally, limit: int | None) -> Sequence[Listed]:
    """Every row that is no order line, in the file's order; past the last placed invoice: not reached."""
    if limit is None or limit >= len(reading.sales):
        return sorted([*reading.listed, *tally.refused], key=lambda one: one.row.number)
    last = max(row.number for sale in reading.sales[:limit] for row in sale.rows)
    before = [one for one in reading.listed if one.row.number <= last]
    after = [one.row for one in reading.listed if one.row.number > last]
    after += [row for sale in reading.sales[limit:] for row in sale.rows]
    beyond = [Listed(row, Reason.NOT_REACHED) for row in after]
    return sorted([*before, *beyond, *tally.refused], key=lambda one: one.row.number)


def write_report(file: Path, listed: Sequence[Listed]) -> None:
    """One line a row: as it stands in the file, what became of it, why. Those past the limit are left out."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["line", *retail.COLUMNS, "outcome", "reason", "said"])
        for one in listed:
            row = one.row
            if one.reason is Reason.NOT_REACHED:
                continue
            cells = (
                row.number, row.invoice, row.code, row.description, row.quantity, row.date, row.price,
                row.customer, row.country,
            )  # fmt: skip
            writer.writerow([*cells, outcome(one.reason), one.reason.value, one.said])


def outcome(reason: Reason) -> str:
    """In one word."""
    if reason in MAPPED:
        return "mapped"
    return {Reason.REFUSED: "refused", Reason.NOT_REACHED: "not reached"}.get(reason, "listed")


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
