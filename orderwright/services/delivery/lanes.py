"""How long did parcels of a lane take, from dock to door?"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.promise import Past

Lane = tuple[str | None, str | None, str, str]
"""Carrier, service, from country, to country."""

_LANES = text("""
    SELECT s.carrier, s.service, l.address ->> 'country' AS origin, o.ship_to ->> 'country' AS destination,
           count(*)::int AS parcels,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY s.delivered_at::date - f.shipped_at::date) AS days
      FROM shipments s JOIN fulfillment_orders f ON f.id = s.fulfillment_id
      JOIN orders o ON o.id = s.order_id JOIN locations l ON l.code = f.location
     WHERE s.state = 'delivered' AND s.carrier = ANY(:carriers) AND s.delivered_at <= :at
       AND s.delivered_at > CAST(:at AS timestamptz) - interval '120 days' AND f.shipped_at IS NOT NULL
     GROUP BY 1, 2, 3, 4""")


async def pasts(session: AsyncSession, carriers: Collection[str], at: datetime) -> Mapping[Lane, Past]:
    """Of these carriers, by lane: parcels that arrived in the 120 days before `at`."""
    if not carriers:
        return {}
    rows = await session.execute(_LANES, {"carriers": sorted(carriers), "at": at})
    return {
        (row.carrier, row.service, row.origin, row.destination): Past(int(row.days), row.parcels)
        for row in rows
    }
