"""`orderwright notifications …`: what customers are told, before and after."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.telling.stages import Stage

notifications = typer.Typer(
    name="notifications", help="What customers are told, before and after.", no_args_is_help=True
)

OrderName = Annotated[str, typer.Argument(help="The order's number or id.")]
SOURCES = {".txt": "text", ".html": "html", ".sms": "sms", ".subject": "subject"}


@notifications.command("list")
def listed(order: OrderName, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Every mail and SMS about an order, newest first."""
    found = calling(lambda api: api.get(f"/v1/orders/{order}/notifications"), url, key)
    if as_json:
        show.print_json(found)
        return
    rows = [
        [
            *(one[name] for name in ("id", "stage", "channel", "state")),
            one["arrived"] or one["why"],
            one["sent_at"] or "",
        ]
        for one in found["data"]
    ]  # fmt: skip
    show.table(["id", "stage", "channel", "state", "and then", "sent"], rows)


@notifications.command()
def preview(
    stage: Annotated[Stage, typer.Argument()],
    order: OrderName,
    language: Annotated[str, typer.Option(help="Instead of the customer's.")] = "",
    brand: Annotated[str | None, typer.Option(help="Instead of the channel's.")] = None,
    about: Annotated[str, typer.Option(help="The parcel, hold or refund it is about.")] = "",
    template: Annotated[
        list[Path] | None, typer.Option(help="Unsaved words: a file .subject, .txt, .html or .sms.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the HTML there.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """How an order's customer would read a stage; nothing is sent."""
    body: Json = {
        "stage": stage.value, "order": order, "language": language, "brand": brand, "subject_id": about,
        "template": _unsaved(template or []),
    }  # fmt: skip
    found = calling(lambda api: api.post("/v1/notifications/preview", body), url, key)
    if html is not None:
        html.write_text(found["html"])
    if as_json:
        show.print_json(found)
        return
    print(f"{found['subject']}\n\n{found['text']}")
    print(f"SMS ({found['sms_septets']} of 160, {found['sms_segments']} message): {found['sms']}")


def _unsaved(files: list[Path]) -> dict[str, str] | None:
    unknown = [file.name for file in files if file.suffix not in SOURCES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} ends in none of {', '.join(SOURCES)}")
    return {SOURCES[file.suffix]: file.read_text() for file in files} or None


@notifications.command()
def resend(
    notification: Annotated[UUID, typer.Argument(help="As `notifications list` shows it.")],
    why: Annotated[str, typer.Option(help="For people.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Tell the same stage again on the same channel."""
    sent = calling(lambda api: api.post(f"/v1/notifications/{notification}/resend", {"why": why}), url, key)
    show.result(sent, f"{sent['stage']} by {sent['channel']}, copy {sent['copy_number']}", as_json=as_json)


@notifications.command()
def note(
    order: OrderName,
    words: Annotated[str, typer.Argument(help="What it says.")],
    to_customer: Annotated[bool, typer.Option("--to-customer", help="Mail and SMS it to them.")] = False,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A note about an order: for the staff, or to the customer."""
    body: Json = {"audience": "customer" if to_customer else "internal", "text": words}
    written = calling(lambda api: api.post(f"/v1/orders/{order}/notes", body), url, key)
    show.result(written, f"{written['audience']} note by {written['by']}", as_json=as_json)


@notifications.command()
def messages(
    order: Annotated[str | None, typer.Argument(help="Without one: those that fit no order.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What customers wrote."""
    path = f"/v1/orders/{order}/messages" if order else "/v1/unmatched-messages"
    found = calling(lambda api: api.get(path), url, key)
    if as_json:
        show.print_json(found)
        return
    rows = [
        [
            *(one[name] for name in ("id", "channel", "sender")),
            one["matched_by"] or "-",
            (one["subject"] or one["text"])[:60],
        ]
        for one in found["data"]
    ]  # fmt: skip
    show.table(["id", "channel", "from", "matched by", "says"], rows)
