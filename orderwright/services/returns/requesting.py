"""A return is asked for: judged by the rules, its units claimed, its run started."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.fulfillment.states import FulfillmentState, WarehouseKind
from orderwright.domain.orders import Scope
from orderwright.domain.returns.rules import Verdict
from orderwright.domain.returns.states import ReturnMethod, ReturnState
from orderwright.persistence import locks, returns
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Location,
    OrderLine,
    Return,
    ReturnLine,
    ReturnParcel,
)
from orderwright.services.fulfillment import planning
from orderwright.services.returns import exchanging, judging, telling
from orderwright.services.returns.judging import Preview, Wanted


class ReturnRefused(Conflict):
    """The shop's rules do not let that come back."""

    code = "return_refused"


async def request(
    session: AsyncSession, order_id: UUID, wanted: Wanted, actor: Actor, at: datetime, *, base: str = ""
) -> Return:
    """Open a return, approved where the rules need nobody for it.

    Raises NotFound, Invalid, ReturnRefused, Conflict for units not delivered or in a return already, and
    NotEnough where the goods of an exchange are not there.
    """
    actor.require(Scope.STOREFRONT, Scope.OPERATIONS)
    await locks.lock(session, order_id)
    seen = await judging.preview(session, order_id, wanted, at)
    judgment = seen.judgment
    if judgment.verdict is Verdict.REFUSED:
        ends = [line.window_ends.isoformat() for line in judgment.lines]
        raise ReturnRefused(f"the rules refuse it: {judgment.why}", why=judgment.why, window_ends=ends)
    for line_id, one in zip(seen.ids, wanted.lines, strict=True):
        await _claim_units(session, line_id, one.units)
    row = await _insert(session, order_id, wanted, seen, actor, at)
    await _insert_lines(session, row, wanted, seen)
    if wanted.method is ReturnMethod.LABEL:
        await _insert_parcel(session, row, seen, wanted)
    await returns.tell(
        session, row, "requested", by=actor.name, units=sum(one.units for one in wanted.lines),
        method=wanted.method.value, resolution=wanted.resolution.value,
    )  # fmt: skip
    if seen.terms is not None:
        await exchanging.place(session, row, seen.terms, at, by=actor.name, base=base)
    if judgment.verdict is Verdict.ALLOWED:
        await returns.tell(session, row, "approved", why="by the rules")
        await telling.approved(session, row)
        await exchanging.approved(session, row)
    else:
        question = f"approve it? The rules say: {judgment.why}. Reject to decline."
        await returns.ask(session, row, "return", question)
    return row


async def _claim_units(session: AsyncSession, line_id: UUID, units: int) -> None:
    """Never more than were delivered, whoever asks beside us."""
    claimed = await session.execute(
        update(OrderLine)
        .where(
            OrderLine.id == line_id, OrderLine.delivered - OrderLine.returned - OrderLine.coming_back >= units
        )
        .values(coming_back=OrderLine.coming_back + units)
        .returning(OrderLine.id)
    )
    if claimed.first() is None:
        raise Conflict("fewer units than that were delivered and are in no return", returnable_units=0)


async def _insert(
    session: AsyncSession, order_id: UUID, wanted: Wanted, seen: Preview, actor: Actor, at: datetime
) -> Return:
    seq = await session.scalar(select(func.nextval("returns_seq_seq")))
    approved = seen.judgment.verdict is Verdict.ALLOWED
    days = seen.policy.send_days if approved else seen.policy.approve_days
    row: Return | None = await session.scalar(
        insert(Return)
        .values(
            id=uuid7(), seq=seq, number=f"RET-{seq}", order_id=order_id,
            state=ReturnState.APPROVED if approved else ReturnState.REQUESTED,
            resolution=wanted.resolution, method=wanted.method,
            location=await _location(session, wanted.location, seen.ids),
            policy_version=seen.policy.version,
            fee=seen.judgment.fee if wanted.method is ReturnMethod.LABEL else 0,
            instant=seen.judgment.instant and wanted.method is ReturnMethod.LABEL and seen.terms is None,
            deadline=at + timedelta(days=days), approved_at=at if approved else None, note=wanted.note,
            requested_by=actor.name,
        )
        .returning(Return)
    )  # fmt: skip
    assert row is not None  # noqa: S101 - an insert returns its row
    return row


async def _location(session: AsyncSession, wanted: str | None, line_ids: Sequence[UUID]) -> str:
    """The one that was named, else where the goods left from; a supplier takes nothing back."""
    if wanted is not None:
        if await session.get(Location, wanted) is None:
            raise Invalid("no such location", field="location")
        return wanted
    left_from = await session.scalar(
        select(FulfillmentOrder.location)
        .join(FulfillmentLine, FulfillmentLine.fulfillment_id == FulfillmentOrder.id)
        .join(Location, Location.code == FulfillmentOrder.location)
        .where(
            FulfillmentLine.line_id.in_(line_ids),
            FulfillmentOrder.state == FulfillmentState.CLOSED,
            Location.kind != WarehouseKind.SUPPLIER,
        )
        .order_by(FulfillmentOrder.number)
        .limit(1)
    )
    if left_from is None:
        raise Invalid("say to which location it comes back: a supplier has sent it", field="location")
    return left_from


async def _insert_lines(session: AsyncSession, row: Return, wanted: Wanted, seen: Preview) -> None:
    await session.execute(
        insert(ReturnLine),
        [
            {
                "return_id": row.id, "line_id": line_id, "sku": sku, "units": one.units,
                "reason": one.reason, "withdrawal": ruled.withdrawal,
                "restocking_ppm": ruled.restocking_ppm, "refunds_shipping": ruled.refunds_shipping,
                "window_ends": ruled.window_ends,
            }
            for line_id, sku, one, ruled in zip(
                seen.ids, seen.skus, wanted.lines, seen.judgment.lines, strict=True
            )
        ],
    )  # fmt: skip


async def _insert_parcel(session: AsyncSession, row: Return, seen: Preview, wanted: Wanted) -> None:
    units = dict.fromkeys(seen.skus, 0)
    for sku, one in zip(seen.skus, wanted.lines, strict=True):
        units[sku] += one.units
    parcel = await planning.parcel_of(session, units)
    await session.execute(
        insert(ReturnParcel).values(
            return_id=row.id, order_id=row.order_id, grams=parcel.grams, length_mm=parcel.length_mm,
            width_mm=parcel.width_mm, height_mm=parcel.height_mm,
        )
    )  # fmt: skip
