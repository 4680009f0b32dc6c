"""`orderwright documents`: papers are listed, shown and saved from the command line."""

import json
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import NullPool, create_engine, insert
from uuid_utils.compat import uuid7

from orderwright.cli.client import Api
from orderwright.cli.demonstration import goods
from orderwright.persistence.tables import MoneyDocument
from orderwright.services.documents.issuing import PAPER
from tests import papers
from tests.cli.conftest import Run, Served

NUMBER = papers.INVOICE.number


@pytest.fixture(scope="module")
def order(served: Served, module_database_url: str) -> str:
    """An order with one invoice."""
    body = {
        "customer": {"name": "Muster GmbH", "email": "einkauf@muster.example"},
        "ship_to": {
            "name": "Muster GmbH", "line1": "Hauptstraße 5", "city": "Berlin", "postal_code": "10115",
            "country": "DE",
        },
        "lines": [{"sku": "MUG", "quantity": 1}], "payment": {"method": "card", "source": "pm_card_visa"},
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    made = httpx2.post(f"{served.url}/v1/orders", json=body, headers=headers, timeout=20).json()
    paper = papers.INVOICE
    engine = create_engine(module_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            insert(MoneyDocument).values(
                id=uuid7(), kind="invoice", number=NUMBER, series="INV", year=2026, nth=42,
                order_id=made["id"],
                currency="EUR", net=paper.net, tax=paper.tax, total=paper.total, issued_on=paper.issued_on,
                content=PAPER.dump_python(paper, mode="json"),
            )
        )  # fmt: skip
    engine.dispose()
    return str(made["number"])


def test_papers_are_listed_by_order_and_by_year(at_shop: Run, order: str) -> None:
    by_order = at_shop("documents", "list", order)
    by_year = at_shop("documents", "list", "--year", "2026", "--kind", "invoice", "--json")

    for words in (NUMBER, "2026-11-25", order, "307.40", "52.00", "359.40"):
        assert words in by_order.stdout
    assert [one["number"] for one in json.loads(by_year.stdout)["data"]] == [NUMBER]
    assert at_shop("documents", "list", order, "--year", "2026").exit_code == 2


def test_one_is_shown_with_its_lines(at_shop: Run, order: str) -> None:
    shown = at_shop("documents", "show", NUMBER)

    assert "Assam tea" in shown.stdout
    assert "7 %" in shown.stdout
    assert json.loads(at_shop("documents", "show", NUMBER, "--json").stdout)["total"] == 35_940
    assert at_shop("documents", "show", "INV-2026-000001").exit_code == 4


@pytest.mark.parametrize(("suffix", "begins"), [("pdf", b"%PDF-"), ("html", b"<!doctype"), ("xml", b"<?xml")])
def test_one_is_saved_as_a_file(at_shop: Run, order: str, tmp_path: Path, suffix: str, begins: bytes) -> None:
    out = tmp_path / f"paper.{suffix}"

    told = at_shop("documents", "show", NUMBER, "--out", out)

    assert told.exit_code == 0, told.output
    assert out.read_bytes().startswith(begins)
    assert f"{out.stat().st_size:,} bytes" in told.stdout


def test_what_cannot_be_saved_is_not_written(at_shop: Run, order: str, tmp_path: Path) -> None:
    wrong, missing = tmp_path / "paper.docx", tmp_path / "paper.pdf"

    assert at_shop("documents", "show", NUMBER, "--out", wrong).exit_code == 2
    assert at_shop("documents", "show", "INV-2026-000001", "--out", missing).exit_code == 4

    assert not wrong.exists()
    assert not missing.exists()


def test_what_is_missing_is_issued(at_shop: Run, order: str) -> None:
    assert "0 orders have their papers now" in at_shop("documents", "missing").stdout


async def test_the_demo_names_a_seller_only_where_nobody_has(served: Served) -> None:
    async with Api(served.url, served.keys["operations"]) as api:
        await goods.stocked(api, "first", goods=goods.GOODS[:1])
        (named,) = (await api.get("/v1/sellers"))["data"]
        await api.put("/v1/sellers/*", {"address": named["address"], "tax_id": "IE1234567T"})
        await goods.stocked(api, "second", goods=goods.GOODS[:1])

        (kept,) = (await api.get("/v1/sellers"))["data"]

    assert (named["address"]["name"], named["tax_id"]) == ("Example Ltd", "GB123456789")
    assert kept["tax_id"] == "IE1234567T"


def test_the_seller_is_named_from_a_file(at_shop: Run, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "seller.json"
    address = {"name": "Example Ltd", "line1": "1 Market Street", "city": "Dublin", "country": "IE"}
    file.write_text(json.dumps({"address": address, "tax_id": "IE1234567T"}))

    told = at_shop("documents", "seller", file, "--invoice-per", "order")

    assert "Example Ltd sells in *, an invoice per order" in told.stdout
    assert served.get("/v1/sellers")["data"][0]["tax_id"] == "IE1234567T"
    file.write_text("not json")
    assert at_shop("documents", "seller", file).exit_code == 2
