"""Notes about an order: for the staff, or to the customer, who gets them by mail and SMS."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.telling.stages import Stage
from orderwright.persistence import locks, timeline
from orderwright.persistence.tables import OrderNote
from orderwright.services.telling.postman import post

CUSTOMER = "customer"


async def write(session: AsyncSession, order_id: UUID, audience: str, words: str, *, by: str) -> OrderNote:
    """Keep the note; one to the customer leaves with the postman, each channel once. Raises NotFound."""
    await locks.lock(session, order_id)
    note = OrderNote(id=uuid7(), order_id=order_id, audience=audience, text=words, actor=by)
    session.add(note)
    await session.flush()
    await session.refresh(note)
    await timeline.tell(session, order_id, "note.written", by=by, note=str(note.id), audience=audience)
    if audience == CUSTOMER:
        await post(session, order_id, Stage.NOTE, str(note.id), by=by)
    return note


async def of_order(session: AsyncSession, order_id: UUID) -> Sequence[OrderNote]:
    """All notes, newest first."""
    found = await session.scalars(
        select(OrderNote).where(OrderNote.order_id == order_id).order_by(OrderNote.id.desc()).limit(200)
    )
    return found.all()
