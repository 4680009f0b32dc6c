"""What is each part of an order worth, to the last minor unit?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderwright.domain.money import share


@dataclass(frozen=True, slots=True)
class LineRest:
    """What is left of an order line outside its live parts: units, total and tax in minor units."""

    units: int
    total: int
    tax: int


@dataclass(frozen=True, slots=True)
class PartLine:
    """Units of a line in one part with their exact share."""

    line_id: str
    units: int
    amount: int
    tax: int


@dataclass(frozen=True, slots=True)
class Part:
    """One part's lines and its share of the shipping charge."""

    lines: Sequence[PartLine]
    shipping: int

    @property
    def amount(self) -> int:
        """What is captured when it ships."""
        return sum(line.amount for line in self.lines) + self.shipping

    @property
    def tax(self) -> int:
        """The tax within the amount."""
        return sum(line.tax for line in self.lines)


def divide(rest: Mapping[str, LineRest], shipping: int, parts: Sequence[Mapping[str, int]]) -> Sequence[Part]:
    """Give each part (line -> units) its share of what is left; units in no part keep theirs.

    Summed over all parts an order ever has, lines and shipping come out exactly, by the largest remainder.
    """
    shares: list[dict[str, PartLine]] = [{} for _ in parts]
    for line_id, left in rest.items():
        units = [part.get(line_id, 0) for part in parts]
        weights = [*units, left.units - sum(units)]
        amounts, taxes = share(left.total, weights), share(left.tax, weights)
        for i, count in enumerate(units):
            if count:
                shares[i][line_id] = PartLine(line_id, count, amounts[i], taxes[i])
    sizes = [sum(part.values()) for part in parts]
    outside = sum(left.units for left in rest.values()) - sum(sizes)
    postage = share(shipping, [*sizes, outside])
    return [Part(list(lines.values()), postage[i]) for i, lines in enumerate(shares)]
