"""A container without Temporal: a real database, a relay that notes wakes, a provider that signs simply."""

import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from uuid import UUID

import httpx2
from sqlalchemy import event

from orderwright.adapters.documents.typst import TypstDocuments
from orderwright.adapters.notifications.mail_in import MailIn
from orderwright.adapters.notifications.twilio_events import TwilioTexts
from orderwright.container import Container
from orderwright.domain.failures import BadSignature
from orderwright.domain.orders import Scope
from orderwright.persistence.database import Database
from orderwright.ports.documents import Documents
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.orchestrator import OrderLabels
from orderwright.ports.tax import TaxEngine
from orderwright.runtime.settings import Settings
from orderwright.services import keys
from orderwright.services.portal.links import Links
from orderwright.services.pricing.ahead import TaxAhead
from orderwright.services.telling.rendering import Shop
from orderwright.services.telling.teller import Manners

SCOPES = tuple(Scope)
MAIL_SECRET = "whsec_b3JkZXJ3cmlnaHQtaW5ib3VuZC1tYWls"


class QuietOrchestrator:
    """Answers, and starts nothing."""

    def __init__(self) -> None:
        self.up = True

    async def wake(self, order_id: UUID, labels: OrderLabels, **_: object) -> None: ...

    async def restart(self, order_id: UUID, labels: OrderLabels, **_: object) -> None: ...

    async def is_running(self, order_id: UUID) -> bool:
        return False

    async def ping(self) -> bool:
        return self.up


class NotingRelay:
    """Notes which orders were to be woken after an answer."""

    def __init__(self) -> None:
        self.woken: list[UUID] = []

    async def deliver(self, order_id: UUID) -> None:
        self.woken.append(order_id)


class Delivers(Protocol):
    """What the API asks of the relay."""

    woken: list[UUID]

    async def deliver(self, order_id: UUID) -> None: ...


class SignedEvents:
    """A provider whose signature is the body's length in a header."""

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        if not hmac.compare_digest(headers.get("x-test-signature", ""), str(len(raw))):
            raise BadSignature("not theirs")
        said = json.loads(raw)
        return ProviderEvent(
            source="stripe", event_id=said["id"], kind=EventKind(said["kind"]), reference=said["reference"],
            occurred_at=datetime.now(UTC),
        )  # fmt: skip


@dataclass
class Desk:
    """What the API knows of the provider that answers disputes."""

    takes_text: bool = True


@dataclass
class World:
    """What the API is given."""

    db: Database
    orchestrator: QuietOrchestrator = field(default_factory=QuietOrchestrator)
    engine: TaxEngine | None = None
    relay: Delivers = field(default_factory=NotingRelay)
    settings: Settings = field(default_factory=Settings)
    links: Links = field(default_factory=lambda: Links("a key of the tests", "http://shop.test"))
    desk: Desk = field(default_factory=Desk)
    inbound: dict[str, SignedEvents] = field(default_factory=lambda: {"stripe": SignedEvents()})
    claims_in: frozenset[str] = frozenset({"USD"})

    @property
    def tax(self) -> TaxAhead:
        """Who is asked about tax before a transaction."""
        return TaxAhead(self.db, self.engine)

    def documents(self) -> Documents | None:
        """Papers as PDF."""
        return TypstDocuments("Shop Example")

    def disputes(self) -> Desk:
        """Whether it takes words."""
        return self.desk

    def shop(self) -> Shop:
        """Who speaks."""
        return Shop.of(
            sender="Shop Example <orders@shop.example>", public_url="http://api.test", business_email=""
        )

    def manners(self) -> Manners:
        """What signs the links in mails."""
        return Manners(secret="s3cret")

    def texts(self) -> TwilioTexts:
        """Incoming SMS."""
        return TwilioTexts("twilio_orderwright", "http://api.test/v1/inbound/sms")

    def mail_in(self) -> MailIn:
        """Incoming mail."""
        return MailIn(MAIL_SECRET)

    def container(self) -> Container:
        """As the API sees it."""
        return cast(Container, self)  # has what the API uses, and nothing that starts

    async def key(self, *scopes: Scope) -> str:
        """A fresh key."""
        async with self.db.transaction() as session:
            return await keys.create(session, "+".join(scopes) or "none", scopes)

    @contextmanager
    def failing_commit(self) -> Iterator[None]:
        """Every commit fails, as if the database went away at that moment."""

        def fail(_connection: object) -> None:
            raise ConnectionError("gone at commit")

        event.listen(self.db.engine.sync_engine, "commit", fail)
        try:
            yield
        finally:
            event.remove(self.db.engine.sync_engine, "commit", fail)


@dataclass
class Client:
    """Calls the API in this process with one key."""

    http: httpx2.AsyncClient
    key: str | None = None

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Any: JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key is not None:
            named.setdefault("Authorization", f"Bearer {self.key}")
        content = None
        if body is not None:  # as ASCII, so that a test can send what is no text
            content = json.dumps(body).encode()
            named["Content-Type"] = "application/json"
        return await self.http.request(method, path, content=content, headers=named)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Any: JSON."""
        return await self.call("POST", path, {} if body is None else body, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        """Any: JSON."""
        return await self.call("PUT", path, body, **headers)
