"""What is kept from buyers: safety stock, a channel's buffer at a place, a channel's quota in all."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict
from orderwright.domain.stock.units import Position
from orderwright.persistence.tables import ChannelBuffer, ChannelQuota, StockLevel


async def keep_back(session: AsyncSession, sku: str, location: str, units: int) -> Position:
    """Promise `units` there to nobody from now on; what is reserved already stays so."""
    row = (
        await session.execute(
            insert(StockLevel)
            .values(sku=sku, location=location, safety=units)
            .on_conflict_do_update(index_elements=["sku", "location"], set_={"safety": units})
            .returning(StockLevel.on_hand, StockLevel.reserved, StockLevel.safety)
        )
    ).one()
    return Position(row.on_hand, row.reserved, row.safety)


async def set_buffer(session: AsyncSession, channel: str, sku: str, location: str, units: int) -> None:
    """So many units there are not sold to the channel, beside the safety stock; 0: no buffer."""
    if units == 0:
        await session.execute(
            delete(ChannelBuffer).where(
                ChannelBuffer.channel == channel, ChannelBuffer.sku == sku, ChannelBuffer.location == location
            )
        )
        return
    await session.execute(
        insert(ChannelBuffer)
        .values(channel=channel, sku=sku, location=location, units=units)
        .on_conflict_do_update(index_elements=["channel", "sku", "location"], set_={"units": units})
    )


async def set_quota(session: AsyncSession, channel: str, sku: str, at_most: int) -> ChannelQuota:
    """The channel may hold and buy so many in all, counted from when it first has a quota.

    Raises Conflict where more are taken already.
    """
    row: ChannelQuota | None = await session.scalar(
        insert(ChannelQuota)
        .values(channel=channel, sku=sku, at_most=at_most)
        .on_conflict_do_update(
            index_elements=["channel", "sku"],
            set_={"at_most": at_most},
            where=ChannelQuota.taken <= at_most,
        )
        .returning(ChannelQuota)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise Conflict(f"{channel} holds or has bought more than {at_most} of {sku} already")
    return row


async def left(
    session: AsyncSession, channel: str | None, skus: Collection[str], *, locked: bool = False
) -> dict[str, int]:
    """What is left of the channel's quotas for these SKUs; `locked` (rank after stock): for good."""
    if channel is None:
        return {}
    query = (
        select(ChannelQuota.sku, ChannelQuota.at_most - ChannelQuota.taken)
        .where(ChannelQuota.channel == channel, ChannelQuota.sku.in_(skus))
        .order_by(ChannelQuota.sku.collate("C"))
    )
    rows = await session.execute(query.with_for_update() if locked else query)
    return {sku: units for sku, units in rows}
