"""What becomes of orders at a location that is closed for good: sourced anew, or a person is asked."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import BEFORE_RELEASE, FulfillmentState
from orderwright.domain.orders import HoldOutcome, TaskKind
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import holds, lines, locks, outbox, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.lines import Units
from orderwright.persistence.tables import FulfillmentOrder, Location, Reservation, Task
from orderwright.services.stock import stocking

AT_ONCE = 200
"""Orders that one transaction takes away from a closed location; the sweep does the rest."""

_TO_LEAVE = (*BEFORE_RELEASE, FulfillmentState.RELEASED)


async def lock_orders(session: AsyncSession, code: str) -> Sequence[UUID]:
    """The next orders with parts there, locked before anything else is: rank 1, by key."""
    unasked = ~select(Task.id).where(Task.subject == func.concat("closed/", FulfillmentOrder.id)).exists()
    open_parts = FulfillmentOrder.state.in_(list(BEFORE_RELEASE))
    with_people = (FulfillmentOrder.state == FulfillmentState.RELEASED) & unasked
    rows = await session.scalars(
        select(FulfillmentOrder.order_id)
        .where(FulfillmentOrder.location == code, open_parts | with_people)
        .distinct()
        .order_by(FulfillmentOrder.order_id)
        .limit(AT_ONCE)
    )
    orders = rows.all()
    for order_id in orders:
        await locks.lock(session, order_id)
    return orders


async def reroute(session: AsyncSession, orders: Sequence[UUID], code: str, *, by: str) -> int:
    """Take these locked orders' open parts away from a location; of what its people have a person decides.

    How many parts look for another place. Labels are voided and units freed by each order's run.
    """
    moved = 0
    parts = await session.scalars(
        select(FulfillmentOrder)
        .where(
            FulfillmentOrder.order_id.in_(orders),
            FulfillmentOrder.location == code,
            FulfillmentOrder.state.in_(_TO_LEAVE),
        )
        .order_by(FulfillmentOrder.order_id, FulfillmentOrder.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for part in parts.all():
        if part.state is FulfillmentState.RELEASED:
            await _ask(session, part, code)
        else:
            await _leave(session, part, by)
            moved += 1
        await outbox.wake(session, part.order_id)
    return moved


async def sweep(db: Database) -> int:
    """Parts that were planned while their location closed, or too many for one transaction."""
    async with db.transaction() as session:
        closed = await session.scalars(
            select(FulfillmentOrder.location)
            .join(Location, Location.code == FulfillmentOrder.location)
            .where(FulfillmentOrder.state.in_(list(BEFORE_RELEASE)), ~Location.active)
            .distinct()
            .order_by(FulfillmentOrder.location)
        )
        codes = closed.all()
    moved = 0
    for code in codes:
        async with db.transaction() as session:
            orders = await lock_orders(session, code)
            moved += await reroute(session, orders, code, by="sweep")
    return moved


async def give_up(session: AsyncSession, order_id: UUID) -> bool:
    """Free units that are held at closed locations and in no part yet: they look for another place.

    The order and its parts are locked. False: there are none.
    """
    rows = (
        await session.scalars(
            select(Reservation)
            .join(Location, Location.code == Reservation.location)
            .where(
                Reservation.order_id == order_id,
                Reservation.state == ReservationState.ACTIVE,
                Reservation.fulfillment_id.is_(None),
                ~Location.active,
            )
            .order_by(Reservation.id)
            .with_for_update(of=Reservation)
        )
    ).all()
    for row in rows:
        await lines.move(session, row.line_id, row.units, Units.ALLOCATED, Units.UNALLOCATED)
    if rows:
        places = sorted({row.location for row in rows})
        await stocking.free(session, rows, order_id)
        await timeline.tell(session, order_id, "stock.given_up", why="closed for good", locations=places)
        await outbox.wake(session, order_id)
    return bool(rows)


async def _leave(session: AsyncSession, part: FulfillmentOrder, by: str) -> None:
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id, FulfillmentOrder.state.in_(list(BEFORE_RELEASE)))
        .values(state=FulfillmentState.CANCELED)
    )
    await lines.move_part(session, part.id, Units.ALLOCATED, Units.UNALLOCATED)
    for hold in await holds.active(session, part.order_id):
        if hold.fulfillment_id == part.id:
            await holds.release(session, hold.id, HoldOutcome.WITHDRAWN, by=by)
    await timeline.tell(
        session, part.order_id, "fulfillment.rerouted", by=by, why=f"{part.location} is closed for good",
        part=part.number, location=part.location,
    )  # fmt: skip


async def _ask(session: AsyncSession, part: FulfillmentOrder, code: str) -> None:
    question = (
        f"{code} is closed for good and has part {part.number} already. Approve to let it ship from there;"
        " to call it back, cancel the order."
    )
    await holds.ask_person(
        session, part.order_id, TaskKind.ROUTING, question, subject=f"closed/{part.id}"
    )  # fmt: skip
