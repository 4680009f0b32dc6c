"""What a return gives back is reckoned, asked for, and, once it is through, the return is resolved."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.money import share
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account, PaymentMethod, RefundTo
from orderwright.domain.returns.states import Resolution, ReturnState
from orderwright.domain.returns.worth import Found, Reckoning, reckon
from orderwright.domain.shares import drain
from orderwright.persistence import returns
from orderwright.persistence.money import ledger, refundable
from orderwright.persistence.tables import Exchange, Order, Payment, Return, ReturnInspection, ReturnLine
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted
from orderwright.services.returns import coming, judging, policies

TO = {
    Resolution.REFUND: RefundTo.ORIGINAL, Resolution.STORE_CREDIT: RefundTo.STORE_CREDIT,
    Resolution.EXCHANGE: RefundTo.ORIGINAL,
}  # fmt: skip


async def refund(session: AsyncSession, return_id: UUID) -> None:
    """Reckon and ask for it, once: of what was inspected, or at once of all that was announced."""
    row = await returns.locked(session, return_id)
    at_once = row.state is ReturnState.IN_TRANSIT and row.instant
    exchange = await session.get(Exchange, row.id, populate_existing=True)
    given = 0 if exchange is None else await paid_by_return(session, exchange.order_id)
    if row.reckoned_at is not None or not (at_once or row.state is ReturnState.INSPECTED):
        return
    lines = await coming.lines_of(session, row.id)
    reckoning = await reckoned(session, row, lines, at_once=at_once, exchanged=given > 0)
    await _write(session, row, lines, reckoning)
    await _ask(session, row, reckoning, min(given, reckoning.total))
    if exchange is not None:
        await _bear(session, row, exchange.order_id, given - min(given, reckoning.total))
    await returns.tell(
        session, row, "refund_requested", amount=reckoning.total, shipping=reckoning.shipping,
        fee=reckoning.fee, kept=sum(one.kept + one.restocking for one in reckoning.lines),
    )  # fmt: skip


async def paid_by_return(session: AsyncSession, order_id: UUID) -> int:
    """What the order of the new goods has taken of the return that pays for it, in minor units."""
    query = select(func.coalesce(func.sum(Payment.captured), 0)).where(
        Payment.order_id == order_id, Payment.method == PaymentMethod.EXCHANGE
    )
    return int(await session.scalar(query) or 0)


async def _ask(session: AsyncSession, row: Return, reckoning: Reckoning, exchanged: int) -> None:
    """Of what is given back `exchanged` goes to the order of the new goods, the rest where it came from."""
    refunds = [one.refund for one in reckoning.lines]
    to_order = drain(exchanged, refunds)
    await _request(
        session, row, reckoning, to_order, RefundTo.EXCHANGE, units=[bool(part) for part in to_order]
    )
    rest = [whole - part for whole, part in zip(refunds, to_order, strict=True)]
    to = TO[row.resolution]
    await _request(
        session, row, reckoning, rest, to, units=[not part for part in to_order], shipping=reckoning.shipping
    )


async def _request(
    session: AsyncSession, row: Return, reckoning: Reckoning, amounts: Sequence[int], to: RefundTo, *,
    units: Sequence[bool], shipping: int = 0,
) -> None:  # fmt: skip
    """`units`: of which lines they are counted by this one."""
    lines = [
        LineWanted(UUID(one.line_id), one.units if counted else 0, amount)
        for one, amount, counted in zip(reckoning.lines, amounts, units, strict=True)
        if amount
    ]
    if lines or shipping:
        wanted = Wanted(f"return {row.number}", None, lines, shipping or None, to, row.id)
        system = Actor(row.number, frozenset({Scope.OPERATIONS}))
        await giving_back.request(session, row.order_id, system, wanted)


async def _bear(session: AsyncSession, row: Return, order_id: UUID, amount: int) -> None:
    """What the new order took and the return does not bring is the shop's loss."""
    if not amount:
        return
    order = await session.get_one(Order, order_id)
    await ledger.book(
        session, "exchange", {Account.GOODWILL: amount, Account.EXCHANGED: -amount}, currency=order.currency,
        source=f"exchange/{row.id}", order_id=order_id,
    )  # fmt: skip
    await returns.tell(session, row, "exchange_borne", order=order.number, amount=amount)


async def reckoned(
    session: AsyncSession,
    row: Return,
    lines: Sequence[ReturnLine],
    *,
    at_once: bool,
    exchanged: bool = False,
) -> Reckoning:
    """What its lines give back. Where other goods are given for them, the way back costs nothing, and the
    way there was not for nothing.
    """
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
        fee=0 if exchanged else row.fee,
        shipping=0 if exchanged else judging.shipping_back(order, policy, left),
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
