"""What does shipping cost here: flat prices as data."""

from collections.abc import Mapping
from decimal import Decimal

from orderwright.domain.failures import Invalid
from orderwright.domain.money import Money

# Flat prices in major units, per service; `ANY` stands for currencies that are not listed.
ANY = "*"
SHIPPING: Mapping[str, Mapping[str, str]] = {
    "standard": {ANY: "5", "JPY": "700", "KRW": "7000"},
    "express": {ANY: "15", "JPY": "2100", "KRW": "21000"},
}
FREE_FROM: Mapping[str, Mapping[str, str]] = {"standard": {ANY: "50", "JPY": "7000", "KRW": "70000"}}


class UnknownService(Invalid):
    """A shipping service that nobody here offers."""

    code = "unknown_service"


def _amount(table: Mapping[str, str], currency: str) -> int:
    return Money.of(Decimal(table.get(currency, table[ANY])), currency).amount


def shipping(service: str, subtotal: int, currency: str) -> int:
    """The flat price in minor units; free above the service's limit, and for an order of nothing."""
    if service not in SHIPPING:
        raise UnknownService("no such shipping service", services=sorted(SHIPPING))
    limit = FREE_FROM.get(service)
    if subtotal == 0 or (limit is not None and subtotal >= _amount(limit, currency)):
        return 0
    return _amount(SHIPPING[service], currency)
