"""Who holds which units: all lines of an order or none, until they ship or are given back."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.stock.units import Demand, MoveKind, ReservationState
from orderwright.persistence.stock import lots, statements
from orderwright.persistence.tables import Reservation


async def reserve(
    session: AsyncSession,
    order_id: UUID,
    demand: Sequence[Demand],
    *,
    expires_at: datetime | None,
    channel: str | None = None,
) -> bool:
    """Hold every demanded unit or none, in one statement. Demand is summed and locked by (sku, location).

    False, and nothing written: somewhere fewer units may be promised to `channel` now, or its quota is used
    up. Safety stock and the channel's buffer are left alone, lots go first expired, first out.
    """
    lines = [
        {"id": str(uuid7()), "line": item.line_id, "sku": item.sku, "location": item.location,
         "units": item.units}
        for item in demand
    ]  # fmt: skip
    given = {
        "demand": json.dumps(lines), "order_id": order_id, "expires_at": expires_at, "channel": channel,
    }  # fmt: skip
    held = await session.scalar(statements.RESERVE, given)
    if held is None:
        held = await session.scalar(statements.RESERVE_LOTS, given)
    return bool(held)


async def free(
    session: AsyncSession,
    reservations: Sequence[Reservation],
    *,
    order_id: UUID,
    into: ReservationState = ReservationState.FREED,
) -> None:
    """Give active reservations back; those that are not active any more are passed over."""
    if reservations:
        await session.execute(
            statements.FREE,
            {"ids": [row.id for row in reservations], "state": into, "kind": MoveKind.FREE, "on_hand": 0,
             "order_id": order_id},
        )  # fmt: skip


async def ship(session: AsyncSession, fulfillment_id: UUID, *, order_id: UUID) -> None:
    """The units held for a fulfillment order have left: committed, on hand and reserved lowered.

    What they had cost is kept on the part's lines: the level's cost may change tomorrow.
    """
    await session.execute(
        statements.SHIP,
        {"fulfillment_id": fulfillment_id, "state": ReservationState.COMMITTED, "kind": MoveKind.SHIP,
         "on_hand": -1, "order_id": order_id},
    )  # fmt: skip
    await session.execute(statements.COSTS, {"fulfillment_id": fulfillment_id})


async def active(
    session: AsyncSession, order_id: UUID, fulfillment_id: UUID | None = None
) -> Sequence[Reservation]:
    """The active reservations of an order, or of one of its fulfillment orders, locked (rank 3)."""
    query = (
        select(Reservation)
        .where(Reservation.order_id == order_id, Reservation.state == ReservationState.ACTIVE)
        .order_by(Reservation.id)
        .with_for_update()
    )
    if fulfillment_id is not None:
        query = query.where(Reservation.fulfillment_id == fulfillment_id)
    return (await session.scalars(query)).all()


async def keep(session: AsyncSession, order_id: UUID, until: datetime | None) -> None:
    """Extend the order's active reservations to `until` at least; None: for good."""
    mine = and_(Reservation.order_id == order_id, Reservation.state == ReservationState.ACTIVE)
    later = None if until is None else func.greatest(Reservation.expires_at, until)
    await session.execute(
        update(Reservation).where(mine, Reservation.expires_at.is_not(None)).values(expires_at=later)
    )


async def split(session: AsyncSession, row: Reservation, units: int) -> Reservation:
    """`units` of an active reservation, which is locked, as one of their own; what stays keeps its row.

    Of its lots those that expire last go with them.
    """
    await session.execute(
        update(Reservation).where(Reservation.id == row.id).values(units=Reservation.units - units)
    )
    same = {
        column.key: getattr(row, column.key)
        for column in Reservation.__table__.columns
        if column.key not in ("id", "units")
    }
    made = await session.scalars(insert(Reservation).values(**same, units=units).returning(Reservation))
    new = made.one()
    await lots.divide(session, row.id, new.id, units)
    return new
