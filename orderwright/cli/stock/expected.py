"""`orderwright stock expected …`: units on their way."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit, Once

expected = typer.Typer(name="expected", help="Units on their way.", no_args_is_help=True)

PATH = "/v1/stock/expected"
TITLES = ("Id", "Reference", "SKU", "Location", "Units", "Received", "Due", "State")

Id = Annotated[str, typer.Argument(help="As `stock expected list` shows it.")]
Due = Annotated[str | None, typer.Option("--due", help="The day, as 2026-12-04.")]


@expected.command()
def announce(
    reference: Annotated[str, typer.Argument(help="The purchase order's number.")],
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    units: Annotated[int, typer.Argument(min=1)],
    due: Annotated[str, typer.Option(help="The day, as 2026-12-04.")],
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Units of a purchase are on their way."""
    body = {"reference": reference, "sku": sku, "location": location, "units": units, "due_on": due}
    made = asked.act(PATH, body, url, key, once=once)
    show.result(made, f"{made['id']}: {units} of {sku} at {location} on {due}", as_json=as_json)


@expected.command()
def change(
    expected_id: Id,
    due: Due = None,
    units: Annotated[int | None, typer.Option(min=1, help="In all, with those that are there.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Another day, or another number of units."""
    given = (("due_on", due), ("units", units))
    body = {name: value for name, value in given if value is not None}
    _told(asked.act(f"{PATH}/{expected_id}/change", body, url, key), as_json=as_json)


@expected.command()
def receive(
    expected_id: Id,
    units: Annotated[int, typer.Argument(min=1)],
    last: Annotated[bool, typer.Option("--last", help="No more will come.")] = False,
    lot: Annotated[
        list[str] | None,
        typer.Option(help="Of a tracked product: LOT=UNITS, or LOT=UNITS=LAST-DAY; several."),
    ] = None,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Units of it have come; orders that wait for them go on."""
    path = f"{PATH}/{expected_id}/receipts"
    body = {"units": units, "last": last, "lots": asked.lots(lot)}
    _told(asked.act(path, body, url, key, once=once), as_json=as_json)


@expected.command()
def cancel(expected_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """No more will come."""
    _told(asked.act(f"{PATH}/{expected_id}/cancel", {}, url, key), as_json=as_json)


@expected.command("list")
def listed(
    sku: Annotated[str | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option()] = None,
    reference: Annotated[str | None, typer.Option()] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is closed or canceled.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What is on its way, in the order it was announced."""
    query = {"state": None if everything else "open", "sku": sku, "location": location,
             "reference": reference, "limit": limit, "cursor": cursor}  # fmt: skip
    asked.page(PATH, query, TITLES, _row, url, key, as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    return (
        one["id"], one["reference"], one["sku"], one["location"], str(one["units"]), str(one["received"]),
        one["due_on"], one["state"],
    )  # fmt: skip


def _told(one: Json, *, as_json: bool) -> None:
    text = f"{one['received']} of {one['units']} {one['sku']} at {one['location']}, due {one['due_on']}"
    show.result(one, f"{text}: {one['state']}", as_json=as_json)
