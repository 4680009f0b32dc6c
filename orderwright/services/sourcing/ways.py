"""From which locations may goods go to a customer, and when are they there?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import arrival
from orderwright.domain.geography import transit_days
from orderwright.domain.sourcing.constraints import Asked, Site, barred, leaves_on
from orderwright.persistence.tables import Location, Product
from orderwright.services.sourcing import lanes
from orderwright.services.sourcing.choosing import Wish
from orderwright.services.sourcing.sites import sites


@dataclass(frozen=True, slots=True)
class Days:
    """When goods leave a location, and when the customer has them: both the same where he comes for them."""

    leaves_on: date
    delivered_on: date


@dataclass(frozen=True, slots=True)
class Way:
    """From one location to one customer."""

    location: Location
    wish: Wish
    site: Site

    @property
    def may(self) -> bool:
        """Whether it sends there, or is the place where the customer comes."""
        return barred(self.site, self._asked(), {}) is None

    def takes(self, product: Product) -> bool:
        """Whether these goods may go this way."""
        hazardous = [product.sku] if product.hazmat else []
        return barred(self.site, self._asked(*hazardous), {product.sku: 1}) is None

    def _asked(self, *hazmat: str) -> Asked:
        wish = self.wish
        collect_at = wish.pickup_at if wish.is_collected else None
        return Asked(wish.country, wish.postal_code, wish.at, collect_at, hazmat, wish.refused)

    def days(self, ready: date | None = None) -> Days:
        """For goods that are there now, or come in on the day `ready`, in time for that day's cut-off."""
        at = self.wish.at
        if ready is not None:
            at = max(at, datetime.combine(ready, time.min, ZoneInfo(self.location.timezone)))
        leaves = leaves_on(self.site, at) or self.site.calendar.leaves(at) or at.date()
        if self.wish.is_collected:
            return Days(leaves, leaves)
        days = transit_days(self.location.address["country"], self.wish.country, self.wish.service)
        return Days(leaves, arrival(leaves, days))


async def ways(session: AsyncSession, wish: Wish) -> Mapping[str, Way]:
    """From every active location, by code; whether it may is for the way to say."""
    rows = (await session.scalars(select(Location).where(Location.active).order_by(Location.code))).all()
    choosy = [row.code for row in rows if row.carriers]
    seen = await lanes.carriers(session, choosy, wish.country)
    found = await sites(session, rows, wish.at, seen=seen)
    return {row.code: Way(row, wish, found[row.code]) for row in rows}
