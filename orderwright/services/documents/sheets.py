"""How does a document read: every word and figure that is printed, for paper and for the screen."""

from collections.abc import Sequence
from datetime import date

from orderwright.domain.addresses import lines_of
from orderwright.domain.documents.papers import DocumentKind, Paper, PaperLine, TaxCategory
from orderwright.domain.money import Money, decimals
from orderwright.ports.documents import RateRow, Sheet, SheetRow

TITLES = {
    DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT_MEMO: "Credit memo", DocumentKind.RECEIPT: "Receipt",
}  # fmt: skip
TOTALS = {
    DocumentKind.INVOICE: "Total", DocumentKind.CREDIT_MEMO: "Total credited", DocumentKind.RECEIPT: "Paid",
}  # fmt: skip
REVERSE_CHARGE = "Reverse charge: the recipient is liable for the tax (Article 196 of Directive 2006/112/EC)."


def sheet(paper: Paper) -> Sheet:
    """The document in words and figures. Nothing is rounded here: the figures are those of its row."""
    bill_to, ship_to = lines_of(paper.bill_to.address), lines_of(paper.ship_to) if paper.ship_to else []
    seller = lines_of(paper.seller.address)
    if paper.bill_to.tax_id:
        bill_to.append(f"Tax ID {paper.bill_to.tax_id}")
    return Sheet(
        title=TITLES[paper.kind], number=paper.number, dated=paper.issued_on, currency=paper.currency,
        seller=seller[0] if seller else "", seller_lines=seller[1:], seller_foot=_foot(paper),
        bill_to=bill_to, ship_to=ship_to if ship_to != lines_of(paper.bill_to.address) else [],
        facts=_facts(paper), amount_name="Amount incl. tax" if paper.inclusive else "Amount",
        rows=[_row(paper, line) for line in paper.lines], sums=_sums(paper),
        total=(f"{TOTALS[paper.kind]} {paper.currency}", figure(paper.total, paper.currency)),
        rates=_rates(paper), notes=_notes(paper),
    )  # fmt: skip


def figure(amount: int, currency: str) -> str:
    """Minor units as they are printed, with the digits that the currency has: 1,234.50."""
    return f"{Money(amount, currency).major():,.{decimals(currency)}f}"


def percent(ppm: int) -> str:
    """A rate as it is printed: 20 %, 8.875 %."""
    return f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + " %"


def day(when: date) -> str:
    """A date that nobody reads the wrong way round."""
    return f"{when.day} {when:%B %Y}"


def _row(paper: Paper, line: PaperLine) -> SheetRow:
    """Its price stands only where it is of the same kind as the amounts: both with tax, or both without."""
    alike = line.inclusive == paper.inclusive or not line.rate_ppm
    price = "" if line.unit_price is None or not alike else figure(line.unit_price, paper.currency)
    amount = line.total if paper.inclusive else line.net
    return SheetRow(
        line.description, line.sku, f"{line.units:,}", price, percent(line.rate_ppm),
        figure(amount, paper.currency),
    )  # fmt: skip


def _sums(paper: Paper) -> Sequence[tuple[str, str]]:
    tax = figure(paper.tax, paper.currency)
    if paper.inclusive:
        return [("Tax included", tax)]
    return [("Net", figure(paper.net, paper.currency)), ("Tax", tax)]


def _rates(paper: Paper) -> Sequence[RateRow]:
    return [
        RateRow(percent(one.rate_ppm), *(figure(n, paper.currency) for n in (one.net, one.tax, one.total)))
        for one in paper.rates
    ]


def _facts(paper: Paper) -> Sequence[tuple[str, str]]:
    """What stands at the right; what is not known is left out."""
    facts = [
        ("Date", day(paper.issued_on)),
        ("Order", paper.order_number),
        ("Ordered", day(paper.ordered_on)),
        ("Your reference", paper.po_number),
        ("Shipped", day(paper.supplied_on) if paper.supplied_on else ""),
        ("Payment", paper.paid_by),
        ("Due on", day(paper.due_on) if paper.due_on else ""),
        ("Reason", paper.reason),
        ("Invoice" if len(paper.refers_to) < 2 else "Invoices", _about(paper)),
    ]
    return [(name, value) for name, value in facts if value]


def _about(paper: Paper) -> str:
    """The first of them, since an order may have many."""
    named = [one.number for one in paper.refers_to[:4]]
    more = len(paper.refers_to) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _foot(paper: Paper) -> Sequence[str]:
    seller = paper.seller
    tax_id = f"Tax ID {seller.tax_id}" if seller.tax_id else ""
    named = [", ".join(lines_of(seller.address)), tax_id, seller.email]
    return [line for line in ("  ·  ".join(filter(None, named)), seller.note) if line]


def _notes(paper: Paper) -> Sequence[str]:
    notes = []
    if any(line.category is TaxCategory.REVERSE_CHARGE for line in paper.lines):
        notes.append(REVERSE_CHARGE)
    if paper.kind is DocumentKind.INVOICE and paper.paid:
        notes.append("Paid. Nothing is due.")
    return notes
