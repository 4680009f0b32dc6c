"""Packing slips: what is read off them, by people and by scanners."""

from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from orderwright.adapters.documents import typesetting
from orderwright.adapters.documents.typesetting import DocumentsMissing, Typesetter
from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.domain.addresses import Address
from orderwright.ports.documents import SlipData, SlipLine
from tests.adapters.test_own_labels import scanned

SLIP = SlipData(
    order_number="OW-1001",
    ordered_on=date(2026, 11, 20),
    ship_to=Address("Zoë #strong[O'Neil]", "1 Main Street", "London", "NW1 6XE", "GB"),
    lines=[SlipLine("MUG-#1", 'Mug *blue* "300 ml"', 2), SlipLine("TEA", "Tea", 12)],
    service="standard",
    carrier="Own",
    tracking_code="OW7385029736974093",
    part=1,
    parts=2,
)


def text_of(pdf: bytes, page: int = 0) -> str:
    """What people read."""
    text: str = pypdfium2.PdfDocument(pdf)[page].get_textpage().get_text_bounded()
    return text


async def test_people_and_scanners_read_the_order_and_the_parcel() -> None:
    pdf = await TypstDocuments("Shop Example").packing_slip(SLIP)

    text = text_of(pdf)
    for words in ("Shop Example", "OW-1001", "2026-11-20", "1 of 2", "London NW1 6XE", "14"):
        assert words in text
    assert sorted(scanned(pdf)) == [("Code128", "OW-1001"), ("Code128", "OW7385029736974093")]


async def test_markup_in_a_name_stays_text() -> None:
    text = text_of(await TypstDocuments("Shop Example").packing_slip(SLIP))

    assert "Zoë #strong[O'Neil]" in text
    assert 'Mug *blue* "300 ml"' in text


async def test_the_same_slip_is_the_same_document() -> None:
    documents = TypstDocuments("Shop Example")

    assert await documents.packing_slip(SLIP) == await documents.packing_slip(SLIP)


async def test_before_the_label_there_is_no_code_of_it() -> None:
    pdf = await TypstDocuments("Shop Example").packing_slip(
        replace(SLIP, tracking_code="", order_number="№ 1")
    )

    assert scanned(pdf) == []
    assert "Tracking" not in text_of(pdf)


async def test_many_lines_go_on_with_their_head() -> None:
    lines = [SlipLine(f"SKU-{nth}", f"Thing {nth}", 1) for nth in range(120)]

    pdf = await TypstDocuments("Shop Example").packing_slip(replace(SLIP, lines=lines))

    assert len(pypdfium2.PdfDocument(pdf)) > 1
    assert "Units" in text_of(pdf, 1)


def test_without_typst_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    typesetting._typst.cache_clear()

    with pytest.raises(DocumentsMissing, match=r"orderwright\[documents\]"):
        Typesetter("packing_slip.typ")
    typesetting._typst.cache_clear()
