"""`orderwright claims …`: what carriers owe us for lost and damaged parcels."""

from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson

claims = typer.Typer(name="claims", help="Claims at carriers, one per case.", no_args_is_help=True)

Id = Annotated[UUID, typer.Argument(help="The claim, as `claims file` answers it.")]
Reference = Annotated[str | None, typer.Option(help="The carrier's own number for it.")]


@claims.command("file")
def file_claim(
    case: Annotated[UUID, typer.Argument(help="As `cases list` shows it.")],
    amount: Annotated[int, typer.Argument(min=1, help="In minor units of the order.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Ask the carrier for money, whatever is done for the customer."""
    made = calling(lambda api: api.post(f"/v1/cases/{case}/carrier-claim", {"amount": amount}), url, key)
    _told(made, as_json)


@claims.command()
def accept(
    claim: Id,
    amount: Annotated[int | None, typer.Option(min=1, help="Where it is less than was asked.")] = None,
    reference: Reference = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The carrier will pay: he owes it to us."""
    _told(_answer(claim, "accept", {"amount": amount, "reference": reference}, url, key), as_json)


@claims.command()
def reject(
    claim: Id, reference: Reference = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """The carrier will not pay."""
    _told(_answer(claim, "reject", {"reference": reference}, url, key), as_json)


@claims.command()
def paid(
    claim: Id, reference: Reference = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """It came off what we owe the carrier."""
    _told(_answer(claim, "paid", {"reference": reference}, url, key), as_json)


def _answer(claim: UUID, step: str, body: Json, url: str | None, key: str | None) -> Json:
    said = {name: value for name, value in body.items() if value is not None}
    return calling(lambda api: api.post(f"/v1/carrier-claims/{claim}/{step}", said), url, key)


def _told(claim: Json, as_json: bool) -> None:
    number = f" ({claim['reference']})" if claim["reference"] else ""
    words = (
        f"{claim['carrier']}: {claim['amount']} {claim['currency']} {claim['state']}{number}, {claim['id']}"
    )
    show.result(claim, words, as_json=as_json)
