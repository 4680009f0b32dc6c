"""`orderwright tax exemptions …`: customers' certificates, listed, kept, revoked."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Once

exemptions = typer.Typer(
    name="exemptions", help="Certificates by which customers owe no tax.", no_args_is_help=True
)

TITLES = ("Id", "Number", "Country", "Region", "From", "To", "Counts")
Customer = Annotated[UUID, typer.Argument(help="The customer's id.")]


@exemptions.command("list")
def listed(customer: Customer, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """A customer's certificates, those that count no more too."""
    query = {"filter[customer_id]": str(customer)}
    found = calling(lambda api: api.get("/v1/tax/exemptions", **query), url, key)
    if as_json:
        show.print_json(found)
    else:
        show.table(TITLES, [_row(one) for one in found["data"]])


@exemptions.command()
def add(
    customer: Customer,
    number: Annotated[str, typer.Argument(help="As the certificate bears it.")],
    country: Annotated[str, typer.Argument(help="Two letters: where it counts.")],
    region: Annotated[str, typer.Option()] = "*",
    since: Annotated[datetime | None, typer.Option("--from", help="Left out: today.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="From that day on no more.")] = None,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Keep a certificate: the customer's orders there owe no tax while it counts."""
    body = {
        "customer_id": str(customer), "number": number, "country": country, "region": region,
        "valid_from": _day(since or datetime.now(UTC)), "valid_to": _day(until) if until else None,
    }  # fmt: skip
    made = asked.act("/v1/tax/exemptions", body, url, key, once=once)
    show.result(made, f"{number} counts from {made['valid_from']} on: {made['id']}", as_json=as_json)


@exemptions.command()
def revoke(
    exemption: Annotated[UUID, typer.Argument(help="The certificate's id, as `list` shows it.")],
    since: Annotated[datetime | None, typer.Option("--from", help="Left out: today.")] = None,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The certificate counts no more from that day on; orders keep the tax they were placed with."""
    path = f"/v1/tax/exemptions/{exemption}/end?from={_day(since or datetime.now(UTC))}"
    ended = asked.act(path, {}, url, key, once=once)
    show.result(ended, f"{ended['number']} counts until before {ended['valid_to']}", as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    today = datetime.now(UTC).date().isoformat()
    ended = one["valid_to"] is not None and one["valid_to"] <= today
    counts = "ended" if ended else "yes" if one["valid_from"] <= today else "not yet"
    return (
        one["id"], one["number"], one["country"], one["region"], one["valid_from"], one["valid_to"] or "",
        counts,
    )  # fmt: skip


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
