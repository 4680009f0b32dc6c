"""Received goods are looked at, and go back on the shelf, into repair, to the vendor or away."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.orders import Scope
from orderwright.domain.returns.states import Condition, Disposition, ReturnState
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind
from orderwright.persistence import returns
from orderwright.persistence.stock import moves, waiting
from orderwright.persistence.tables import Return, ReturnInspection, ReturnLine
from orderwright.services.returns import coming, policies
from orderwright.services.returns.deciding import free_missing

_GONE = {
    Disposition.REFURBISH: AdjustReason.DAMAGED,
    Disposition.WRITE_OFF: AdjustReason.DAMAGED,
    Disposition.TO_VENDOR: AdjustReason.OTHER,
}


@dataclass(frozen=True, slots=True)
class Inspected:
    """Units of a line that are alike. `deduct_ppm` millionths of their worth are kept; `photos` are names."""

    line: UUID | str
    units: int
    condition: Condition
    disposition: Disposition
    deduct_ppm: int = 0
    note: str = ""
    photos: Sequence[str] = ()
    lot: str | None = None


async def inspect(
    session: AsyncSession, return_id: UUID, found: Sequence[Inspected], actor: Actor, at: datetime
) -> Return:
    """Every received unit is said, once; what was announced and is not there will not come any more.

    Raises NotFound, Conflict (not received, or a lot that never left), Invalid (not all units said).
    """
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    row = await returns.locked(session, return_id)
    policy = await policies.of_version(session, row.policy_version)
    moved = await returns.move(
        session, row.id, {ReturnState.RECEIVED}, ReturnState.INSPECTED,
        inspected_at=at, deadline=at + timedelta(days=policy.refund_days),
    )  # fmt: skip
    if moved is None:
        raise Conflict(f"the return is {row.state.value}", state=row.state.value)
    lines = await coming.lines_of(session, row.id)
    await _keep(session, lines, found, actor)
    missing = await free_missing(session, row.id)
    await _place(session, moved, lines, found, actor, policy.refurbish_at)
    damaged = sum(one.units for one in found if one.condition is Condition.DAMAGED)
    await returns.tell(
        session, moved, "inspected", by=actor.name, damaged=damaged, missing=missing,
        units={one.value: sum(f.units for f in found if f.disposition is one) for one in Disposition},
    )  # fmt: skip
    if row.reckoned_at is not None and (missing or any(one.deduct_ppm for one in found)):
        await returns.ask(
            session, moved, "return-damaged",
            "the money was given back when it was sent, and not all came as it should: ask the customer.",
        )  # fmt: skip
    return moved


async def _keep(
    session: AsyncSession, lines: Sequence[ReturnLine], found: Sequence[Inspected], actor: Actor
) -> None:
    said: dict[UUID, int] = defaultdict(int)
    for one in found:
        said[coming.find(lines, one.line).id] += one.units
    for line in lines:
        if said[line.id] != line.received:
            raise Invalid(
                f"{line.received} units of {line.sku} came, {said[line.id]} are inspected", field="lines"
            )
    rows = [
        {
            "return_line_id": coming.find(lines, one.line).id, "units": one.units,
            "condition": one.condition, "disposition": one.disposition, "deduct_ppm": one.deduct_ppm,
            "lot": one.lot, "note": one.note, "photos": list(one.photos), "inspected_by": actor.name,
        }
        for one in found
    ]  # fmt: skip
    if rows:
        await session.execute(insert(ReturnInspection), rows)


async def _place(
    session: AsyncSession, row: Return, lines: Sequence[ReturnLine], found: Sequence[Inspected], actor: Actor,
    refurbish_at: str | None,
) -> None:  # fmt: skip
    """All of it comes in as returned; what is not to be sold leaves the shelf in the same transaction."""
    sold = {coming.find(lines, f.line).sku for f in found if f.disposition is Disposition.RESTOCK}
    if sold:
        await waiting.tell(session, sold)
    back, gone = [], []
    for one in found:
        sku = coming.find(lines, one.line).sku
        elsewhere = refurbish_at if one.disposition is Disposition.REFURBISH else None
        change = Change(sku, elsewhere or row.location, one.units, one.lot)
        back.append(change)
        if one.disposition is not Disposition.RESTOCK and elsewhere is None:
            gone.append((one.disposition, replace(change, units=-one.units)))
    await moves.lock(session, {one.place for one in back})
    await moves.put_back(session, back, order_id=row.order_id, actor=actor.name, reason=row.number)
    for disposition, change in gone:
        why = moves.Why(
            MoveKind.ADJUST, actor.name, code=_GONE[disposition], order_id=row.order_id,
            reason=f"{row.number}: {disposition.value}",
        )  # fmt: skip
        await moves.change(session, change, why)
