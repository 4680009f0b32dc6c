"""What a return gives back is reckoned, asked for, and, once it is through, the return is resolved."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.money import share
from orderwright.domain.orders import Scope
from orderwright.domain.payments import RefundTo
from orderwright.domain.returns.states import Resolution, ReturnState
from orderwright.domain.returns.worth import Found, Reckoning, reckon
from orderwright.persistence import returns
from orderwright.persistence.money import refundable
from orderwright.persistence.tables import Order, Return, ReturnInspection, ReturnLine
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted
from orderwright.services.returns import coming, judging, policies

TO = {Resolution.REFUND: RefundTo.ORIGINAL, Resolution.STORE_CREDIT: RefundTo.STORE_CREDIT}


async def refund(session: AsyncSession, return_id: UUID) -> None:
    """Reckon and ask for it, once: of what was inspected, or at once of all that was announced."""
    row = await returns.locked(session, return_id)
    at_once = row.state is ReturnState.IN_TRANSIT and row.instant
    if row.reckoned_at is not None or not (at_once or row.state is ReturnState.INSPECTED):
        return
    lines = await coming.lines_of(session, row.id)
    reckoning = await _reckoned(session, row, lines, at_once=at_once)
    await _write(session, row, lines, reckoning)
    if reckoning.total:
        system = Actor(row.number, frozenset({Scope.OPERATIONS}))
        wanted = Wanted(
            reason=f"return {row.number}",
            lines=[
                LineWanted(UUID(one.line_id), one.units, one.refund) for one in reckoning.lines if one.refund
            ],
            shipping=reckoning.shipping or None,
            to=TO[row.resolution],
            return_id=row.id,
        )
        await giving_back.request(session, row.order_id, system, wanted)
    await returns.tell(
        session, row, "refund_requested", amount=reckoning.total, shipping=reckoning.shipping,
        fee=reckoning.fee, kept=sum(one.kept + one.restocking for one in reckoning.lines),
    )  # fmt: skip


async def _reckoned(
    session: AsyncSession, row: Return, lines: Sequence[ReturnLine], *, at_once: bool
) -> Reckoning:
    left = await refundable.read(session, row.order_id)
    order = await session.get_one(Order, row.order_id)
    policy = await policies.of_version(session, row.policy_version)
    found = {line.id: [Found(line.units)] if at_once else [] for line in lines}
    if not at_once:
        inspected = await session.scalars(
            select(ReturnInspection)
            .where(ReturnInspection.return_line_id.in_(found))
            .order_by(ReturnInspection.deduct_ppm, ReturnInspection.id)
        )
        for one in inspected:
            found[one.return_line_id].append(Found(one.units, one.deduct_ppm))
    reckoning = reckon(
        [
            judging.back(left, line.line_id, found[line.id], line.restocking_ppm, line.refunds_shipping)
            for line in lines
        ],
        fee=row.fee,
        shipping=judging.shipping_back(order, policy, left),
        others=judging.others(left, [line.line_id for line in lines]),
    )
    return _within(reckoning, await giving_back.available(session, row.order_id))


def _within(reckoning: Reckoning, available: int) -> Reckoning:
    """What was given back ad hoc, or is disputed, is not there twice: the rest by largest remainder."""
    if reckoning.total <= available:
        return reckoning
    parts = share(available, [*(one.refund for one in reckoning.lines), reckoning.shipping])
    cut = [
        replace(one, refund=part, kept=one.kept + one.refund - part)
        for one, part in zip(reckoning.lines, parts, strict=False)
    ]
    return Reckoning(cut, parts[-1], reckoning.fee)


async def _write(
    session: AsyncSession, row: Return, lines: Sequence[ReturnLine], reckoning: Reckoning
) -> None:
    for line, worth in zip(lines, reckoning.lines, strict=True):
        await session.execute(
            update(ReturnLine)
            .where(ReturnLine.id == line.id)
            .values(
                value=worth.value, kept=worth.kept, restocking=worth.restocking, fee=worth.fee,
                refund=worth.refund, refunded_units=worth.units if worth.refund else 0,
            )
        )  # fmt: skip
    await session.execute(
        update(Return).where(Return.id == row.id).values(reckoned_at=func.clock_timestamp())
    )


async def resolve(session: AsyncSession, return_id: UUID) -> None:
    """Nothing is left to do, once every refund of it is on its way."""
    row = await returns.locked(session, return_id)
    seen = await returns.position(session, return_id)
    if not seen.resolvable:
        return
    moved = await returns.move(
        session, row.id, {ReturnState.INSPECTED}, ReturnState.RESOLVED,
        deadline=None, why="resolved", ended_at=func.clock_timestamp(),
    )  # fmt: skip
    if moved is not None:
        await returns.tell(session, moved, "resolved")
