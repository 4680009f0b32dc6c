"""`orderwright orders change`, `changes` and `cancel`: shown with --preview, then made as shown."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.orders import Order
from orderwright.cli.show import AsJson
from orderwright.cli.stock import goods

Reason = Annotated[str, typer.Option(help="Why.")]
Preview = Annotated[bool, typer.Option("--preview", help="Show what would happen; nothing does.")]


def change(  # noqa: PLR0917 - typer reads options from parameters
    order: Order,
    add: Annotated[list[str] | None, typer.Option(help="SKU=UNITS, with @MINOR at an agreed price.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="SKU or id of a line.")] = None,
    quantity: Annotated[list[str] | None, typer.Option(help="SKU=UNITS that are left.")] = None,
    swap: Annotated[list[str] | None, typer.Option(help="OLD=NEW: all its units as another SKU.")] = None,
    price: Annotated[
        list[str] | None, typer.Option(help="SKU=MINOR for a single one; with --reason.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Another delivery service.")] = None,
    day: Annotated[str | None, typer.Option(help="YYYY-MM-DD: wanted on that day, at the latest.")] = None,
    reason: Reason = "",
    preview: Preview = False,
    confirm: Annotated[
        str | None, typer.Option(help="The preview's fingerprint; left out: made as it is now.")
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Change an order while its units have not begun: lines, prices, service, day. All of it or nothing."""
    wishes: list[Json] = [
        *({"kind": "add_line", **goods.line(text, "--add")} for text in add or []),
        *({"kind": "remove_line", "line": text} for text in remove or []),
        *(_left(text) for text in quantity or []),
        *({"kind": "swap", **_pair(text, "--swap", "line", "sku")} for text in swap or []),
        *(_priced(text) for text in price or []),
        *([{"kind": "service", "service": service}] if service else []),
        *([{"kind": "date", "day": day}] if day else []),
    ]
    body: Json = {"changes": wishes, "reason": reason}

    async def make(api: Api) -> Json:
        shown = await api.post(f"/v1/orders/{order}/changes/preview", body)
        if preview:
            return shown
        mark = confirm or shown["fingerprint"]
        return await api.post(f"/v1/orders/{order}/changes", {**body, "fingerprint": mark})

    answer = calling(make, url, key)
    show.result(answer, _previewed(order, answer) if preview else _made(order, answer), as_json=as_json)


def _left(text: str) -> Json:
    said = goods.line(text, "--quantity")
    return {"kind": "quantity", "line": said["sku"], "quantity": said["quantity"]}


def _priced(text: str) -> Json:
    said = goods.line(text, "--price")
    return {"kind": "price", "line": said["sku"], "unit_price": said["quantity"]}


def _pair(text: str, option: str, first: str, second: str) -> Json:
    one, _, other = text.partition("=")
    if not one or not other:
        raise typer.BadParameter(f"{text!r} is not OLD=NEW", param_hint=option)
    return {first: one, second: other}


def _previewed(order: str, shown: Json) -> str:
    lines = [
        f"{order}: total {shown['before']['total']} -> {shown['after']['total']} (minor units),"
        f" {shown['further']} further",
        *(f"  {one['units']} x {one['sku']}: {one['total']}" for one in shown["after"]["lines"]),
        *([f"  promised for {shown['promised_on']}"] if shown["promised_on"] else []),
        *map(_undone, shown["compensations"]),
        f"confirm with --confirm {shown['fingerprint']}",
    ]
    return "\n".join(lines)


def _undone(one: Json) -> str:
    money = "" if one["amount"] is None else f" {show.amount(one['amount'], one['currency'])}"
    chance = "" if one["chance"] is None else f", {one['chance']} %"
    return f"  {one['kind']} {one['subject']}{money}: {one['why']}{chance}"


def _made(order: str, made: Json) -> str:
    if made["state"] == "awaiting_recall":
        return f"{order}: change {made['number']} waits for the warehouse; follow with `orders watch`"
    return f"{order}: changed, total {made['total_before']} -> {made['total_after']} (minor units)"


def changes(order: Order, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """What was changed of an order, oldest first."""
    found = calling(lambda api: api.get(f"/v1/orders/{order}/changes"), url, key)
    if as_json:
        show.print_json(found)
        return
    rows = [
        (str(one["number"]), one["state"], one["actor"], str(one["total_before"]), str(one["total_after"]),
         one["answer"] or one["reason"])
        for one in found["data"]
    ]  # fmt: skip
    show.table(("number", "state", "by", "total before", "after", "why"), rows)


def cancel(
    order: Order,
    reason: Reason = "",
    line: Annotated[list[str] | None, typer.Option(help="SKU=UNITS; left out: the whole order.")] = None,
    preview: Preview = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an order or units of it; where the warehouse has them already, it is asked to give them back."""
    body: Json = {"reason": reason, "lines": [goods.line(text, "--line") for text in line or []]}
    if preview:
        shown = calling(lambda api: api.post(f"/v1/orders/{order}/cancel/preview", body), url, key)
        show.result(shown, _shown(order, shown), as_json=as_json)
        return
    answer = calling(lambda api: api.post(f"/v1/orders/{order}/cancel", body), url, key)
    words = {
        "requested": "the warehouse is asked to give it back; follow with `orders watch`",
        "partly_canceled": "these units are canceled" if line else "what was to follow is canceled",
    }.get(answer["state"], "canceled")
    show.result(answer, f"{order}: {words}", as_json=as_json)


def _shown(order: str, shown: Json) -> str:
    if not shown["possible"]:
        return f"{order}: not possible: {shown['why']}"
    head = f"{order}: the whole order" if shown["whole"] else f"{order}: {shown['left']['total']} is left"
    return "\n".join([head, *map(_undone, shown["compensations"])])


COMMANDS = (change, changes, cancel)
