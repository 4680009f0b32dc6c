"""`orderwright disputes …`: money that customers' banks want back, answered or accepted."""

import base64
import mimetypes
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit
from orderwright.domain.payments import DisputeState, EvidenceKind

disputes = typer.Typer(name="disputes", help="Disputes of customers' banks.", no_args_is_help=True)

TITLES = ("Id", "Amount", "Reason", "State", "Evidence due", "Opened")
SAID = ("Said", "State", "By", "At", "Documents", "Why")
Dispute = Annotated[str, typer.Argument(help="Its id.")]


@disputes.command("list")
def listed(
    state: Annotated[DisputeState | None, typer.Option(help="`open` ones may wait for you.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Disputes, oldest first."""
    query = {"filter[state]": state.value if state else None, "limit": limit, "cursor": cursor}
    asked.page("/v1/disputes", query, TITLES, _row, url, key, as_json=as_json)


@disputes.command("show")
def shown(dispute: Dispute, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One dispute, and what was said to it."""
    _show(calling(lambda api: api.get(f"/v1/disputes/{dispute}"), url, key), as_json=as_json)


@disputes.command()
def defend(
    dispute: Dispute,
    text: Annotated[str, typer.Option(help="What you say.")] = "",
    paper: Annotated[list[str] | None, typer.Option(help="A paper of the order, INV-…; several.")] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(help="KIND=PATH, PDF, JPEG or PNG; receipt, delivery, communication or other."),
    ] = None,
    parcels: Annotated[bool, typer.Option(help="With what is known of its parcels.")] = True,
    messages: Annotated[bool, typer.Option(help="With what the customer wrote.")] = False,
    reason: Annotated[str, typer.Option(help="Adyen: the code of its defense reason.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Put evidence before the bank: once, and before its deadline."""
    body = {
        "text": text, "papers": paper or [], "files": [_file(one) for one in file or ()],
        "parcels": parcels, "messages": messages, "defense_reason": reason,
    }  # fmt: skip
    _show(asked.act(f"/v1/disputes/{dispute}/evidence", body, url, key), as_json=as_json)


@disputes.command()
def accept(
    dispute: Dispute,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let the bank have the money."""
    _show(asked.act(f"/v1/disputes/{dispute}/accept", {"note": note}, url, key), as_json=as_json)


def _file(typed: str) -> Json:
    kind, _, path = typed.partition("=")
    if kind not in list(EvidenceKind) or not Path(path).is_file():
        raise typer.BadParameter(f"{typed} is not KIND=PATH of a file that is there")
    found = Path(path)
    return {
        "kind": kind, "name": found.name, "media_type": mimetypes.guess_type(found.name)[0] or "",
        "content": base64.b64encode(found.read_bytes()).decode(),
    }  # fmt: skip


def _show(one: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(one)
        return
    show.table(TITLES, [_row(one)])
    show.table(SAID, [_said(answer) for answer in one["answers"]])


def _row(one: Json) -> tuple[str, ...]:
    due = show.when(one["evidence_due"]) if one["evidence_due"] else ""
    return (
        one["id"], show.amount(one["amount"], one["currency"]), one["reason"], one["state"], due,
        show.when(one["opened_at"]),
    )  # fmt: skip


def _said(one: Json) -> tuple[str, ...]:
    names = ", ".join(file["name"] for file in one["files"])
    return (one["kind"], one["state"], one["actor"], show.when(one["asked_at"]), names, one["why"])
