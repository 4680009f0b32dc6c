"""Brands: who a mail is from, and the channels whose orders belong to it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from email.utils import parseaddr

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.persistence.tables import Brand, BrandChannel

READABLE = 4.5
"""The least contrast of text: WCAG 2.2, 1.4.3."""


@dataclass(frozen=True, slots=True)
class BrandData:
    """As it is sent. `color` is #rrggbb; empty: the deployment's own."""

    name: str
    sender: str = ""
    url: str = ""
    color: str = ""
    footer: str = ""


async def save(session: AsyncSession, code: str, data: BrandData, channels: Sequence[str]) -> Brand:
    """Make or replace a brand; its channels leave the brands they were of. Raises Invalid."""
    if data.sender and (not data.sender.isprintable() or "@" not in parseaddr(data.sender)[1]):
        raise Invalid("the sender is not an address as in a From header")
    if data.color and contrast_with_white(data.color) < READABLE:
        raise Invalid("white words on that color cannot be read: choose a darker one")
    values = {**asdict(data), "updated_at": func.clock_timestamp()}
    row: Brand | None = await session.scalar(
        insert(Brand)
        .values(code=code, **values)
        .on_conflict_do_update(index_elements=[Brand.code], set_=values)
        .returning(Brand)
        .execution_options(populate_existing=True)
    )
    await session.execute(delete(BrandChannel).where(BrandChannel.brand == code))
    for channel in sorted(set(channels)):
        await session.execute(
            insert(BrandChannel)
            .values(channel=channel, brand=code)
            .on_conflict_do_update(index_elements=[BrandChannel.channel], set_={"brand": code})
        )
    assert row is not None  # noqa: S101 - an upsert returns its row
    return row


async def listed(session: AsyncSession) -> Sequence[tuple[Brand, Sequence[str]]]:
    """All, with their channels."""
    channels: Mapping[str, list[str]] = {}
    rows = (await session.scalars(select(Brand).order_by(Brand.code))).all()
    channels = {row.code: [] for row in rows}
    for one in await session.scalars(select(BrandChannel).order_by(BrandChannel.channel)):
        channels[one.brand].append(one.channel)
    return [(row, channels[row.code]) for row in rows]


def contrast_with_white(color: str) -> float:
    """WCAG's ratio, from 1 to 21, of `#rrggbb`."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
