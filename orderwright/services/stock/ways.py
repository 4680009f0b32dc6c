"""From which locations may goods go to a customer, and when are they there?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment import DeliveryMethod
from orderwright.domain.geography import transit_days
from orderwright.domain.shipping import arrival, ships_on
from orderwright.persistence.tables import Location, Product
from orderwright.services.stock.choosing import Wish


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

    @property
    def may(self) -> bool:
        """Whether it sends there, or is the place where the customer comes."""
        if self.wish.method is DeliveryMethod.PICKUP:
            return self.location.pickup and self.location.code == self.wish.pickup_at
        return self.location.ships and self.location.code not in self.wish.refused

    def takes(self, product: Product) -> bool:
        """Whether these goods may go this way."""
        return self.may and (self.location.hazmat or not product.hazmat)

    def days(self, ready: date | None = None) -> Days:
        """For goods that are there now, or come in on the day `ready`, in time for that day's cut-off."""
        zone = ZoneInfo(self.location.timezone)
        at = self.wish.at.astimezone(zone)
        if ready is not None:
            at = max(at, datetime.combine(ready, time.min, zone))
        leaves = ships_on(at, self.location.cutoff)
        if self.wish.method is DeliveryMethod.PICKUP:
            return Days(leaves, leaves)
        days = transit_days(self.location.address["country"], self.wish.country, self.wish.service)
        return Days(leaves, arrival(leaves, days))


async def ways(session: AsyncSession, wish: Wish) -> Mapping[str, Way]:
    """From every active location, by code; whether it may is for the way to say."""
    rows = await session.scalars(select(Location).where(Location.active).order_by(Location.code))
    return {row.code: Way(row, wish) for row in rows}
