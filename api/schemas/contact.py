"""Notifications, notes, messages, consent, brands and a shop's own words, as they are sent and read."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from api.schemas.base import Body, Flag, Identifier, Out, Reason, Slug, Text, Words, clean
from orderwright.domain.telling.kinds import Kind
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import Brand, Notification, NotificationText, OrderNote
from orderwright.services.contact.brands import BrandData
from orderwright.services.contact.consent import Wish
from orderwright.services.contact.previewing import Preview
from orderwright.services.contact.templates import Key
from orderwright.services.telling.recipients import Channel
from orderwright.services.telling.rendering import Sources

Language = Annotated[str, StringConstraints(pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$")]
Source = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(clean)]
Color = Annotated[str, StringConstraints(pattern=r"^(#[0-9a-fA-F]{6})?$")]
Home = Annotated[str, StringConstraints(max_length=200, pattern=r"^(https?://[^\s<>\"']+)?$")]


class TemplateSources(Body):
    """Jinja. A mail has subject, text and html; an SMS has sms. Names: order, parcel, wait, refund, pickup,
    returned, note, shop, w (the shipped sentences); filters: money, day, clock.
    """

    subject: Source | None = None
    text: Source | None = None
    html: Source | None = None
    sms: Source | None = None

    def sources(self) -> Sources:
        """As the services have it."""
        return Sources(self.subject, self.text, self.html, self.sms)


class PreviewBody(Body):
    """`subject_id`: the parcel, hold or refund it is about; without it these are made up."""

    stage: Stage
    order: Identifier
    subject_id: Text = ""
    language: Language = ""
    brand: Slug | Literal[""] | None = None
    template: TemplateSources | None = None


class PreviewView(Out):
    """How it reads. `sms_segments`: how many messages are paid for."""

    subject: str
    text: str
    html: str
    sms: str
    sms_septets: int
    sms_segments: int
    language: str
    brand: str
    sampled: bool

    @classmethod
    def of(cls, found: Preview) -> "PreviewView":
        """From the service's answer."""
        words = found.words
        return cls(
            subject=words.subject, text=words.text, html=words.html, sms=words.sms,
            sms_septets=found.sms.septets, sms_segments=found.sms.segments, language=found.language,
            brand=found.brand, sampled=found.sampled,
        )  # fmt: skip


class TemplateBody(TemplateSources):
    """For whom, and the words. Left empty: anybody. Brand is nearer than segment, segment than language."""

    stage: Stage
    channel: Literal["mail", "sms"]
    language: Language = ""
    brand: Slug | Literal[""] = ""
    segment: Literal["", "consumer", "business"] = ""

    def key(self) -> Key:
        """As the services have it."""
        return Key(self.stage, Channel(self.channel), self.language.lower(), self.brand, self.segment)


class TemplateView(Out):
    """One version. `withdrawn`: what ships is used instead."""

    id: UUID
    stage: str
    channel: str
    language: str
    brand: str
    segment: str
    version: int
    subject: str | None
    text: str | None
    html: str | None
    sms: str | None
    withdrawn: bool
    saved_by: str
    saved_at: datetime


class BrandBody(Body):
    """`sender` as in a From header; `color` is a button's ground, its words are white."""

    name: Words
    sender: Text = ""
    url: Home = ""
    color: Color = ""
    footer: Text = ""
    channels: list[Identifier] = Field(default_factory=list, max_length=50)

    def data(self) -> BrandData:
        """As the services have it."""
        return BrandData(self.name, self.sender, self.url, self.color, self.footer)


class BrandView(Out):
    """A brand and the channels whose orders belong to it."""

    code: str
    name: str
    sender: str
    url: str
    color: str
    footer: str
    channels: list[str]

    @classmethod
    def with_channels(cls, row: Brand, channels: list[str]) -> "BrandView":
        """From its rows."""
        named = {name: getattr(row, name) for name in ("code", "name", "sender", "url", "color", "footer")}
        return cls(**named, channels=channels)


class NotificationView(Out):
    """One message. `state` is ours, `arrived` the provider's; the text is null once it is past its age."""

    id: UUID
    stage: str
    subject_id: str
    channel: str
    state: str
    why: str
    copy_number: int
    asked_by: str
    asked_why: str
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    arrived: str
    arrived_code: str
    arrived_at: datetime | None
    to: str | None
    subject: str | None
    text: str | None

    @classmethod
    def of(cls, row: Notification, kept: NotificationText | None) -> "NotificationView":
        """From the row, and its text where that is still there."""
        return cls(
            id=row.id, stage=row.stage, subject_id=row.subject, channel=row.channel, state=row.state,
            why=row.why,
            copy_number=row.copy, asked_by=row.asked_by, asked_why=row.asked_why, created_at=row.created_at,
            due_at=row.due_at if row.state == "waiting" else None, sent_at=row.sent_at, arrived=row.arrived,
            arrived_code=row.arrived_code, arrived_at=row.arrived_at, to=kept.address if kept else None,
            subject=kept.subject if kept else None, text=kept.text if kept else None,
        )  # fmt: skip


class NotificationListing(Out):
    """Every notification of an order, newest first."""

    data: list[NotificationView]


class ResendBody(Body):
    """Why the same stage is told again."""

    why: Reason


class NoteBody(Body):
    """A note for the staff, or one that the customer gets by mail and SMS."""

    audience: Literal["internal", "customer"] = "internal"
    text: Annotated[
        str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), AfterValidator(clean)
    ]


class NoteView(Out):
    """Who wrote what for whom."""

    id: UUID
    audience: str
    text: str
    by: str
    at: datetime

    @classmethod
    def of(cls, row: OrderNote) -> "NoteView":
        """From the row."""
        return cls(id=row.id, audience=row.audience, text=row.text, by=row.actor, at=row.at)


class NoteListing(Out):
    """Notes of an order, newest first."""

    data: list[NoteView]


class MessageView(Out):
    """What came in. `matched_by`: answer, number, sender, or who attached it.

    `handled`: answered or dismissed by a person, empty while nobody has said so.
    """

    id: UUID
    channel: str
    order_id: UUID | None
    matched_by: str
    sender: str
    subject: str
    text: str
    received_at: datetime
    handled: str
    handled_by: str
    handled_at: datetime | None


class MessageListing(Out):
    """Messages about an order, oldest first."""

    data: list[MessageView]


class AttachBody(Body):
    """The order that a message belongs to, by id or number."""

    order: Identifier


class ConsentBody(Body):
    """What the customer said, and where: `source` names the form, page or call."""

    channel: Wish
    wanted: Flag
    source: Words
    kind: Kind | None = Field(default=None, description="Of messages by mail or SMS; else of all of them")


class ConsentView(Out):
    """One thing said."""

    channel: str
    kind: str
    wanted: bool
    source: str
    by: str
    at: datetime


class KindsView(Out):
    """Which kinds of messages are wanted on a channel; what is essential always goes by mail."""

    essential: bool
    progress: bool
    returns: bool


class PreferencesView(Out):
    """What holds now, and everything that was said, newest first. `mail`, `sms`: any that can be refused."""

    mail: bool
    sms: bool
    marketing: bool
    mail_kinds: KindsView
    sms_kinds: KindsView
    language: str
    history: list[ConsentView]
