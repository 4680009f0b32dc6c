"""`orderwright stock …`: what came in, what there is, and all that moves it."""

from typing import Annotated

import typer

from orderwright.cli import show, sight
from orderwright.cli.client import Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.supply import moves
from orderwright.cli.supply.counts import counts
from orderwright.cli.supply.expected import expected
from orderwright.cli.supply.transfers import transfers

stock = typer.Typer(name="stock", help="What came in, what there is.", no_args_is_help=True)
stock.add_typer(expected, name="expected")
stock.add_typer(transfers, name="transfers")
stock.add_typer(counts, name="counts")
stock.command()(moves.adjust)
stock.command()(moves.moves)
stock.command()(moves.differences)
stock.command()(moves.reconcile)


@stock.command()
def receive(
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    units: Annotated[int, typer.Argument(help="Below zero (after --) they are gone: an adjustment.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    once: Annotated[str, typer.Option(help="An Idempotency-Key: the same again changes nothing.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Units have come in; orders that wait for them go on."""
    body = {"sku": sku, "location": location, "units": units, "reason": reason}
    answer = calling(lambda api: api.post("/v1/stock/receipts", body, once=once), url, key)
    if as_json:
        show.print_json(answer)
    else:
        show.table(sight.STOCK_TITLES, [sight.stock_row(level) for level in answer["data"]])


@stock.command("show")
def show_levels(
    sku: Annotated[str | None, typer.Argument(help="One product; all where left out.")] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 100,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Levels by product and location."""
    query = {"sku": sku, "location": location, "limit": limit, "cursor": cursor}
    page = calling(lambda api: api.get("/v1/stock", **query), url, key)
    if as_json:
        show.print_json(page)
        return
    show.table(sight.STOCK_TITLES, [sight.stock_row(level) for level in page["data"]])
    if page["next"]:
        print(f"more: --cursor {page['next']}")
