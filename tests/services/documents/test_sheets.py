"""What a document says, for people and for machines: the figures are those of its row."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import facturx
import pytest

from orderwright.domain.documents.papers import Paper, Reference
from orderwright.domain.money import Money
from orderwright.services.documents import facturx as einvoice
from orderwright.services.documents import screen
from orderwright.services.documents.composing import FEES, REFUND, SHIPPING
from orderwright.services.documents.issuing import PAID_BY, PAPER
from orderwright.services.documents.sheets import NAMES, TITLES, TOTALS, sheet
from orderwright.services.documents.wording import REVERSE_CHARGE, WORDS, Wording
from tests import papers

RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
TO_THE_EU = {name: paper for name, paper in papers.EVERY.items() if einvoice.offered(paper)}


def texts(root: Element, name: str) -> list[str]:
    return [found.text or "" for found in root.iter(f"{RAM}{name}")]


def minor(paper: Paper, amounts: list[str]) -> list[int]:
    return [Money.of(Decimal(one), paper.currency).amount for one in amounts]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(123_450, "EUR", "1,234.50"), (1_999, "JPY", "1,999"), (12_345, "KWD", "12.345"), (5, "EUR", "0.05")],
)
def test_amounts_have_the_digits_of_their_currency(amount: int, currency: str, shown: str) -> None:
    assert Wording().figure(amount, currency) == shown


@pytest.mark.parametrize(("ppm", "shown"), [(200_000, "20 %"), (88_750, "8.875 %"), (0, "0 %")])
def test_rates_are_shown_without_idle_digits(ppm: int, shown: str) -> None:
    assert Wording().percent(ppm) == shown


def test_prices_without_tax_show_net_and_tax() -> None:
    shown = sheet(papers.INVOICE)

    assert (shown.title, shown.number, shown.amount_name) == ("Invoice", "INV-2026-000042", "Amount")
    assert [(row.units, row.price, row.rate, row.amount) for row in shown.rows][:2] == [
        ("12", "12.50", "19 %", "150.00"), ("6", "8.90", "7 %", "53.40"),
    ]  # fmt: skip
    assert list(shown.sums) == [("Net", "307.40"), ("Tax", "52.00")]
    assert shown.total == ("Total EUR", "359.40")
    assert [(one.rate, one.net, one.tax, one.total) for one in shown.rates] == [
        ("19 %", "254.00", "48.26", "302.26"), ("7 %", "53.40", "3.74", "57.14"),
    ]  # fmt: skip
    assert ("Shipped", "24 November 2026") in shown.facts


def test_prices_with_tax_show_the_tax_in_them() -> None:
    shown = sheet(papers.INCLUSIVE)

    assert shown.amount_name == "Amount incl. tax"
    assert [(row.price, row.amount) for row in shown.rows] == [("9.99", "29.97"), ("5.00", "5.00")]
    assert (list(shown.sums), shown.total) == ([("Tax included", "5.00")], ("Total GBP", "34.97"))
    assert shown.ship_to == []  # where it is billed to


def test_a_paper_is_read_in_german() -> None:
    shown = sheet(papers.INVOICE, "de-AT")

    assert (shown.title, shown.amount_name, list(shown.sums)) == (
        "Rechnung", "Betrag", [("Netto", "307,40"), ("MwSt.", "52,00")],
    )  # fmt: skip
    assert (shown.total, shown.notes) == (
        ("Gesamtbetrag EUR", "359,40"), ["Bezahlt. Es ist nichts mehr offen."],
    )  # fmt: skip
    assert ("Versandt am", "24. November 2026") in shown.facts
    assert ("Zahlung", "Karte (ch_3PqExample)") in sheet(papers.RECEIPT, "de").facts
    assert sheet(papers.YEN, "fr").rows[0].amount == "5\u202f997"
    assert Wording("es").percent(88_750) == "8,875 %"


def test_a_paper_is_printed_in_the_language_in_which_it_was_issued() -> None:
    lines = [
        papers.line("Tax, discounted", 1, 100, 0, sku="TAX"), papers.line("Shipping", 1, 500, 0),
        papers.line("Payment for order ORD-10001", 1, 500, 0),
    ]  # fmt: skip
    issued = replace(papers.INVOICE, language="fr", lines=lines)

    shown, page = sheet(issued), screen.html(sheet(issued)).decode()

    assert (shown.title, shown.language, shown.names["Bill to"]) == ("Facture", "fr", "Facturé à")
    assert [row.description for row in shown.rows] == [
        "Tax, remisé", "Livraison", "Paiement de la commande ORD-10001",
    ]  # fmt: skip
    assert '<html lang="fr">' in page
    assert ">Prix</th>" in page
    assert "Price" not in page
    assert sheet(PAPER.validate_python(_before(issued))).title == "Invoice"


def _before(paper: Paper) -> dict[str, Any]:
    """As its row was before papers had a language. Any: JSON."""
    kept = PAPER.dump_python(paper, mode="json")
    del kept["language"]
    return dict(kept)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_reads_every_name_on_a_paper(language: str) -> None:
    names = {name for paper in papers.EVERY.values() for name, _ in sheet(paper).facts}
    names |= {name for paper in papers.EVERY.values() for name, _ in sheet(paper).sums}
    names |= {note for paper in papers.EVERY.values() for note in sheet(paper).notes}
    names |= {*TITLES.values(), *TOTALS.values(), *PAID_BY.values(), *NAMES, SHIPPING, FEES, REFUND}

    assert names - set(WORDS[language]) == set()
    assert len({frozenset(words) for words in WORDS.values()}) == 1


def test_reverse_charge_and_what_it_is_about_are_named() -> None:
    assert REVERSE_CHARGE in sheet(papers.REVERSE_CHARGE).notes
    assert ("Invoice", "INV-2026-000042") in sheet(papers.CREDIT_MEMO).facts
    many = [Reference(f"INV-2026-00000{n}", date(2026, 1, 1)) for n in range(1, 7)]
    assert sheet(replace(papers.CREDIT_MEMO, refers_to=many)).facts[-1][1].endswith("and 2 more")


def test_a_name_is_never_markup_on_the_page() -> None:
    lines = [papers.line("<script>alert(1)</script>", 1, 100, 0)]

    page = screen.html(sheet(replace(papers.INVOICE, lines=lines))).decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "INV-2026-000042" in page


@pytest.mark.parametrize("name", TO_THE_EU)
def test_the_machine_reads_a_valid_invoice_to_the_minor_unit(name: str) -> None:
    paper = TO_THE_EU[name]

    made = einvoice.xml(paper)

    assert facturx.xml_check_xsd(made, flavor="factur-x", level="en16931")
    root = fromstring(made)  # noqa: S314 - made by ourselves
    assert minor(paper, texts(root, "GrandTotalAmount")) == [paper.total]
    assert minor(paper, texts(root, "TaxTotalAmount")) == [paper.tax]
    assert minor(paper, texts(root, "LineTotalAmount")) == [*(one.net for one in paper.lines), paper.net]
    assert minor(paper, texts(root, "CalculatedAmount")) == [one.tax for one in paper.rates]
    assert minor(paper, texts(root, "BasisAmount")) == [one.net for one in paper.rates]
    assert minor(paper, texts(root, "DuePayableAmount")) == [0 if paper.paid else paper.total]


def test_invoice_and_credit_memo_say_which_they_are() -> None:
    memo = fromstring(einvoice.xml(papers.CREDIT_MEMO))  # noqa: S314 - made by ourselves

    assert texts(memo, "TypeCode")[0] == "381"
    assert texts(memo.find(f".//{RAM}InvoiceReferencedDocument"), "IssuerAssignedID") == ["INV-2026-000042"]  # type: ignore[arg-type]


def test_what_xml_cannot_hold_is_left_out() -> None:
    lines = [papers.line("a\x00b\x1fc & <d>", 1, 100, 190_000)]

    made = einvoice.xml(replace(papers.INVOICE, lines=lines))

    assert facturx.xml_check_xsd(made, flavor="factur-x", level="en16931")
    assert texts(fromstring(made), "Name")[0] == "abc & <d>"  # noqa: S314 - made by ourselves


def test_there_is_none_beyond_the_eu_without_a_seller_or_with_a_third_decimal() -> None:
    home = replace(papers.BUYER, address=replace(papers.BUYER.address, country="GB"))
    nobody = replace(papers.SELLER, tax_id="")

    assert einvoice.offered(papers.INVOICE)
    assert not einvoice.offered(replace(papers.INVOICE, bill_to=home))
    assert not einvoice.offered(replace(papers.INVOICE, seller=nobody))
    assert not einvoice.offered(papers.DINARS)
    assert not einvoice.offered(papers.RECEIPT)
