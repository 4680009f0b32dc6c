"""What is a line worth once units of it are gone? What stays keeps its exact share."""

from dataclasses import dataclass, replace

from orderwright.domain.money import share
from orderwright.domain.pricing import Rate
from orderwright.domain.pricing.tax import tax_of


@dataclass(frozen=True, slots=True)
class Worth:
    """Units and what they are worth in minor units; `amount` before the discount, without tax on top."""

    units: int
    amount: int
    discount: int
    tax: int

    def less(self, other: "Worth") -> "Worth":
        """What of it is outside `other`."""
        return Worth(
            self.units - other.units, self.amount - other.amount, self.discount - other.discount,
            self.tax - other.tax,
        )  # fmt: skip

    def plus(self, other: "Worth") -> "Worth":
        """Both together."""
        return Worth(
            self.units + other.units, self.amount + other.amount, self.discount + other.discount,
            self.tax + other.tax,
        )  # fmt: skip

    def total(self, rate: Rate) -> int:
        """What the customer pays."""
        return self.amount - self.discount + (0 if rate.inclusive else self.tax)


def keep(line: Worth, begun: Worth, units: int) -> Worth:
    """The line with `units` of it left, none of them taken from what has `begun` and stays as it is.

    By the largest remainder. Raises ValueError where that is fewer than have begun, or more than there are.
    """
    if not begun.units <= units <= line.units:
        raise ValueError(f"{units} of {line.units} units, {begun.units} of them begun")
    rest = line.less(begun)
    weights = [units - begun.units, line.units - units]
    if not sum(weights):
        return line
    amount, discount, tax = (share(whole, weights)[0] for whole in (rest.amount, rest.discount, rest.tax))
    # Each is rounded alone: none may be above what it is of.
    kept = Worth(weights[0], amount, min(discount, amount), tax)
    return begun.plus(kept)


def at_price(line: Worth, unit_price: int, rate: Rate) -> Worth:
    """The line at an agreed price, which stands instead of the old one and what was taken off it."""
    amount = unit_price * line.units
    return replace(line, amount=amount, discount=0, tax=tax_of(amount, rate))
