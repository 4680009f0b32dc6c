"""`orderwright documents …`: invoices, credit memos and receipts, listed, shown and saved as files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.documents.papers import DocumentKind, InvoicePer

documents = typer.Typer(name="documents", help="Invoices, credit memos and receipts.", no_args_is_help=True)

TITLES = ("Number", "Kind", "Issued", "Order", "Net", "Tax", "Total", "About")
LINE_TITLES = ("Item", "Units", "Net", "Tax", "Total", "Rate")
FORMS = {".pdf": "pdf", ".html": "html", ".xml": "xml"}


@documents.command("list")
def listed(
    order: Annotated[str | None, typer.Argument(help="An order's number; without it, all orders.")] = None,
    kind: Annotated[DocumentKind | None, typer.Option(help="One series.")] = None,
    year: Annotated[int | None, typer.Option(min=2000, max=2199)] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The papers of an order, or all of a series and year, oldest first."""
    filters = {"filter[kind]": kind.value if kind else None, "filter[year]": year}
    query: Json = {**filters, "limit": limit, "cursor": cursor}
    if order is not None and (kind or year or cursor):
        raise typer.BadParameter("say either an order, or filters")
    path = "/v1/documents" if order is None else f"/v1/orders/{order}/documents"
    page = calling(lambda api: api.get(path, **({} if order else query)), url, key)
    show.page(page, TITLES, [_row(one) for one in page["data"]], as_json=as_json)


@documents.command("show")
def show_document(
    number: Annotated[str, typer.Argument(help="INV-…, CRM-… or RCT-…")],
    out: Annotated[Path | None, typer.Option(help="Save it: .pdf, .html or .xml (Factur-X).")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """One paper's figures, or the paper itself as a file."""
    if out is not None:
        _save(number, out, url, key, as_json=as_json)
        return
    found = calling(lambda api: api.get(f"/v1/documents/{number}"), url, key)
    if as_json:
        show.print_json(found)
        return
    show.table(TITLES, [_row(found)])
    show.table(LINE_TITLES, [_line(line, found["currency"]) for line in found["lines"]])


@documents.command()
def missing(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Issue the papers of money that was taken before there were any; `books check` names what lacks one."""

    async def issue(api: Api) -> int:
        orders = 0
        while True:
            done = await api.post("/v1/documents/missing")
            orders += int(done["orders"])
            if not done["more"]:
                return orders

    orders = calling(issue, url, key)
    show.result({"orders": orders}, f"{orders} orders have their papers now", as_json=as_json)


@documents.command()
def seller(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON: address, tax_id, email, note.")
    ],
    channel: Annotated[str, typer.Option(help="A channel, or * for all others.")] = "*",
    invoice_per: Annotated[InvoicePer | None, typer.Option(help="What one invoice bills.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say in whose name papers are issued from now on."""
    try:
        body = json.loads(file.read_text())
    except ValueError as error:
        raise typer.BadParameter(f"{file} is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise typer.BadParameter(f"{file} holds no JSON object")
    if invoice_per is not None:
        body["invoice_per"] = invoice_per.value
    made = calling(lambda api: api.put(f"/v1/sellers/{channel}", body), url, key)
    text = f"{made['address']['name']} sells in {channel}, an invoice per {made['invoice_per']}"
    show.result(made, text, as_json=as_json)


def _save(number: str, out: Path, url: str | None, key: str | None, *, as_json: bool) -> None:
    form = FORMS.get(out.suffix.lower())
    if form is None:
        raise typer.BadParameter("--out ends in .pdf, .html or .xml")

    async def read(api: Api) -> bytes:
        return await api.file(f"/v1/documents/{number}/{form}")

    content = calling(read, url, key)
    out.write_bytes(content)
    told = {"number": number, "file": str(out), "bytes": len(content)}
    show.result(told, f"{number} is in {out} ({len(content):,} bytes)", as_json=as_json)


def _row(one: Json) -> tuple[str, ...]:
    net, tax, total = (show.amount(one[name], one["currency"]) for name in ("net", "tax", "total"))
    about = ", ".join(one["refers_to"])
    return one["number"], one["kind"], one["issued_on"], one["order_number"], net, tax, total, about


def _line(line: Json, currency: str) -> tuple[str, ...]:
    figures = (show.amount(line[name], currency) for name in ("net", "tax", "total"))
    return line["description"], str(line["units"]), *figures, f"{line['rate_ppm'] / 10_000:g} %"
