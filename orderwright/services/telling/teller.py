"""Tell everybody who is to be told of a stage, each once."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stages import Stage
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.ports.documents import Documents
from orderwright.ports.failures import Refused
from orderwright.ports.notifications import Attachment, Mail, MailSender, SentSms, SmsSender
from orderwright.services.documents import printing
from orderwright.services.documents.printing import Form
from orderwright.services.telling import rows
from orderwright.services.telling.loading import load
from orderwright.services.telling.recipients import Channel, recipients
from orderwright.services.telling.rendering import Rendered, Shop, render
from orderwright.services.telling.rows import Telling
from orderwright.services.telling.story import Story

CLOCKS_DIFFER = timedelta(seconds=30)
"""How far the provider's clock may be behind ours when a message is looked up."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail the server has taken."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Due:
    """One message that has to leave. `since`: it cannot have left before."""

    telling: Telling
    to: str
    words: Rendered
    since: datetime
    attachments: Sequence[Attachment] = ()


class Teller:
    """Loads, words and sends. Mail and SMS are two effects, and neither waits for the other."""

    def __init__(
        self,
        effects: Effects,
        db: Database,
        mail: MailSender,
        sms: SmsSender,
        shop: Shop,
        *,
        printer: Documents | None = None,
    ) -> None:
        """`printer`: sets the papers that go along; None: mails have them in their text alone."""
        self._effects, self._db, self._mail, self._sms, self._shop = effects, db, mail, sms, shop
        self._printer = printer

    async def tell(self, order_id: UUID, stage: str) -> None:
        """Tell of `name` or `name:subject`. What was told is not told again; a definite no is recorded.

        Raises the first failure, Unreachable or NotSent, after every channel was tried. NotFound, ValueError:
        there is no such stage of such an order.
        """
        name, _, subject = stage.partition(":")
        due = await self._due(order_id, Stage(name), subject)
        outcomes = await asyncio.gather(*(self._send(one) for one in due), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _due(self, order_id: UUID, stage: Stage, subject: str) -> Sequence[Due]:
        """One transaction: the story is read, every message is written down before the first one leaves."""
        async with self._db.transaction() as session:
            story = await load(session, order_id, stage, subject)
            to_tell = recipients(story, business_email=self._shop.business_email)
            await rows.drop(session, order_id, stage, subject, to_tell)
            waiting = [
                (telling, one.to, since)
                for one in to_tell
                if (
                    since := await rows.plan(
                        session, (telling := Telling(order_id, stage, subject, one.channel)), one
                    )
                )
            ]
        if not waiting:
            return []
        files = await self._files(story)
        words = render(story, self._shop, language=story.contact.language, attached=bool(files))
        return [Due(telling, to, words, since, files) for telling, to, since in waiting]

    async def _files(self, story: Story) -> Sequence[Attachment]:
        """The paper that the stage is about, as the API hands it out. No session is open meanwhile."""
        if story.paper is None or self._printer is None:
            return ()
        content = await printing.attachable(self._db, story.paper.document_id, self._printer)
        return [Attachment(f"{story.paper.sheet.number}.pdf", Form.PDF, content)]

    async def _send(self, due: Due) -> None:
        try:
            if due.telling.channel is Channel.SMS:
                await self._send_sms(due)
            else:
                await self._send_mail(due)
        except (NotWanted, Refused):
            return  # told meanwhile, or refused for good: both stand in the row

    async def _send_mail(self, due: Due) -> None:
        """The same Message-ID at every try, so that a repeat is no second mail."""

        async def call(key: str) -> SentMail:
            mail = composed(due.to, due.words, message_id(key, self._shop.domain), due.attachments)
            await self._mail.send(mail)
            return SentMail(mail.message_id)

        async def record(session: AsyncSession, mail: SentMail) -> None:
            await rows.sent(session, due.telling, mail.message_id)

        intend, refused = self._halves(due.telling)
        await self._effects.once(
            Step(due.telling.order_id, due.telling.step),
            into=SentMail, call=call, record=record, intend=intend, refused=refused,
        )  # fmt: skip

    async def _send_sms(self, due: Due) -> None:
        """An unknown outcome is looked up by number, text and time."""
        body = due.words.sms

        async def call(_: str) -> SentSms:
            return await self._sms.send(due.to, body)

        async def find(_: str) -> SentSms | None:
            return await self._sms.find(due.to, body, since=due.since - CLOCKS_DIFFER)

        async def record(session: AsyncSession, sms: SentSms) -> None:
            await rows.sent(session, due.telling, sms.sid)

        intend, refused = self._halves(due.telling)
        await self._effects.once(
            Step(due.telling.order_id, due.telling.step),
            into=SentSms, call=call, find=find, record=record, intend=intend, refused=refused,
        )  # fmt: skip

    def _halves(
        self, telling: Telling
    ) -> tuple[Callable[[AsyncSession], Awaitable[bool]], Callable[[AsyncSession, Refused], Awaitable[None]]]:
        async def intend(session: AsyncSession) -> bool:
            return await rows.wanted(session, telling)

        async def refused(session: AsyncSession, no: Refused) -> None:
            await rows.refused(session, telling, no.code)

        return intend, refused


def message_id(key: str, domain: str) -> str:
    """An effect's key as a Message-ID of RFC 5322: letters, digits, dots and hyphens."""
    return f"<{re.sub(r'[^A-Za-z0-9-]+', '.', key)}@{domain}>"


def composed(to: str, words: Rendered, identity: str, attachments: Sequence[Attachment] = ()) -> Mail:
    """The mail. Raises Refused where a header would hold a line break or another control character."""
    if not all(header.isprintable() for header in (to, words.subject, identity)):
        raise Refused("invalid_mail", "a header holds a control character")
    return Mail(
        to=to, subject=words.subject, text=words.text, html=words.html, message_id=identity,
        attachments=attachments,
    )  # fmt: skip
