"""A shop's own words: tried before they are kept, and kept by version."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import SecurityError, UndefinedError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.failures import Exists, Invalid, NotFound
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import Brand, NotificationTemplate
from orderwright.services.telling import gsm7
from orderwright.services.telling.environment import LONGEST
from orderwright.services.telling.recipients import Channel
from orderwright.services.telling.rendering import ALONE, Around, Rendered, Shop, Sources, render
from orderwright.services.telling.sample import story
from orderwright.services.telling.story import Story


class InvalidTemplate(Invalid):
    """Words that do not read, name what is not there, or do not fit."""

    code = "invalid_template"


@dataclass(frozen=True, slots=True)
class Key:
    """Whom the words are for. Empty language, brand or segment: anybody."""

    stage: Stage
    channel: Channel
    language: str = ""
    brand: str = ""
    segment: str = ""


def tried(told: Story, shop: Shop, own: Sources, language: str, around: Around = ALONE) -> Rendered:
    """The words about that story. Raises InvalidTemplate, naming the part and the line."""
    for part in ("subject", "text", "html", "sms"):
        if getattr(own, part) is not None:
            alone = Sources(**{part: getattr(own, part)})
            try:
                render(told, shop, language=language, own=alone, around=around)
            except TemplateSyntaxError as wrong:
                raise InvalidTemplate(f"{part}, line {wrong.lineno}: {wrong.message}", part=part) from None
            except TemplateNotFound as wrong:
                raise InvalidTemplate(f"{part}: no template {wrong.name}", part=part) from None
            except (UndefinedError, SecurityError, TemplateError) as wrong:
                raise InvalidTemplate(f"{part}: {wrong.message}", part=part) from None
            except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as wrong:
                raise InvalidTemplate(f"{part}: {type(wrong).__name__}: {wrong}"[:300], part=part) from None
    words = render(told, shop, language=language, own=own, around=around)
    if own.subject is not None and not 0 < len(words.subject) <= 200:
        raise InvalidTemplate("subject: between 1 and 200 characters", part="subject")
    if max(len(words.text), len(words.html)) > LONGEST:
        raise InvalidTemplate(f"more than {LONGEST} characters come of it", part="html")
    return words


async def save(session: AsyncSession, key: Key, own: Sources, shop: Shop, *, by: str) -> NotificationTemplate:
    """Keep the next version, once it reads with a sample. Raises InvalidTemplate, NotFound, Exists."""
    wanted = ("sms",) if key.channel is Channel.SMS else ("subject", "text", "html")
    if any((getattr(own, part) is None) == (part in wanted) for part in ("subject", "text", "html", "sms")):
        raise InvalidTemplate(f"{key.channel} has exactly: {', '.join(wanted)}")
    if key.brand and await session.get(Brand, key.brand) is None:
        raise NotFound("no such brand")
    sample = story(key.stage)
    tried(
        replace(sample, contact=replace(sample.contact, language=key.language or "en")),
        shop,
        own,
        key.language or "en",
    )
    return await _add(session, key, own, by, withdrawn=False)


async def withdraw(session: AsyncSession, template_id: UUID, *, by: str) -> NotificationTemplate:
    """What ships is used again; the versions stay. Raises NotFound."""
    row = await session.get(NotificationTemplate, template_id)
    if row is None:
        raise NotFound("no such template")
    key = Key(Stage(row.stage), Channel(row.channel), row.language, row.brand, row.segment)
    return await _add(session, key, Sources(row.subject, row.text, row.html, row.sms), by, withdrawn=True)


async def listed(session: AsyncSession) -> Sequence[NotificationTemplate]:
    """The newest version of each."""
    one = NotificationTemplate
    rows = await session.scalars(
        select(one)
        .ext(distinct_on(one.stage, one.channel, one.language, one.brand, one.segment))
        .order_by(one.stage, one.channel, one.language, one.brand, one.segment, one.version.desc())
    )
    return rows.all()


async def _add(
    session: AsyncSession, key: Key, own: Sources, by: str, *, withdrawn: bool
) -> NotificationTemplate:
    """The unique version lets one of two through who save at once."""
    one = NotificationTemplate
    same = (one.stage == key.stage.value, one.channel == key.channel.value, one.language == key.language,
            one.brand == key.brand, one.segment == key.segment)  # fmt: skip
    version = (await session.scalar(select(func.max(one.version)).where(*same)) or 0) + 1
    taken = await session.scalar(select(one.id).where(*same, one.version == version))
    if taken is not None:
        raise Exists("somebody saved another version just now")
    row = one(
        id=uuid7(), stage=key.stage.value, channel=key.channel.value, language=key.language, brand=key.brand,
        segment=key.segment, version=version, withdrawn=withdrawn, saved_by=by, **asdict(own),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


@dataclass(frozen=True, slots=True)
class Length:
    """An SMS by what it costs."""

    septets: int
    segments: int

    @classmethod
    def of(cls, text: str) -> "Length":
        """Of a text in the GSM alphabet."""
        return cls(gsm7.septets(text), gsm7.segments(text))
