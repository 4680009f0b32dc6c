"""How is a location changed, when is it closed, and what becomes of its orders when it closes for good?"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import NotFound
from orderwright.persistence.tables import Location, LocationClosure
from orderwright.services import catalog
from orderwright.services.catalog import LocationData
from orderwright.services.fulfillment import closing


async def replace(session: AsyncSession, data: LocationData, actor: Actor) -> Location:
    """Change all of it. One that is not active any more loses its open parts. Raises NotFound."""
    orders = [] if data.active else await closing.lock_orders(session, data.code)
    row = await catalog.replace_location(session, data)
    await closing.reroute(session, orders, data.code, by=actor.name)
    return row


async def close_on(session: AsyncSession, code: str, day: date, reason: str) -> LocationClosure:
    """Nothing leaves on that day; said again, the reason is changed. Raises NotFound."""
    await catalog.location(session, code)
    made = await session.scalars(
        insert(LocationClosure)
        .values(location=code, day=day, reason=reason)
        .on_conflict_do_update(index_elements=["location", "day"], set_={"reason": reason})
        .returning(LocationClosure)
        .execution_options(populate_existing=True)
    )
    return made.one()


async def open_on(session: AsyncSession, code: str, day: date) -> None:
    """It works on that day after all. Raises NotFound."""
    gone = await session.execute(
        delete(LocationClosure)
        .where(LocationClosure.location == code, LocationClosure.day == day)
        .returning(LocationClosure.day)
    )
    if gone.first() is None:
        raise NotFound("it is not closed on that day")


async def closures(
    session: AsyncSession, code: str, *, after: date | None, limit: int
) -> Sequence[LocationClosure]:
    """Its closed days, from after `after`. Raises NotFound."""
    await catalog.location(session, code)
    query = select(LocationClosure).where(LocationClosure.location == code).order_by(LocationClosure.day)
    query = query if after is None else query.where(LocationClosure.day > after)
    return (await session.scalars(query.limit(limit))).all()
