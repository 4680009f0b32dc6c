"""Differences with a payment provider as rows: found once, kept up to date, gone when they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.reconciliation import Difference, PaymentDifferenceKind, PaymentDifferenceState
from orderwright.domain.failures import NotFound
from orderwright.persistence.tables import PaymentDifference

_RECONCILING = 0x5709  # the advisory lock behind which differences are noted


@dataclass(frozen=True, slots=True)
class Noted:
    """Rows that are new, that say something else than before (with what they said), and that are gone."""

    new: Sequence[PaymentDifference]
    changed: Sequence[tuple[PaymentDifference, int | None]]
    gone: Sequence[PaymentDifference]


async def alone(session: AsyncSession) -> None:
    """Wait for whoever else reconciles."""
    await session.execute(select(func.pg_advisory_xact_lock(_RECONCILING)))


async def lock(session: AsyncSession, difference_id: UUID) -> None:
    """Nobody else decides or carries out this one. Raises NotFound."""
    query = select(PaymentDifference.id).where(PaymentDifference.id == difference_id).with_for_update()
    if await session.scalar(query) is None:
        raise NotFound("no such difference")


async def open_ones(session: AsyncSession, provider: str) -> Mapping[str, PaymentDifference]:
    """Those not ended, by key."""
    rows = await session.scalars(
        select(PaymentDifference)
        .where(
            PaymentDifference.provider == provider,
            PaymentDifference.state.in_([PaymentDifferenceState.OPEN, PaymentDifferenceState.DECIDED]),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.key: row for row in rows}


async def note(
    session: AsyncSession, provider: str, found: Collection[Difference], *, skipped: Collection[str]
) -> Noted:
    """One row per difference. What is under way (`skipped`, by reference) or decided stays as it is."""
    known = await open_ones(session, provider)
    by_key = {one.key: one for one in found}
    new = [await _insert(session, provider, by_key[key]) for key in sorted(by_key.keys() - known.keys())]
    changed = []
    for key in sorted(known.keys() & by_key.keys()):
        row, said = known[key], by_key[key]
        if row.state is PaymentDifferenceState.OPEN and (row.ours, row.theirs) != (said.ours, said.theirs):
            changed.append((row, row.theirs))
            row.ours, row.theirs, row.words = said.ours, said.theirs, said.words
    gone = [
        row
        for key, row in sorted(known.items())
        if key not in by_key and row.state is PaymentDifferenceState.OPEN and row.reference not in skipped
    ]
    await session.execute(
        update(PaymentDifference)
        .where(PaymentDifference.id.in_([row.id for row in gone]))
        .values(state=PaymentDifferenceState.GONE, gone_at=func.clock_timestamp())
    )
    await session.flush()
    return Noted(new, changed, gone)


async def _insert(session: AsyncSession, provider: str, one: Difference) -> PaymentDifference:
    row: PaymentDifference | None = await session.scalar(
        insert(PaymentDifference)
        .values(
            provider=provider, key=one.key, kind=one.kind, reference=one.subject, order_id=one.order_id,
            words=one.words, ours=one.ours, theirs=one.theirs, currency=one.currency,
        )
        .returning(PaymentDifference)
    )  # fmt: skip
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def read(session: AsyncSession, difference_id: UUID) -> PaymentDifference:
    """One difference. Raises NotFound."""
    row = await session.get(PaymentDifference, difference_id, populate_existing=True)
    if row is None:
        raise NotFound("no such difference")
    return row


async def listed(
    session: AsyncSession,
    *,
    state: PaymentDifferenceState | None,
    kind: PaymentDifferenceKind | None = None,
    order_id: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> Sequence[PaymentDifference]:
    """Differences, oldest first, from after `after`."""
    given = ((PaymentDifference.state, state), (PaymentDifference.kind, kind),
             (PaymentDifference.order_id, order_id))  # fmt: skip
    query = select(PaymentDifference).where(
        *(column == value for column, value in given if value is not None)
    )
    if after is not None:
        query = query.where(PaymentDifference.id > after)
    return (await session.scalars(query.order_by(PaymentDifference.id).limit(limit))).all()
