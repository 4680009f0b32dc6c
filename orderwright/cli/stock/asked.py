"""What is typed, as the API wants it: days, units per SKU and lot; and pages as they are shown."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, calling

Once = Annotated[str, typer.Option("--once", help="An Idempotency-Key: the same again changes nothing.")]
Limit = Annotated[int, typer.Option(min=1, max=200)]
_DAY = r"(=(?P<day>\d{4}-\d\d-\d\d))?"
_LOT = re.compile(r"(?P<lot>[^=]+)=(?P<units>\d+)" + _DAY)
_SKU_LOT = re.compile(r"(?P<sku>.+)=" + _LOT.pattern)
Lots = Annotated[
    list[str] | None,
    typer.Option("--lot", help="Of a tracked product: SKU=LOT=UNITS, or SKU=LOT=UNITS=LAST-DAY; several."),
]
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


def lots(typed: Sequence[str] | None) -> list[Json]:
    """LOT=UNITS or LOT=UNITS=DAY, several times."""
    return [_part(_match(_LOT, one, "LOT=UNITS")) for one in typed or ()]


def lots_by_sku(typed: Sequence[str] | None) -> dict[str, list[Json]]:
    """SKU=LOT=UNITS or SKU=LOT=UNITS=DAY, several times."""
    found: dict[str, list[Json]] = {}
    for one in typed or ():
        match = _match(_SKU_LOT, one, "SKU=LOT=UNITS")
        found.setdefault(match["sku"], []).append(_part(match))
    return found


def _match(form: re.Pattern[str], one: str, shown: str) -> re.Match[str]:
    match = form.fullmatch(one)
    if match is None:
        raise typer.BadParameter(f"{one} is not {shown} or {shown}=2027-01-31")
    return match


def _part(match: re.Match[str]) -> Json:
    day = {"expires_on": match["day"]} if match["day"] else {}
    return {"lot": match["lot"], "units": int(match["units"])} | day


def quantities(typed: Sequence[str] | None, in_lots: Sequence[str] | None) -> list[Json]:
    """Units per SKU with their lots; units that are said by lot need not be said again."""
    by_lot = lots_by_sku(in_lots)
    whole = {sku: sum(part["units"] for part in parts) for sku, parts in by_lot.items()}
    said = whole | units(typed or ())
    if not said:
        raise typer.BadParameter("say SKU=UNITS, or --lot SKU=LOT=UNITS")
    return [{"sku": sku, "units": count, "lots": by_lot.get(sku, [])} for sku, count in said.items()]


def act(path: str, body: Json, url: str | None, key: str | None, *, once: str = "") -> Json:
    """One POST."""
    return calling(lambda api: api.post(path, body, once=once), url, key)


def read(path: str, query: Json, url: str | None, key: str | None) -> Json:
    """One GET."""
    return calling(lambda api: api.get(path, **query), url, key)


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
    found = read(path, query, url, key)
    show.page(found, titles, [row(one) for one in found["data"]], as_json=as_json)
