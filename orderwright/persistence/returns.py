"""A return's rows: moved by one conditional statement, told on its order's timeline, read for its run."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.orders import TaskKind
from orderwright.domain.returns.states import RETURN_ENDS, ReturnState
from orderwright.messages.returns import ReturnPosition
from orderwright.persistence import holds, locks, outbox, timeline
from orderwright.persistence.tables import Exchange, Return

_READ = text("""
    UPDATE returns SET woken = false, reads = reads + 1 WHERE id = :id
    RETURNING id, order_id, number, state, instant, method, deadline, reckoned_at, reads""")

_LOOK = text("""
    SELECT (SELECT state FROM return_parcels WHERE return_id = :id) AS parcel,
           (SELECT count(*) FROM refunds WHERE return_id = :id
             AND state IN ('requested', 'approved', 'manual_required'))::int AS refunds_open,
           (SELECT coalesce(array_agg(split_part(subject, '/', 1)), '{}') FROM tasks
             WHERE order_id = :order_id AND kind = 'return' AND state = 'open'
               AND split_part(subject, '/', 2) = CAST(:id AS text)) AS asked,
           (SELECT CASE WHEN x.decided_at IS NULL THEN 'open'
                        WHEN EXISTS (SELECT FROM payments p WHERE p.order_id = x.order_id
                              AND p.method = 'exchange' AND p.state IN
                              ('created', 'action_required', 'authorized', 'partly_captured')) THEN 'decided'
                        ELSE 'closed' END
              FROM exchanges x WHERE x.return_id = :id) AS exchange""")


async def position(session: AsyncSession, return_id: UUID) -> ReturnPosition:
    """Where it stands, and the wake flag taken back: what changes later wakes the run again.

    The order is locked first: a row that is updated twice in one transaction has its foreign keys checked,
    which waits for the order behind whoever holds it and waits for this row.
    """
    await locked(session, return_id)
    row = (await session.execute(_READ, {"id": return_id})).one_or_none()
    if row is None:
        raise NotFound("no such return")
    seen = (await session.execute(_LOOK, {"id": return_id, "order_id": row.order_id})).one()
    state = ReturnState(row.state)
    to_refund = state is ReturnState.INSPECTED or (state is ReturnState.IN_TRANSIT and row.instant)
    return ReturnPosition(
        return_id=row.id,
        order_id=row.order_id,
        number=row.number,
        state=state,
        label_due=state is ReturnState.APPROVED
        and seen.parcel == "planned"
        and "return-label" not in seen.asked,
        void_due=state in (ReturnState.CANCELED, ReturnState.DECLINED)
        and seen.parcel == "labeled"
        and "return-void" not in seen.asked,
        refund_due=to_refund and row.reckoned_at is None and seen.exchange in (None, "closed"),
        exchange_due=seen.exchange == "open"
        and (state is ReturnState.INSPECTED or state in RETURN_ENDS)
        and "return-exchange" not in seen.asked,
        resolvable=state is ReturnState.INSPECTED and row.reckoned_at is not None and not seen.refunds_open,
        refunds_open=seen.refunds_open,
        deadline=row.deadline,
        as_of=row.reads,
    )


async def locked(session: AsyncSession, return_id: UUID) -> Return:
    """The return, its order locked (rank 1: it is one of the order's own rows). Raises NotFound.

    After it the order whose goods are given in exchange, where there is one: it is younger, so by id.
    """
    order_id = await session.scalar(select(Return.order_id).where(Return.id == return_id))
    if order_id is None:
        raise NotFound("no such return")
    await locks.lock(session, order_id)
    given = await session.scalar(select(Exchange.order_id).where(Exchange.return_id == return_id))
    if given is not None:
        await locks.lock(session, given)
    return await session.get_one(Return, return_id, populate_existing=True)


async def move(
    session: AsyncSession,
    return_id: UUID,
    sources: Collection[ReturnState],
    target: ReturnState,
    **values: Any,
) -> Return | None:  # Any: columns
    """To `target`, if it is in one of `sources`. None: it is not."""
    row: Return | None = await session.scalar(
        update(Return)
        .where(Return.id == return_id, Return.state.in_(list(sources)))
        .values(state=target, **values)
        .returning(Return)
        .execution_options(populate_existing=True)
    )
    return row


async def tell(
    session: AsyncSession, row: Return, what: str, /, *, by: str = "system", why: str = "", **data: Any
) -> None:  # Any: JSON, as of the timeline
    """On the order's timeline, as `return.{what}`; the run is woken."""
    about = {"return": str(row.id), "number": row.number, **data}
    await timeline.tell(session, row.order_id, f"return.{what}", by=by, why=why, **about)
    await outbox.wake_return(session, row.order_id, row.id)


async def ask(session: AsyncSession, row: Return, subject: str, question: str) -> None:
    """A person is asked, once while it is open."""
    await holds.ask_person(
        session, row.order_id, TaskKind.RETURN, f"{row.number}: {question}", subject=f"{subject}/{row.id}"
    )


async def wake_exchange(session: AsyncSession, order_id: UUID) -> None:
    """Where that order's goods are given for those of a return, its run has news.

    The wake belongs to the order that is locked here: the return's own would be locked against the ranking.
    """
    found = await session.execute(select(Exchange.return_id).where(Exchange.order_id == order_id))
    return_id = found.scalar_one_or_none()
    if return_id is not None:
        await outbox.wake_return(session, order_id, return_id)
