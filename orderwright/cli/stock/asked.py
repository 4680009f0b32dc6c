"""What is typed, as the API wants it: days, units per SKU; and pages as they are shown."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, calling

Once = Annotated[str, typer.Option("--once", help="An Idempotency-Key: the same again changes nothing.")]
Limit = Annotated[int, typer.Option(min=1, max=200)]
Cursor = Annotated[str | None, typer.Option(help="`next` of the page before.")]


def units(lines: Sequence[str]) -> dict[str, int]:
    """SKU=UNITS, several times. Leaves with a word where one is not in that form."""
    found: dict[str, int] = {}
    for line in lines:
        sku, _, count = line.rpartition("=")
        if not sku or not count.isdecimal() or sku in found:
            raise typer.BadParameter(f"{line} is not SKU=UNITS, or its SKU is named twice")
        found[sku] = int(count)
    return found


def act(path: str, body: Json, url: str | None, key: str | None, *, once: str = "") -> Json:
    """One POST."""
    return calling(lambda api: api.post(path, body, once=once), url, key)


def page(
    path: str,
    query: Json,
    titles: Sequence[str],
    row: Callable[[Json], Sequence[str]],
    url: str | None,
    key: str | None,
    *,
    as_json: bool,
) -> None:
    """Read one page of a list and show it."""
    found = calling(lambda api: api.get(path, **query), url, key)
    if as_json:
        show.print_json(found)
        return
    show.table(titles, [row(one) for one in found["data"]])
    if found["next"]:
        print(f"more: --cursor {found['next']}")
