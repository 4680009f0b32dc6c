"""What do shipping and tax cost here: prices as data, rates from the record."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.money import Money
from orderwright.domain.pricing import Rate
from orderwright.persistence.tables import TaxRate

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


class UnknownTaxClass(Invalid):
    """A tax class without any rate: refused, never taxed at 0 silently."""

    code = "unknown_tax_class"


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


async def rates(
    session: AsyncSession, classes: Collection[str], *, country: str, region: str
) -> dict[str, Rate]:
    """The rate of each class there: of the region, else of the country, else everywhere's."""
    rows = await session.execute(
        select(TaxRate.tax_class, TaxRate.country, TaxRate.region, TaxRate.rate_ppm, TaxRate.inclusive).where(
            TaxRate.tax_class.in_(sorted(classes)),
            TaxRate.country.in_([country, ANY]),
            TaxRate.region.in_([region or ANY, ANY]),
        )
    )
    # Sorted so that the most exact comes last and stays.
    found = {
        row.tax_class: Rate(row.rate_ppm, row.inclusive)
        for row in sorted(rows, key=lambda row: (row.country != ANY, row.region != ANY))
    }
    if missing := sorted(set(classes) - set(found)):
        raise UnknownTaxClass("no tax rate for that class", classes=missing)
    return found
