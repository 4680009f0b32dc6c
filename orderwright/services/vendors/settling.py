"""A vendor return leaves, and its vendor says what he credits and what he does not take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.money import Money
from orderwright.domain.orders import Scope
from orderwright.domain.returns.vendors import (
    SETTLE_DAYS,
    Becomes,
    Credited,
    RefusedUnits,
    Units,
    VendorReturnState,
    refuse,
    split,
)
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind
from orderwright.persistence.stock import moves, waiting
from orderwright.persistence.tables import Product, StockLevel, VendorReturn, VendorReturnLine
from orderwright.services.vendors import moving


@dataclass(frozen=True, slots=True)
class Sent:
    """With whose leave, by whom and how it goes. A person is asked where it is not settled in `days`."""

    authorization_number: str = ""
    carrier: str = ""
    tracking_code: str = ""
    days: int = SETTLE_DAYS


@dataclass(frozen=True, slots=True)
class Settled:
    """The vendor's answer: his credit (0 for none) with its reference, and what he does not take."""

    credit: Money
    reference: str = ""
    refused: Sequence[RefusedUnits] = ()


async def ship(
    session: AsyncSession, vendor_return_id: UUID, sent: Sent, actor: Actor, at: datetime
) -> VendorReturn:
    """It is on its way. Raises NotFound, Conflict."""
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    return await moving.move(
        session, vendor_return_id, VendorReturnState.OPEN, VendorReturnState.SHIPPED,
        authorization_number=sent.authorization_number, carrier=sent.carrier,
        tracking_code=sent.tracking_code, shipped_by=actor.name, shipped_at=at,
        due_at=at + timedelta(days=sent.days),
    )  # fmt: skip


async def settle(
    session: AsyncSession, vendor_return_id: UUID, answer: Settled, actor: Actor, at: datetime
) -> VendorReturn:
    """Note the vendor's answer, once. What he refuses is on the shelf again, or written off for good.

    The ledger has no account of goods: the credit stands on the lines and lowers their product cost in the
    margin. Raises NotFound, Conflict, Invalid.
    """
    actor.require(Scope.OPERATIONS)
    row = await moving.move(
        session, vendor_return_id, VendorReturnState.SHIPPED, VendorReturnState.SETTLED,
        credit=answer.credit.amount, currency=answer.credit.currency, reference=answer.reference,
        ended_by=actor.name, ended_at=at,
    )  # fmt: skip
    lines = await moving.lines_of(session, row.id)
    refused = refuse([Units(one.id, one.sku, one.lot, one.units) for one in lines], answer.refused)
    await _note(session, row, lines, refused)
    await _restock(session, row, lines, refused, actor)
    await moving.answer(session, row.id)
    return row


Refused = Mapping[UUID, Mapping[Becomes, int]]


async def _note(
    session: AsyncSession, row: VendorReturn, lines: Sequence[VendorReturnLine], refused: Refused
) -> None:
    costs = await _costs(session, row.location, {line.sku for line in lines})
    taken = [
        Credited(line.units - sum(refused.get(line.id, {}).values()), costs.get(line.sku, 0))
        for line in lines
    ]
    values = [
        {
            "id": line.id, "refused": line.units - one.accepted, "credit": credit,
            "restocked": refused.get(line.id, {}).get(Becomes.RESTOCK, 0),
        }
        for line, one, credit in zip(lines, taken, split(row.credit or 0, taken), strict=True)
    ]  # fmt: skip
    await session.execute(update(VendorReturnLine), values)


async def _costs(session: AsyncSession, location: str, skus: set[str]) -> Mapping[str, int]:
    """What a unit costs at the location now; none where the goods are not of one currency."""
    rows = (
        await session.execute(
            select(StockLevel.sku, StockLevel.unit_cost, Product.currency)
            .join(Product, Product.sku == StockLevel.sku)
            .where(StockLevel.location == location, StockLevel.sku.in_(sorted(skus)))
        )
    ).all()
    return {} if len({row.currency for row in rows}) > 1 else {row.sku: row.unit_cost for row in rows}


async def _restock(
    session: AsyncSession,
    row: VendorReturn,
    lines: Sequence[VendorReturnLine],
    refused: Refused,
    actor: Actor,
) -> None:
    back = [
        Change(line.sku, row.location, units, line.lot)
        for line in lines
        if (units := refused.get(line.id, {}).get(Becomes.RESTOCK, 0))
    ]
    await waiting.tell(session, {one.sku for one in back})
    await moves.lock(session, {one.place for one in back})
    why = moves.Why(
        MoveKind.ADJUST, actor.name, code=AdjustReason.OTHER, reference=row.number,
        reason=f"{row.number}: refused by the vendor",
    )  # fmt: skip
    for one in back:
        await moves.change(session, one, why)
