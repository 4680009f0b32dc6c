"""How would an order's customer read a stage, with the words that ship or others?"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.telling.stages import TO_BUSINESS, Stage
from orderwright.persistence.tables import Brand
from orderwright.services.contact.templates import Length, tried
from orderwright.services.portal.links import Links
from orderwright.services.telling import choosing
from orderwright.services.telling.loading import load
from orderwright.services.telling.rendering import Around, Rendered, Shop, Sources
from orderwright.services.telling.sample import story as sample_of
from orderwright.services.telling.story import Story


@dataclass(frozen=True, slots=True)
class Preview:
    """The words. `sampled`: parcel, deadline or refund are made up, as no subject was named."""

    words: Rendered
    sms: Length
    language: str
    brand: str
    sampled: bool


async def preview(
    session: AsyncSession,
    shop: Shop,
    links: Links,
    order_id: UUID,
    stage: Stage,
    *,
    subject: str = "",
    language: str = "",
    brand: str | None = None,
    unsaved: Sources | None = None,
) -> Preview:
    """Nothing is sent and nothing written. Raises NotFound, Invalid, InvalidTemplate."""
    told, sampled = await _story(session, order_id, stage, subject)
    spoken = language or told.contact.language
    told = replace(told, contact=replace(told.contact, language=spoken))
    speaking = await _shop(session, shop, told.contact.channel, brand)
    own = await choosing.sources(session, stage, speaking.brand, told.contact)
    if unsaved is not None:
        parts = {
            name: value
            for name in ("subject", "text", "html", "sms")
            if (value := getattr(unsaved, name)) is not None
        }
        own = replace(own, **parts)
    page = "" if stage in TO_BUSINESS else links.order(order_id)
    words = tried(told, speaking, own, spoken, Around(page=page))
    return Preview(words, Length.of(words.sms), spoken, speaking.brand, sampled)


async def _story(session: AsyncSession, order_id: UUID, stage: Stage, subject: str) -> tuple[Story, bool]:
    """The order's own; what the stage is about is a sample's where it is not named."""
    if subject:
        try:
            return await load(session, order_id, stage, subject), False
        except ValueError:
            raise Invalid("that is not what this stage can be about") from None
    told = await load(session, order_id, Stage.RECEIVED, "")
    made_up = sample_of(stage)
    about = {
        name: getattr(made_up, name)
        for name in ("parcel", "wait", "refund", "pickup", "paper", "note", "returned")
    }
    return replace(told, stage=stage, **about), any(about.values())


async def _shop(session: AsyncSession, shop: Shop, channel: str, brand: str | None) -> Shop:
    if brand is None:
        return await choosing.shop_of(session, shop, channel)
    if not brand:
        return shop
    row = await session.get(Brand, brand)
    if row is None:
        raise NotFound("no such brand")
    return choosing.branded(shop, row)
