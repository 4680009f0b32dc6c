"""What has been told already: the rows of `notifications`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.telling.stages import Stage
from orderwright.persistence import timeline
from orderwright.persistence.tables import Notification, NotificationText
from orderwright.services.telling.recipients import Channel, Recipient

INTENDED, WAITING, SENT, SKIPPED, REFUSED = "intended", "waiting", "sent", "skipped", "refused"
"""Intended: the order's run sends it. Waiting: it leaves by itself at its time."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One row's key: a stage of an order on a channel."""

    order_id: UUID
    stage: Stage
    subject: str
    channel: Channel
    copy: int = 1

    @property
    def step(self) -> str:
        """Its name among the effects: `notify/shipped:{fulfillment}/mail`."""
        stage = f"{self.stage}:{self.subject}" if self.subject else self.stage.value
        again = f"/{self.copy}" if self.copy > 1 else ""
        return f"notify/{stage}/{self.channel}{again}"

    @property
    def row(self) -> ColumnElement[bool]:
        """Which row it is."""
        return and_(
            Notification.order_id == self.order_id,
            Notification.stage == self.stage.value,
            Notification.subject == self.subject,
            Notification.channel == self.channel.value,
            Notification.copy == self.copy,
        )


async def plan(
    session: AsyncSession,
    telling: Telling,
    recipient: Recipient,
    *,
    due_at: datetime | None = None,
    by: str = "",
    why: str = "",
) -> datetime | None:
    """Write down that this is to be told, when, or why not. Since when it is to be sent; None: not now.

    `by` and `why`: who of the staff asked for it.
    """
    state = SKIPPED if recipient.skipped else WAITING if due_at else INTENDED
    fresh: datetime | None = await session.scalar(
        insert(Notification)
        .values(
            order_id=telling.order_id, stage=telling.stage.value, subject=telling.subject,
            channel=telling.channel.value, copy=telling.copy, state=state, why=recipient.skipped,
            due_at=due_at, asked_by=by, asked_why=why,
        )
        .on_conflict_do_nothing()
        .returning(Notification.created_at)
    )  # fmt: skip
    if recipient.skipped or due_at:
        return None
    if fresh is not None:
        return fresh
    since: datetime | None = await session.scalar(
        select(Notification.created_at).where(telling.row, Notification.state == INTENDED)
    )
    return since


async def drop(
    session: AsyncSession, order_id: UUID, stage: Stage, subject: str, recipients: Sequence[Recipient]
) -> None:
    """What was to be sent and has no recipient any more is skipped: else the stage would wait for ever."""
    sendable = [one.channel.value for one in recipients if not one.skipped]
    await session.execute(
        update(Notification)
        .where(
            Notification.order_id == order_id,
            Notification.stage == stage.value,
            Notification.subject == subject,
            Notification.state == INTENDED,
            Notification.channel.not_in(sendable),
            Notification.copy == 1,
        )
        .values(state=SKIPPED, why="nobody to tell any more")
    )


async def wanted(session: AsyncSession, telling: Telling) -> bool:
    """Whether it is still to be sent."""
    return await session.scalar(select(Notification.state).where(telling.row)) in (INTENDED, WAITING)


async def sent(
    session: AsyncSession, telling: Telling, reference: str, *, to: str, subject: str, text: str
) -> None:
    """It has left, and said this; the provider knows it by `reference`."""
    row = await session.scalar(
        update(Notification)
        .where(telling.row)
        .values(state=SENT, reference=reference, sent_at=func.clock_timestamp())
        .returning(Notification.id)
    )
    await session.execute(
        insert(NotificationText)
        .values(notification_id=row, address=to, subject=subject, text=text)
        .on_conflict_do_nothing()
    )
    await _tell(session, telling, SENT)


async def skipped(session: AsyncSession, telling: Telling, why: str) -> None:
    """Nobody is told of it, and this is why."""
    await session.execute(update(Notification).where(telling.row).values(state=SKIPPED, why=why))


async def refused(session: AsyncSession, telling: Telling, code: str) -> None:
    """A definite no; nobody tries again."""
    await session.execute(update(Notification).where(telling.row).values(state=REFUSED, why=code))
    await _tell(session, telling, REFUSED, why=code)


async def _tell(session: AsyncSession, telling: Telling, state: str, *, why: str = "") -> None:
    await timeline.tell(
        session, telling.order_id, f"notification.{state}", why=why, stage=telling.stage.value,
        subject=telling.subject, channel=telling.channel.value,
    )  # fmt: skip
