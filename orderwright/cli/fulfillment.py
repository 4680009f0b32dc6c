"""`orderwright fulfillment …`: what the floor and the counter have to do, and what they say."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.domain.fulfillment.states import FulfillmentState

fulfillment = typer.Typer(
    name="fulfillment", help="What the floor and the counter have to do.", no_args_is_help=True
)
TITLES = ("Id", "Order", "Part", "Location", "Method", "State", "Units", "Collect by")
PURCHASE_TITLES = ("Number", "Order", "Supplier", "State", "Total", "Units", "Why")

Id = Annotated[UUID, typer.Argument(help="As `fulfillment list` shows it.")]


@fulfillment.command("list")
def listed(
    location: Annotated[str | None, typer.Option()] = None,
    state: Annotated[FulfillmentState | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Fulfillment orders, oldest first."""
    query: Json = {
        "filter[location]": location, "filter[state]": state.value if state else None, "limit": limit,
        "cursor": cursor,
    }  # fmt: skip
    page = calling(lambda api: api.get("/v1/fulfillment-orders", **query), url, key)
    show.page(page, TITLES, [_row(part) for part in page["data"]], as_json=as_json)


@fulfillment.command()
def pick(part: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Begin to pick: from here on it cannot be canceled."""
    _say(part, "pick", {}, "is being picked", url, key, as_json=as_json)


@fulfillment.command()
def short(
    part: Id,
    found: Annotated[list[str], typer.Option(help="SKU=units that are there; repeat for more.")],
    reason: Annotated[str, typer.Option(help="Why, for people.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Fewer units are there than it has: the missing ones look for another location."""
    body = {"lines": [_found(one) for one in found], "reason": reason}
    _say(part, "short", body, "goes on with what was found", url, key, as_json=as_json)


@fulfillment.command()
def ready(part: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """It lies at the counter: the customer is told, with a code and a deadline."""
    _say(part, "ready", {}, "is ready to collect", url, key, as_json=as_json)


@fulfillment.command()
def collect(
    part: Id,
    code: Annotated[str, typer.Argument(help="The customer's.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Hand it out for the customer's code. Wrong ones are counted."""
    _say(part, "collect", {"code": code}, "is handed out", url, key, as_json=as_json)


@fulfillment.command()
def keep(
    part: Id,
    until: Annotated[datetime, typer.Argument(help="Local time, such as 2026-12-01T18:00:00.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Put the collection deadline off."""
    body = {"collect_by": until.astimezone().isoformat()}
    _say(part, "keep", body, "is kept", url, key, as_json=as_json)


@fulfillment.command()
def purchases(
    supplier: Annotated[str | None, typer.Option()] = None,
    state: Annotated[PurchaseState | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Drop shipments as they were ordered from suppliers, oldest first."""
    query: Json = {
        "filter[supplier]": supplier, "filter[state]": state.value if state else None, "limit": limit,
        "cursor": cursor,
    }  # fmt: skip
    page = calling(lambda api: api.get("/v1/purchase-orders", **query), url, key)
    show.page(page, PURCHASE_TITLES, [_purchase(one) for one in page["data"]], as_json=as_json)


def _say(
    part: UUID, step: str, body: Json, words: str, url: str | None, key: str | None, *, as_json: bool
) -> None:
    answer = calling(lambda api: api.post(f"/v1/fulfillment-orders/{part}/{step}", body), url, key)
    until = f" until {show.when(answer['collect_by'])}" if step in ("ready", "keep") else ""
    text = f"{answer['order_number']}, part {answer['number']} {words}{until}"
    show.result(answer, text, as_json=as_json)


def _row(part: Json) -> tuple[str, ...]:
    units = str(sum(line["units"] for line in part["lines"]))
    return (
        part["id"], part["order_number"], str(part["number"]), part["location"], part["method"],
        part["state"], units, show.when(part["collect_by"]),
    )  # fmt: skip


def _purchase(one: Json) -> tuple[str, ...]:
    units = str(sum(line["units"] for line in one["lines"]))
    return (
        one["number"], one["order_number"], one["supplier"], one["state"],
        show.amount(one["total"], one["currency"]), units, one["reason"],
    )  # fmt: skip


def _found(given: str) -> Json:
    sku, _, units = given.rpartition("=")
    if not sku or not units.isdecimal():
        raise typer.BadParameter(f"{given!r} is not SKU=units", param_hint="--found")
    return {"sku": sku, "found": int(units)}
