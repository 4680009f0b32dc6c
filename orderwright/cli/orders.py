"""`orderwright orders …`: taken, found, followed, decided, canceled."""

import asyncio
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from orderwright.cli import show, sight
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import goods
from orderwright.domain.orders import ENDS, OrderState
from orderwright.domain.payments import RefundTo

orders = typer.Typer(name="orders", help="Orders: taken, found, followed, decided.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Number (ORD-10001) or id.")]
POLL_S = 0.5


class Sort(StrEnum):
    """How a list is sorted; a minus is newest first."""

    NEWEST_PLACED = "-placed_at"
    PLACED = "placed_at"
    NEWEST = "-id"
    OLDEST = "id"


File = Annotated[Path | None, typer.Option("--file", "-f", help="The API's own JSON; - reads the input.")]
OrderLines = Annotated[
    list[str] | None,
    typer.Option("--line", help="SKU=UNITS, SKU=UNITS:case, with @MINOR for an agreed price of each."),
]


OnTerms = Annotated[bool, typer.Option("--on-terms", help="No card: the customer pays an invoice.")]
ByTransfer = Annotated[
    bool, typer.Option("--by-transfer", help="No card: the order waits for a bank transfer.")
]
AtTheDoor = Annotated[
    bool, typer.Option("--cash-on-delivery", help="No card: the carrier collects it at the door.")
]


@orders.command()
def create(  # noqa: PLR0917 - typer reads options from parameters
    file: File = None,
    line: OrderLines = None,
    name: Annotated[str, typer.Option(help="The customer's name.")] = "",
    email: Annotated[str | None, typer.Option()] = None,
    line1: Annotated[str, typer.Option("--street", help="Street and number.")] = "",
    city: Annotated[str, typer.Option()] = "",
    postal_code: Annotated[str, typer.Option()] = "",
    region: Annotated[str, typer.Option()] = "",
    country: Annotated[str, typer.Option(help="Two letters.")] = "GB",
    source: Annotated[str, typer.Option(help="Your payment provider's token of the card.")] = "pm_card_visa",
    on_terms: OnTerms = False,
    by_transfer: ByTransfer = False,
    cash_on_delivery: AtTheDoor = False,
    gift_card: Annotated[
        list[str] | None, typer.Option(help="A code: taken first, and the rest otherwise.")
    ] = None,
    service: Annotated[str, typer.Option(help="standard or express.")] = "standard",
    channel: Annotated[str, typer.Option()] = "phone",
    external_id: Annotated[str | None, typer.Option(help="Yours; the same again is refused.")] = None,
    code: Annotated[list[str] | None, typer.Option(help="A promotion's code; may be repeated.")] = None,
    vat_id: Annotated[str | None, typer.Option(help="Of a company, with its country's letters.")] = None,
    wait: Annotated[float, typer.Option(min=0, max=30, help="Seconds to wait until it is decided.")] = 0,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Take an order, from flags or from a file."""
    if (file is None) == (not line):
        raise typer.BadParameter("say either --file or at least one --line")
    if file is not None:
        body = _body(file)
    else:
        body = {
            "channel": channel, "external_id": external_id, "customer": {"name": name, "email": email},
            "ship_to": {
                "name": name, "line1": line1, "city": city, "postal_code": postal_code, "region": region,
                "country": country,
            },
            "service": service,
            "lines": [goods.line(text, "--line") for text in line or []],
            **_paid_with(gift_card or [], source, [on_terms, by_transfer, cash_on_delivery]),
            "promotion_codes": code or [], "vat_id": vat_id,
        }  # fmt: skip
    made = calling(lambda api: api.post("/v1/orders", body, wait=wait or None), url, key)
    show.result(made, f"{made['number']} is {made['state']}, {sight.total(made)}", as_json=as_json)


def _paid_with(gift_cards: Sequence[str], source: str, otherwise: Sequence[bool]) -> Json:
    """As the API has it: one instrument, or gift cards and one for the rest. `otherwise`: no card."""
    if sum(otherwise) > 1:
        raise typer.BadParameter("say one of --on-terms, --by-transfer and --cash-on-delivery")
    main: Json = {"method": "card", "source": source}
    for method, wanted in zip(("manual", "transfer", "cash_on_delivery"), otherwise, strict=True):
        if wanted:
            main = {"method": method}
    if not gift_cards:
        return {"payment": main}
    return {"payments": [*({"method": "gift_card", "code": code} for code in gift_cards), main]}


@orders.command("list")
def listed(  # noqa: PLR0917 - typer reads options from parameters
    state: Annotated[list[OrderState] | None, typer.Option(help="One or several.")] = None,
    channel: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    sku: Annotated[str | None, typer.Option()] = None,
    po_number: Annotated[str | None, typer.Option()] = None,
    external_id: Annotated[str | None, typer.Option()] = None,
    tracking: Annotated[str | None, typer.Option(help="A tracking code.")] = None,
    needs_person: Annotated[
        bool | None, typer.Option(help="Only those with an open task, or without.")
    ] = None,
    sort: Annotated[Sort, typer.Option()] = Sort.NEWEST_PLACED,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Orders that fit all filters, newest first."""
    filters = {
        "state": [one.value for one in state] if state else None, "channel": channel, "email": email,
        "sku": sku, "po_number": po_number, "external_id": external_id, "tracking": tracking,
        "needs_person": needs_person,
    }  # fmt: skip
    query: Json = {f"filter[{name}]": value for name, value in filters.items()}
    query |= {"sort": sort.value, "limit": limit, "cursor": cursor}
    page = calling(lambda api: api.get("/v1/orders", **query), url, key)
    show.page(page, sight.ORDER_TITLES, [sight.order_row(order) for order in page["data"]], as_json=as_json)


@orders.command("show")
def show_order(order: Order, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One order with everything that belongs to it, and what may be done now."""
    found = calling(lambda api: api.get(f"/v1/orders/{order}"), url, key)
    if as_json:
        show.print_json(found)
    else:
        sight.order(found)


@orders.command()
def timeline(order: Order, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All that has happened to it: who, what, why."""
    events = calling(lambda api: _events(api, order), url, key)
    if as_json:
        show.print_json({"data": events, "next": None})
    else:
        show.table(sight.EVENT_TITLES, [sight.event_row(event) for event in events])


@orders.command()
def why(order: Order, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Why its units ship from where they ship: the locations to choose from, with what decided."""
    found = calling(lambda api: api.get(f"/v1/orders/{order}/sourcing"), url, key)
    if as_json:
        show.print_json(found)
    elif not found["data"]:
        print(f"{order}: no location has been chosen yet; `orders show` says what it waits for")
    else:
        for one in found["data"]:
            sight.sourcing(one)


@orders.command()
def unroutable(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Orders that no location can or will ship, the longest waiting first; see `orders retry`."""
    page = calling(lambda api: api.get("/v1/unroutable-orders", limit=limit, cursor=cursor), url, key)
    show.page(
        page, sight.UNROUTABLE_TITLES, [sight.unroutable_row(one) for one in page["data"]], as_json=as_json
    )


@orders.command()
def retry(
    order: Order,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Look for a place once more, also where the units were refused or not found before."""
    found = calling(lambda api: api.post(f"/v1/orders/{order}/retry", {"note": note}), url, key)
    show.result(found, f"{found['number']}: looks for a place again; see `orders why`", as_json=as_json)


@orders.command()
def watch(
    order: Order,
    seconds: Annotated[
        float | None, typer.Option("--for", help="Give up after so many seconds (exit code 1).")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Follow an order to its end, a line per change; with --json a JSON document per line."""

    async def follow(api: Api) -> Json:
        async with asyncio.timeout(seconds):
            return await _follow(api, order, as_json=as_json)

    try:
        ended = calling(follow, url, key)
    except TimeoutError:
        show.fail(show.Exit.REFUSED, f"{order} has not ended in {seconds:g} s")
    if not as_json:
        print(f"{ended['number']} is {ended['state']}, {sight.total(ended)}")


async def _follow(api: Api, name: str, *, as_json: bool) -> Json:
    """Print what is new until the order has ended and is settled, or a person is asked about what is left."""
    seen = 0
    while True:
        order = await api.get(f"/v1/orders/{name}")
        for event in await _events(api, order["id"]):
            if event["seq"] > seen:
                seen = event["seq"]
                print(json.dumps(event) if as_json else sight.event_line(event), flush=True)
        if order["state"] in ENDS and (order["settled_at"] or order["needs_person"]):
            return order
        await asyncio.sleep(POLL_S)


@orders.command()
def approve(
    order: Order,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Approve the order that waits for it."""
    _decide(order, "approve", note, url, key, as_json=as_json)


@orders.command()
def reject(
    order: Order,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Reject the order that waits for approval."""
    _decide(order, "reject", note, url, key, as_json=as_json)


def _decide(order: str, answer: str, note: str, url: str | None, key: str | None, *, as_json: bool) -> None:
    task = calling(lambda api: api.post(f"/v1/orders/{order}/{answer}", {"note": note}), url, key)
    show.result(task, f"{task['order_number']}: {task['decision']} by {task['decided_by']}", as_json=as_json)


@orders.command()
def refund(
    order: Order,
    line: Annotated[
        list[str] | None, typer.Option(help="SKU=UNITS, with @MINOR for another amount than was paid.")
    ] = None,
    shipping: Annotated[str | None, typer.Option(help="`all`, or minor units.")] = None,
    amount: Annotated[
        int | None, typer.Option(help="Ad hoc, in minor units. Nothing said at all: everything that is left.")
    ] = None,
    to: Annotated[RefundTo, typer.Option(help="Where the money goes.")] = RefundTo.ORIGINAL,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give captured money back: units, shipping, an amount or everything."""
    body: Json = {"reason": reason, "to": to.value, "lines": [_given_back(text) for text in line or []]}
    if amount is not None:
        body["amount"] = amount
    if shipping is not None:
        body["shipping"] = int(shipping) if shipping.isdecimal() else shipping
    answer = calling(lambda api: api.post(f"/v1/orders/{order}/refunds", body), url, key)
    given = ", ".join(show.amount(one["amount"], one["currency"]) for one in answer["data"])
    show.result(answer, f"{order}: {given} on the way back", as_json=as_json)


def _given_back(text: str) -> Json:
    said = goods.line(text, "--line")
    if "unit_price" in said:
        said["amount"] = said.pop("unit_price")
    return said


async def _events(api: Api, order: str) -> Sequence[Json]:
    return [event async for event in api.pages(f"/v1/orders/{order}/timeline")]


def _body(file: Path) -> Json:
    try:
        body: Any = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())  # Any: JSON
    except (OSError, ValueError) as unreadable:
        raise typer.BadParameter(f"{file}: {unreadable}", param_hint="--file") from None
    if not isinstance(body, dict):
        raise typer.BadParameter("an order is a JSON object", param_hint="--file")
    return body
