"""`orderwright tasks …`: what people are asked, and what they decide."""

from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show, sight
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.orders import TaskKind, TaskState

tasks = typer.Typer(name="tasks", help="What people are asked, and what they decide.", no_args_is_help=True)

Id = Annotated[UUID, typer.Argument(help="As `tasks list` shows it.")]
Note = Annotated[str, typer.Option(help="For people.")]


@tasks.command("list")
def listed(
    state: Annotated[TaskState, typer.Option()] = TaskState.OPEN,
    kind: Annotated[TaskKind | None, typer.Option()] = None,
    everything: Annotated[bool, typer.Option("--all", help="In every state.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Tasks that are open, oldest first."""
    query: Json = {
        "filter[state]": None if everything else state.value,
        "filter[kind]": kind.value if kind else None,
        "limit": limit,
        "cursor": cursor,
    }
    page = calling(lambda api: api.get("/v1/tasks", **query), url, key)
    show.page(page, sight.TASK_TITLES, [sight.task_row(task) for task in page["data"]], as_json=as_json)


@tasks.command("show")
def show_task(task: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One task."""
    found = calling(lambda api: api.get(f"/v1/tasks/{task}"), url, key)
    if as_json:
        show.print_json(found)
        return
    for name in (
        "id",
        "order_number",
        "kind",
        "state",
        "reason",
        "question",
        "deadline",
        "decision",
        "decided_by",
        "note",
    ):
        if found[name]:
            print(f"{name.replace('_', ' '):<13} {found[name]}")


@tasks.command()
def approve(task: Id, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Go on: approve, try again, done. The first decision counts."""
    _decide(task, "approve", note, url, key, as_json=as_json)


@tasks.command()
def reject(task: Id, note: Note = "", url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """End it. The first decision counts."""
    _decide(task, "reject", note, url, key, as_json=as_json)


def _decide(task: UUID, answer: str, note: str, url: str | None, key: str | None, *, as_json: bool) -> None:
    decided = calling(lambda api: api.post(f"/v1/tasks/{task}/{answer}", {"note": note}), url, key)
    words = f"{decided['order_number']}: {decided['decision']} by {decided['decided_by']}"
    show.result(decided, words, as_json=as_json)
