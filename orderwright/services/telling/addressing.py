"""Who is told of a stage once consent and failed addresses are looked at?"""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.telling.kinds import Kind, kind_of
from orderwright.domain.telling.stages import TO_BUSINESS
from orderwright.services.contact import consent, marks
from orderwright.services.contact.consent import NOTHING_SAID, Said, Wish
from orderwright.services.telling.recipients import Channel, Recipient, recipients
from orderwright.services.telling.story import Story


async def addressed(session: AsyncSession, story: Story, *, business_email: str) -> tuple[Recipient, ...]:
    """The recipients; those who may not or need not be written to are skipped, with the reason."""
    found = recipients(story, business_email=business_email)
    if story.stage in TO_BUSINESS:
        return found
    customer_id = story.contact.customer_id
    said = await consent.newest(session, customer_id) if customer_id else NOTHING_SAID
    return tuple(
        [replace(one, skipped=one.skipped or await _barred(session, story, one, said)) for one in found]
    )


async def _barred(session: AsyncSession, story: Story, one: Recipient, said: Said) -> str:
    """What law asks for goes by mail whatever was unsubscribed; a dead address gets nothing at all.

    SMS: consent given with an order counts where it is younger than the refusal, unless that is of a kind.
    """
    if not one.to:
        return ""
    if marked := await marks.found(session, one.channel, one.to):
        return marked
    kind = kind_of(story.stage)
    if one.channel is Channel.MAIL:
        refused = kind is not Kind.ESSENTIAL and not said.wants(Wish.MAIL, kind, silent=True)
        return "unsubscribed" if refused else ""
    last = said.last(Wish.SMS, kind)
    if last is None or last.wanted:
        return ""
    return "unsubscribed" if last.kind or last.at > story.order.placed_at else ""
