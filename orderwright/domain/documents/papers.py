"""What does an invoice, a credit memo or a receipt say?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from orderwright.domain.addresses import Address


class DocumentKind(StrEnum):
    """What is owed, what is no longer owed, what was paid."""

    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    RECEIPT = "receipt"

    @property
    def series(self) -> str:
        """What its numbers begin with."""
        return {"invoice": "INV", "credit_memo": "CRM", "receipt": "RCT"}[self.value]


class InvoicePer(StrEnum):
    """Whether every shipment is billed when it has shipped, or the order once all of it has."""

    SHIPMENT = "shipment"
    ORDER = "order"


class TaxCategory(StrEnum):
    """Why a rate is what it is. Source: UNTDID 5305, as EN 16931 uses it."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys. `note`: what a seller must print beside (register, bank)."""

    address: Address
    tax_id: str = ""
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """Minor units. `unit_price` as it was ordered: with tax where `inclusive`; None where there is none."""

    description: str
    units: int
    net: int
    tax: int
    rate_ppm: int
    category: TaxCategory
    sku: str = ""
    unit_price: int | None = None
    inclusive: bool = False

    @property
    def total(self) -> int:
        """What the customer pays for it."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class RateSum:
    """All of one rate, in minor units."""

    rate_ppm: int
    category: TaxCategory
    net: int
    tax: int

    @property
    def total(self) -> int:
        """With its tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier document that this one is about."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything a document shows, frozen when it is issued: a reprint shows the same. Never in histories.

    `language`: that of its customer when it was issued; papers from before it was kept are English.
    """

    kind: DocumentKind
    number: str
    issued_on: date
    currency: str
    seller: Party
    bill_to: Party
    lines: Sequence[PaperLine]
    order_number: str
    ordered_on: date
    ship_to: Address | None = None
    po_number: str = ""
    supplied_on: date | None = None
    due_on: date | None = None
    refers_to: Sequence[Reference] = ()
    paid_by: str = ""
    paid: bool = False
    reason: str = ""
    language: str = "en"

    @property
    def rates(self) -> Sequence[RateSum]:
        """Net and tax of each rate, the highest first."""
        return by_rate(self.lines)

    @property
    def net(self) -> int:
        """Without tax."""
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        """All rates together."""
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What was owed, credited or paid."""
        return self.net + self.tax

    @property
    def inclusive(self) -> bool:
        """Whether its amounts are shown with tax: where every taxed line was priced so."""
        taxed = [line.inclusive for line in self.lines if line.rate_ppm]
        return bool(taxed) and all(taxed)


def by_rate(lines: Iterable[PaperLine | RateSum]) -> Sequence[RateSum]:
    """Sums by rate and category, the highest rate first."""
    sums: dict[tuple[int, TaxCategory], tuple[int, int]] = {}
    for line in lines:
        net, tax = sums.get((line.rate_ppm, line.category), (0, 0))
        sums[line.rate_ppm, line.category] = (net + line.net, tax + line.tax)
    ordered = sorted(sums, key=lambda key: (-key[0], key[1].value))
    return [RateSum(rate, category, *sums[rate, category]) for rate, category in ordered]
