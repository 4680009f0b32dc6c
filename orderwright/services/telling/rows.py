"""What has been told already: the rows of `notifications`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stages import Stage
from orderwright.persistence import timeline
from orderwright.persistence.tables import Notification
from orderwright.services.telling.recipients import Channel, Recipient

INTENDED, SENT, SKIPPED, REFUSED = "intended", "sent", "skipped", "refused"


@dataclass(frozen=True, slots=True)
class Telling:
    """One row's key: a stage of an order on a channel."""

    order_id: UUID
    stage: Stage
    subject: str
    channel: Channel

    @property
    def step(self) -> str:
        """Its name among the effects: `notify/shipped:{fulfillment}/mail`."""
        stage = f"{self.stage}:{self.subject}" if self.subject else self.stage.value
        return f"notify/{stage}/{self.channel}"

    @property
    def row(self) -> ColumnElement[bool]:
        """Which row it is."""
        return and_(
            Notification.order_id == self.order_id,
            Notification.stage == self.stage.value,
            Notification.subject == self.subject,
            Notification.channel == self.channel.value,
        )


async def plan(session: AsyncSession, telling: Telling, recipient: Recipient) -> datetime | None:
    """Write down that this is to be told, or why not. Since when it waits to be sent; None: it does not."""
    state = SKIPPED if recipient.skipped else INTENDED
    fresh: datetime | None = await session.scalar(
        insert(Notification)
        .values(
            order_id=telling.order_id, stage=telling.stage.value, subject=telling.subject,
            channel=telling.channel.value, state=state, why=recipient.skipped,
        )
        .on_conflict_do_nothing()
        .returning(Notification.created_at)
    )  # fmt: skip
    if recipient.skipped:
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
        )
        .values(state=SKIPPED, why="nobody to tell any more")
    )


async def wanted(session: AsyncSession, telling: Telling) -> bool:
    """Whether it is still to be sent."""
    return await session.scalar(select(Notification.state).where(telling.row)) == INTENDED


async def sent(session: AsyncSession, telling: Telling, reference: str) -> None:
    """It has left; the provider knows it by `reference`."""
    await session.execute(
        update(Notification)
        .where(telling.row)
        .values(state=SENT, reference=reference, sent_at=func.clock_timestamp())
    )
    await _tell(session, telling, SENT)


async def refused(session: AsyncSession, telling: Telling, code: str) -> None:
    """A definite no; nobody tries again."""
    await session.execute(update(Notification).where(telling.row).values(state=REFUSED, why=code))
    await _tell(session, telling, REFUSED, why=code)


async def _tell(session: AsyncSession, telling: Telling, state: str, *, why: str = "") -> None:
    await timeline.tell(
        session, telling.order_id, f"notification.{state}", why=why, stage=telling.stage.value,
        subject=telling.subject, channel=telling.channel.value,
    )  # fmt: skip
