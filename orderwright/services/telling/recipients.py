"""Who is told of a stage, on which channel, and who is not and why?"""

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from orderwright.domain.telling.stages import BY_MAIL_ALONE, TO_BUSINESS
from orderwright.services.telling.story import Story


class Channel(StrEnum):
    """How a message travels; `none` stands for a stage that nobody can be told of."""

    MAIL = "mail"
    SMS = "sms"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address on one channel. `skipped` says why nothing is sent."""

    channel: Channel
    to: str = ""
    skipped: str = ""


def recipients(story: Story, *, business_email: str) -> tuple[Recipient, ...]:
    """At least one, so that the stage counts as told."""
    if story.over:
        return (Recipient(Channel.NONE, skipped="nothing left to do"),)
    if story.stage in TO_BUSINESS:
        if business_email:
            return (Recipient(Channel.MAIL, business_email),)
        return (Recipient(Channel.NONE, skipped="no business address"),)
    found = [Recipient(Channel.MAIL, story.contact.email)] if story.contact.email else []
    if story.contact.phone and story.stage not in BY_MAIL_ALONE:
        number = e164(story.contact.phone, story.contact.country)
        found.append(
            Recipient(Channel.SMS, number) if number else Recipient(Channel.SMS, skipped="not a phone number")
        )
    if story.stage in BY_MAIL_ALONE:
        return tuple(found) or (Recipient(Channel.NONE, skipped="no address"),)
    return tuple(found) or (Recipient(Channel.NONE, skipped="no address and no phone with consent"),)


def e164(phone: str, country: str) -> str | None:
    """The number as `+…`, read as one of `country` where it has no country code. None: not a number."""
    try:
        number = phonenumbers.parse(phone, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
