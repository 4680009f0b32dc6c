"""What an order costs: lines, then discounts, then fees, then tax. See docs/adr/0014."""

from orderwright.domain.pricing.lines import (
    LARGEST_TOTAL,
    AmountTooLarge,
    Charge,
    ChargeKind,
    PricedLine,
    Totals,
    price_line,
    totals,
)
from orderwright.domain.pricing.tax import Rate, TaxReason, included

__all__ = [
    "LARGEST_TOTAL", "AmountTooLarge", "Charge", "ChargeKind", "PricedLine", "Rate", "TaxReason", "Totals",
    "included", "price_line", "totals",
]  # fmt: skip
