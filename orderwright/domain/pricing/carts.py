"""Put together: what each line and charge of a cart costs, once discounts, fees and tax are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orderwright.domain.money import share
from orderwright.domain.pricing.fees import Fee
from orderwright.domain.pricing.lines import Charge, ChargeKind, PricedLine, Totals, totals
from orderwright.domain.pricing.promotions import Applied, CartItem, Discounts
from orderwright.domain.pricing.tax import Assessment, Item, Rate


@dataclass(frozen=True, slots=True)
class PricedCart:
    """A price per line, charges beside them, what each promotion gave, and their sums."""

    lines: Sequence[PricedLine]
    charges: Sequence[Charge]
    applied: Sequence[Applied]
    totals: Totals


def taxable(items: Sequence[CartItem], classes: Sequence[str], off: Discounts) -> list[Item]:
    """What tax is counted on: amounts after discounts."""
    return [
        Item(tax_class, item.amount - less)
        for item, tax_class, less in zip(items, classes, off.lines, strict=True)
    ]


def put_together(
    items: Sequence[CartItem], off: Discounts, due: Sequence[Fee], said: Assessment, service: str
) -> PricedCart:
    """The cart as its order will show it. Raises AmountTooLarge."""
    lines = [
        PricedLine(item.amount // item.units, item.units, Rate(), item.amount, 0, less).taxed(taxed)
        for item, less, taxed in zip(items, off.lines, said.goods, strict=True)
    ]
    postage = [
        Charge(ChargeKind.SHIPPING, service, "Shipping", item.amount - taxed.relief, item.tax_class, taxed)
        for item, taxed in said.shipping
    ]
    fees = [
        Charge(
            ChargeKind.FEE, fee.rule.code, fee.rule.name, fee.amount - taxed.relief, fee.rule.tax_class, taxed
        )
        for fee, taxed in zip(due, said.fees, strict=True)
    ]
    applied = _as_charged(off.applied, [line.discount for line in lines])
    return PricedCart(lines, [*postage, *fees], applied, totals(lines, [*postage, *fees]))


def _as_charged(applied: Sequence[Applied], discounted: Sequence[int]) -> list[Applied]:
    """Their shares of the lines' final discounts: less, where tax that is not owed was in them."""
    told = [list(one.lines) for one in applied]
    for nth, off in enumerate(discounted if applied else ()):
        for one, part in zip(told, share(off, [one.lines[nth] for one in applied]), strict=True):
            one[nth] = part
    return [replace(one, lines=lines) for one, lines in zip(applied, told, strict=True)]
