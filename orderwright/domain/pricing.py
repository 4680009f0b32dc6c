"""What does a line cost, what is its tax, what do they sum to?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from orderwright.domain.failures import Invalid
from orderwright.domain.money import rated

MILLION = 1_000_000
LARGEST_TOTAL = 10**15


class AmountTooLarge(Invalid):
    """More than any ledger of ours will hold."""

    code = "amount_too_large"


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate in millionths; `inclusive`: prices hold it already."""

    ppm: int = 0
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class PricedLine:
    """Minor units. `amount` is price times units; `total` is what the customer pays for the line."""

    unit_price: int
    units: int
    rate: Rate
    amount: int
    tax: int

    @property
    def total(self) -> int:
        """The amount, and the tax where it is not in it."""
        return self.amount if self.rate.inclusive else self.amount + self.tax


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units; `total = subtotal + shipping + tax_added`, and `tax` counts the included one too."""

    subtotal: int
    shipping: int
    tax: int
    tax_added: int

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.subtotal + self.shipping + self.tax_added


def included(amount: int, ppm: int) -> int:
    """The tax inside an amount that holds it, rounded half up to a minor unit."""
    exact = Decimal(amount) * ppm / (MILLION + ppm)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def price_line(unit_price: int, units: int, rate: Rate) -> PricedLine:
    """Tax is rounded per line, half up: what an invoice of that line alone would show."""
    amount = unit_price * units
    tax = included(amount, rate.ppm) if rate.inclusive else rated(amount, rate.ppm)
    return PricedLine(unit_price, units, rate, amount, tax)


def totals(lines: Sequence[PricedLine], shipping: int) -> Totals:
    """The sums of an order. Raises AmountTooLarge."""
    found = Totals(
        subtotal=sum(line.amount for line in lines),
        shipping=shipping,
        tax=sum(line.tax for line in lines),
        tax_added=sum(line.tax for line in lines if not line.rate.inclusive),
    )
    if found.total > LARGEST_TOTAL:
        raise AmountTooLarge("the order's total is larger than any that can be booked")
    return found
