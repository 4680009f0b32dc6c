"""How does a document read: every word and figure that is printed, for paper and for the screen."""

from collections.abc import Sequence

from orderwright.domain.addresses import lines_of
from orderwright.domain.documents.papers import DocumentKind, Paper, PaperLine, TaxCategory
from orderwright.ports.documents import RateRow, Sheet, SheetRow
from orderwright.services.documents.wording import REVERSE_CHARGE, Wording

TITLES = {
    DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT_MEMO: "Credit memo", DocumentKind.RECEIPT: "Receipt",
}  # fmt: skip
TOTALS = {
    DocumentKind.INVOICE: "Total", DocumentKind.CREDIT_MEMO: "Total credited", DocumentKind.RECEIPT: "Paid",
}  # fmt: skip


NAMES = ("Bill to", "Ship to", "Item", "Units", "Price", "Tax", "Rate", "Net", "Total")


def sheet(paper: Paper, language: str | None = None) -> Sheet:
    """The document in words and figures. Nothing is rounded here: the figures are those of its row.

    `language` None: that in which it was issued.
    """
    spoken = Wording(language or paper.language)
    bill_to, ship_to = lines_of(paper.bill_to.address), lines_of(paper.ship_to) if paper.ship_to else []
    seller = lines_of(paper.seller.address)
    if paper.bill_to.tax_id:
        bill_to.append(f"{spoken.say('Tax ID')} {paper.bill_to.tax_id}")
    return Sheet(
        title=spoken.say(TITLES[paper.kind]), number=paper.number, dated=paper.issued_on,
        currency=paper.currency, seller=seller[0] if seller else "", seller_lines=seller[1:],
        seller_foot=_foot(paper, spoken),
        bill_to=bill_to, ship_to=ship_to if ship_to != lines_of(paper.bill_to.address) else [],
        facts=_facts(paper, spoken),
        amount_name=spoken.say("Amount incl. tax" if paper.inclusive else "Amount"),
        rows=[_row(paper, line, spoken) for line in paper.lines], sums=_sums(paper, spoken),
        total=(
            f"{spoken.say(TOTALS[paper.kind])} {paper.currency}", spoken.figure(paper.total, paper.currency)
        ),
        rates=_rates(paper, spoken), notes=[spoken.say(note) for note in _notes(paper)],
        language=spoken.language, names={name: spoken.say(name) for name in NAMES},
    )  # fmt: skip


def _row(paper: Paper, line: PaperLine, spoken: Wording) -> SheetRow:
    """Its price stands only where it is of the same kind as the amounts: both with tax, or both without."""
    alike = line.inclusive == paper.inclusive or not line.rate_ppm
    price = "" if line.unit_price is None or not alike else spoken.figure(line.unit_price, paper.currency)
    amount = line.total if paper.inclusive else line.net
    return SheetRow(
        spoken.described(line.description, line.sku), line.sku, spoken.units(line.units), price,
        spoken.percent(line.rate_ppm), spoken.figure(amount, paper.currency),
    )  # fmt: skip


def _sums(paper: Paper, spoken: Wording) -> Sequence[tuple[str, str]]:
    tax = spoken.figure(paper.tax, paper.currency)
    if paper.inclusive:
        return [(spoken.say("Tax included"), tax)]
    return [(spoken.say("Net"), spoken.figure(paper.net, paper.currency)), (spoken.say("Tax"), tax)]


def _rates(paper: Paper, spoken: Wording) -> Sequence[RateRow]:
    return [
        RateRow(
            spoken.percent(one.rate_ppm),
            *(spoken.figure(n, paper.currency) for n in (one.net, one.tax, one.total)),
        )
        for one in paper.rates
    ]


def _facts(paper: Paper, spoken: Wording) -> Sequence[tuple[str, str]]:
    """What stands at the right; what is not known is left out."""
    facts = [
        ("Date", spoken.day(paper.issued_on)),
        ("Order", paper.order_number),
        ("Ordered", spoken.day(paper.ordered_on)),
        ("Your reference", paper.po_number),
        ("Shipped", spoken.day(paper.supplied_on) if paper.supplied_on else ""),
        ("Payment", spoken.paid_by(paper.paid_by)),
        ("Due on", spoken.day(paper.due_on) if paper.due_on else ""),
        ("Reason", paper.reason),
        ("Invoice" if len(paper.refers_to) < 2 else "Invoices", _about(paper, spoken)),
    ]
    return [(spoken.say(name), value) for name, value in facts if value]


def _about(paper: Paper, spoken: Wording) -> str:
    """The first of them, since an order may have many."""
    named = [one.number for one in paper.refers_to[:4]]
    more = len(paper.refers_to) - len(named)
    return ", ".join(named) + (f" {spoken.say('and {} more').format(more)}" if more else "")


def _foot(paper: Paper, spoken: Wording) -> Sequence[str]:
    seller = paper.seller
    tax_id = f"{spoken.say('Tax ID')} {seller.tax_id}" if seller.tax_id else ""
    named = [", ".join(lines_of(seller.address)), tax_id, seller.email]
    return [line for line in ("  ·  ".join(filter(None, named)), seller.note) if line]


def _notes(paper: Paper) -> Sequence[str]:
    notes: list[str] = []
    if any(line.category is TaxCategory.REVERSE_CHARGE for line in paper.lines):
        notes.append(REVERSE_CHARGE)
    if paper.kind is DocumentKind.INVOICE and paper.paid:
        notes.append("Paid. Nothing is due.")
    return notes
