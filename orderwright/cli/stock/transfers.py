"""`orderwright stock transfers …`: units from one location to another."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit, Lots, Once
from orderwright.domain.stock.supply import AdjustReason, TransferState

transfers = typer.Typer(name="transfers", help="From one location to another.", no_args_is_help=True)

PATH = "/v1/stock/transfers"
TITLES = ("Id", "From", "To", "Due", "State", "Units")
LINE_TITLES = ("SKU", "Units", "State", "Received", "Short", "Over", "Reason", "By", "Lots")

Id = Annotated[str, typer.Argument(help="As `stock transfers list` shows it.")]
Lines = Annotated[list[str] | None, typer.Argument(help="SKU=UNITS, several.")]


@transfers.command()
def request(
    origin: Annotated[str, typer.Argument(help="A location's code.")],
    destination: Annotated[str, typer.Argument(help="A location's code.")],
    due: Annotated[str, typer.Option(help="The day they shall be there, as 2026-12-04.")],
    lines: Lines = None,
    lot: Lots = None,
    note: Annotated[str, typer.Option()] = "",
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Ask for units; nothing moves until they are shipped."""
    wanted = asked.quantities(lines, lot)
    body = {"origin": origin, "destination": destination, "due_on": due, "lines": wanted, "note": note}
    _told(asked.act(PATH, body, url, key, once=once), as_json=as_json)


@transfers.command()
def ship(
    transfer_id: Id,
    due: Annotated[str | None, typer.Option(help="Another day than was asked for.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """All its units have left."""
    body = {} if due is None else {"due_on": due}
    _told(asked.act(f"{PATH}/{transfer_id}/ship", body, url, key), as_json=as_json)


@transfers.command()
def receive(
    transfer_id: Id,
    lines: Lines = None,
    lot: Lots = None,
    reason: Annotated[
        AdjustReason | None, typer.Option(help="Where it is not what was shipped: why.")
    ] = None,
    note: Annotated[str, typer.Option()] = "",
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What came of some lines, each once; the last closes the transfer."""
    why = {"reason": reason.value if reason else None, "note": note}
    came = [line | why for line in asked.quantities(lines, lot)]
    made = asked.act(f"{PATH}/{transfer_id}/receipts", {"lines": came}, url, key, once=once)
    _told(made, as_json=as_json)


@transfers.command()
def cancel(transfer_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Call it off before it is shipped."""
    _told(asked.act(f"{PATH}/{transfer_id}/cancel", {}, url, key), as_json=as_json)


@transfers.command("show")
def show_one(transfer_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One transfer, line by line."""
    _told(calling(lambda api: api.get(f"{PATH}/{transfer_id}"), url, key), as_json=as_json)


@transfers.command("list")
def listed(
    state: Annotated[TransferState | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option(help="Where they go from or to.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Transfers in the order they were asked for."""
    query = {"state": state.value if state else None, "location": location, "limit": limit, "cursor": cursor}
    asked.page(PATH, query, TITLES, _row, url, key, as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    units = ", ".join(f"{line['units']} {line['sku']}" for line in one["lines"])
    return one["id"], one["origin"], one["destination"], one["due_on"], one["state"], units


def _told(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
        return
    title = f"{one['id']}  {one['origin']} to {one['destination']}, due {one['due_on']}: {one['state']}"
    show.table(LINE_TITLES, [_line(line) for line in one["lines"]], title=title)


def _line(line: Json) -> tuple[str, ...]:
    lots = ", ".join(f"{lot['lot']} {lot['received']}/{lot['units']}" for lot in line["lots"])
    figures = (str(line[name]) for name in ("received", "short", "over"))
    return (
        line["sku"], str(line["units"]), line["state"], *figures, line["reason"] or "",
        line["received_by"] or "", lots,
    )  # fmt: skip
