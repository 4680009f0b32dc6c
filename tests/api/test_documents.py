"""Papers over the API: listed, read, and handed out byte for byte as they were the first time."""

from typing import Any
from uuid import UUID

import facturx
import pytest
import pytest_asyncio
from sqlalchemy import text

from orderwright.persistence.tables import FulfillmentOrder
from orderwright.services.fulfillment import partner
from tests.adapters.test_documents import text_of
from tests.api.test_short import part as part  # noqa: PLC0414 - a fixture, used by its name
from tests.api.world import Client, World
from tests.services.documents.books import take

Json = dict[str, Any]  # Any: JSON bodies
SELLER: Json = {
    "address": {
        "name": "Example Ltd", "line1": "1 Market Street", "city": "Dublin", "postal_code": "D02 X285",
        "country": "IE",
    },
    "tax_id": "IE1234567T", "note": "Registered in Ireland no. 123456",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def order(world: World, part: UUID, staff: Client) -> str:
    """The number of an order to Berlin that was shipped, captured and billed by Example Ltd."""
    assert (await staff.put("/v1/sellers/*", SELLER)).status_code == 200
    async with world.db.transaction() as session:
        await session.execute(
            text("""UPDATE orders SET ship_to = ship_to || '{"country": "DE", "postal_code": "10115"}',
                    bill_to = NULL WHERE id = (SELECT order_id FROM fulfillment_orders WHERE id = :part)"""),
            {"part": part},
        )
        await partner.shipped(session, part, by="warehouse")
    async with world.db.transaction() as session:
        row = await session.get_one(FulfillmentOrder, part)
        assert await take(session, row)
    return str((await staff.get(f"/v1/orders/{row.order_id}")).json()["number"])


async def numbers(client: Client, order: str) -> tuple[str, str]:
    """Of its invoice and its receipt."""
    first, second = (await client.get(f"/v1/orders/{order}/documents")).json()["data"]
    assert (first["kind"], second["kind"]) == ("invoice", "receipt")
    return first["number"], second["number"]


async def test_an_orders_papers_are_listed_with_their_figures(store: Client, order: str) -> None:
    shown = (await store.get(f"/v1/orders/{order}")).json()

    invoice, receipt = (await store.get(f"/v1/orders/{order}/documents")).json()["data"]

    assert (invoice["order_number"], invoice["currency"]) == (order, shown["currency"])
    assert invoice["total"] == shown["total"] == invoice["net"] + invoice["tax"]
    assert sum(line["total"] for line in invoice["lines"]) == invoice["total"]
    assert sum(rate["tax"] for rate in invoice["rates"]) == invoice["tax"]
    assert receipt["refers_to"] == [invoice["number"]]
    assert (await store.get(f"/v1/documents/{invoice['number'].lower()}")).json() == invoice


async def test_each_form_is_the_same_bytes_for_ever(world: World, store: Client, order: str) -> None:
    invoice, _ = await numbers(store, order)

    first = {form: await store.get(f"/v1/documents/{invoice}/{form}") for form in ("pdf", "html", "xml")}
    assert (await store.get(f"/v1/documents/{invoice}/html")).content == first["html"].content
    async with world.db.transaction() as session:  # a later release would set it otherwise
        await session.execute(
            text("UPDATE documents SET content = content || ' '::bytea WHERE kind = 'invoice'")
        )

    again = {form: (await store.get(f"/v1/documents/{invoice}/{form}")).content for form in first}
    assert again == {form: answer.content + b" " for form, answer in first.items()}
    assert [answer.headers["content-type"] for answer in first.values()] == [
        "application/pdf", "text/html; charset=utf-8", "application/xml",
    ]  # fmt: skip
    assert first["pdf"].headers["content-disposition"] == f'inline; filename="{invoice}.pdf"'


async def test_the_pdf_shows_and_holds_the_invoice(store: Client, order: str) -> None:
    invoice, _ = await numbers(store, order)

    pdf = (await store.get(f"/v1/documents/{invoice}/pdf")).content
    xml = (await store.get(f"/v1/documents/{invoice}/xml")).content

    assert "Example Ltd" in text_of(pdf)
    assert invoice in text_of(pdf)
    assert facturx.get_xml_from_pdf(pdf.removesuffix(b" "), check_xsd=True)[1] == xml


async def test_a_receipt_is_no_e_invoice(store: Client, order: str) -> None:
    _, receipt = await numbers(store, order)

    answer = await store.get(f"/v1/documents/{receipt}/xml")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_in_that_form")
    assert (await store.get(f"/v1/documents/{receipt}/pdf")).status_code == 200


async def test_all_papers_in_pages_by_series_and_year(staff: Client, order: str) -> None:
    invoice, _ = await numbers(staff, order)
    year = invoice.split("-")[1]
    path = f"/v1/documents?filter[kind]=invoice&filter[year]={year}&limit=1"

    seen, following = [], ""
    while True:
        page = (await staff.get(path + following)).json()
        seen += [one["number"] for one in page["data"]]
        if page["next"] is None:
            break
        following = f"&cursor={page['next']}"

    assert invoice in seen
    assert seen == sorted(set(seen))
    assert (await staff.get("/v1/documents?filter[year]=2001")).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/INV-2026-999999", 404), ("/INV-2026-999999/pdf", 404), ("/nonsense", 422),
        ("/ABC-20x6-000001/xml", 422),
        ("?filter[kind]=poem", 422), ("?filter[year]=1", 422), ("?cursor=x", 422),
    ],
)  # fmt: skip
async def test_what_is_not_there_or_cannot_be_meant(staff: Client, path: str, status: int) -> None:
    assert (await staff.get(f"/v1/documents{path}")).status_code == status


async def test_nothing_is_missing_where_every_capture_was_billed(staff: Client, order: str) -> None:
    answer = await staff.post("/v1/documents/missing")

    assert (answer.status_code, answer.json()) == (200, {"orders": 0, "more": False})


async def test_a_seller_is_named_for_a_channel_and_read_back(staff: Client, store: Client) -> None:
    body = {**SELLER, "invoice_per": "order"}

    made = (await staff.put("/v1/sellers/b2b", body)).json()

    assert (made["channel"], made["invoice_per"], made["address"]["name"]) == ("b2b", "order", "Example Ltd")
    assert made in (await staff.get("/v1/sellers")).json()["data"]
    assert (await store.put("/v1/sellers/b2b", body)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"address": {"name": "X"}}, {"invoice_per": "month"}, {"note": "4242 4242 4242 4242"}, {"color": "red"}],
)
async def test_a_seller_that_cannot_be_meant_is_refused(staff: Client, wrong: Json) -> None:
    before = (await staff.get("/v1/sellers")).json()

    assert (await staff.put("/v1/sellers/shop", {**SELLER, **wrong})).status_code == 422
    assert (await staff.put("/v1/sellers/No Good", SELLER)).status_code == 422

    assert (await staff.get("/v1/sellers")).json() == before
