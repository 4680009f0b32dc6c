"""Wakes on their way to a run: written with the change, delivered after it, deleted once told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import Order, Outbox, Return

LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Wake:
    """One undelivered wake: of the order's run, or of that of one of its returns."""

    seq: int
    order_id: UUID
    return_id: UUID | None = None

    @property
    def run(self) -> UUID:
        """Whose run it is for."""
        return self.return_id or self.order_id


async def wake(session: AsyncSession, order_id: UUID) -> bool:
    """Ask for the order's run to read its rows. False: a wake under way already will see this change.

    The flag is taken back in the transaction that reads the rows (`positions.read`), so none is lost between.
    """
    woken = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.woken.is_(False))
        .values(woken=True)
        .returning(Order.id)
    )
    if woken.first() is None:
        return False
    await session.execute(insert(Outbox).values(order_id=order_id))
    return True


async def wake_return(session: AsyncSession, order_id: UUID, return_id: UUID) -> bool:
    """The same for the run of a return of that order, or of one that it gives goods for."""
    woken = await session.execute(
        update(Return)
        .where(Return.id == return_id, Return.woken.is_(False))
        .values(woken=True)
        .returning(Return.id)
    )
    if woken.first() is None:
        return False
    await session.execute(insert(Outbox).values(order_id=order_id, return_id=return_id))
    return True


async def lease(session: AsyncSession, *, limit: int = 100, order_id: UUID | None = None) -> Sequence[Wake]:
    """Take up to `limit` undelivered wakes (those of `order_id` and its returns, where given) for ten s."""
    free = or_(Outbox.leased_until.is_(None), Outbox.leased_until < func.clock_timestamp())
    due = select(Outbox.seq).where(free).order_by(Outbox.seq).limit(limit).with_for_update(skip_locked=True)
    if order_id is not None:
        due = due.where(Outbox.order_id == order_id)
    rows = await session.execute(
        update(Outbox)
        .where(Outbox.seq.in_(due.scalar_subquery()))
        .values(leased_until=func.clock_timestamp() + LEASE, attempts=Outbox.attempts + 1)
        .returning(Outbox.seq, Outbox.order_id, Outbox.return_id)
    )
    return [Wake(*row) for row in rows]


async def delivered(session: AsyncSession, seqs: Sequence[int]) -> None:
    """Forget wakes that were told."""
    await session.execute(delete(Outbox).where(Outbox.seq.in_(seqs)))
