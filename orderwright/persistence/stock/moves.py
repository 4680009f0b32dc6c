"""Units on the shelf move without an order: each by one conditional statement, with its move beside it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from sqlalchemy import Row, String, Table, and_, bindparam, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, InsufficientStock
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind, Position, ReservationState, Tracking
from orderwright.persistence.stock import lots, tracking
from orderwright.persistence.tables import (
    Order,
    Product,
    Reservation,
    ReservationLot,
    StockLevel,
    StockMove,
)

Place = tuple[str, str]
"""A SKU and a location. Stock is locked in their order, as Python sorts."""

_POSITION = (StockLevel.on_hand, StockLevel.reserved, StockLevel.safety)
_CORRECTIONS = (MoveKind.ADJUST, MoveKind.COUNT)
MOST_HOLDERS = 20

# Arrays: a location may have more places than a statement has room for parameters.
_GIVEN = (
    func.unnest(bindparam("skus", type_=ARRAY(String)), bindparam("locations", type_=ARRAY(String)))
    .table_valued(column("sku", String), column("location", String), name="given")
    .render_derived()
)
_MADE = (
    upsert(cast(Table, StockLevel.__table__))  # cast: declared as any FROM
    .from_select(["sku", "location"], select(_GIVEN.c.sku, _GIVEN.c.location))
    .on_conflict_do_nothing()
)
_LOCK = (
    select(StockLevel.sku)
    .join(_GIVEN, and_(StockLevel.sku == _GIVEN.c.sku, StockLevel.location == _GIVEN.c.location))
    .order_by(StockLevel.sku.collate("C"), StockLevel.location.collate("C"))
    .with_for_update(of=StockLevel)
)


@dataclass(frozen=True, slots=True)
class Why:
    """What is noted with a move: its kind, who did it, and for what."""

    kind: MoveKind
    actor: str
    reference: str = ""
    code: AdjustReason | None = None
    reason: str = ""
    order_id: UUID | None = None


async def change(session: AsyncSession, one: Change, why: Why) -> Position:
    """Add units on hand, or take free ones away; where the SKU stands then.

    Safety stock may go: it is kept from buyers, not from breaking.
    Raises Invalid, Exists, InsufficientStock (then the transaction is rolled back, to a savepoint at least).
    """
    row = await (_add(session, one) if one.units >= 0 else _take(session, one))
    if row is None:
        raise InsufficientStock(
            f"fewer than {-one.units} free units of {one.sku} at {one.location}",
            sku=one.sku, location=one.location,
        )  # fmt: skip
    told_apart = await session.scalar(  # shared: who changes the product then sees our units
        select(Product.tracking).where(Product.sku == one.sku).with_for_update(read=True)
    )
    await lots.move(session, Tracking(told_apart or Tracking.NONE), one)
    await session.execute(
        insert(StockMove).values(
            sku=one.sku, location=one.location, lot=one.lot, kind=why.kind, on_hand=one.units,
            actor=why.actor, reference=why.reference, code=why.code, reason=why.reason,
            order_id=why.order_id,
        )
    )  # fmt: skip
    return Position(row.on_hand, row.reserved, row.safety)


async def change_all(session: AsyncSession, changes: Iterable[Change], why: Why) -> dict[Place, Position]:
    """All changes, in the ranking of places; none leaves no move. Raises as `change`.

    Whoever adds units calls `waiting.tell` before, for those who wait for them.
    """
    return {one.place: await change(session, one, why) for one in _ranked(changes)}


async def put_back(
    session: AsyncSession, units: Iterable[Change], *, order_id: UUID, actor: str, reason: str = ""
) -> dict[Place, Position]:
    """Units of an order, which is locked, are on the shelf again; tracked ones in the lot they left from.

    The lot need not be named where all that left, or one lot only, may be meant.
    Raises as `change_all`, and Conflict for more than left, or than has not come back already.
    """
    why = Why(MoveKind.RETURN, actor, reason=reason, order_id=order_id)
    found = {}
    for one in _ranked(units):
        for part in await _as_they_left(session, one, order_id):
            found[one.place] = await change(session, part, why)
    return found


async def take_off(session: AsyncSession, rows: Sequence[Reservation], why: Why) -> None:
    """The units of these reservations, freed just now, are not there: off the shelf, and off their lots."""
    by_lot = await session.execute(
        select(
            Reservation.sku,
            Reservation.location,
            ReservationLot.lot,
            func.sum(func.coalesce(ReservationLot.units, Reservation.units)),
        )
        .outerjoin(ReservationLot, ReservationLot.reservation_id == Reservation.id)
        .where(Reservation.id.in_([row.id for row in rows]))
        .group_by(Reservation.sku, Reservation.location, ReservationLot.lot)
    )
    gone = [Change(sku, location, -int(units), lot) for sku, location, lot, units in by_lot]
    await change_all(session, gone, why)


async def lock(session: AsyncSession, places: Collection[Place]) -> None:
    """Lock these levels in their ranking, for a look that holds until the change; missing ones are made."""
    if not places:
        return
    ranked = sorted(places)
    given = {"skus": [sku for sku, _ in ranked], "locations": [location for _, location in ranked]}
    await session.execute(_MADE, given)
    await session.execute(_LOCK, given)


async def corrected_since(session: AsyncSession, place: Place, lot: str | None, seq: int) -> bool:
    """Whether these units were adjusted or counted after that move. Moves are numbered behind their lock."""
    later = select(StockMove.seq).where(
        StockMove.sku == place[0], StockMove.location == place[1], StockMove.seq > seq,
        StockMove.lot.is_not_distinct_from(lot), StockMove.kind.in_(_CORRECTIONS),
    )  # fmt: skip
    return await session.scalar(later.limit(1)) is not None


async def holders(session: AsyncSession, place: Place, lot: str | None) -> Sequence[tuple[str, int]]:
    """Numbers of the orders whose reservations lie there, and their units; 20 at most, the oldest first."""
    units = Reservation.units if lot is None else ReservationLot.units
    query = (
        select(Order.number, func.sum(units))
        .select_from(Reservation)
        .join(Order, Order.id == Reservation.order_id)
        .where(
            Reservation.sku == place[0],
            Reservation.location == place[1],
            Reservation.state == ReservationState.ACTIVE,
        )
        .group_by(Order.id, Order.number)
        .order_by(Order.id)
        .limit(MOST_HOLDERS)
    )
    if lot is not None:
        query = query.join(ReservationLot, ReservationLot.reservation_id == Reservation.id).where(
            ReservationLot.lot == lot
        )
    return [(number, int(count)) for number, count in await session.execute(query)]


def _ranked(changes: Iterable[Change]) -> Sequence[Change]:
    return sorted((one for one in changes if one.units), key=lambda one: (one.place, one.lot or ""))


async def _as_they_left(session: AsyncSession, one: Change, order_id: UUID) -> Sequence[Change]:
    """Of a tracked product, the same lot by lot."""
    if (await tracking.of(session, {one.sku}))[one.sku] is Tracking.NONE:
        return [one]
    left = await lots.left_with(session, order_id, one.sku)
    if one.lot is None and one.units == sum(left.values()):
        return [replace(one, lot=lot, units=units) for lot, units in sorted(left.items())]
    lot = one.lot or (min(left) if len(left) == 1 else None)
    if lot is not None and one.units > left.get(lot, 0):
        raise Conflict(f"{left.get(lot, 0)} of lot {lot} of {one.sku} may come back", sku=one.sku, lot=lot)
    return [replace(one, lot=lot)]


async def _add(session: AsyncSession, one: Change) -> Row[int, int, int] | None:
    return (
        await session.execute(
            upsert(StockLevel)
            .values(sku=one.sku, location=one.location, on_hand=one.units)
            .on_conflict_do_update(
                index_elements=["sku", "location"], set_={"on_hand": StockLevel.on_hand + one.units}
            )
            .returning(*_POSITION)
        )
    ).first()


async def _take(session: AsyncSession, one: Change) -> Row[int, int, int] | None:
    return (
        await session.execute(
            update(StockLevel)
            .where(
                StockLevel.sku == one.sku,
                StockLevel.location == one.location,
                StockLevel.on_hand + one.units >= StockLevel.reserved,
            )
            .values(on_hand=StockLevel.on_hand + one.units)
            .returning(*_POSITION)
        )
    ).first()
