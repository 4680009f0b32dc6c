"""What is kept from buyers, and how is that changed? Orders that wait for the units look again."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.units import Position
from orderwright.persistence.stock import limits, waiting
from orderwright.persistence.tables import ChannelBuffer, ChannelQuota
from orderwright.services.stock.stocking import check_known


async def keep_back(session: AsyncSession, sku: str, location: str, units: int) -> Position:
    """Safety stock: so many units there are promised to nobody. Raises UnknownProduct, Invalid."""
    await check_known(session, {sku}, {location})
    await waiting.tell(session, {sku})
    return await limits.keep_back(session, sku, location, units)


async def set_buffer(session: AsyncSession, channel: str, sku: str, location: str, units: int) -> None:
    """So many units there are not sold to that channel, 0: no buffer. Raises UnknownProduct, Invalid."""
    await check_known(session, {sku}, {location})
    await waiting.tell(session, {sku})
    await limits.set_buffer(session, channel, sku, location, units)


async def set_quota(session: AsyncSession, channel: str, sku: str, at_most: int) -> ChannelQuota:
    """The channel may hold and buy so many in all. Raises UnknownProduct, Conflict (more are taken)."""
    await check_known(session, {sku}, set())
    await waiting.tell(session, {sku})
    return await limits.set_quota(session, channel, sku, at_most)


async def buffers(
    session: AsyncSession, *, after: tuple[str, str, str] | None, limit: int
) -> Sequence[ChannelBuffer]:
    """By channel, SKU and location, from after `after`."""
    key = (ChannelBuffer.channel, ChannelBuffer.sku, ChannelBuffer.location)
    query = select(ChannelBuffer).order_by(*key).limit(limit)
    return (
        await session.scalars(query if after is None else query.where(tuple_(*key) > tuple_(*after)))
    ).all()


async def quotas(
    session: AsyncSession, *, after: tuple[str, str] | None, limit: int
) -> Sequence[ChannelQuota]:
    """By channel and SKU, from after `after`."""
    key = (ChannelQuota.channel, ChannelQuota.sku)
    query = select(ChannelQuota).order_by(*key).limit(limit)
    return (
        await session.scalars(query if after is None else query.where(tuple_(*key) > tuple_(*after)))
    ).all()
