"""What the provider keeps is written down, and what is forgotten here is given up there; by a sweep."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.payments import PaymentState
from orderwright.persistence import locks
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import Order, Payment, SavedMethod
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.payments import Forgotten, InstrumentVault
from orderwright.services.wallet import saving

BATCH = 50
PATIENCE = timedelta(days=1)
"""After so long without a word of it at the provider, nothing has been kept."""
ASKED_AGAIN = timedelta(hours=1)
"""Where the provider would not let go of it."""
OUTAGE = 3
"""So many in a row that do not reach the provider, and the rest waits for the next pass."""

_PAID = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.CAPTURED)


@dataclass
class Tended:
    """How many payments and saved methods were settled, refused, and are tried again in the next pass."""

    settled: int = 0
    refused: int = 0
    waiting: int = 0


async def tend(db: Database, effects: Effects, vault: InstrumentVault) -> Tended:
    """One pass. A provider that cannot be reached is asked again in the next one."""
    done = Tended()
    for payment_id, order_id, customer_id in await _to_learn(db):
        if done.waiting >= OUTAGE:
            return done
        try:
            done.settled += await _learn(db, vault, payment_id, order_id, customer_id)
        except (Unreachable, NotSent):
            done.waiting += 1
    for saved in await _leaving(db):
        if done.waiting >= OUTAGE:
            return done
        try:
            await _let_go(db, effects, vault, saved)
            done.settled += 1
        except Refused:
            done.refused += 1
        except (Unreachable, NotSent):
            done.waiting += 1
    return done


async def _to_learn(db: Database) -> list[tuple[UUID, UUID, UUID]]:
    """Payments to keep whose answer did not say what was kept: the customer paid on a page."""
    async with db.transaction() as session:
        rows = await session.execute(
            select(Payment.id, Payment.order_id, Order.customer_id)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.keep, Payment.kept_at.is_(None), Payment.state.in_(_PAID))
            .order_by(Payment.id)
            .limit(BATCH)
        )
        return [(row.id, row.order_id, row.customer_id) for row in rows]


async def _learn(
    db: Database, vault: InstrumentVault, payment_id: UUID, order_id: UUID, customer_id: UUID
) -> bool:
    found = await vault.kept(str(customer_id))
    async with db.transaction() as session:
        await locks.lock(session, order_id)
        settled = await session.scalar(
            update(Payment)
            .where(
                Payment.id == payment_id,
                Payment.kept_at.is_(None),
                true() if found else Payment.authorized_at < func.now() - PATIENCE,
            )
            .values(kept_at=func.clock_timestamp())
            .returning(Payment)
        )
        if settled is not None:
            leaving = await session.scalars(
                select(SavedMethod.reference).where(
                    SavedMethod.customer_id == customer_id,
                    *_not_gone(),
                    SavedMethod.forgotten_at.is_not(None),
                )
            )
            going = set(leaving)
            for kept in found:
                if kept.reference not in going:
                    await saving.learn(session, settled, customer_id, kept)
        return settled is not None


async def _leaving(db: Database) -> list[SavedMethod]:
    async with db.transaction() as session:
        rows = await session.scalars(
            select(SavedMethod)
            .where(
                SavedMethod.forgotten_at.is_not(None),
                *_not_gone(),
                or_(SavedMethod.refused_at.is_(None), SavedMethod.refused_at < func.now() - ASKED_AGAIN),
            )
            .order_by(SavedMethod.forgotten_at)
            .limit(BATCH)
        )
        return list(rows)


async def _let_go(db: Database, effects: Effects, vault: InstrumentVault, saved: SavedMethod) -> None:
    try:
        await effects.once(
            Step(saved.id, f"forget/{saved.id}", {"reference": saved.reference}, lock=_lock),
            into=Forgotten,
            intend=lambda session: _is_unused(session, saved),
            call=lambda key: vault.forget(saved.reference, key=key),
            record=lambda session, _: _mark(session, saved.id, "detached_at"),
            refused=lambda session, _: _mark(session, saved.id, "refused_at"),
        )
    except NotWanted:  # it has been saved anew: the provider keeps it for the newer row
        async with db.transaction() as session:
            await _mark(session, saved.id, "detached_at")


async def _lock(session: AsyncSession, saved_id: UUID) -> None:
    query = select(SavedMethod.id).where(SavedMethod.id == saved_id).with_for_update()
    if await session.scalar(query) is None:
        raise NotFound("no such saved method")


async def _is_unused(session: AsyncSession, saved: SavedMethod) -> bool:
    newer = select(SavedMethod.id).where(
        SavedMethod.provider == saved.provider,
        SavedMethod.reference == saved.reference,
        SavedMethod.forgotten_at.is_(None),
    )
    return await session.scalar(newer) is None


async def _mark(session: AsyncSession, saved_id: UUID, column: str) -> None:
    await session.execute(
        update(SavedMethod)
        .where(SavedMethod.id == saved_id, *_not_gone())
        .values({column: func.clock_timestamp()})
    )


def _not_gone() -> list[ColumnElement[bool]]:
    return [SavedMethod.detached_at.is_(None)]
