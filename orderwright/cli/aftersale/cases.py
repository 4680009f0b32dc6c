"""`orderwright cases …`: what went wrong with deliveries, and what is decided about it."""

from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.delivery.cases import CaseKind, CaseState, WayOut

cases = typer.Typer(name="cases", help="Deliveries that went wrong, and ways out.", no_args_is_help=True)
TITLES = ("Id", "Order", "Kind", "State", "Found by", "Ways out", "Until", "Then", "Outcome")

Id = Annotated[UUID, typer.Argument(help="As `cases list` shows it.")]


@cases.command("list")
def listed(
    state: Annotated[CaseState, typer.Option()] = CaseState.OPEN,
    kind: Annotated[CaseKind | None, typer.Option()] = None,
    everything: Annotated[bool, typer.Option("--all", help="In every state.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Cases that are open, oldest first."""
    query: Json = {
        "filter[state]": None if everything else state.value,
        "filter[kind]": kind.value if kind else None,
        "limit": limit,
        "cursor": cursor,
    }
    page = calling(lambda api: api.get("/v1/cases", **query), url, key)
    show.page(page, TITLES, [_row(case) for case in page["data"]], as_json=as_json)


@cases.command("show")
def show_case(case: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One case."""
    found = calling(lambda api: api.get(f"/v1/cases/{case}"), url, key)
    if as_json:
        show.print_json(found)
        return
    show.table(TITLES, [_row(found)])
    for name in ("question", "words", "decided_by", "why"):
        if found[name]:
            print(f"{name.replace('_', ' '):<11} {found[name]}")


@cases.command("open")
def open_case(
    order: Annotated[str, typer.Argument(help="The order's number or id.")],
    parcel: Annotated[UUID, typer.Argument(help="The parcel's id.")],
    kind: Annotated[CaseKind, typer.Argument(help="damaged, missing, wrong or never_arrived.")],
    words: Annotated[str, typer.Option(help="What was said.")] = "",
    line: Annotated[list[str] | None, typer.Option(help="LINE_ID=UNITS; none: the whole parcel.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Note what a customer says of a parcel."""
    body: Json = {"shipment_id": str(parcel), "kind": kind.value, "words": words, "lines": _lines(line)}
    made = calling(lambda api: api.post(f"/v1/orders/{order}/cases", body), url, key)
    show.result(made, f"{made['order_number']}: case {made['id']}, {made['kind']}", as_json=as_json)


@cases.command()
def decide(
    case: Id,
    way: Annotated[WayOut, typer.Argument(help="One of the case's ways out.")],
    why: Annotated[str, typer.Option(help="For people.")],
    until: Annotated[str | None, typer.Option(help="The new day, where it is to wait: YYYY-MM-DD.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Take a way out. The first decision counts."""
    body: Json = {"way": way.value, "why": why, "until": until}
    made = calling(lambda api: api.post(f"/v1/cases/{case}/decide", body), url, key)
    words = f"{made['order_number']}: {made['outcome']} by {made['decided_by']}"
    show.result(made, words, as_json=as_json)


def _lines(named: list[str] | None) -> list[Json]:
    lines = []
    for one in named or []:
        line, _, units = one.partition("=")
        if not units.isdigit():
            raise typer.BadParameter("LINE_ID=UNITS", param_hint="--line")
        lines.append({"line_id": line, "units": int(units)})
    return lines


def _row(case: Json) -> tuple[str, ...]:
    return (
        case["id"], case["order_number"], case["kind"], case["state"], case["origin"],
        ", ".join(case["ways"]), show.when(case["deadline"]), case["at_deadline"], case["outcome"] or "",
    )  # fmt: skip
