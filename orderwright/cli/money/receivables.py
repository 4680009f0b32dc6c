"""`books receivables` and `orderwright remittances …`: what is owed, and what carriers pay over of it."""

import csv
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwright.cli import record, show
from orderwright.cli.client import Json, Key, Url
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.cli.stock.asked import Cursor, Limit
from orderwright.domain.payments import PaymentMethod, TransferState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.reporting.receivables import Aged, OpenItem

remittances = typer.Typer(
    name="remittances", help="Cash that carriers collected, and pay over.", no_args_is_help=True
)
ITEM_TITLES = ("Due on", "Days over", "Order", "Invoice", "Owed by", "Open", "Of", "Parcel")
LINE_TITLES = ("Carrier", "Reference", "Line", "Parcel", "Amount", "Used", "Missing", "State", "Order")
Line = Annotated[str, typer.Argument(help="The line's id.")]


def receivables(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its day.")] = False,
    method: Annotated[
        PaymentMethod | None, typer.Option(help="manual: customers; cash_on_delivery: carriers.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is owed for goods that have left, what is due first at the front, and how long overdue."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.reporting import receivables as reading  # noqa: PLC0415

    today = datetime.now(UTC).date()

    async def work(session: "AsyncSession") -> "tuple[Sequence[OpenItem], Sequence[Aged]]":
        items = await reading.open_items(session, today, overdue=overdue, method=method)
        return items, await reading.aging(session, today)

    items, aged = record.in_transaction(work)
    if as_json:
        shown = [asdict(one) | {"open": one.open, "bucket": one.bucket} for one in items]
        sums = [asdict(one) | {"open": one.open} for one in aged]
        show.print_json(TypeAdapter(dict[str, Any]).dump_python({"items": shown, "aging": sums}, mode="json"))
        return
    show.table(ITEM_TITLES, [_item(one) for one in items])
    for one in aged:
        parts = [f"{days.value} {show.amount(of, one.currency)}" for days, of in one.buckets.items() if of]
        print(f"{_debtor(one.method)} owe {show.amount(one.open, one.currency)}: {', '.join(parts)}")


def _debtor(method: PaymentMethod) -> str:
    return "customers" if method is PaymentMethod.MANUAL else "carriers"


def _item(one: "OpenItem") -> tuple[str, ...]:
    owed_by = "customer" if one.method is PaymentMethod.MANUAL else one.carrier or "carrier"
    return (
        one.due_on.isoformat(), str(one.days_overdue or ""), one.order_number, one.document or "", owed_by,
        show.amount(one.open, one.currency), show.amount(one.amount, one.currency), one.tracking_code or "",
    )  # fmt: skip


@remittances.command("record")
def record_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV with the columns parcel and amount.")
    ],
    carrier: Annotated[str, typer.Option(help="Who pays it over.")],
    reference: Annotated[str, typer.Option(help="The carrier's own; the same again changes nothing.")],
    currency: Annotated[str, typer.Option(help="Three letters.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A carrier has paid: a row per parcel (tracking code or order number) with its amount in minor units."""
    body = {"carrier": carrier, "reference": reference, "currency": currency, "lines": _lines(file)}
    _show(asked.act("/v1/remittances", body, url, key), as_json=as_json)


def _lines(file: Path) -> list[Json]:
    with file.open(newline="", encoding="utf-8-sig") as rows:
        read = csv.DictReader(rows)
        if not {"parcel", "amount"} <= set(read.fieldnames or ()):
            raise typer.BadParameter(f"{file} has no columns parcel and amount")
        found = []
        for row in read:
            if not (row["amount"] or "").strip().isdecimal():
                raise typer.BadParameter(
                    f"{file}, line {read.line_num}: {row['amount']!r} is no amount in minor units"
                )
            found.append({"parcel": row["parcel"], "amount": int(row["amount"])})
    return found


@remittances.command("list")
def listed(
    state: Annotated[
        TransferState | None, typer.Option(help="With such a line; `unmatched` ones wait for you.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Remittances, oldest first: a row per parcel."""
    found = asked.read(
        "/v1/remittances",
        {"filter[state]": state.value if state else None, "limit": limit, "cursor": cursor},
        url,
        key,
    )
    show.page(found, LINE_TITLES, [row for one in found["data"] for row in _rows(one)], as_json=as_json)


@remittances.command()
def assign(
    line: Line,
    order: Annotated[str, typer.Argument(help="Number or id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """You know which order's parcel it was."""
    path = f"/v1/remittances/lines/{line}/assign"
    _show(asked.act(path, {"order": order}, url, key), as_json=as_json)


@remittances.command("return")
def give_back(line: Line, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """It was for no parcel of ours, and you have sent it back to the carrier."""
    _show(asked.act(f"/v1/remittances/lines/{line}/return", {}, url, key), as_json=as_json)


def _show(found: Json, *, as_json: bool) -> None:
    if as_json:
        show.print_json(found)
    else:
        show.table(LINE_TITLES, _rows(found))


def _rows(found: Json) -> list[tuple[str, ...]]:
    return [
        (
            found["carrier"], found["reference"], line["id"], line["named"],
            *(show.amount(line[name], found["currency"]) for name in ("amount", "used", "missing")),
            line["state"], line["order_id"] or "",
        )
        for line in found["lines"]
    ]  # fmt: skip
