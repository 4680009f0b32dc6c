"""Units on the shelf move without an order: each by one conditional statement, with its move beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Row, String, Table, and_, bindparam, column, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import InsufficientStock
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind, Position, ReservationState
from orderwright.persistence import tracking
from orderwright.persistence.tables import Order, Reservation, StockLevel, StockMove

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


async def change(session: AsyncSession, place: Place, units: int, why: Why) -> Position | None:
    """Add units on hand, or take free ones away. None: fewer than that are free, and nothing has changed.

    Raises Invalid for a product whose units are told apart.
    """
    row = await (_add(session, place, units) if units > 0 else _take(session, place, -units))
    if row is None:
        return None
    await tracking.refuse(session, {place[0]})
    await session.execute(
        insert(StockMove).values(
            sku=place[0], location=place[1], kind=why.kind, on_hand=units, actor=why.actor,
            reference=why.reference, code=why.code, reason=why.reason, order_id=why.order_id,
        )
    )  # fmt: skip
    return Position(row.on_hand, row.reserved, row.safety)


async def change_all(session: AsyncSession, changes: Mapping[Place, int], why: Why) -> dict[Place, Position]:
    """All changes, in the ranking of places; none leaves no move. Raises Invalid, InsufficientStock.

    Whoever adds units calls `waiting.tell` before, for those who wait for them.
    """
    found = {}
    for place, units in sorted(changes.items()):
        if units == 0:
            continue
        position = await change(session, place, units, why)
        if position is None:
            raise InsufficientStock(
                f"fewer than {-units} free units of {place[0]} at {place[1]}", sku=place[0], location=place[1]
            )
        found[place] = position
    return found


async def put_back(
    session: AsyncSession, units: Mapping[Place, int], *, order_id: UUID, actor: str, reason: str = ""
) -> dict[Place, Position]:
    """Units of an order are on the shelf again, to be sold anew. As `change_all`."""
    return await change_all(session, units, Why(MoveKind.RETURN, actor, reason=reason, order_id=order_id))


async def lock(session: AsyncSession, places: Collection[Place]) -> None:
    """Lock these levels in their ranking, for a look that holds until the change; missing ones are made."""
    if not places:
        return
    ranked = sorted(places)
    given = {"skus": [sku for sku, _ in ranked], "locations": [location for _, location in ranked]}
    await session.execute(_MADE, given)
    await session.execute(_LOCK, given)


async def corrected_since(session: AsyncSession, place: Place, seq: int) -> bool:
    """Whether this place was adjusted or counted after that move. Moves are numbered behind its lock."""
    later = select(StockMove.seq).where(
        StockMove.sku == place[0], StockMove.location == place[1], StockMove.seq > seq,
        StockMove.kind.in_(_CORRECTIONS),
    )  # fmt: skip
    return await session.scalar(later.limit(1)) is not None


async def holders(session: AsyncSession, place: Place) -> Sequence[tuple[str, int]]:
    """Numbers of the orders whose reservations lie there, and their units; 20 at most, the oldest first."""
    rows = await session.execute(
        select(Order.number, func.sum(Reservation.units))
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
    return [(number, int(units)) for number, units in rows]


async def _add(session: AsyncSession, place: Place, units: int) -> Row[int, int, int] | None:
    return (
        await session.execute(
            upsert(StockLevel)
            .values(sku=place[0], location=place[1], on_hand=units)
            .on_conflict_do_update(
                index_elements=["sku", "location"], set_={"on_hand": StockLevel.on_hand + units}
            )
            .returning(*_POSITION)
        )
    ).first()


async def _take(session: AsyncSession, place: Place, units: int) -> Row[int, int, int] | None:
    return (
        await session.execute(
            update(StockLevel)
            .where(
                StockLevel.sku == place[0],
                StockLevel.location == place[1],
                StockLevel.on_hand - units >= StockLevel.reserved,
            )
            .values(on_hand=StockLevel.on_hand - units)
            .returning(*_POSITION)
        )
    ).first()
