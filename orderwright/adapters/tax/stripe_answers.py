"""What does an answer of Stripe Tax mean for us?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from stripe.tax import Calculation, CalculationLineItem

from orderwright.domain.pricing.tax import (
    MILLION,
    Assessment,
    Item,
    Rate,
    Sale,
    Taxed,
    TaxReason,
    TaxUnavailable,
)

SHIPPING = "shipping"
_REASONS = {"customer_exempt": TaxReason.EXEMPT, "reverse_charge": TaxReason.REVERSE_CHARGE}
_Part = CalculationLineItem.TaxBreakdown | Calculation.ShippingCost.TaxBreakdown


@dataclass(frozen=True, slots=True)
class Told:
    """What Stripe says of one line or of the shipping."""

    rate: Rate
    tax: int
    jurisdiction: str
    reason: TaxReason

    @property
    def released(self) -> bool:
        """Whether it would be taxed, were the customer another."""
        return self.reason in _REASONS.values()


def told(calculation: Calculation, lines: Sequence[CalculationLineItem], country: str) -> dict[str, Told]:
    """By our references; shipping by its own. Raises TaxUnavailable where its sums do not agree."""
    found = {line.reference: _told(line, country) for line in lines}
    amounts, taxes = sum(line.amount for line in lines), sum(line.amount_tax for line in lines)
    if (cost := calculation.shipping_cost) is not None:
        found[SHIPPING] = _told(cost, country)
        amounts, taxes = amounts + cost.amount, taxes + cost.amount_tax
    owed = calculation.tax_amount_exclusive + calculation.tax_amount_inclusive
    if taxes != owed or amounts + calculation.tax_amount_exclusive != calculation.amount_total:
        raise TaxUnavailable("stripe's lines do not sum to its total")
    return found


def assessment(sale: Sale, said: Mapping[str, Told], plain: Mapping[str, Told]) -> Assessment:
    """Line by line. `plain`: the same sale to a customer who owes tax, to know what the prices hold of it."""
    nothing = Taxed(Rate(), sale.destination.country, TaxReason.UNTAXED)
    taxed = {name: _taxed(one, plain.get(name)) for name, one in said.items()}
    items = [taxed.get(str(n), nothing) for n in range(len(sale.goods) + len(sale.fees))]
    shipping = [(Item(SHIPPING, sale.shipping), taxed[SHIPPING])] if sale.shipping else []
    reasons = {one.reason for one in said.values()}
    evidence = sale.vat_id if TaxReason.REVERSE_CHARGE in reasons else None
    if TaxReason.EXEMPT in reasons:
        evidence = sale.certificate
    return Assessment(items[: len(sale.goods)], items[len(sale.goods) :], shipping, evidence)


def _told(one: CalculationLineItem | Calculation.ShippingCost, country: str) -> Told:
    parts: Sequence[_Part] = one.tax_breakdown or ()
    reasons = [_REASONS[part.taxability_reason] for part in parts if part.taxability_reason in _REASONS]
    ppm = sum((_ppm(part) for part in parts), Decimal())
    rate = Rate(min(MILLION, int(ppm.quantize(Decimal(1), ROUND_HALF_UP))), one.tax_behavior == "inclusive")
    where = _jurisdiction(parts, country)
    if one.amount_tax or (rate.ppm and not reasons):
        return Told(rate, one.amount_tax, where, TaxReason.RATE)
    return Told(Rate(), 0, where, reasons[0] if reasons else TaxReason.UNTAXED)


def _ppm(part: _Part) -> Decimal:
    details = part.tax_rate_details
    return Decimal(details.percentage_decimal) * 10_000 if details is not None else Decimal()


def _jurisdiction(parts: Sequence[_Part], country: str) -> str:
    """`GB`, `US-NY`."""
    states = {part.jurisdiction.state for part in parts if part.jurisdiction.state}
    return f"{country}-{min(states)}" if states and country in {"US", "CA"} else country


def _taxed(one: Told, plain: Told | None) -> Taxed:
    if one.released and plain is not None and plain.rate.inclusive:
        return Taxed(Rate(), one.jurisdiction, one.reason, relief=plain.tax, forgone=plain.rate)
    return Taxed(one.rate, one.jurisdiction, one.reason, tax=one.tax)
