"""Tax by our own table: rates, regimes and certificates of the record; flat rates where none fits."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
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
           (SELECT jsonb_agg(to_jsonb(f)) FROM tax_rates f
             WHERE tax_class IN (SELECT * FROM class) AND country IN (SELECT * FROM land)),
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
        regimes, dated, flat, certificates = ([*(rows or ())] for rows in found.one())
        table = TaxTable(
            [*(_rate(row) for row in dated), *(_flat(row) for row in flat)],
            [_regime(row) for row in regimes],
            [_certificate(row) for row in certificates],
        )
        return assess(sale, table)


def _rate(row: Row) -> TableRate:
    return TableRate(
        row["tax_class"], Rate(row["rate_ppm"], row["inclusive"]), row["country"], row["region"],
        row["postal_prefix"], date.fromisoformat(row["valid_from"]), _day(row["valid_to"]),
    )  # fmt: skip


def _flat(row: Row) -> TableRate:
    rate = Rate(row["rate_ppm"], row["inclusive"])
    return TableRate(row["tax_class"], rate, row["country"], row["region"], flat=True)


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
