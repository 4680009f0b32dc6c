"""What became of a message that had left: told by its provider later, in any order."""

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.telling.stages import Stage
from orderwright.persistence import locks, timeline
from orderwright.persistence.tables import Inbox, Notification, NotificationText
from orderwright.services.contact import failing, marks

RANK = {"queued": 1, "sending": 1, "delayed": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3,
        "bounced": 4, "complained": 5}  # fmt: skip
"""A later one of a lower rank changes nothing: scans of messages come in any order, as those of parcels."""

NO_SUCH_NUMBER = frozenset({"30005", "30006"})
"""Twilio: unknown destination handset; landline or unreachable carrier."""


async def status(session: AsyncSession, event: Inbox) -> None:
    """Set it where it is news. Raises NotFound for a message that is not ours, or not recorded yet."""
    said, code = str(event.data.get("status", "")), str(event.data.get("code", ""))
    found = (
        await session.execute(
            select(Notification.id, Notification.order_id).where(Notification.reference == event.reference)
        )
    ).first()
    if found is None:
        raise NotFound("no such message")
    await locks.lock(session, found.order_id)
    below = [name for name, rank in RANK.items() if rank < RANK.get(said, 0)]
    row = await session.scalar(
        update(Notification)
        .where(Notification.id == found.id, Notification.arrived.in_(["", *below]))
        .values(arrived=said, arrived_code=code, arrived_at=func.clock_timestamp())
        .returning(Notification)
        .execution_options(populate_existing=True)
    )
    if row is None or said not in RANK:
        return
    await timeline.tell(
        session, row.order_id, f"notification.{said}", why=code, stage=row.stage, subject=row.subject,
        channel=row.channel,
    )  # fmt: skip
    await _act(session, row, said, code)


async def _act(session: AsyncSession, row: Notification, said: str, code: str) -> None:
    address = await session.scalar(
        select(NotificationText.address).where(NotificationText.notification_id == row.id)
    )
    stage = Stage(row.stage)
    if said == "complained" and address:
        await marks.mark(session, row.channel, address, marks.COMPLAINED, code)
    elif said == "bounced" or (said in ("undelivered", "failed") and code in NO_SUCH_NUMBER):
        if address:
            await marks.mark(session, row.channel, address, marks.BOUNCED, code)
        await failing.ask(session, row.order_id, stage, row.channel, code)
    elif said in ("undelivered", "failed"):
        await failing.ask(session, row.order_id, stage, row.channel, code)
