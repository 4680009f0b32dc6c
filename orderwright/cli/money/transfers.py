"""`orderwright transfers …`: money that came by bank, and whose it is."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit
from orderwright.domain.payments import TransferState

transfers = typer.Typer(name="transfers", help="Bank transfers.", no_args_is_help=True)

TITLES = ("Id", "Bank's id", "Amount", "Used", "State", "Reference", "Order")
Transfer = Annotated[str, typer.Argument(help="Its id.")]


@transfers.command()
def receive(
    bank_id: Annotated[str, typer.Argument(help="The bank's own id.")],
    amount: Annotated[int, typer.Argument(min=1, help="Minor units.")],
    currency: Annotated[str, typer.Argument(help="Three letters.")],
    reference: Annotated[str, typer.Argument(help="What the customer wrote.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Money has come: its order is found by the number in the reference."""
    body = {"bank_id": bank_id, "amount": amount, "currency": currency, "reference": reference}
    _show(asked.act("/v1/transfers", body, url, key), as_json=as_json)


@transfers.command("list")
def listed(
    state: Annotated[TransferState | None, typer.Option(help="`unmatched` ones wait for you.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Transfers, oldest first."""
    query = {"filter[state]": state.value if state else None, "limit": limit, "cursor": cursor}
    asked.page("/v1/transfers", query, TITLES, _row, url, key, as_json=as_json)


@transfers.command()
def assign(
    transfer: Transfer,
    order: Annotated[str, typer.Argument(help="Number or id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """You know which order it is for."""
    _show(asked.act(f"/v1/transfers/{transfer}/assign", {"order": order}, url, key), as_json=as_json)


@transfers.command("return")
def send_back(transfer: Transfer, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """It was nobody's, and you have sent it back."""
    _show(asked.act(f"/v1/transfers/{transfer}/return", {}, url, key), as_json=as_json)


def _show(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
    else:
        show.table(TITLES, [_row(one)])


def _row(one: Json) -> tuple[str, ...]:
    amount, used = (show.amount(one[name], one["currency"]) for name in ("amount", "used"))
    return (one["id"], one["bank_id"], amount, used, one["state"], one["reference"], one["order_id"] or "")
