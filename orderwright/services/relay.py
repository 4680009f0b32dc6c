"""Delivers wakes and applies providers' events, repeated until it is done; run in every worker process."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Failure, NotFound
from orderwright.domain.orders import ENDS, HoldState
from orderwright.persistence import inbox, outbox
from orderwright.persistence.database import Database
from orderwright.persistence.outbox import Wake
from orderwright.persistence.tables import Hold, Inbox, Order, Return
from orderwright.ports.failures import ProviderFailure
from orderwright.ports.orchestrator import Driven, Orchestrator, OrderLabels
from orderwright.services import events

PERIOD_S = 0.25
AT_ONCE = 8
PATIENCE = timedelta(hours=24)
"""How long an event for something unknown waits before it is listed."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Target:
    """A run to be woken; `reopened`: a settled order has something to do again (a refund, a replacement)."""

    labels: OrderLabels
    reopened: bool = False
    driven: Driven = Driven.ORDER


class Relay:
    """One loop over outbox and inbox; any number of them may run side by side."""

    def __init__(self, db: Database, orchestrator: Orchestrator) -> None:
        self._db, self._orchestrator = db, orchestrator
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. An outage of PostgreSQL or Temporal is waited out."""
        while not stop.is_set():
            busy = False
            try:
                busy = await self.once()
            except (SQLAlchemyError, ProviderFailure, OSError) as failure:
                log.warning("relay.waiting", failure=type(failure).__name__)
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), PERIOD_S)

    async def once(self) -> bool:
        """One pass. True: there may be more at once."""
        applied = await self._apply_events()
        async with self._db.transaction() as session:
            leased = await outbox.lease(session)
            targets = await _targets(session, leased)
        await self._deliver(leased, targets)
        return len(leased) >= 100 or applied >= 100

    async def deliver(self, order_id: UUID) -> None:
        """Wake one order right away; what fails is left to the loop."""
        with contextlib.suppress(SQLAlchemyError, ProviderFailure, TimeoutError):
            async with asyncio.timeout(2):
                async with self._db.transaction() as session:
                    leased = await outbox.lease(session, order_id=order_id)
                    targets = await _targets(session, leased)
                await self._deliver(leased, targets)

    async def _deliver(self, leased: Sequence[Wake], targets: dict[UUID, _Target]) -> None:
        runs: dict[UUID, list[int]] = {}
        for one in leased:
            runs.setdefault(one.run, []).append(one.seq)
        told = await asyncio.gather(*(self._wake(run, targets.get(run)) for run in runs))
        seqs = [seq for run, done in zip(runs, told, strict=True) if done for seq in runs[run]]
        if seqs:
            async with self._db.transaction() as session:
                await outbox.delivered(session, seqs)

    async def _wake(self, run: UUID, target: _Target | None) -> bool:
        if target is None:
            return True  # it is gone: nobody to tell
        async with self._slots:
            try:
                told = await self._orchestrator.wake(run, target.labels, driven=target.driven)
                if not told and target.reopened:
                    await self._orchestrator.restart(run, target.labels)
            except ProviderFailure as failure:
                log.warning("relay.wake_failed", run=str(run), failure=type(failure).__name__)
                return False
            return True

    async def _apply_events(self) -> int:
        async with self._db.transaction() as session:
            due = await inbox.lease(session)
        subjects: dict[str, list[tuple[str, str]]] = {}
        for source, event_id, reference in due:
            subjects.setdefault(reference, []).append((source, event_id))
        await asyncio.gather(*(self._apply_all(of_one) for of_one in subjects.values()))
        return len(due)

    async def _apply_all(self, of_one: Sequence[tuple[str, str]]) -> None:
        """Events of one object lock the same order: side by side they would only wait for each other."""
        for source, event_id in of_one:
            await self._apply(source, event_id)

    async def _apply(self, source: str, event_id: str) -> None:
        """One event and the rows it changes, in one transaction; one that was taken is passed over."""
        async with self._slots:
            try:
                async with self._db.transaction() as session:
                    event = await inbox.take(session, source, event_id)
                    if event is not None:
                        await events.apply(session, event)
            except NotFound as unknown:
                await self._later(source, event_id, unknown)
            except (Failure, ValueError, KeyError, TypeError, DataError, IntegrityError) as broken:
                log.error(
                    "relay.event_refused", source=source, event_id=event_id, failure=type(broken).__name__
                )
                async with self._db.transaction() as session:
                    await _list(session, source, event_id, why=_why(broken))
            except SQLAlchemyError as failure:  # it stays pending, and the other events of the pass go on
                log.warning("relay.event_waits", source=source, failure=type(failure).__name__)

    async def _later(self, source: str, event_id: str, unknown: NotFound) -> None:
        """Ask again after a tenth of the time it has waited; after a day it is listed for a person."""
        waited = func.clock_timestamp() - Inbox.received_at
        async with self._db.transaction() as session:
            kept = await session.execute(
                update(Inbox)
                .where(Inbox.source == source, Inbox.event_id == event_id, waited < PATIENCE)
                .values(
                    due_at=func.clock_timestamp() + timedelta(milliseconds=200) + waited / 10,
                    why=str(unknown),
                )
                .returning(Inbox.event_id)
            )
            if kept.first() is None:
                await _list(session, source, event_id, why=str(unknown))


def _why(broken: Exception) -> str:
    """The database's own words hold the row: they stay out."""
    name = type(broken).__name__
    return name if isinstance(broken, SQLAlchemyError) else f"{name}: {broken}"[:200]


async def _list(session: AsyncSession, source: str, event_id: str, *, why: str) -> None:
    await session.execute(
        update(Inbox)
        .where(Inbox.source == source, Inbox.event_id == event_id)
        .values(state="listed", why=why, processed_at=func.clock_timestamp())
    )


async def _targets(session: AsyncSession, leased: Sequence[Wake]) -> dict[UUID, _Target]:
    orders = {one.order_id for one in leased if one.return_id is None}
    returns = {one.return_id for one in leased if one.return_id is not None}
    found = await _orders(session, orders) if orders else {}
    return found | (await _returns(session, returns) if returns else {})


async def _returns(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, _Target]:
    rows = await session.execute(
        select(Return.id, Return.number, Return.state, Order.channel)
        .join(Order, Order.id == Return.order_id)
        .where(Return.id.in_(ids))
    )
    return {
        return_id: _Target(
            OrderLabels(state.value, channel, needs_person=False, summary=number), driven=Driven.RETURN
        )
        for return_id, number, state, channel in rows
    }


async def _orders(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, _Target]:
    held = select(Hold.id).where(Hold.order_id == Order.id, Hold.state == HoldState.ACTIVE).exists()
    begun = or_(Order.state.in_(list(ENDS)), Order.planned_at.is_not(None))
    reopened = and_(Order.settled_at.is_(None), Order.run_id.is_(None), begun)
    rows = await session.execute(
        select(Order.id, Order.number, Order.state, Order.channel, held, reopened).where(Order.id.in_(ids))
    )
    return {
        order_id: _Target(OrderLabels(state.value, channel, needs_person=needs, summary=number), again)
        for order_id, number, state, channel, needs, again in rows
    }
