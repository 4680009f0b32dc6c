"""`books adopt` and `books give-back`: what is done with money that came without an order."""

from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson

Id = Annotated[UUID, typer.Argument(help="As `books differences` shows it.")]
Note = Annotated[str, typer.Option(help="For people.")]


def adopt(
    difference: Id,
    order: Annotated[str | None, typer.Option(help="Whose money it is; default: nobody's yet.")] = None,
    note: Note = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Keep the money: on account of an order, or as unmatched."""
    _decide(difference, "adopt", {"order": order, "note": note}, url, key, as_json=as_json)


def give_back(
    difference: Id, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Give the money back; the next reconciliation does it."""
    _decide(difference, "refund", {"note": note}, url, key, as_json=as_json)


def _decide(
    difference: UUID, what: str, body: Json, url: str | None, key: str | None, *, as_json: bool
) -> None:
    said = calling(lambda api: api.post(f"/v1/books/differences/{difference}/{what}", body), url, key)
    amount = show.amount(said["theirs"], said["currency"])
    words = f"{said['reference']}: {amount}, {said['decision']} by {said['decided_by']}"
    show.result(said, words, as_json=as_json)
