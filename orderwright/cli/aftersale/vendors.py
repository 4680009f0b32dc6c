"""`orderwright returns vendors …`: returned goods that go back to whoever made them."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.aftersale.returns import Note
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit
from orderwright.domain.returns.vendors import SETTLE_DAYS, Becomes, VendorReturnState

vendors = typer.Typer(name="vendors", help="Goods that go back to their vendor.", no_args_is_help=True)

TITLES = ("Vendor return", "Vendor", "From", "State", "Goods", "Authorization", "Credit", "Due")
Name = Annotated[str, typer.Argument(help="Number or id.")]


@vendors.command("list")
def listed(
    state: Annotated[VendorReturnState | None, typer.Option()] = None,
    vendor: Annotated[str | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Vendor returns, oldest first."""
    query = {
        "filter[state]": state.value if state else None, "filter[vendor]": vendor,
        "filter[location]": location, "limit": limit, "cursor": cursor,
    }  # fmt: skip
    asked.page("/v1/vendor-returns", query, TITLES, _row, url, key, as_json=as_json)


@vendors.command()
def waiting(
    location: Annotated[str | None, typer.Option()] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Units that were inspected for their vendor and are on no return to him."""
    titles = ("Location", "SKU", "Lot", "Units", "Since")
    query = {"filter[location]": location}
    asked.page("/v1/vendor-returns/waiting", query, titles, _waiting, url, key, as_json=as_json)


@vendors.command("show")
def shown(name: Name, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One vendor return."""
    _show(calling(lambda api: api.get(f"/v1/vendor-returns/{name}"), url, key), as_json=as_json)


@vendors.command("open")
def gather(
    vendor: Annotated[str, typer.Argument(help="As the shop calls him.")],
    location: Annotated[str, typer.Argument(help="Where the units wait.")],
    goods: Annotated[
        list[str] | None, typer.Argument(help="SKU=UNITS, several; none: all that waits.")
    ] = None,
    note: Note = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Gather units that wait into one return."""
    lines = [{"sku": sku, "quantity": units} for sku, units in asked.units(goods or ()).items()]
    body: Json = {"vendor": vendor, "location": location, "lines": lines, "note": note}
    _show(asked.act("/v1/vendor-returns", body, url, key), as_json=as_json)


@vendors.command()
def ship(
    name: Name,
    authorization: Annotated[str, typer.Option(help="The vendor's authorization number.")] = "",
    carrier: Annotated[str, typer.Option()] = "",
    tracking: Annotated[str, typer.Option(help="The carrier's code.")] = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="Then a person is asked.")] = SETTLE_DAYS,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """It has left."""
    body: Json = {
        "authorization_number": authorization, "carrier": carrier, "tracking_code": tracking, "days": days,
    }  # fmt: skip
    _show(asked.act(f"/v1/vendor-returns/{name}/ship", body, url, key), as_json=as_json)


@vendors.command()
def settle(
    name: Name,
    credit: Annotated[int, typer.Argument(min=0, help="In minor units; 0 for nothing.")],
    currency: Annotated[str, typer.Argument()],
    reference: Annotated[str, typer.Option(help="Of the vendor's credit.")] = "",
    restock: Annotated[list[str] | None, typer.Option(help="SKU=UNITS refused, on the shelf again.")] = None,
    write_off: Annotated[list[str] | None, typer.Option(help="SKU=UNITS refused, gone for good.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What the vendor credits, and what he does not take."""
    refused = [
        {"sku": sku, "quantity": units, "becomes": becomes.value}
        for becomes, typed in ((Becomes.RESTOCK, restock), (Becomes.WRITE_OFF, write_off))
        for sku, units in asked.units(typed or ()).items()
    ]
    body: Json = {
        "credit": credit, "currency": currency.upper(), "reference": reference, "refused": refused,
    }  # fmt: skip
    _show(asked.act(f"/v1/vendor-returns/{name}/settle", body, url, key), as_json=as_json)


@vendors.command()
def cancel(name: Name, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Nothing leaves after all: the units wait again."""
    _show(asked.act(f"/v1/vendor-returns/{name}/cancel", {}, url, key), as_json=as_json)


def _show(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
    else:
        show.table(TITLES, [_row(one)])


def _row(one: Json) -> tuple[str, ...]:
    credit = "" if one["credit"] is None else show.amount(one["credit"], one["currency"])
    return (
        one["number"], one["vendor"], one["location"], one["state"],
        ", ".join(f"{line['units']} {line['sku']}" for line in one["lines"]),
        one["authorization_number"], credit, show.when(one["due_at"]),
    )  # fmt: skip


def _waiting(one: Json) -> tuple[str, ...]:
    return (one["location"], one["sku"], one["lot"] or "", str(one["units"]), show.when(one["since"]))
