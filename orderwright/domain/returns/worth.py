"""What is given back for units that came back, to the last minor unit?"""

from collections.abc import Sequence
from dataclasses import dataclass

from orderwright.domain.money import rated, share


@dataclass(frozen=True, slots=True)
class Found:
    """Units of one condition; `deduct_ppm` millionths of what they are worth are kept for it."""

    units: int
    deduct_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Back:
    """Units of a line that came back: of `left_units` that were paid with `left_amount` and not refunded."""

    line_id: str
    left_units: int
    left_amount: int
    found: Sequence[Found]
    restocking_ppm: int = 0
    refunds_shipping: bool = False

    @property
    def units(self) -> int:
        """How many."""
        return sum(one.units for one in self.found)


@dataclass(frozen=True, slots=True)
class LineWorth:
    """value = kept for their condition + restocking + its part of the fee + refund."""

    line_id: str
    units: int
    value: int
    kept: int
    restocking: int
    fee: int
    refund: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """All lines, the shipping given back beside them, and the fee that was really taken."""

    lines: Sequence[LineWorth]
    shipping: int
    fee: int

    @property
    def total(self) -> int:
        """What the customer gets."""
        return sum(line.refund for line in self.lines) + self.shipping


def reckon(lines: Sequence[Back], *, fee: int, shipping: int, others: int) -> Reckoning:
    """Minor units. `shipping` is what of it may be given back at most, `others` what the lines are worth
    of which nothing comes back.

    A line's units get their share of what is left of it, so that its last ones get all of it. A fee is taken
    from the lines by the largest remainder, and never more than they are worth.
    """
    worth = [_before_fee(line) for line in lines]
    rests = [line.refund for line in worth]
    taken = min(fee, sum(rests))
    parts = _within(share(taken, rests), rests) if taken else [0] * len(rests)
    counted = sum(one.value for one, line in zip(worth, lines, strict=True) if line.refunds_shipping)
    stays = others + sum(line.left_amount for line in lines) - counted
    back = share(shipping, [counted, stays])[0] if counted else 0
    return Reckoning(
        [
            LineWorth(one.line_id, one.units, one.value, one.kept, one.restocking, part, one.refund - part)
            for one, part in zip(worth, parts, strict=True)
        ],
        back,
        taken,
    )


def _before_fee(line: Back) -> LineWorth:
    units = line.units
    if units > line.left_units:
        raise ValueError("more units than are left of the line")
    value = share(line.left_amount, [units, line.left_units - units])[0] if units else 0
    values = share(value, [one.units for one in line.found]) if line.found else []
    kept = sum(
        min(amount, rated(amount, one.deduct_ppm)) for amount, one in zip(values, line.found, strict=True)
    )
    restocking = min(value - kept, rated(value - kept, line.restocking_ppm))
    return LineWorth(line.line_id, units, value, kept, restocking, 0, value - kept - restocking)


def _within(parts: Sequence[int], most: Sequence[int]) -> list[int]:
    """No part above what is there: what one cannot bear, those with room do."""
    given = [min(part, limit) for part, limit in zip(parts, most, strict=True)]
    rest = sum(parts) - sum(given)
    for nth, limit in enumerate(most):
        more = min(rest, limit - given[nth])
        given[nth] += more
        rest -= more
    return given
