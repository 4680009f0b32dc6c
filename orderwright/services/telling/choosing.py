"""Which brand speaks, and with whose words: a shop's own where it has any, else those that ship."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import Brand, BrandChannel, NotificationTemplate
from orderwright.services.telling.rendering import Shop, Sources
from orderwright.services.telling.story import Contact


async def shop_of(session: AsyncSession, shop: Shop, channel: str) -> Shop:
    """The deployment's own, or the brand that the order's channel belongs to."""
    brand = await session.scalar(select(Brand).join(BrandChannel).where(BrandChannel.channel == channel))
    return shop if brand is None else branded(shop, brand)


def branded(shop: Shop, brand: Brand) -> Shop:
    """What the brand says itself wins; Message-IDs and links stay the deployment's."""
    return replace(
        shop, brand=brand.code, name=brand.name, sender=brand.sender, home=brand.url,
        color=brand.color or shop.color, footer=brand.footer,
    )  # fmt: skip


async def sources(session: AsyncSession, stage: Stage, brand: str, contact: Contact) -> Sources:
    """The newest words of the nearest kind: brand before segment before language."""
    language = contact.language.lower()
    wanted = NotificationTemplate
    rows = await session.scalars(
        select(wanted)
        .where(
            wanted.stage == stage.value,
            wanted.language.in_({language, language.partition("-")[0], ""}),
            wanted.brand.in_({brand, ""}),
            wanted.segment.in_({contact.segment, ""}),
        )
        .ext(distinct_on(wanted.channel, wanted.language, wanted.brand, wanted.segment))
        .order_by(
            wanted.channel, wanted.language, wanted.brand, wanted.segment, wanted.version.desc()
        )
    )  # fmt: skip
    live = [row for row in rows if not row.withdrawn]
    nearest = sorted(live, key=lambda row: (bool(row.brand), bool(row.segment), len(row.language)))
    found = {row.channel: row for row in nearest}
    mail, sms = found.get("mail"), found.get("sms")
    return Sources(
        subject=mail.subject if mail else None, text=mail.text if mail else None,
        html=mail.html if mail else None, sms=sms.sms if sms else None,
    )  # fmt: skip
