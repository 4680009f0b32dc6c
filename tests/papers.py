"""Documents as they might be issued, for tests and for the pictures in docs/pictures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, Paper, PaperLine, Party, Reference, TaxCategory
from orderwright.domain.pricing import Rate, price_line

SELLER = Party(
    Address("Example Ltd", "1 Market Street", "Dublin", "D02 X285", "IE"), tax_id="IE1234567T",
    email="billing@shop.example",
    note="Registered in Ireland no. 123456. Bank: IE12 BOFI 9000 0112 3456 78",
)  # fmt: skip
BUYER = Party(
    Address("Muster GmbH", "Hauptstraße 5", "Berlin", "10115", "DE"), email="einkauf@muster.example"
)
DOCK = Address("Muster GmbH, Lager 2", "Industriestraße 17", "Potsdam", "14467", "DE")


def line(
    description: str, units: int, price: int, ppm: int, *, inclusive: bool = False, sku: str = ""
) -> PaperLine:
    """As an order line is priced."""
    priced = price_line(price, units, Rate(ppm, inclusive))
    kind = TaxCategory.STANDARD if ppm else TaxCategory.ZERO
    return PaperLine(
        description, units, priced.total - priced.tax, priced.tax, ppm, kind, sku=sku, unit_price=price,
        inclusive=inclusive,
    )  # fmt: skip


INVOICE = Paper(
    kind=DocumentKind.INVOICE, number="INV-2026-000042", issued_on=date(2026, 11, 25), currency="EUR",
    seller=SELLER, bill_to=BUYER, ship_to=DOCK, order_number="ORD-10042", ordered_on=date(2026, 11, 20),
    supplied_on=date(2026, 11, 24), po_number="PO 7781", paid_by="Card", paid=True,
    lines=[
        line("Stoneware mug, 300 ml, glazed blue", 12, 1250, 190_000, sku="MUG-BLUE-300"),
        line("Assam tea, loose leaf, 250 g", 6, 890, 70_000, sku="TEA-ASSAM-250"),
        line("Kettle, 1.2 l, brushed steel, with thermometer", 1, 8_900, 190_000, sku="KETTLE-12"),
        line("Shipping", 1, 1500, 190_000),
    ],
)  # fmt: skip
CREDIT_MEMO = replace(
    INVOICE, kind=DocumentKind.CREDIT_MEMO, number="CRM-2026-000007", issued_on=date(2026, 12, 2),
    supplied_on=None, refers_to=[Reference(INVOICE.number, INVOICE.issued_on)], reason="Two mugs broken",
    lines=[line("Stoneware mug, 300 ml, glazed blue", 2, 1250, 190_000, sku="MUG-BLUE-300")],
)  # fmt: skip
RECEIPT = replace(
    INVOICE, kind=DocumentKind.RECEIPT, number="RCT-2026-000042", paid_by="Card (ch_3PqExample)",
    refers_to=[Reference(INVOICE.number, INVOICE.issued_on)],
)  # fmt: skip
INCLUSIVE = replace(
    INVOICE, currency="GBP", ship_to=BUYER.address, po_number="",
    lines=[line("Mug", 3, 999, 200_000, inclusive=True, sku="MUG"), line("Shipping", 1, 500, 0)],
)  # fmt: skip
ON_TERMS = replace(INVOICE, paid_by="On terms", paid=False)
YEN = replace(INVOICE, currency="JPY", lines=[line("湯呑み Yunomi", 3, 1999, 100_000, sku="YUNOMI")])
DINARS = replace(INVOICE, currency="KWD", lines=[line("Coffee pot", 3, 12_345, 50_000, sku="DALLAH")])
LONG = replace(
    INVOICE,
    bill_to=Party(
        Address(
            "The Worshipful Company of Makers of Exceedingly Long Names and Their Associates",
            "Geschwister-Scholl-Straße 1234, Hinterhaus, dritter Aufgang links", "Donaudampfschiffstadt",
            "10115", "DE", company="Gesellschaft mit beschränkter Haftung & Compagnie, Kommanditgesellschaft",
        ),
    ),
    lines=[
        line(f"Part {n}: " + "a description that goes on and on " * (n % 3), n, 100 * n + 1, 190_000,
             sku=f"SKU-{n:05}-{'X' * (n % 4 * 9)}")
        for n in range(1, 41)
    ],
)  # fmt: skip


def _reversed(lines: Sequence[PaperLine]) -> list[PaperLine]:
    return [replace(one, tax=0, rate_ppm=0, category=TaxCategory.REVERSE_CHARGE) for one in lines]


REVERSE_CHARGE = replace(
    INVOICE, bill_to=replace(BUYER, tax_id="DE123456789"), lines=_reversed(INVOICE.lines), paid=False,
    paid_by="On terms",
)  # fmt: skip
EVERY = {
    "invoice": INVOICE, "credit_memo": CREDIT_MEMO, "receipt": RECEIPT, "inclusive": INCLUSIVE,
    "on_terms": ON_TERMS, "yen": YEN, "dinars": DINARS, "long": LONG, "reverse_charge": REVERSE_CHARGE,
}  # fmt: skip
