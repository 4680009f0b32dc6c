"""Stock is put right by hand, with the reason."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import AdjustReason, explains
from orderwright.domain.stock.units import MoveKind, Position
from orderwright.persistence.stock import moves, waiting
from orderwright.services.stock import stocking


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Units more, or (below zero) free ones fewer, at one place; tracked ones with their lot."""

    sku: str
    location: str
    units: int
    reason: AdjustReason
    note: str = ""
    lot: str | None = None
    expires_on: date | None = None


async def adjust(session: AsyncSession, one: Adjustment, actor: Actor) -> Position:
    """Where the SKU stands then. Raises Invalid, UnknownProduct, InsufficientStock, Exists."""
    if one.units == 0:
        raise Invalid("an adjustment of no units")
    if not explains(one.reason, one.units):
        raise Invalid(f"{one.reason.value} is no reason for {'more' if one.units > 0 else 'fewer'} units")
    await stocking.check_known(session, {one.sku}, {one.location})
    if one.units > 0:
        await waiting.tell(session, {one.sku})
    change = Change(one.sku, one.location, one.units, one.lot, one.expires_on)
    why = moves.Why(MoveKind.ADJUST, actor.name, code=one.reason, reason=one.note)
    return await moves.change(session, change, why)
