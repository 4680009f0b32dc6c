"""Which units leave a part of which fewer were found, and what is it worth then?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.parts import Charges
from orderwright.domain.money import share


@dataclass(frozen=True, slots=True)
class Held:
    """Units of an order line in a part, with their share of its total, tax and discount in minor units."""

    line_id: str
    sku: str
    units: int
    amount: int
    tax: int
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """What leaves a line, and what stays of it."""

    line_id: str
    sku: str
    missing: int
    units: int
    amount: int
    tax: int
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Shortage:
    """What leaves a part. `amount`, `charges` and `tax` are the part's afterwards, `units` what stays."""

    cuts: Sequence[Cut]
    units: int
    amount: int
    charges: Charges
    tax: int

    @property
    def missing(self) -> dict[str, int]:
        """Units that were not found, by SKU."""
        found: dict[str, int] = {}
        for cut in self.cuts:
            found[cut.sku] = found.get(cut.sku, 0) + cut.missing
        return found


def shortage(held: Sequence[Held], charges: Charges, found: Mapping[str, int]) -> Shortage | None:
    """What leaves where of each SKU in `found` only so many units are there. None: nothing does.

    The last lines lose first. What stays keeps its exact share, by the largest remainder. Raises Invalid for
    units of a SKU that the part does not have, or below zero; none of it is no news.
    """
    has: dict[str, int] = {}
    for line in held:
        has[line.sku] = has.get(line.sku, 0) + line.units
    for sku, units in found.items():
        if units > 0 and sku not in has:
            raise Invalid(f"the fulfillment order has no {sku}", sku=sku)
        if units < 0:
            raise Invalid(f"fewer than no units of {sku}", sku=sku)
    missing = {sku: has[sku] - units for sku, units in found.items() if units < has.get(sku, 0)}
    if not missing:
        return None
    cuts = _cuts(held, missing)
    return _afterwards(held, charges, cuts)


def _cuts(held: Sequence[Held], missing: Mapping[str, int]) -> list[Cut]:
    left, cuts = dict(missing), []
    for line in reversed(held):
        less = min(line.units, left.get(line.sku, 0))
        if less:
            left[line.sku] -= less
            stays = line.units - less
            amount, tax, discount = (
                share(whole, [stays, less])[0] for whole in (line.amount, line.tax, line.discount)
            )
            cuts.append(Cut(line.line_id, line.sku, less, stays, amount, tax, discount))
    return cuts


def _afterwards(held: Sequence[Held], charges: Charges, cuts: Sequence[Cut]) -> Shortage:
    cut = {one.line_id: one for one in cuts}
    rest = [cut.get(line.line_id, line) for line in held]
    before, units = sum(line.units for line in held), sum(line.units for line in rest)
    stay = charges.shared([units, before - units])[0]
    return Shortage(
        cuts, units, sum(line.amount for line in rest) + stay.amount, stay,
        sum(line.tax for line in rest) + stay.tax,
    )  # fmt: skip
