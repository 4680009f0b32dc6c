"""Documents are issued with the money they are about: one each, numbered without a gap."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, InvoicePer, TaxCategory
from orderwright.domain.payments import PaymentMethod
from orderwright.persistence.tables import FulfillmentOrder, MoneyDocument
from orderwright.services.documents import catching_up, printing
from orderwright.services.documents.catching_up import CaughtUp
from orderwright.services.documents.printing import Form
from orderwright.services.orders import ending
from orderwright.services.payments.giving_back import LineWanted, Wanted
from tests.adapters.test_documents import text_of
from tests.services.documents.books import documents, faults, paid, refund, sell_as, shipped, take
from tests.shop import STAFF, Shop, all_try

YEAR = datetime.now(UTC).year
INVOICE, MEMO, RECEIPT = DocumentKind.INVOICE, DocumentKind.CREDIT_MEMO, DocumentKind.RECEIPT


async def over_two_places(shop: Shop) -> UUID:
    """An order whose units lie in London and Paris, both parts shipped."""
    await shop.catalog("MUG", "TEA", at=("LON", "PAR"))
    await shop.receive("MUG", 1)
    await shop.receive("TEA", 3, at="PAR")
    order_id = await shop.released(("MUG", 1), ("TEA", 3))
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
    assert len(await shop.parts(order_id)) == 2
    return order_id


async def test_a_shipped_part_that_is_captured_has_its_invoice_and_its_receipt(shop: Shop) -> None:
    await sell_as(shop)
    order_id = await shipped(shop, ("MUG", 2), ("CUP", 1))

    await paid(shop, order_id)

    invoice, receipt = await documents(shop, order_id)
    order = await shop.get(order_id)
    assert (invoice.kind, invoice.number) == (INVOICE, f"INV-{YEAR}-000001")
    assert (receipt.kind, receipt.number) == (RECEIPT, f"RCT-{YEAR}-000001")
    assert (invoice.total, invoice.tax, invoice.net) == (order.total, order.tax, order.total - order.tax)
    assert [(line.sku, line.units, line.total) for line in invoice.lines] == [
        ("MUG", 2, 2000), ("CUP", 1, 1000), ("", 1, 500),
    ]  # fmt: skip
    assert (invoice.seller.address.name, invoice.bill_to.address.name) == ("Example Ltd", "Ana Novak")
    assert [(one.number, receipt.total) for one in receipt.refers_to] == [(invoice.number, order.total)]
    assert (await shop.events(order_id)).count("document.issued") == 2
    assert await faults(shop) == []


async def test_a_paper_keeps_the_language_of_its_customer_whatever_is_chosen_later(shop: Shop) -> None:
    await sell_as(shop)
    order_id = await shipped(shop, ("MUG", 1))
    await shop.execute("UPDATE customers SET language = 'de-AT'")
    await paid(shop, order_id)
    printer = TypstDocuments("Example Ltd")

    async def print_both(session: AsyncSession) -> list[bytes]:
        rows = await session.scalars(select(MoneyDocument).order_by(MoneyDocument.id))
        return [await printing.printed(session, row, Form.PDF, printer) for row in rows]

    first = await shop.do(print_both)
    await shop.execute("UPDATE customers SET language = 'fr'")
    again = await shop.do(print_both)
    await shop.execute("DELETE FROM documents")
    anew = await shop.do(print_both)

    assert [paper.language for paper in await documents(shop, order_id)] == ["de", "de"]
    assert first == again == anew
    for words in ("Rechnung", "RECHNUNG AN", "Versand", "Enthaltene MwSt."):
        assert words in text_of(first[0])


async def test_a_capture_reads_seller_order_and_lines_once_for_both_papers(shop: Shop) -> None:
    """From the first number on captures wait for each other: then nothing is read any more."""
    await sell_as(shop)
    order_id = await shipped(shop, ("MUG", 2), ("CUP", 1))
    (part,) = await shop.parts(order_id)
    said: list[str] = []

    def hear(*heard: Any) -> None:  # Any: of SQLAlchemy; the third is the statement
        said.append(" ".join(heard[2].split()))

    event.listen(shop.db.engine.sync_engine, "before_cursor_execute", hear)
    await shop.do(lambda session: take(session, part))
    event.remove(shop.db.engine.sync_engine, "before_cursor_execute", hear)

    numbered = next(n for n, one in enumerate(said) if one.startswith("INSERT INTO document_numbers"))
    assert len(said) == 25
    assert len([one for one in said if "FROM sellers" in one]) == 1
    assert len([one for one in said if "FROM fulfillment_lines" in one]) == 1
    assert [one for one in said[numbered:] if one.startswith("SELECT")] == []


async def test_an_invoice_per_shipment_and_together_they_are_the_order(shop: Shop) -> None:
    order_id = await over_two_places(shop)

    await paid(shop, order_id)

    invoices = await documents(shop, order_id, INVOICE)
    order = await shop.get(order_id)
    assert [paper.number[-1] for paper in invoices] == ["1", "2"]
    assert (sum(one.total for one in invoices), sum(one.tax for one in invoices)) == (order.total, order.tax)
    assert await faults(shop) == []


async def test_an_invoice_per_order_waits_until_all_of_it_has_shipped(shop: Shop) -> None:
    await sell_as(shop, InvoicePer.ORDER)
    order_id = await over_two_places(shop)
    first, second = await shop.parts(order_id)

    await shop.do(lambda session: take(session, first))
    assert await documents(shop, order_id, INVOICE) == []
    assert len(await documents(shop, order_id, RECEIPT)) == 1
    await shop.do(lambda session: take(session, second))

    (invoice,) = await documents(shop, order_id, INVOICE)
    order = await shop.get(order_id)
    assert (invoice.total, invoice.tax) == (order.total, order.tax)
    assert await shop.count("SELECT count(DISTINCT document_id) FROM billed_parts") == 1
    assert await faults(shop) == []


async def test_what_waits_for_the_rest_is_billed_when_the_order_is_settled(shop: Shop) -> None:
    await sell_as(shop, InvoicePer.ORDER, channel="web")
    order_id = await over_two_places(shop)
    first, second = await shop.parts(order_id)
    await shop.do(lambda session: take(session, first))
    await shop.execute("UPDATE fulfillment_orders SET state = 'canceled' WHERE id = :part", part=second.id)
    await shop.execute("UPDATE orders SET state = 'completed' WHERE id = :id", id=order_id)
    await shop.execute("UPDATE payments SET state = 'captured' WHERE order_id = :id", id=order_id)

    await shop.do(lambda session: ending.settle(session, order_id))

    (invoice,) = await documents(shop, order_id, INVOICE)
    assert invoice.total == first.amount


async def test_what_is_captured_on_terms_is_billed_and_has_no_receipt(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 1), payment_method=PaymentMethod.MANUAL, payment_source=None)

    await paid(shop, order_id)

    assert [paper.kind for paper in await documents(shop, order_id)] == [INVOICE]


async def test_a_refund_of_an_amount_is_credited_by_the_taxes_that_were_billed(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 2), ("CUP", 1))
    await paid(shop, order_id)

    for amount in (1, 999, None):
        await refund(shop, order_id, amount)

    (invoice,) = await documents(shop, order_id, INVOICE)
    memos = await documents(shop, order_id, MEMO)
    assert [paper.total for paper in memos] == [1, 999, 2500]
    assert sum(paper.tax for paper in memos) == invoice.tax  # to the minor unit, whatever the steps
    assert [paper.number for paper in memos] == [f"CRM-{YEAR}-{n:06}" for n in (1, 2, 3)]
    assert {one.number for paper in memos for one in paper.refers_to} == {invoice.number}
    assert memos[1].reason == "broken"
    assert await faults(shop) == []


async def test_a_refund_by_line_is_credited_by_line_and_the_rest_by_the_rates(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 2), ("CUP", 1))
    await paid(shop, order_id)

    await refund(shop, order_id, Wanted("broken", lines=[LineWanted("MUG", 1)], shipping=500))
    await refund(shop, order_id, 100)

    by_line, ad_hoc = await documents(shop, order_id, MEMO)
    assert [(one.description, one.total, one.tax, one.category) for one in by_line.lines] == [
        ("Mug", 1000, 167, TaxCategory.STANDARD), ("Shipping", 500, 0, TaxCategory.ZERO),
    ]  # fmt: skip
    assert {one.description for one in ad_hoc.lines} == {"Refund"}
    assert (by_line.total, ad_hoc.total) == (1500, 100)


async def test_a_refund_before_the_order_is_billed_bills_it_first(shop: Shop) -> None:
    await sell_as(shop, InvoicePer.ORDER)
    order_id = await over_two_places(shop)
    first, second = await shop.parts(order_id)
    await shop.do(lambda session: take(session, first))

    await refund(shop, order_id, 100)
    await shop.do(lambda session: take(session, second))

    kinds = [paper.kind for paper in await documents(shop, order_id)]
    assert kinds == [RECEIPT, INVOICE, MEMO, INVOICE, RECEIPT]
    assert await faults(shop) == []


async def test_a_number_that_was_rolled_back_is_given_again(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 1))
    (part,) = await shop.parts(order_id)

    async def fails(session: Any) -> None:  # Any: a session
        await take(session, part)
        raise ConnectionError("gone before commit")

    with pytest.raises(ConnectionError):
        await shop.do(fails)
    assert await documents(shop, order_id) == []
    await paid(shop, order_id)

    assert [one.number for one in await documents(shop, order_id, INVOICE)] == [f"INV-{YEAR}-000001"]


async def test_forty_captures_at_once_leave_no_gap_and_no_double(shop: Shop) -> None:
    """Learned from PrestaShop#28757: the highest number plus one is taken by two at once."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 40)
    parts: list[FulfillmentOrder] = []
    for _ in range(40):
        order_id = await shop.released(("MUG", 1))
        parts += await shop.parts(order_id)
        await shop.ship(parts[-1].id)

    async def one(part: FulfillmentOrder, *, fails: bool) -> int:
        async with shop.db.transaction() as session:
            taken = await take(session, part)
            if fails:
                raise ConnectionError("gone before commit")
            return taken

    tries = [lambda part=part, n=n: one(part, fails=n % 4 == 0) for n, part in enumerate(parts)]
    outcomes = await all_try(tries, at_once=40)
    again = await all_try([lambda part=part: one(part, fails=False) for part in parts], at_once=40)  # type: ignore[misc]

    assert sum(isinstance(outcome, ConnectionError) for outcome in outcomes) == 10
    assert sum(1 for outcome in again if outcome) == 10  # the other thirty were taken before
    numbers = "SELECT count(*) FROM money_documents WHERE kind = 'invoice' AND nth BETWEEN 1 AND 40"
    assert await shop.count(numbers) == 40
    assert await shop.count("SELECT last FROM document_numbers WHERE kind = :k", k=f"INV-{YEAR}") == 40
    assert await shop.count("SELECT last FROM document_numbers WHERE kind = :k", k=f"RCT-{YEAR}") == 40
    assert await faults(shop) == []


async def test_a_document_is_never_changed(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 1))
    await paid(shop, order_id)

    for statement in ("UPDATE money_documents SET total = total", "DELETE FROM billed_parts"):
        with pytest.raises(DBAPIError, match="append-only"):
            await shop.execute(statement)


async def test_papers_of_money_from_before_there_were_any_are_issued_once(shop: Shop) -> None:
    order_id = await shipped(shop, ("MUG", 2))
    await paid(shop, order_id)
    await refund(shop, order_id, 700)
    before = await documents(shop, order_id)
    wipe = "DELETE FROM billed_parts; DELETE FROM money_documents; DELETE FROM document_numbers"
    async with shop.db.engine.begin() as connection:
        await connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {wipe}")

    first = await shop.do(lambda session: catching_up.catch_up(session, STAFF))
    second = await shop.do(lambda session: catching_up.catch_up(session, STAFF))

    assert (first, second) == (CaughtUp(1, more=False), CaughtUp(0, more=False))
    without_receipt = [paper for paper in before if paper.kind is not RECEIPT]
    assert await documents(shop, order_id) == without_receipt
    assert await faults(shop) == []


@pytest.mark.parametrize(
    ("currency", "country", "region", "price", "units", "total", "tax"),
    [
        ("JPY", "GB", "", 1_999, 3, 6_697, 1_000),  # 20 % in the price, 700 shipping
        ("KWD", "GB", "", 12_345, 3, 42_035, 6_173),
        ("EUR", "US", "NY", 1_999, 3, 6_529, 532),  # 8.875 % on top, free shipping from 50.00
        ("JPY", "US", "NY", 1_999, 3, 7_229, 532),
    ],
)
async def test_invoice_and_credit_memos_agree_in_any_currency(
    shop: Shop, currency: str, country: str, region: str, price: int, units: int, total: int, tax: int
) -> None:
    where = {"GB": "SW1A 1AA", "US": "10001"}
    home = Address("Ana Novak", "1 High Street", "Town", where[country], country, region=region)
    await shop.catalog("MUG", price=price)
    await shop.execute("UPDATE products SET currency = :currency", currency=currency)
    await shop.receive("MUG", units)
    order_id = await shop.released(("MUG", units), ship_to=home)
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    await paid(shop, order_id)

    for amount in (1, total // 3, None):
        await refund(shop, order_id, amount)

    (invoice,) = await documents(shop, order_id, INVOICE)
    memos = await documents(shop, order_id, MEMO)
    assert (invoice.currency, invoice.total, invoice.tax) == (currency, total, tax)
    assert (sum(one.total for one in memos), sum(one.tax for one in memos)) == (total, tax)
    assert await faults(shop) == []
