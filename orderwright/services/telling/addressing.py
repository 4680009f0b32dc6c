"""Who is told of a stage once consent and failed addresses are looked at?"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.telling.stages import OPTIONAL, TO_BUSINESS
from orderwright.persistence.tables import Consent
from orderwright.services.contact import consent, marks
from orderwright.services.contact.consent import Wish
from orderwright.services.telling.recipients import Channel, Recipient, recipients
from orderwright.services.telling.story import Story


async def addressed(session: AsyncSession, story: Story, *, business_email: str) -> tuple[Recipient, ...]:
    """The recipients; those who may not or need not be written to are skipped, with the reason."""
    found = recipients(story, business_email=business_email)
    if story.stage in TO_BUSINESS:
        return found
    said = await consent.newest(session, story.contact.customer_id) if story.contact.customer_id else {}
    return tuple(
        [replace(one, skipped=one.skipped or await _barred(session, story, one, said)) for one in found]
    )


async def _barred(session: AsyncSession, story: Story, one: Recipient, said: Mapping[Wish, Consent]) -> str:
    """What law asks for goes by mail whatever was unsubscribed; a dead address gets nothing at all.

    SMS: consent given with an order counts where it is younger than the refusal.
    """
    if not one.to:
        return ""
    if marked := await marks.found(session, one.channel, one.to):
        return marked
    if one.channel is Channel.MAIL:
        refused = said.get(Wish.MAIL)
        return "unsubscribed" if story.stage in OPTIONAL and refused and not refused.wanted else ""
    refused = said.get(Wish.SMS)
    later = refused is not None and not refused.wanted and refused.at > story.order.placed_at
    return "unsubscribed" if later else ""
