"""`orderwright gift-cards …` and `orderwright credit …`: issued, looked at, and what moved them."""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit, Once

gift_cards = typer.Typer(name="gift-cards", help="Gift cards: issued, checked.", no_args_is_help=True)
credit = typer.Typer(name="credit", help="Customers' store credit.", no_args_is_help=True)

TITLES = ("Id", "Kind", "Ends in", "Balance", "Held", "Available", "Until")
MOVE_TITLES = ("When", "Kind", "Balance", "Held", "Who", "Why", "Order")

Amount = Annotated[int, typer.Argument(min=1, help="Minor units.")]
Currency = Annotated[str, typer.Argument(help="Three letters.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Balance = Annotated[str, typer.Argument(help="The id of a gift card or store credit.")]


@gift_cards.command()
def issue(
    amount: Amount,
    currency: Currency,
    granted: Annotated[bool, typer.Option("--granted", help="Given away: no money came in.")] = False,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    expires: Annotated[str | None, typer.Option(help="2028-12-31T23:59:59Z; without it, never.")] = None,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Issue a gift card; its code is shown once."""
    body = {
        "amount": amount, "currency": currency, "granted": granted, "reason": reason, "expires_at": expires,
    }  # fmt: skip
    made = asked.act("/v1/gift-cards", body, url, key, once=once)
    worth = show.amount(made["card"]["balance"], currency)
    code = made["code"] or f"…{made['card']['last4']} (its code was shown before)"
    show.result(made, f"{code} is worth {worth}", as_json=as_json)


@gift_cards.command()
def check(
    code: Annotated[str, typer.Argument()], url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """What is on a gift card."""
    found = calling(lambda api: api.post("/v1/gift-cards/check", {"code": code}), url, key)
    _show(found, [found], as_json=as_json)


@gift_cards.command()
def block(
    balance: Balance,
    reason: Reason,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing more be paid with a gift card; orders under way keep theirs."""
    made = asked.act(f"/v1/gift-cards/{balance}/block", {"reason": reason}, url, key, once=once)
    show.result(made, f"…{made['last4']} is blocked", as_json=as_json)


@gift_cards.command()
def unblock(
    balance: Balance,
    reason: Reason,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let a blocked gift card be used again."""
    made = asked.act(f"/v1/gift-cards/{balance}/unblock", {"reason": reason}, url, key, once=once)
    show.result(made, f"…{made['last4']} may be used again", as_json=as_json)


@gift_cards.command("list")
def listed(
    last4: Annotated[str | None, typer.Option(help="The end of the code.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Gift cards, oldest first."""
    query = {"filter[last4]": last4, "limit": limit, "cursor": cursor}
    asked.page("/v1/gift-cards", query, TITLES, _row, url, key, as_json=as_json)


@gift_cards.command()
def moves(
    balance: Balance,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What moved a gift card, oldest first; of store credit too."""
    query = {"limit": limit, "cursor": cursor}
    asked.page(f"/v1/balances/{balance}/moves", query, MOVE_TITLES, _move, url, key, as_json=as_json)


@credit.command()
def grant(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    amount: Amount,
    currency: Currency,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give a customer store credit."""
    body = {"amount": amount, "currency": currency, "reason": reason}
    made = asked.act(f"/v1/customers/{customer}/credit", body, url, key, once=once)
    _show(made, [made], as_json=as_json)


@credit.command("show")
def show_credit(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A customer's store credit, by currency; `gift-cards moves` says what moved it."""
    found = calling(lambda api: api.get(f"/v1/customers/{customer}/credit"), url, key)
    _show(found, found["data"], as_json=as_json)


def _show(found: Json, rows: list[Json], *, as_json: bool) -> None:
    if as_json:
        show.print_json(found)
    else:
        show.table(TITLES, [_row(one) for one in rows])


def _row(one: Json) -> tuple[str, ...]:
    amounts = (show.amount(one[name], one["currency"]) for name in ("balance", "held", "available"))
    until = "blocked" if one["blocked_at"] else show.when(one["expires_at"]) if one["expires_at"] else ""
    return (one["id"], one["kind"], one["last4"] or "", *amounts, until)


def _move(one: Json) -> tuple[str, ...]:
    return (
        show.when(one["at"]), one["kind"], f"{one['amount']:+}", f"{one['held']:+}", one["actor"], one["why"],
        one["order_id"] or "",
    )  # fmt: skip
