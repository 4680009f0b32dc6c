"""Tell everybody who is to be told of a stage, each once."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.telling.quiet import Quiet
from orderwright.domain.telling.stages import TO_BUSINESS, URGENT, Stage
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import Notification
from orderwright.ports.documents import Documents
from orderwright.ports.failures import Refused
from orderwright.ports.notifications import Attachment, Mail, MailSender, SentSms, SmsSender
from orderwright.services.contact import failing
from orderwright.services.contact.links import Purpose, token
from orderwright.services.documents import printing
from orderwright.services.documents.printing import Form
from orderwright.services.portal.links import Links
from orderwright.services.telling import choosing, rows
from orderwright.services.telling.addressing import addressed
from orderwright.services.telling.loading import load
from orderwright.services.telling.recipients import Channel
from orderwright.services.telling.rendering import Around, Rendered, Shop, Sources, render
from orderwright.services.telling.rows import Telling
from orderwright.services.telling.story import Story
from orderwright.services.telling.zones import zones_of

_AT = {Purpose.UNSUBSCRIBE: "u", Purpose.PREFER: "m"}
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
    sender: str = ""
    unsubscribe: str = ""
    attachments: Sequence[Attachment] = ()


Waiting = tuple[Telling, str, datetime]
"""What is to be sent, to which address, and since when."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How people are to be treated. `secret` signs the links that end mails; without one there are none."""

    quiet: Quiet = Quiet.read("")  # noqa: RUF009 - frozen
    exempt: frozenset[Stage] = URGENT
    secret: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Teller:
    """Loads, words and sends. Mail and SMS are two effects, and neither waits for the other."""

    def __init__(
        self,
        effects: Effects,
        db: Database,
        mail: MailSender,
        sms: SmsSender,
        shop: Shop,
        links: Links,
        manners: Manners,
        *,
        printer: Documents | None = None,
    ) -> None:
        """`printer`: sets the papers that go along; None: mails have them in their text alone."""
        self._effects, self._db, self._mail, self._sms, self._shop = effects, db, mail, sms, shop
        self._links, self._manners, self._printer = links, manners, printer

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

    async def deliver(self, notification_id: UUID) -> None:
        """Send one that waits; where it is quiet by now, it waits on. Raises as `tell` does."""
        async with self._db.transaction() as session:
            row = await session.get(Notification, notification_id)
            if row is None or row.state != rows.WAITING:
                return
            telling = Telling(
                row.order_id, Stage(row.stage), row.subject, Channel(row.channel), row.copy
            )  # fmt: skip
            story = await load(session, row.order_id, telling.stage, row.subject)
            found = await addressed(session, story, business_email=self._shop.business_email)
            one = next((one for one in found if one.channel is telling.channel), None)
            if one is None or one.skipped:
                await rows.skipped(session, telling, one.skipped if one else "nobody to tell any more")
                return
            if (opens := self._quiet_until(story, telling.channel)) is not None:
                row.due_at = opens
                return
            waiting, voice = [(telling, one.to, row.created_at)], await self._voice(session, story)
        for due in await self._worded(story, voice, waiting):
            await self._send(due)

    async def _due(self, order_id: UUID, stage: Stage, subject: str) -> Sequence[Due]:
        """One transaction: the story is read, every message is written down before the first one leaves."""
        async with self._db.transaction() as session:
            story = await load(session, order_id, stage, subject)
            to_tell = await addressed(session, story, business_email=self._shop.business_email)
            await rows.drop(session, order_id, stage, subject, to_tell)
            waiting: list[Waiting] = []
            for one in to_tell:
                telling = Telling(order_id, stage, subject, one.channel)
                due_at = self._quiet_until(story, one.channel)
                if since := await rows.plan(session, telling, one, due_at=due_at):
                    waiting.append((telling, one.to, since))
            if not waiting:
                return []
            voice = await self._voice(session, story)
        return await self._worded(story, voice, waiting)

    def _quiet_until(self, story: Story, channel: Channel) -> datetime | None:
        """When the telephone may ring; None: now. A mail wakes nobody, and some things cannot wait."""
        if channel is not Channel.SMS or story.stage in self._manners.exempt:
            return None
        zones = zones_of(story.contact.country, story.contact.region)
        return self._manners.quiet.ends(self._manners.now(), zones)

    async def _voice(self, session: AsyncSession, story: Story) -> tuple[Shop, Sources]:
        """Which brand speaks, and what it wrote itself."""
        shop = await choosing.shop_of(session, self._shop, story.contact.channel)
        return shop, await choosing.sources(session, story.stage, shop.brand, story.contact)

    async def _worded(
        self, story: Story, voice: tuple[Shop, Sources], waiting: Sequence[Waiting]
    ) -> Sequence[Due]:
        """In words, with the files of the mail among them. No session is open meanwhile."""
        shop, own = voice
        by_mail = any(telling.channel is Channel.MAIL for telling, _, _ in waiting)
        files = await self._files(story) if by_mail else ()
        unsubscribe = self._link(story, Purpose.UNSUBSCRIBE)
        words = render(
            story, shop, language=story.contact.language, own=own,
            around=Around(
                unsubscribe, self._page(story), attached=bool(files),
                preferences=self._link(story, Purpose.PREFER),
            ),
        )  # fmt: skip
        return [
            Due(telling, to, words, since, shop.sender, unsubscribe, files) for telling, to, since in waiting
        ]

    async def _files(self, story: Story) -> Sequence[Attachment]:
        """The paper that the stage is about, as the API hands it out."""
        if story.paper is None or self._printer is None:
            return ()
        content = await printing.attachable(self._db, story.paper.document_id, self._printer)
        return [Attachment(f"{story.paper.paper.number}.pdf", Form.PDF, content)]

    def _page(self, story: Story) -> str:
        """Where the customer sees the order; whoever else is told has no business there."""
        if story.stage in TO_BUSINESS:
            return ""
        return self._links.order(story.order_id)

    def _link(self, story: Story, purpose: Purpose) -> str:
        customer_id, secret = story.contact.customer_id, self._manners.secret
        if not secret or customer_id is None or story.stage in TO_BUSINESS:
            return ""
        return f"{self._shop.url}/{_AT[purpose]}/{token(secret, customer_id, purpose)}"

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
            mail = composed(due, message_id(key, self._shop.domain))
            await self._mail.send(mail)
            return SentMail(mail.message_id)

        async def record(session: AsyncSession, mail: SentMail) -> None:
            await rows.sent(
                session, due.telling, mail.message_id,
                to=due.to, subject=due.words.subject, text=due.words.text,
            )  # fmt: skip

        intend, refused = self._halves(due)
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
            await rows.sent(session, due.telling, sms.sid, to=due.to, subject="", text=body)

        intend, refused = self._halves(due)
        await self._effects.once(
            Step(due.telling.order_id, due.telling.step),
            into=SentSms, call=call, find=find, record=record, intend=intend, refused=refused,
        )  # fmt: skip

    def _halves(
        self, due: Due
    ) -> tuple[Callable[[AsyncSession], Awaitable[bool]], Callable[[AsyncSession, Refused], Awaitable[None]]]:
        async def intend(session: AsyncSession) -> bool:
            return await rows.wanted(session, due.telling)

        async def refused(session: AsyncSession, no: Refused) -> None:
            await rows.refused(session, due.telling, no.code)
            await failing.refused(session, due.telling, due.to, no)

        return intend, refused


def message_id(key: str, domain: str) -> str:
    """An effect's key as a Message-ID of RFC 5322: letters, digits, dots and hyphens."""
    return f"<{re.sub(r'[^A-Za-z0-9-]+', '.', key)}@{domain}>"


def composed(due: Due, identity: str) -> Mail:
    """The mail. Raises Refused where a header would hold a line break or another control character."""
    if not all(header.isprintable() for header in (due.to, due.words.subject, identity, due.sender)):
        raise Refused("invalid_mail", "a header holds a control character")
    return Mail(
        to=due.to, subject=due.words.subject, text=due.words.text, html=due.words.html, message_id=identity,
        attachments=due.attachments, sender=due.sender, unsubscribe=due.unsubscribe,
    )  # fmt: skip
