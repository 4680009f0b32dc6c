"""Events of providers: stored once by (source, event id), then processed by the relay."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import Inbox
from orderwright.ports.inbound import EventKind, ProviderEvent


async def store(session: AsyncSession, event: ProviderEvent) -> bool:
    """Keep the event for the relay. False: it was here before, or is of a kind we do not use."""
    if event.kind is EventKind.IGNORED:
        return False
    stored = await session.execute(
        insert(Inbox)
        .values(
            source=event.source, event_id=event.event_id, kind=event.kind.value, reference=event.reference,
            data=event.data, occurred_at=event.occurred_at,
        )
        .on_conflict_do_nothing()
        .returning(Inbox.event_id)
    )  # fmt: skip
    return stored.first() is not None
