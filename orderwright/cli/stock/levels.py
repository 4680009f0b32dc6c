"""`orderwright stock …`: what came in, what there is, and all that moves it."""

from typing import Annotated

import typer

from orderwright.cli import show, sight
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import moves
from orderwright.cli.stock.counts import counts
from orderwright.cli.stock.expected import expected
from orderwright.cli.stock.transfers import transfers

stock = typer.Typer(
    name="stock", help="What came in, what there is, what is kept back.", no_args_is_help=True
)

Limit = Annotated[int, typer.Option(min=1, max=200)]
Cursor = Annotated[str | None, typer.Option(help="`next` of the page before.")]
LOT_TITLES = {
    "sku": "SKU", "location": "Location", "lot": "Lot", "expires_on": "Last day", "on_hand": "On hand",
    "reserved": "Reserved",
}  # fmt: skip
BUFFER_TITLES = {"channel": "Channel", "sku": "SKU", "location": "Location", "units": "Kept back"}
QUOTA_TITLES = {"channel": "Channel", "sku": "SKU", "at_most": "At most", "taken": "Taken"}
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
    lot: Annotated[str | None, typer.Option(help="Of a tracked product: its lot or serial number.")] = None,
    expires_on: Annotated[str | None, typer.Option(help="The lot's last day, as 2027-01-31.")] = None,
    unit: Annotated[str | None, typer.Option(help="A case, a pallet: the units are these.")] = None,
    unit_cost: Annotated[
        int | None, typer.Option(min=0, help="What a single one costs there, in minor units.")
    ] = None,
    once: Annotated[str, typer.Option(help="An Idempotency-Key: the same again changes nothing.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Units have come in; orders that wait for them go on."""
    body = {"sku": sku, "location": location, "units": units, "unit": unit, "reason": reason}
    body |= {"lot": lot, "expires_on": expires_on, "unit_cost": unit_cost}
    answer = calling(lambda api: api.post("/v1/stock/receipts", body, once=once), url, key)
    if as_json:
        show.print_json(answer)
    else:
        show.table(sight.STOCK_TITLES, [sight.stock_row(level) for level in answer["data"]])


@stock.command("show")
def show_levels(
    sku: Annotated[str | None, typer.Argument(help="One product; all where left out.")] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Levels by product and location."""
    query = {"sku": sku, "location": location, "limit": limit, "cursor": cursor}
    page = calling(lambda api: api.get("/v1/stock", **query), url, key)
    rows = [(*sight.stock_row(level), str(level["unit_cost"] or "")) for level in page["data"]]
    show.page(page, (*sight.STOCK_TITLES, "Unit cost"), rows, as_json=as_json)


@stock.command()
def lots(
    sku: Annotated[str | None, typer.Argument(help="One product; all where left out.")] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Lots and serial numbers that are there, and their last days."""
    query = {"sku": sku, "location": location, "limit": limit, "cursor": cursor}
    _list("/v1/stock/lots", LOT_TITLES, query, url, key, as_json)


@stock.command()
def safety(
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    units: Annotated[int, typer.Argument(min=0)],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Keep units there back from every buyer."""
    body = {"sku": sku, "location": location, "units": units}
    answer = calling(lambda api: api.put("/v1/stock/safety", body), url, key)
    if as_json:
        show.print_json(answer)
    else:
        show.table(sight.STOCK_TITLES, [sight.stock_row(answer)])


@stock.command()
def cost(
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    unit_cost: Annotated[int, typer.Argument(min=0, help="Minor units of the product's currency.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What a unit costs there, for rules that weigh the margin."""
    body = {"sku": sku, "location": location, "unit_cost": unit_cost}
    answer = calling(lambda api: api.put("/v1/stock/costs", body), url, key)
    each = show.amount(unit_cost, answer["currency"])
    show.result(answer, f"{sku} costs {each} at {location}", as_json=as_json)


@stock.command()
def buffer(
    channel: Annotated[str, typer.Argument()],
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    units: Annotated[int, typer.Argument(min=0, help="0: no buffer.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Keep units there back from one channel."""
    body = {"channel": channel, "sku": sku, "location": location, "units": units}
    answer = calling(lambda api: api.put("/v1/stock/buffers", body), url, key)
    show.result(answer, f"{units} of {sku} at {location} are not sold to {channel}", as_json=as_json)


@stock.command()
def buffers(
    limit: Limit = 100, cursor: Cursor = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """What is kept back from channels, place by place."""
    query = {"limit": limit, "cursor": cursor}
    _list("/v1/stock/buffers", BUFFER_TITLES, query, url, key, as_json)


@stock.command()
def quota(
    channel: Annotated[str, typer.Argument()],
    sku: Annotated[str, typer.Argument()],
    at_most: Annotated[int, typer.Argument(min=0)],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a channel hold and buy so many units in all."""
    body = {"channel": channel, "sku": sku, "at_most": at_most}
    answer = calling(lambda api: api.put("/v1/stock/quotas", body), url, key)
    said = f"{channel} may have {at_most} of {sku}, {answer['taken']} are taken"
    show.result(answer, said, as_json=as_json)


@stock.command()
def quotas(
    limit: Limit = 100, cursor: Cursor = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """What channels may have in all, and what is taken."""
    query = {"limit": limit, "cursor": cursor}
    _list("/v1/stock/quotas", QUOTA_TITLES, query, url, key, as_json)


def _list(
    path: str, titles: dict[str, str], query: Json, url: str | None, key: str | None, as_json: bool
) -> None:
    """One page as a table whose columns are `titles`, by the answer's fields."""
    page = calling(lambda api: api.get(path, **query), url, key)
    cells = [[str("" if row[name] is None else row[name]) for name in titles] for row in page["data"]]
    show.page(page, list(titles.values()), cells, as_json=as_json)
