"""`orderwright stock adjust|moves|differences|reconcile`: put right, read back, compared."""

from typing import TYPE_CHECKING, Annotated

import typer

from orderwright.cli import record, show, sight
from orderwright.cli.client import Json, Key, Url
from orderwright.cli.show import AsJson, Exit
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit, Once
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.services.supply.reconciling import Reconciled

MOVE_TITLES = ("When", "SKU", "Location", "Lot", "Kind", "On hand", "Reserved", "Who", "Why", "Belongs to")
DIFFERENCE_TITLES = ("Found", "What", "SKU", "Location", "Should be", "Is", "State", "Belongs to")


def adjust(
    sku: Annotated[str, typer.Argument()],
    location: Annotated[str, typer.Argument(help="Its code.")],
    units: Annotated[int, typer.Argument(help="More, or (after --) below zero fewer.")],
    reason: Annotated[AdjustReason, typer.Option(help="Why.")],
    note: Annotated[str, typer.Option()] = "",
    lot: Annotated[str | None, typer.Option(help="Of a tracked product: its lot or serial number.")] = None,
    expires_on: Annotated[str | None, typer.Option(help="A new lot's last day, as 2027-01-31.")] = None,
    once: Once = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Put stock right, with the reason; never below what is reserved."""
    body = {"sku": sku, "location": location, "units": units, "reason": reason.value, "note": note}
    body |= {"lot": lot, "expires_on": expires_on}
    level = asked.act("/v1/stock/adjustments", body, url, key, once=once)
    if as_json:
        show.print_json(level)
    else:
        show.table(sight.STOCK_TITLES, [sight.stock_row(level)])


def moves(
    sku: Annotated[str | None, typer.Argument(help="One product; all where left out.")] = None,
    location: Annotated[str | None, typer.Option()] = None,
    kind: Annotated[MoveKind | None, typer.Option()] = None,
    reference: Annotated[str | None, typer.Option(help="A transfer or count.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Every change of a level, the newest first."""
    query = {"sku": sku, "location": location, "kind": kind.value if kind else None,
             "reference": reference, "limit": limit, "cursor": cursor}  # fmt: skip
    asked.page("/v1/stock/moves", query, MOVE_TITLES, _move, url, key, as_json=as_json)


def differences(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are gone.")] = False,
    sku: Annotated[str | None, typer.Option()] = None,
    location: Annotated[str | None, typer.Option()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Figures that did not agree when stock was last compared; nothing repairs them but people."""
    query = {"state": None if everything else "open", "sku": sku, "location": location, "limit": limit,
             "cursor": cursor}  # fmt: skip
    asked.page("/v1/stock/differences", query, DIFFERENCE_TITLES, _difference, url, key, as_json=as_json)


def reconcile(as_json: AsJson = False) -> None:
    """Compare now, on the record itself. Exit code 1 where something does not agree."""

    async def work(session: "AsyncSession") -> "Reconciled":
        from orderwright.services.supply import reconciling  # noqa: PLC0415 - keeps `--help` fast

        return await reconciling.reconcile(session)

    found = record.in_transaction(work)
    figures = {"levels": found.levels, "new": found.new, "gone": found.gone, "open": found.open}
    verdict = "all agree" if not found.open else f"{found.open} differences, {found.new} of them new"
    show.result(figures, f"{found.levels} levels: {verdict}, {found.gone} gone", as_json=as_json)
    raise typer.Exit(Exit.REFUSED if found.open else Exit.OK)


def _move(one: Json) -> tuple[str, ...]:
    why = ": ".join(filter(None, (one["code"], one["reason"])))
    return (
        show.when(one["at"]), one["sku"], one["location"], one["lot"] or "", one["kind"],
        f"{one['on_hand']:+}", f"{one['reserved']:+}", one["actor"], why,
        one["reference"] or one["order_id"] or "",
    )  # fmt: skip


def _difference(one: Json) -> tuple[str, ...]:
    return (
        show.when(one["found_at"]), one["what"], one["sku"], one["location"], str(one["expected"]),
        str(one["found"]), one["state"], one["subject"],
    )  # fmt: skip
