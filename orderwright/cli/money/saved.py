"""`orderwright customers payment-methods …`: the cards that the payment provider keeps for a customer."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit

customers = typer.Typer(name="customers", help="Customers.", no_args_is_help=True)
payment_methods = typer.Typer(name="payment-methods", help="Their saved cards.", no_args_is_help=True)
customers.add_typer(payment_methods)

TITLES = ("Id", "At", "Brand", "Ends in", "Until", "Since")
Customer = Annotated[str, typer.Argument(help="The customer's id.")]


@payment_methods.command("list")
def listed(
    customer: Customer,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A customer's saved cards, oldest first."""
    query = {"limit": limit, "cursor": cursor}
    asked.page(f"/v1/customers/{customer}/payment-methods", query, TITLES, _row, url, key, as_json=as_json)


@payment_methods.command()
def forget(
    customer: Customer,
    method: Annotated[str, typer.Argument(help="The id of a saved card.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing more be paid with a saved card, and the provider give it up."""
    calling(lambda api: api.delete(f"/v1/customers/{customer}/payment-methods/{method}"), url, key)
    show.result({"forgotten": method}, f"{method} is forgotten", as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    until = f"{one['exp_month']:02}/{one['exp_year']}" if one["exp_month"] and one["exp_year"] else ""
    return (one["id"], one["provider"], one["brand"], one["last4"], until, show.when(one["created_at"]))
