"""Events of providers: stored once by (source, event id), then processed by the relay."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import Inbox
from orderwright.ports.inbound import EventKind, ProviderEvent

LEASE = timedelta(seconds=10)

# Built once: see locks.py.
_DUE = (
    select(Inbox.source, Inbox.event_id)
    .where(Inbox.state == "pending", Inbox.due_at <= func.clock_timestamp())
    .order_by(Inbox.kind == EventKind.PARCEL_SCANNED.value, Inbox.received_at)
    .limit(100)
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(Inbox)
    .where(tuple_(Inbox.source, Inbox.event_id).in_(_DUE))
    .values(due_at=func.clock_timestamp() + LEASE)
    .returning(Inbox.received_at, Inbox.source, Inbox.event_id, Inbox.reference)
)
_TAKE = (
    update(Inbox)
    .where(
        Inbox.source == bindparam("of_source"),
        Inbox.event_id == bindparam("of_event"),
        Inbox.state == "pending",
    )
    .values(state="processed", processed_at=func.clock_timestamp())
    .returning(Inbox)
)


async def lease(session: AsyncSession) -> Sequence[tuple[str, str, str]]:
    """Up to 100 due events as (source, event id, reference), oldest first; other relays get none of them.

    Scans come last: thousands of them must not keep a recall's answer, or a payment, waiting.
    """
    leased = sorted((await session.execute(_LEASE)).all())
    return [(source, event_id, reference) for _, source, event_id, reference in leased]


async def take(session: AsyncSession, source: str, event_id: str) -> Inbox | None:
    """Mark an event as processed, with what the same transaction makes of it. None: it was taken before."""
    taken = await session.scalars(_TAKE, {"of_source": source, "of_event": event_id})
    return taken.one_or_none()


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
