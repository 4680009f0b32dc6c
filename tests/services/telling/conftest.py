"""The activity over fakes of the ports and a real database."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select

from activities.notifications import NotificationActivities
from orderwright.domain.telling.quiet import Quiet
from orderwright.messages.orders import StageRef
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects
from orderwright.persistence.positions import read
from orderwright.persistence.tables import Notification
from orderwright.services.portal.links import Links
from orderwright.services.telling.postman import Postman
from orderwright.services.telling.teller import Manners
from tests.services.telling.book import Booked, book
from tests.services.telling.fakes import FakeMail, FakeSms

LINKS = Links("a key of the tests", "http://127.0.0.1:8080")


@dataclass
class Desk:
    """Where people are told, and what is written down about it."""

    db: Database
    mail: FakeMail = field(default_factory=FakeMail)
    sms: FakeSms = field(default_factory=FakeSms)
    now: datetime = datetime(2026, 11, 13, 12, 0, tzinfo=UTC)

    @property
    def activities(self) -> NotificationActivities:
        """A worker's, with hours of quiet and signed links."""
        return NotificationActivities(
            Effects(self.db),
            self.db,
            self.mail,
            self.sms,
            sender="Blue Shop <orders@shop.example>",
            public_url="http://127.0.0.1:8080",
            business_email="boss@shop.example",
            links=LINKS,
            manners=Manners(quiet=Quiet.read("21:00-08:00"), secret="s3cret", now=lambda: self.now),
        )

    async def post(self) -> int:
        """One pass of the postman."""
        return await Postman(self.db, self.activities.teller, lambda: self.now).once()

    async def tell(self, order_id: UUID, stage: str) -> None:
        """One attempt of the activity, by a worker that knows nothing of earlier ones."""
        await self.activities.tell(StageRef(order_id=order_id, stage=stage))

    async def rows(self) -> Sequence[tuple[str, str, str]]:
        """Channel, state and why, by channel."""
        async with self.db.transaction() as session:
            found = await session.execute(
                select(Notification.channel, Notification.state, Notification.why).order_by(
                    Notification.channel
                )
            )
            return [(channel, state, why) for channel, state, why in found]

    async def due(self, order_id: UUID) -> Sequence[str]:
        """The stages that the order's run would still tell of."""
        async with self.db.transaction() as session:
            return (await read(session, order_id)).stages_due


@pytest_asyncio.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The record, empty."""
    database = Database(database_url, pool=4)
    yield database
    await database.close()


@pytest.fixture
def desk(db: Database) -> Desk:
    """The activity with fakes."""
    return Desk(db)


@pytest.fixture
def booked(db: Database) -> Callable[..., Awaitable[Booked]]:
    """Write an order."""

    async def write(**order: Any) -> Booked:
        return await book(db, **order)

    return write
