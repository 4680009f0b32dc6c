"""`orderwright appeasements …`: money for the trouble, and how much of it an agent may give a day."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.orders import Order
from orderwright.cli.show import AsJson
from orderwright.domain.payments import RefundTo

appeasements = typer.Typer(
    name="appeasements", help="Money for the trouble, within a day's limit.", no_args_is_help=True
)
TITLES = ("Agent", "Currency", "A day", "Set by", "At")


@appeasements.command()
def give(
    order: Order,
    amount: Annotated[int, typer.Argument(min=1, help="In minor units, of what was paid.")],
    reason: Annotated[str, typer.Option(help="What for.")],
    to: Annotated[RefundTo, typer.Option(help="Store credit, or to where it came from.")] = (
        RefundTo.STORE_CREDIT
    ),
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give some of what was paid for an order."""
    body: Json = {"amount": amount, "to": to.value, "reason": reason}
    made = calling(lambda api: api.post(f"/v1/orders/{order}/appeasements", body), url, key)
    words = f"{order}: {made['amount']} {made['currency']} to {made['destination']}, by {made['agent']}"
    show.result(made, words, as_json=as_json)


@appeasements.command()
def limits(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """What agents may give away a day."""
    page = calling(lambda api: api.get("/v1/appeasement-limits"), url, key)
    if as_json:
        show.print_json(page)
        return
    show.table(TITLES, [_row(one) for one in page["data"]])


@appeasements.command()
def limit(
    currency: Annotated[str, typer.Argument(help="As EUR.")],
    per_day: Annotated[int, typer.Argument(min=0, help="In minor units.")],
    agent: Annotated[str, typer.Option(help="A key's name; none: everybody without a limit.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Set a limit."""
    body: Json = {"agent": agent, "currency": currency.upper(), "per_day": per_day}
    made = calling(lambda api: api.put("/v1/appeasement-limits", body), url, key)
    words = f"{made['agent'] or 'everybody'}: {made['per_day']} {made['currency']} a day"
    show.result(made, words, as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    return (
        one["agent"] or "everybody", one["currency"], str(one["per_day"]), one["set_by"],
        show.when(one["set_at"]),
    )  # fmt: skip
