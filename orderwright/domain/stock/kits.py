"""What is each component of a kit worth, to the last minor unit?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orderwright.domain.money import share
from orderwright.domain.pricing import PricedLine


@dataclass(frozen=True, slots=True)
class Component:
    """Units of a SKU in one kit, and its own price in minor units, which says what it weighs."""

    sku: str
    units: int
    price: int


def weights(components: Sequence[Component]) -> list[int]:
    """What each component weighs in the kit's price: its own price times units, else (all free) its units."""
    by_price = [one.price * one.units for one in components]
    return by_price if any(by_price) else [one.units for one in components]


def explode(kit: PricedLine, components: Sequence[Component]) -> list[PricedLine]:
    """A line per component, at the kit's rate; amounts, discounts and taxes sum to the kit's exactly.

    A component's `unit_price` is its amount divided by its units and rounded down: for show only.
    """
    shares = weights(components)
    amounts, taxes = share(kit.amount, shares), share(kit.tax, shares)
    discounts = share(kit.discount, amounts)  # by the amounts, so that none is above its own
    return [
        replace(
            kit, unit_price=amount // (kit.units * one.units), units=kit.units * one.units, amount=amount,
            tax=tax, discount=discount,
        )
        for one, amount, tax, discount in zip(components, amounts, taxes, discounts, strict=True)
    ]  # fmt: skip
