"""A part of which fewer units are there than it has: what is missing looks for another place."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.parts import Charges
from orderwright.domain.fulfillment.purchasing import PurchaseState
from orderwright.domain.fulfillment.shorting import Held, Shortage, shortage
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import Scope, TaskKind
from orderwright.domain.stock.units import MoveKind
from orderwright.persistence import holds, lines, locks, outbox, stock, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.stock import moves
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, OrderLine
from orderwright.services.changes import following
from orderwright.services.fulfillment import purchasing
from orderwright.services.orders.ending import finish_recall
from orderwright.services.payments import opening

_WITH_WAREHOUSE = (FulfillmentState.RELEASED, FulfillmentState.IN_PROGRESS)
REASON = "short_pick"


async def short(
    session: AsyncSession, fulfillment_id: UUID, found: Mapping[str, int], *, by: str, reason: str
) -> bool:
    """Of the named SKUs only so many units are there, also past the pivot. False: that is no news.

    The rest of the part goes on, smaller and with less to capture. Raises Invalid, NotFound.
    """
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state not in _WITH_WAREHOUSE or part.ready_at is not None:
        await _too_late(session, part, found)
        return False
    held = await _held(session, fulfillment_id)
    less = shortage(held, _charges(part), found)
    if less is None:
        return False
    recalled = part.partner is PartnerState.CANCEL_REQUESTED and part.recalled_for is None
    target = Units.CANCELED if recalled else Units.UNALLOCATED
    for cut in less.cuts:
        await lines.move(session, UUID(cut.line_id), cut.missing, Units.RELEASED, target)
    if less.units:
        await _shrink(session, part, less)
    else:
        await _drop(session, part, recalled=recalled, reason=reason)
    await purchasing.shrink(session, part, less.missing)
    await timeline.tell(
        session, part.order_id, "fulfillment.short", by=by, why=reason, part=part.number, missing=less.missing
    )
    if recalled and not less.units:
        await finish_recall(session, part.order_id, by=by)
    await following.finish(session, part.order_id, by=by)
    await outbox.wake(session, part.order_id)
    await _correct_stock(session, part, less, by=by)
    return True


async def told_short(
    session: AsyncSession, fulfillment_id: UUID, told: Sequence[Mapping[str, object]], *, by: str, reason: str
) -> None:
    """A partner's call-back. Raises NotFound, Invalid, ValueError (lines that are none)."""
    await locks.order_of(session, fulfillment_id)
    await short(session, fulfillment_id, found_units(told), by=by, reason=reason or REASON)


async def as_shipped(
    session: AsyncSession, fulfillment_id: UUID, told: Sequence[Mapping[str, object]], *, by: str
) -> None:
    """What a partner says is in the parcel is what was there, whether he said before that he is short."""
    there = found_units(told)
    held = await _held(session, fulfillment_id)  # without a lock: a part only ever gets smaller
    found = {line.sku: there.get(line.sku, 0) for line in held}
    if shortage(held, Charges(), found) is not None:
        await short(session, fulfillment_id, found, by=by, reason="not in the parcel")


async def short_at_station(
    session: AsyncSession, fulfillment_id: UUID, actor: Actor, found: Mapping[str, int], reason: str
) -> None:
    """The same by our own people. Raises Conflict where it is not being picked, or nothing is missing."""
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    _, part = await locks.order_of(session, fulfillment_id)
    if part.state not in _WITH_WAREHOUSE or part.ready_at is not None:
        state = "ready to collect" if part.ready_at is not None else part.state.value
        raise Conflict(f"the fulfillment order is {state}", state=part.state.value)
    if not await short(session, fulfillment_id, found, by=actor.name, reason=reason):
        raise Conflict("nothing is missing: it has no more units than these")


async def _too_late(session: AsyncSession, part: FulfillmentOrder, found: Mapping[str, int]) -> None:
    """What has left was whole by our rows: a person has to find out what was in the parcel."""
    gone = part.state is FulfillmentState.CLOSED or part.ready_at is not None
    if not gone or part.state is FulfillmentState.CANCELED:
        return
    if shortage(await _held(session, part.id), Charges(), found) is None:
        return  # told again after the rest has left
    words = ", ".join(f"{units} of {sku}" for sku, units in sorted(found.items()))
    await holds.ask_person(
        session, part.order_id, TaskKind.DELIVERY,
        f"The warehouse had only {words} for a part that it had said was complete: refund or ship again.",
        subject=f"short/{part.id}",
    )  # fmt: skip
    await outbox.wake(session, part.order_id)


async def _held(session: AsyncSession, fulfillment_id: UUID) -> list[Held]:
    rows = await session.execute(
        select(FulfillmentLine)
        .join(OrderLine, OrderLine.id == FulfillmentLine.line_id)
        .where(FulfillmentLine.fulfillment_id == fulfillment_id)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    return [
        Held(str(row.line_id), row.sku, row.units, row.amount, row.tax, row.discount)
        for row in rows.scalars()
    ]


def _charges(part: FulfillmentOrder) -> Charges:
    return Charges(part.shipping, part.shipping_tax, part.fees, part.fees_tax)


async def _shrink(session: AsyncSession, part: FulfillmentOrder, less: Shortage) -> None:
    """The part keeps what was found, and what that is worth."""
    for cut in less.cuts:
        of_line = (
            FulfillmentLine.fulfillment_id == part.id,
            FulfillmentLine.line_id == UUID(cut.line_id),
        )
        if cut.units:
            await session.execute(
                update(FulfillmentLine)
                .where(*of_line)
                .values(
                    units=cut.units,
                    amount=cut.amount,
                    tax=cut.tax,
                    discount=cut.discount,
                    free=func.least(FulfillmentLine.free, cut.units),
                )
            )
        else:
            await session.execute(delete(FulfillmentLine).where(*of_line))
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id)
        .values(amount=less.amount, tax=less.tax, short_at=func.clock_timestamp(), **asdict(less.charges))
    )
    await opening.fit(session, part.id, less.amount)


async def _drop(session: AsyncSession, part: FulfillmentOrder, *, recalled: bool, reason: str) -> None:
    """Nothing of it was found: it ends, with its lines as they were, as a rejected one does."""
    values: dict[str, object] = {"partner": PartnerState.CANCEL_ACCEPTED} if recalled else {}
    await session.execute(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == part.id)
        .values(
            state=FulfillmentState.CANCELED, partner_reason=reason, short_at=func.clock_timestamp(), **values
        )
    )
    await session.refresh(part)
    await purchasing.follow(session, part, PurchaseState.REJECTED, reason)


async def _correct_stock(session: AsyncSession, part: FulfillmentOrder, less: Shortage, *, by: str) -> None:
    """The missing units are held no longer and are not on hand: freed and taken off in one transaction."""
    left = {UUID(cut.line_id): cut.missing for cut in less.cuts}
    gone = []
    for row in await stock.active(session, part.order_id, part.id):
        units = min(row.units, left.get(row.line_id, 0))
        if units:
            left[row.line_id] -= units
            gone.append(row if units == row.units else await stock.split(session, row, units))
    await stock.free(session, gone, order_id=part.order_id)
    why = moves.Why(MoveKind.ADJUST, by, reason=f"{REASON}, part {part.number} of {part.id}")
    await moves.take_off(session, gone, why)


def found_units(told: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """A call-back's lines as units by SKU. Raises ValueError where they are none."""
    found: dict[str, int] = {}
    for line in told:
        sku, units = line.get("sku"), line.get("units")
        if not isinstance(sku, str) or not isinstance(units, int):
            raise ValueError("lines without sku and units")
        found[sku] = found.get(sku, 0) + units
    if not found:
        raise ValueError("no lines")
    return found
