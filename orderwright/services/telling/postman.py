"""Sends what waits for its time: SMS of quiet hours, notes, returns; run in every worker process."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Failure
from orderwright.domain.orders import TaskKind
from orderwright.domain.telling.stages import Stage
from orderwright.persistence import holds, locks
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Notification
from orderwright.ports.failures import ProviderFailure
from orderwright.services.telling import rows
from orderwright.services.telling.addressing import addressed
from orderwright.services.telling.loading import load
from orderwright.services.telling.rows import Telling
from orderwright.services.telling.teller import Teller

PERIOD_S = 1.0
LEASE = timedelta(minutes=2)
"""Longer than one message takes; a worker that dies with it lets another try after that."""

PATIENCE = timedelta(hours=24)
AT_ONCE = 20
log = structlog.get_logger(__name__)


async def post(session: AsyncSession, order_id: UUID, stage: Stage, subject: str, *, by: str = "") -> None:
    """Write down that it is to be told, each channel once; it leaves within seconds of the commit.

    `by`: who of the staff asked for it. Raises NotFound.
    """
    story = await load(session, order_id, stage, subject)
    for one in await addressed(session, story, business_email=""):
        telling = Telling(order_id, stage, subject, one.channel)
        await rows.plan(session, telling, one, due_at=datetime.now(UTC), by=by)


class Postman:
    """One loop over the messages that are due; any number of them may run side by side."""

    def __init__(
        self, db: Database, teller: Teller, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._db, self._teller, self._now = db, teller, now

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. An outage of PostgreSQL is waited out."""
        while not stop.is_set():
            try:
                busy = await self.once() >= AT_ONCE
            except (SQLAlchemyError, OSError) as failure:
                log.warning("postman.waiting", failure=type(failure).__name__)
                busy = False
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), PERIOD_S)

    async def once(self) -> int:
        """Send what is due. How many there were."""
        async with self._db.transaction() as session:
            due = await _leased(session, self._now())
        outcomes = await asyncio.gather(*(self._deliver(one) for one in due), return_exceptions=True)
        for one, outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, Exception):  # words or papers that cannot be made: the others go out
                log.error("postman.failed", failure=type(outcome).__name__)
                await self._later(one)
        return len(due)

    async def _deliver(self, notification_id: UUID) -> None:
        try:
            await self._teller.deliver(notification_id)
        except ProviderFailure as failure:
            log.warning("postman.again", failure=type(failure).__name__)
            await self._later(notification_id)
        except Failure as gone:  # what it is about is no more
            async with self._db.transaction() as session:
                await _end(session, notification_id, gone.code)

    async def _later(self, notification_id: UUID) -> None:
        """Again after the lease; a day after its time a person is asked."""
        async with self._db.transaction() as session:
            row = await session.get_one(Notification, notification_id)
            if self._now() - row.created_at < PATIENCE:
                return
            await locks.lock(session, row.order_id)
            await _end(session, notification_id, "not_reached")
            await holds.ask_person(
                session, row.order_id, TaskKind.NOTIFICATION, f"Nobody could be told of {row.stage}.",
                subject=str(notification_id),
            )  # fmt: skip


async def _leased(session: AsyncSession, now: datetime) -> Sequence[UUID]:
    due = (
        select(Notification.id)
        .where(Notification.state == rows.WAITING, Notification.due_at <= now)
        .order_by(Notification.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    leased = await session.scalars(
        update(Notification)
        .where(Notification.id.in_(due))
        .values(due_at=now + LEASE)
        .returning(Notification.id)
    )
    return leased.all()


async def _end(session: AsyncSession, notification_id: UUID, why: str) -> None:
    await session.execute(
        update(Notification)
        .where(Notification.id == notification_id, Notification.state == rows.WAITING)
        .values(state=rows.SKIPPED, why=why)
    )
