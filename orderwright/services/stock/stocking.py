"""Stock comes in, is put right or given back; orders that waited for it are woken."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, UnknownProduct
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import ENDS, Scope
from orderwright.domain.stock.lots import LotUnits, check_parts, in_lots
from orderwright.domain.stock.units import Position, ReservationState, Tracking
from orderwright.persistence import locks, stock
from orderwright.persistence.stock import tracking, waiting
from orderwright.persistence.tables import Location, Product, Reservation
from orderwright.services import kits, measures


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units that came in, or (below zero) free ones that are taken away; single ones, or of `unit`.

    Tracked ones come with their lot. `unit_cost` is what a single one costs there from now on.
    """

    sku: str
    location: str
    units: int
    reason: str = ""
    lot: str | None = None
    expires_on: date | None = None
    unit: str | None = None
    unit_cost: int | None = None


async def receive(
    session: AsyncSession,
    sku: str,
    location: str,
    units: int,
    actor: Actor,
    reason: str = "",
    lots: Sequence[LotUnits] = (),
) -> Position:
    """One receipt, of a tracked product in its lots. Raises UnknownProduct, Invalid, InsufficientStock."""
    known = await tracking.of(session, {sku})
    check_parts(sku, known.get(sku, Tracking.NONE), units, lots)
    receipts = [
        Receipt(sku, location, one.units, reason, one.lot, one.expires_on)
        for one in in_lots(sku, location, units, lots)
    ]
    return (await receive_all(session, receipts, actor))[sku, location]


async def receive_all(
    session: AsyncSession, receipts: Sequence[Receipt], actor: Actor
) -> dict[tuple[str, str], Position]:
    """All receipts or none; where each SKU stands after them. Raises as `receive`.

    Stock is locked by SKU and location, after those who wait for it are told: the ranking of locks. What
    units cost is for operations to say (Forbidden).
    """
    if any(receipt.unit_cost is not None for receipt in receipts):
        actor.require(Scope.OPERATIONS)
    if any(receipt.units == 0 for receipt in receipts):
        raise Invalid("a receipt of no units")
    await check_known(session, {r.sku for r in receipts}, {r.location for r in receipts})
    receipts = await _single(session, receipts)
    await waiting.tell(session, {receipt.sku for receipt in receipts if receipt.units > 0})
    found = {}
    for receipt in sorted(receipts, key=lambda r: (r.sku, r.location)):
        found[receipt.sku, receipt.location] = await stock.receive(
            session, receipt.sku, receipt.location, receipt.units, actor=actor.name, reason=receipt.reason,
            lot=receipt.lot, expires_on=receipt.expires_on,
        )  # fmt: skip
        if receipt.unit_cost is not None:
            await stock.set_cost(session, receipt.sku, receipt.location, receipt.unit_cost)
    return found


async def _single(session: AsyncSession, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """The same in single units. Raises UnknownUnit, TooManyUnits."""
    sizes = await measures.sizes(session, [(receipt.sku, receipt.unit) for receipt in receipts])
    return [
        receipt
        if (size := sizes.get((receipt.sku, receipt.unit or ""))) is None
        else replace(receipt, units=measures.each(receipt.sku, receipt.units, size))
        for receipt in receipts
    ]


async def check_known(session: AsyncSession, skus: Collection[str], codes: Collection[str]) -> None:
    """Raises UnknownProduct, or Invalid for a kit (which lies nowhere) or a location that is not there."""
    unknown = set(skus) - set(await session.scalars(select(Product.sku).where(Product.sku.in_(skus))))
    if unknown:
        raise UnknownProduct(f"no product {min(unknown)}")
    if kit := await kits.components(session, set(skus)):
        raise Invalid(f"{min(kit)} is a kit: its components come in", sku=min(kit))
    nowhere = set(codes) - set(await session.scalars(select(Location.code).where(Location.code.in_(codes))))
    if nowhere:
        raise Invalid(f"no location {min(nowhere)}")


async def give_back(session: AsyncSession, order_id: UUID) -> None:
    """Free all that an ended order holds; of one that goes on, what its canceled parts hold."""
    order = await locks.order(session, order_id)
    canceled = {
        part.id
        for part in await locks.fulfillment_orders(session, order_id)
        if part.state is FulfillmentState.CANCELED
    }
    ended = order.state in ENDS
    rows = [row for row in await stock.active(session, order_id) if ended or row.fulfillment_id in canceled]
    await free(session, rows, order_id)


async def free(
    session: AsyncSession,
    rows: Sequence[Reservation],
    order_id: UUID,
    into: ReservationState = ReservationState.FREED,
) -> None:
    """Put reserved units back on the shelf for whoever waits for them. The order is locked."""
    await waiting.tell(session, {row.sku for row in rows})
    await stock.free(session, rows, order_id=order_id, into=into)
