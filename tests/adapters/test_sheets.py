"""Invoices as PDF: what is read off them, by people and by machines, and that they stay the same."""

from dataclasses import replace
from io import BytesIO
from xml.etree.ElementTree import fromstring

import facturx
import pypdfium2
import pytest
from pypdf import PdfReader

from orderwright.adapters.documents import xmp
from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.services.documents import facturx as einvoice
from orderwright.services.documents.sheets import sheet
from tests import papers
from tests.adapters.test_documents import text_of

PAPERS = TypstDocuments("Shop Example")


@pytest.mark.parametrize("name", [name for name in papers.EVERY if name != "yen"])
async def test_people_read_the_figures_of_the_row_in_an_archival_pdf(name: str) -> None:
    shown = sheet(papers.EVERY[name])

    pdf = await PAPERS.sheet(shown)

    text = "\n".join(text_of(pdf, page) for page in range(len(pypdfium2.PdfDocument(pdf))))
    for words in (
        shown.title,
        shown.number,
        shown.seller,
        *shown.total,
        shown.rows[-1].amount,
        *shown.sums[0],
    ):
        assert words in text
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


async def test_the_same_paper_is_the_same_document() -> None:
    xml = einvoice.xml(papers.INVOICE)

    assert await PAPERS.sheet(sheet(papers.INVOICE), attached=xml) == await PAPERS.sheet(
        sheet(papers.INVOICE), attached=xml
    )


async def test_the_machine_readable_invoice_is_inside() -> None:
    xml = einvoice.xml(papers.INVOICE)

    pdf = await PAPERS.sheet(sheet(papers.INVOICE), attached=xml)

    name, found = facturx.get_xml_from_pdf(pdf, check_xsd=True)
    assert (name, found) == ("factur-x.xml", xml)


async def test_its_metadata_say_that_it_is_factur_x() -> None:
    pdf = await PAPERS.sheet(sheet(papers.INVOICE), attached=einvoice.xml(papers.INVOICE))

    reader = PdfReader(BytesIO(pdf), strict=True)
    metadata = reader.xmp_metadata
    assert metadata is not None
    told = fromstring(metadata.stream.get_data().decode().split("?>", 1)[1].rsplit("<?xpacket", 1)[0])  # noqa: S314
    assert [found.text for found in told.iter(f"{{{xmp.SCHEMA}}}ConformanceLevel")] == ["EN 16931"]
    assert [found.text for found in told.iter(f"{{{xmp.SCHEMA}}}DocumentFileName")] == ["factur-x.xml"]
    assert b"<pdfaSchema:prefix>fx</pdfaSchema:prefix>" in metadata.stream.get_data()
    assert len(reader.pages) == 1
    assert "359.40" in text_of(pdf)


def test_what_is_no_pdf_of_ours_stays_as_it_is() -> None:
    assert xmp.named(b"%PDF-1.7 of somebody else") == b"%PDF-1.7 of somebody else"


async def test_many_lines_go_on_with_head_and_number() -> None:
    pdf = await PAPERS.sheet(sheet(papers.LONG))

    assert len(pypdfium2.PdfDocument(pdf)) == 3
    for words in ("ITEM", "AMOUNT", "INV-2026-000042", "2 / 3"):
        assert words in text_of(pdf, 1)
    assert "Total EUR" in text_of(pdf, 2)


async def test_a_name_that_no_font_here_can_write_does_not_stop_the_invoice() -> None:
    pdf = await PAPERS.sheet(sheet(papers.YEN), attached=einvoice.xml(papers.YEN))

    assert "6,597" in text_of(pdf)
    assert facturx.get_xml_from_pdf(pdf, check_xsd=True)[0] == "factur-x.xml"


async def test_markup_in_a_name_stays_text() -> None:
    lines = [papers.line("#strong[Mug] *blue* $x$", 1, 100, 0)]
    shown = sheet(replace(papers.INVOICE, lines=lines))

    assert "#strong[Mug] *blue* $x$" in text_of(await PAPERS.sheet(shown))
