"""`orderwright stock counts …`: what people count, and what becomes of it."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit, Lots
from orderwright.domain.stock.supply import APPROVAL_LIMIT, CountState

counts = typer.Typer(name="counts", help="What people count.", no_args_is_help=True)

PATH = "/v1/stock/counts"
TITLES = ("Id", "Location", "State", "Opened by", "Opened", "Note")
LINE_TITLES = ("SKU", "Lot", "Counted", "Book", "Variance", "Worth", "State", "Why", "By")

Id = Annotated[str, typer.Argument(help="As `stock counts list` shows it.")]
Skus = Annotated[list[str] | None, typer.Option("--sku", help="Only this one; several times. All: left out.")]


@counts.command("open")
def open_count(
    location: Annotated[str, typer.Argument(help="Its code.")],
    sku: Skus = None,
    limit: Annotated[
        int, typer.Option(min=0, help="A variance worth more needs a second person.")
    ] = APPROVAL_LIMIT,
    note: Annotated[str, typer.Option()] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Count some SKUs of a location, or whatever lies there."""
    body = {"location": location, "skus": sku or None, "approval_limit": limit, "note": note}
    _told(asked.act(PATH, body, url, key), as_json=as_json)


@counts.command()
def enter(
    count_id: Id,
    lines: Annotated[list[str] | None, typer.Argument(help="SKU=UNITS, several.")] = None,
    lot: Lots = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What was counted; again until it is submitted."""
    entries: list[Json] = [{"sku": sku, "counted": n} for sku, n in asked.units(lines or ()).items()]
    for sku, parts in asked.lots_by_sku(lot).items():
        entries += [{"sku": sku, "counted": part.pop("units")} | part for part in parts]
    _told(asked.act(f"{PATH}/{count_id}/entries", {"lines": entries}, url, key), as_json=as_json)


@counts.command()
def submit(
    count_id: Id,
    partly: Annotated[bool, typer.Option("--partly", help="Pass over what nobody counted.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Counting is over: small variances are applied, others wait for a second person."""
    _told(asked.act(f"{PATH}/{count_id}/submit", {"partly": partly}, url, key), as_json=as_json)


@counts.command()
def approve(
    count_id: Id, sku: Skus = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Apply what waits; not by whoever counted it."""
    _told(asked.act(f"{PATH}/{count_id}/approve", {"skus": sku or None}, url, key), as_json=as_json)


@counts.command()
def reject(count_id: Id, sku: Skus = None, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Leave the books as they are."""
    _told(asked.act(f"{PATH}/{count_id}/reject", {"skus": sku or None}, url, key), as_json=as_json)


@counts.command()
def cancel(count_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Give it up before it is submitted."""
    _told(asked.act(f"{PATH}/{count_id}/cancel", {}, url, key), as_json=as_json)


@counts.command("show")
def show_one(count_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One count, line by line; what the books say is told once it is submitted."""
    _told(calling(lambda api: api.get(f"{PATH}/{count_id}"), url, key), as_json=as_json)


@counts.command("list")
def listed(
    state: Annotated[CountState | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Counts in the order they were opened."""
    query = {"state": state.value if state else None, "location": location, "limit": limit, "cursor": cursor}
    asked.page(PATH, query, TITLES, _row, url, key, as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    when = show.when(one["created_at"])
    return one["id"], one["location"], one["state"], one["opened_by"], when, one["note"]


def _told(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
        return
    title = f"{one['id']}  {one['location']}: {one['state']}"
    show.table(LINE_TITLES, [_line(line) for line in one["lines"]], title=title)


def _line(line: Json) -> tuple[str, ...]:
    figures = ("" if line[name] is None else str(line[name]) for name in ("counted", "book"))
    variance = "" if line["variance"] is None else f"{line['variance']:+}"
    worth = "" if line["worth"] is None else str(line["worth"])
    who = line["decided_by"] or line["counted_by"] or ""
    return (line["sku"], line["lot"] or "", *figures, variance, worth, line["state"], line["why"], who)
