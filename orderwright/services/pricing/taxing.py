"""Tax by our own table: rates, regimes and certificates of the record."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.pricing.tax import (
    Assessment,
    Basis,
    Certificate,
    Place,
    Rate,
    Regime,
    Rounding,
    Sale,
    ShippingTax,
    TableRate,
    TaxTable,
    assess,
)
from orderwright.persistence.tables import TaxExemption
from orderwright.ports.tax import TaxEngine

Row = dict[str, Any]  # Any: a row as JSON

# One statement, as every order asks: what may matter for a place, a day, some classes and a customer.
_TABLE = text("""
    WITH regime AS (SELECT * FROM tax_regimes WHERE country IN ('*', :country) AND region IN ('*', :region)),
         class AS (SELECT unnest(CAST(:classes AS text[])) UNION SELECT shipping_class FROM regime),
         land AS (SELECT '*' UNION SELECT :country UNION SELECT seller_country FROM regime)
    SELECT (SELECT jsonb_agg(to_jsonb(r)) FROM regime r),
           (SELECT jsonb_agg(to_jsonb(d)) FROM jurisdiction_rates d
             WHERE tax_class IN (SELECT * FROM class) AND country IN (SELECT * FROM land)
               AND valid_from <= :day AND (valid_to IS NULL OR valid_to > :day)),
           (SELECT jsonb_agg(to_jsonb(e) ORDER BY valid_from, id) FROM tax_exemptions e
             WHERE customer_id = :customer)""")


class RateTable:
    """The built-in tax engine, for one customer's sale in one transaction."""

    def __init__(self, session: AsyncSession, customer_id: UUID | None = None) -> None:
        self._session, self._customer_id = session, customer_id

    async def assess(self, sale: Sale) -> Assessment:
        """One statement, whatever is in the cart. Raises UnknownTaxClass."""
        found = await self._session.execute(
            _TABLE,
            {
                "country": sale.destination.country, "region": sale.destination.region or "*",
                "classes": sorted({item.tax_class for item in (*sale.goods, *sale.fees)}),
                "day": sale.day, "customer": self._customer_id,
            },
        )  # fmt: skip
        regimes, rates, certificates = ([*(rows or ())] for rows in found.one())
        table = TaxTable(
            [_rate(row) for row in rates],
            [_regime(row) for row in regimes],
            [_certificate(row) for row in certificates],
        )
        return assess(sale, table)


async def assess_with(
    engine: TaxEngine | None, session: AsyncSession, customer_id: UUID | None, sale: Sale
) -> Assessment:
    """What that engine says, told the customer's certificate; without one, what our table says."""
    if engine is None:
        return await RateTable(session, customer_id).assess(sale)
    number = await certificate(session, customer_id, sale.destination, sale.day)
    return await engine.assess(replace(sale, certificate=number))


async def certificate(session: AsyncSession, customer_id: UUID | None, place: Place, day: date) -> str | None:
    """The number of the customer's certificate that counts there on that day: what other engines are told."""
    found: str | None = await session.scalar(
        select(TaxExemption.number)
        .where(
            TaxExemption.customer_id == customer_id,
            TaxExemption.country == place.country,
            TaxExemption.region.in_(["*", place.region]),
            TaxExemption.valid_from <= day,
            or_(TaxExemption.valid_to.is_(None), TaxExemption.valid_to > day),
        )
        .order_by(TaxExemption.valid_from, TaxExemption.id)
        .limit(1)
    )
    return found


def _rate(row: Row) -> TableRate:
    return TableRate(
        row["tax_class"], Rate(row["rate_ppm"], row["inclusive"]), row["country"], row["region"],
        row["postal_prefix"], date.fromisoformat(row["valid_from"]), _day(row["valid_to"]),
    )  # fmt: skip


def _regime(row: Row) -> Regime:
    seller = (
        None
        if row["seller_country"] is None
        else Place(row["seller_country"], row["seller_region"], row["seller_postal_code"])
    )
    return Regime(
        row["country"], row["region"], Basis(row["basis"]), ShippingTax(row["shipping"]),
        row["shipping_class"], Rounding(row["rounding"]), seller,
    )  # fmt: skip


def _certificate(row: Row) -> Certificate:
    return Certificate(
        row["number"], row["country"], row["region"], date.fromisoformat(row["valid_from"]),
        _day(row["valid_to"]),
    )  # fmt: skip


def _day(said: str | None) -> date | None:
    return None if said is None else date.fromisoformat(said)
