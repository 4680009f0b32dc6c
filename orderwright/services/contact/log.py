"""What was an order's customer told, what became of it, and what did they write?"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.telling.stages import Stage
from orderwright.persistence import locks, timeline
from orderwright.persistence.tables import CustomerMessage, Notification, NotificationText
from orderwright.services.telling import rows
from orderwright.services.telling.recipients import Channel, Recipient
from orderwright.services.telling.rows import Telling

Entry = tuple[Notification, NotificationText | None]


async def of_order(session: AsyncSession, order_id: UUID) -> Sequence[Entry]:
    """Every notification, newest first; its text is None once it is past its age."""
    found = await session.execute(
        select(Notification, NotificationText)
        .outerjoin(NotificationText, NotificationText.notification_id == Notification.id)
        .where(Notification.order_id == order_id)
        .order_by(Notification.id.desc())
        .limit(500)
    )
    return [(row, kept) for row, kept in found]


async def again(session: AsyncSession, notification_id: UUID, *, by: str, why: str) -> Notification:
    """A new one of the same stage on the same channel, with the words of now. Raises NotFound, Conflict."""
    order_id = await session.scalar(select(Notification.order_id).where(Notification.id == notification_id))
    if order_id is None:
        raise NotFound("no such notification")
    await locks.lock(session, order_id)
    row = await session.get_one(Notification, notification_id, populate_existing=True)
    if row.channel == Channel.NONE or row.state in (rows.INTENDED, rows.WAITING):
        raise Conflict("it has not been sent yet" if row.channel != Channel.NONE else "nobody could be told")
    same = (Notification.order_id == order_id, Notification.stage == row.stage,
            Notification.subject == row.subject, Notification.channel == row.channel)  # fmt: skip
    copies = await session.scalar(select(func.max(Notification.copy)).where(*same)) or 1
    telling = Telling(order_id, Stage(row.stage), row.subject, Channel(row.channel), copies + 1)
    await rows.plan(session, telling, Recipient(telling.channel), due_at=datetime.now(UTC), by=by, why=why)
    await timeline.tell(
        session, order_id, "notification.again", by=by, why=why, stage=row.stage, channel=row.channel
    )
    return (await session.scalars(select(Notification).where(telling.row))).one()


async def messages(
    session: AsyncSession, order_id: UUID | None, *, after: UUID | None = None, limit: int = 200
) -> Sequence[CustomerMessage]:
    """What came in about an order, or what waits for a person to say about which, oldest first."""
    query = select(CustomerMessage).where(
        CustomerMessage.order_id == order_id if order_id else CustomerMessage.order_id.is_(None)
    )
    if after is not None:
        query = query.where(CustomerMessage.id > after)
    return (await session.scalars(query.order_by(CustomerMessage.id).limit(limit))).all()


async def forget(session: AsyncSession, days: int) -> int:
    """Delete the texts that are older. How many."""
    past = func.clock_timestamp() - timedelta(days=days)
    gone = await session.execute(
        delete(NotificationText).where(NotificationText.at < past).returning(NotificationText.notification_id)
    )
    return len(gone.all())
