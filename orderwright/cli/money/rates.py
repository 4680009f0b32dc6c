"""`orderwright money rates …`: exchange rates, recorded by hand or from a file of the ECB."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.money.ledger import moment
from orderwright.cli.money.provider import contained
from orderwright.cli.show import AsJson, Exit

if TYPE_CHECKING:
    from orderwright.container import Container
    from orderwright.domain.books.exchange import NewRate

money = typer.Typer(name="money", help="What other currencies are worth.", no_args_is_help=True)
rates = typer.Typer(name="rates", help="Exchange rates.", no_args_is_help=True)
money.add_typer(rates)

TITLES = ("Base", "Quote", "Rate", "From", "Source", "By")
AT_ONCE = 2000


@rates.command("list")
def listed(
    base: Annotated[str | None, typer.Option(help="One unit of this …")] = None,
    quote: Annotated[str | None, typer.Option(help="… in units of that.")] = None,
    at: Annotated[str | None, typer.Option(help="Those that had begun by then: 2026-11-01T00:00Z.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Rates as they were recorded, the newest first."""
    then = moment(at)
    filters = {
        "filter[base]": base, "filter[quote]": quote, "filter[at]": then and then.isoformat(), "limit": limit,
    }  # fmt: skip
    found = calling(lambda api: api.get("/v1/exchange-rates", **filters), url, key)
    if as_json:
        show.print_json(found)
    else:
        show.table(TITLES, [_cells(one) for one in found["data"]])


def _cells(one: Json) -> tuple[str, ...]:
    return (
        one["base"], one["quote"], str(one["rate"]), show.when(one["valid_from"]), one["source"],
        one["recorded_by"],
    )  # fmt: skip


@rates.command("set")
def set_rate(
    base: Annotated[str, typer.Argument(help="One unit of this currency …")],
    quote: Annotated[str, typer.Argument(help="… in units of that one: EUR GBP 0.84638.")],
    rate: Annotated[str, typer.Argument(help="Exactly as it is to be kept.")],
    since: Annotated[str | None, typer.Option("--from", help="Left out: now.")] = None,
    source: Annotated[str, typer.Option(help="Whose rate it is.")] = "manual",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Record a rate. A wrong one is corrected by another one from the same moment."""
    begins = moment(since) or datetime.now(UTC)
    one = {"base": base.upper(), "quote": quote.upper(), "valid_from": begins.isoformat(), "rate": rate}
    body = {"source": source, "rates": [one]}
    made = calling(lambda api: api.post("/v1/exchange-rates", body), url, key)
    said = f"1 {one['base']} is {rate} {one['quote']} from {show.when(one['valid_from'])} on"
    show.result(made, said if made["data"] else f"{said}, as recorded before", as_json=as_json)


@rates.command("import")
def read_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="eurofxref as .xml or .csv.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Record what the ECB has published, of a day or of its whole history. Harmless when repeated."""
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        show.fail(Exit.REFUSED, f"{file} is no text")
    source, found = contained(lambda container: _read(container, content))

    async def send(api: Api) -> int:
        recorded = 0
        for at in range(0, len(found), AT_ONCE):
            made = await api.post("/v1/exchange-rates", _body(source, found[at : at + AT_ONCE]))
            recorded += len(made["data"])
        return recorded

    recorded = calling(send, url, key)
    show.result(
        {"read": len(found), "recorded": recorded},
        f"{len(found)} rates read, {recorded} recorded; the others were known",
        as_json=as_json,
    )


async def _read(container: "Container", content: str) -> "tuple[str, Sequence[NewRate]]":
    files = container.rate_files()
    return files.source, files.read(content)


def _body(source: str, found: "Sequence[NewRate]") -> Json:
    return {
        "source": source,
        "rates": [
            {"base": one.base, "quote": one.quote, "valid_from": one.valid_from.isoformat(),
             "rate": str(one.rate)}
            for one in found
        ],
    }  # fmt: skip
