"""`orderwright returns …`: what comes back, and by which rules."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit
from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
    ReturnState,
)

returns = typer.Typer(name="returns", help="Goods that come back.", no_args_is_help=True)

TITLES = ("Return", "Order", "State", "Goods", "Refund", "Exchange", "Tracking", "Until")
Return = Annotated[str, typer.Argument(help="Number or id.")]
Order = Annotated[str, typer.Argument(help="Number or id.")]
Goods = Annotated[list[str], typer.Argument(help="SKU=UNITS, several.")]
Why = Annotated[ReturnReason, typer.Option(help="Why it comes back.")]
How = Annotated[ReturnMethod, typer.Option(help="With our label, dropped off, or sent by the customer.")]
Note = Annotated[str, typer.Option()]
Instead = Annotated[
    list[str] | None, typer.Option("--exchange", help="SKU=UNITS that are wanted instead, several.")
]
First = Annotated[
    bool, typer.Option("--ship-first", help="Before the others are back; their worth is held on a card.")
]
Card = Annotated[
    str | None, typer.Option("--source", help="Token of a card for a difference and the security.")
]


@returns.command("list")
def listed(
    state: Annotated[ReturnState | None, typer.Option()] = None,
    order: Annotated[str | None, typer.Option(help="Of one order.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Returns, oldest first."""
    query = {
        "filter[state]": state.value if state else None, "filter[order]": order,
        "limit": limit, "cursor": cursor,
    }  # fmt: skip
    asked.page("/v1/returns", query, TITLES, _row, url, key, as_json=as_json)


@returns.command("show")
def shown(name: Return, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One return."""
    _show(calling(lambda api: api.get(f"/v1/returns/{name}"), url, key), as_json=as_json)


@returns.command()
def preview(
    order: Order,
    goods: Goods,
    reason: Why = ReturnReason.CHANGED_MIND,
    method: How = ReturnMethod.LABEL,
    exchange: Instead = None,
    ship_first: First = False,
    source: Card = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What the rules say, and what would be given back, or what other goods would cost."""
    body = _wanted(goods, reason, method) | _instead(exchange, source, ship_first=ship_first)
    one = asked.act(f"/v1/orders/{order}/returns/preview", body, url, key)
    if as_json:
        show.print_json(one)
        return
    money = [show.amount(one[name], one["currency"]) for name in ("fee", "shipping", "refund")]
    ends = min(line["window_ends"] for line in one["lines"])
    show.table(
        ("Verdict", "Why", "Fee", "Shipping back", "Refund", "Window ends"),
        [(one["verdict"], one["why"], *money, ends)],
    )
    if one["exchange"] is not None:
        _show_terms(one["exchange"], one["currency"])


@returns.command()
def request(
    order: Order,
    goods: Goods,
    reason: Why = ReturnReason.CHANGED_MIND,
    method: How = ReturnMethod.LABEL,
    resolution: Annotated[
        Resolution | None, typer.Option(help="Left out: a refund, or an exchange where one is named.")
    ] = None,
    note: Note = "",
    exchange: Instead = None,
    ship_first: First = False,
    source: Card = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a return."""
    body = {
        **_wanted(goods, reason, method),
        **_instead(exchange, source, ship_first=ship_first),
        "note": note,
    }
    if resolution is not None:
        body["resolution"] = resolution.value
    _show(asked.act(f"/v1/orders/{order}/returns", body, url, key), as_json=as_json)


@returns.command()
def approve(name: Return, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """The customer may send it."""
    _show(asked.act(f"/v1/returns/{name}/approve", {"note": note}, url, key), as_json=as_json)


@returns.command()
def decline(name: Return, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """It may not come back."""
    _show(asked.act(f"/v1/returns/{name}/decline", {"note": note}, url, key), as_json=as_json)


@returns.command()
def cancel(name: Return, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Nothing is sent after all."""
    _show(asked.act(f"/v1/returns/{name}/cancel", {"note": note}, url, key), as_json=as_json)


@returns.command()
def receive(
    name: Return,
    goods: Goods,
    damaged: Annotated[list[str] | None, typer.Option(help="SKU=UNITS of them, at first sight.")] = None,
    note: Note = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Goods are there."""
    broken = asked.units(damaged or ())
    lines = [
        {"sku": sku, "quantity": units, "damaged": broken.get(sku, 0)}
        for sku, units in asked.units(goods).items()
    ]
    _show(asked.act(f"/v1/returns/{name}/receive", {"lines": lines, "note": note}, url, key), as_json=as_json)


@returns.command()
def inspect(
    name: Return,
    goods: Annotated[
        list[str], typer.Argument(help="SKU=UNITS=CONDITION=DISPOSITION, or with =PPM kept; several.")
    ],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say of every unit that came how it is and what becomes of it."""
    body = {"lines": [_inspected(one) for one in goods]}
    _show(asked.act(f"/v1/returns/{name}/inspect", body, url, key), as_json=as_json)


@returns.command()
def policies(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """The rules, the newest version first."""
    found = calling(lambda api: api.get("/v1/return-policies"), url, key)
    if as_json:
        show.print_json(found)
        return
    rows = [
        (str(one["version"]), one["created_by"], str(one["rules"]["window_days"]), one["note"])
        for one in found["data"]
    ]
    show.table(("Version", "By", "Days", "Note"), rows)


@returns.command("set-policy")
def set_policy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON, as the API takes it.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """New rules, in force from now on."""
    try:
        body = json.loads(file.read_text())
    except ValueError as unreadable:
        raise typer.BadParameter(f"{file} is not JSON") from unreadable
    one = asked.act("/v1/return-policies", body, url, key)
    if as_json:
        show.print_json(one)
    else:
        show.table(("Version", "By"), [(str(one["version"]), one["created_by"])])


def _wanted(goods: list[str], reason: ReturnReason, method: ReturnMethod) -> Json:
    lines = [
        {"sku": sku, "quantity": units, "reason": reason.value} for sku, units in asked.units(goods).items()
    ]
    return {"lines": lines, "method": method.value}


def _instead(exchange: list[str] | None, source: str | None, *, ship_first: bool) -> Json:
    if not exchange:
        if ship_first or source:
            raise typer.BadParameter("say with --exchange what is wanted instead")
        return {}
    goods = [{"sku": sku, "quantity": units} for sku, units in asked.units(exchange).items()]
    return {"exchange": goods, "ship_first": ship_first, "payment_source": source}


def _show_terms(terms: Json, currency: str) -> None:
    goods = ", ".join(
        f"{one['units']} {one['sku']}" + ("" if one["available_units"] >= one["units"] else " (not there)")
        for one in terms["goods"]
    )
    money = [show.amount(terms[name], currency) for name in ("price", "credit", "owed", "refund", "security")]
    show.table(
        ("Instead", "Costs", "The return pays", "Still owed", "Given back", "Security", "Shipped"),
        [(goods, *money, "first" if terms["ship_first"] else "after receipt")],
    )


def _inspected(typed: str) -> Json:
    form = "SKU=UNITS=CONDITION=DISPOSITION or SKU=UNITS=CONDITION=DISPOSITION=PPM"
    parts = typed.split("=")
    try:
        sku, units, condition, disposition, *ppm = parts
        return {
            "sku": sku, "quantity": int(units), "condition": Condition(condition).value,
            "disposition": Disposition(disposition).value, "deduct_ppm": int(ppm[0]) if ppm else 0,
        }  # fmt: skip
    except ValueError as unreadable:
        raise typer.BadParameter(f"{typed} is not {form}") from unreadable


def _show(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
    else:
        show.table(TITLES, [_row(one)])


def _row(one: Json) -> tuple[str, ...]:
    goods = ", ".join(f"{line['units']} {line['sku']}" for line in one["lines"])
    refund = show.amount(sum(line["refund"] for line in one["lines"]), one["currency"])
    code = (one["parcel"] or {}).get("tracking_code") or ""
    new = (one["exchange"] or {}).get("order_number", "")
    return (one["number"], one["order_number"], one["state"], goods, refund, new, code, one["deadline"] or "")
