"""What does a line cost, what is charged beside the lines, what do they sum to?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from orderwright.domain.failures import Invalid
from orderwright.domain.pricing.tax import Rate, Taxed, TaxReason, tax_of

LARGEST_TOTAL = 10**15


class AmountTooLarge(Invalid):
    """More than any ledger of ours will hold."""

    code = "amount_too_large"


class ChargeKind(StrEnum):
    """What is charged beside the lines."""

    SHIPPING = "shipping"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Minor units. `amount` is price times units, before `discount`; `total` is what the customer pays."""

    unit_price: int
    units: int
    rate: Rate
    amount: int
    tax: int
    discount: int = 0
    jurisdiction: str = ""
    reason: TaxReason = TaxReason.FLAT

    @property
    def taxable(self) -> int:
        """What tax is counted on, or in."""
        return self.amount - self.discount

    @property
    def tax_added(self) -> int:
        """The tax that comes on top."""
        return 0 if self.rate.inclusive else self.tax

    @property
    def total(self) -> int:
        """The amount less the discount, and the tax where it is not in it."""
        return self.taxable + self.tax_added

    def taxed(self, said: Taxed) -> "PricedLine":
        """With what the tax engine said. Tax that is not owed leaves the price, and so the amount."""
        spared = tax_of(self.discount, said.forgone) if said.relief else 0
        amount, discount = self.amount - said.relief - spared, self.discount - spared
        return replace(
            self, rate=said.rate, tax=said.tax, jurisdiction=said.jurisdiction, reason=said.reason,
            amount=amount, discount=discount,
            unit_price=amount // self.units if said.relief else self.unit_price,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Charge:
    """Minor units of shipping or a fee, at one rate; a charge of several rates is several charges."""

    kind: ChargeKind
    code: str
    name: str
    amount: int
    tax_class: str
    said: Taxed

    @property
    def tax_added(self) -> int:
        """The tax that comes on top."""
        return 0 if self.said.rate.inclusive else self.said.tax

    @property
    def total(self) -> int:
        """What the customer pays for it."""
        return self.amount + self.tax_added


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units; `tax` and `tax_added` count lines, shipping and fees; `tax` the included one too."""

    subtotal: int
    shipping: int
    tax: int
    tax_added: int
    discount: int = 0
    shipping_tax: int = 0
    shipping_tax_added: int = 0
    fees: int = 0
    fees_tax: int = 0
    fees_tax_added: int = 0

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.subtotal - self.discount + self.shipping + self.fees + self.tax_added


def price_line(unit_price: int, units: int, rate: Rate, discount: int = 0) -> PricedLine:
    """Tax is rounded per line, half up: what an invoice of that line alone would show."""
    amount = unit_price * units
    return PricedLine(unit_price, units, rate, amount, tax_of(amount - discount, rate), discount)


def totals(lines: Sequence[PricedLine], charges: Sequence[Charge] = ()) -> Totals:
    """The sums of an order. Raises AmountTooLarge."""
    shipping = [one for one in charges if one.kind is ChargeKind.SHIPPING]
    fees = [one for one in charges if one.kind is ChargeKind.FEE]
    found = Totals(
        subtotal=sum(line.amount for line in lines),
        discount=sum(line.discount for line in lines),
        shipping=sum(one.amount for one in shipping),
        shipping_tax=sum(one.said.tax for one in shipping),
        shipping_tax_added=sum(one.tax_added for one in shipping),
        fees=sum(one.amount for one in fees),
        fees_tax=sum(one.said.tax for one in fees),
        fees_tax_added=sum(one.tax_added for one in fees),
        tax=sum(line.tax for line in lines) + sum(one.said.tax for one in charges),
        tax_added=sum(line.tax_added for line in lines) + sum(one.tax_added for one in charges),
    )
    if found.total > LARGEST_TOTAL:
        raise AmountTooLarge("the order's total is larger than any that can be booked")
    return found
