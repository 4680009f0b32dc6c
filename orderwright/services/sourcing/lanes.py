"""What have carriers charged from a location to a country, and which of them go there?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LATEST = 20
"""Labels that an average is made of: the newest ones of the lane."""


@dataclass(frozen=True, slots=True)
class Price:
    """The average of so many labels, in minor units of `currency`."""

    amount: int
    currency: str
    labels: int


# The newest of each lane by its index, whatever the number of labels that were ever bought.
_PRICES = text("""
    SELECT lane.location, label.currency, round(avg(label.amount))::bigint AS amount, count(*) AS labels
      FROM unnest(cast(:locations AS text[]), cast(:bands AS int[])) AS lane (location, band)
     CROSS JOIN LATERAL (
           SELECT currency, amount FROM shipment_offers o
            WHERE o.location = lane.location AND o.country = :country AND o.wanted = :wanted
              AND o.band = lane.band AND o.chosen
            ORDER BY o.id DESC LIMIT :latest) label
     GROUP BY lane.location, label.currency""")

_CARRIERS = text("""
    SELECT place.location, array_agg(DISTINCT offer.carrier) AS carriers
      FROM unnest(cast(:locations AS text[])) AS place (location)
     CROSS JOIN LATERAL (
           SELECT carrier FROM shipment_offers o
            WHERE o.location = place.location AND o.country = :country LIMIT 200) offer
     GROUP BY place.location""")


async def prices(
    session: AsyncSession, bands: Mapping[str, int], country: str, service: str
) -> dict[str, Price]:
    """What a label costs on each lane that has one, `bands` by location, all in one currency."""
    asked = {"locations": list(bands), "bands": list(bands.values())}
    more = {"country": country, "wanted": service, "latest": LATEST}
    rows = (await session.execute(_PRICES, asked | more)).all()
    bought: dict[str, int] = {}
    for row in rows:
        bought[row.currency] = bought.get(row.currency, 0) + row.labels
    usual = max(sorted(bought), key=lambda code: bought[code], default="")
    return {
        row.location: Price(row.amount, row.currency, row.labels) for row in rows if row.currency == usual
    }


async def carriers(session: AsyncSession, codes: Sequence[str], country: str) -> dict[str, list[str]]:
    """Who has offered from each of these locations to that country; none where nobody was asked."""
    if not codes:
        return {}
    rows = await session.execute(_CARRIERS, {"locations": list(codes), "country": country})
    return {row.location: row.carriers for row in rows}
