"""What is each part of an order worth, to the last minor unit?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderwright.domain.money import share
from orderwright.domain.shares import drain


@dataclass(frozen=True, slots=True)
class LineRest:
    """What is left of an order line outside its live parts: units, total, tax and discount in minor units.

    `replacing`: units beside these that take the place of others, which were paid for.
    """

    units: int
    total: int
    tax: int
    discount: int = 0
    replacing: int = 0


@dataclass(frozen=True, slots=True)
class PartLine:
    """Units of a line in one part with their exact share; `free` of them take the place of others."""

    line_id: str
    units: int
    amount: int
    tax: int
    discount: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class Charges:
    """Shipping and fees as the customer pays them, and the tax within each, in minor units."""

    shipping: int = 0
    shipping_tax: int = 0
    fees: int = 0
    fees_tax: int = 0

    @property
    def amount(self) -> int:
        """What the customer pays for both."""
        return self.shipping + self.fees

    @property
    def tax(self) -> int:
        """The tax within the amount."""
        return self.shipping_tax + self.fees_tax

    def shared(self, weights: Sequence[int]) -> list["Charges"]:
        """By the largest remainder; the tax by the shares it is in, so that none is above its own."""
        shipping, fees = share(self.shipping, weights), share(self.fees, weights)
        taxes = zip(share(self.shipping_tax, shipping), share(self.fees_tax, fees), strict=True)
        return [
            Charges(postage, postage_tax, fee, fee_tax)
            for postage, fee, (postage_tax, fee_tax) in zip(shipping, fees, taxes, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Part:
    """One part's lines and its share of shipping and fees."""

    lines: Sequence[PartLine]
    charges: Charges

    @property
    def amount(self) -> int:
        """What is captured when it ships."""
        return sum(line.amount for line in self.lines) + self.charges.amount

    @property
    def tax(self) -> int:
        """The tax within the amount."""
        return sum(line.tax for line in self.lines) + self.charges.tax


def divide(
    rest: Mapping[str, LineRest], charges: Charges, parts: Sequence[Mapping[str, int]]
) -> Sequence[Part]:
    """Give each part (line -> units) its share of what is left; units in no part keep theirs.

    Replacements come first and are worth nothing. Summed over all parts an order ever has, lines and charges
    come out exactly, by the largest remainder.
    """
    shares: list[dict[str, PartLine]] = [{} for _ in parts]
    paid_for = [0] * len(parts)
    for line_id, left in rest.items():
        units = [part.get(line_id, 0) for part in parts]
        free = drain(left.replacing, units)
        paid = [count - given for count, given in zip(units, free, strict=True)]
        weights = [*paid, left.units - sum(paid)]
        amounts, taxes = share(left.total, weights), share(left.tax, weights)
        discounts = share(left.discount, weights)
        for i, count in enumerate(units):
            paid_for[i] += paid[i]
            if count:
                worth = (amounts[i], taxes[i], discounts[i]) if paid[i] else (0, 0, 0)
                shares[i][line_id] = PartLine(line_id, count, *worth, free[i])
    outside = sum(left.units for left in rest.values()) - sum(paid_for)
    beside = charges.shared([*paid_for, outside])
    return [Part(list(lines.values()), beside[i]) for i, lines in enumerate(shares)]
