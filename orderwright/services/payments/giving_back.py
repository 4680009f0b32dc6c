"""A refund is asked for: of units, shipping, an amount or everything; never more than was taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain import refunds as rules
from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.orders import Scope
from orderwright.domain.payments import RefundKind, RefundState, RefundTo
from orderwright.domain.refunds import Piece
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.money import refundable
from orderwright.persistence.money.refundable import Refundable
from orderwright.persistence.tables import Order, OrderLine, Payment, Refund, RefundLine
from orderwright.services.disputes import disputing


@dataclass(frozen=True, slots=True)
class LineWanted:
    """Units of a line, an amount in minor units, or both; by its id, or its SKU where one line has it."""

    line: UUID | str
    units: int = 0
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An ad hoc `amount`, or lines and shipping (an amount or all of it); none of these: everything.

    `return_id`: for which return.
    """

    reason: str = ""
    amount: int | None = None
    lines: Sequence[LineWanted] = ()
    shipping: int | Literal["all"] | None = None
    to: RefundTo = RefundTo.ORIGINAL
    return_id: UUID | None = None


async def request(session: AsyncSession, order_id: UUID, actor: Actor, wanted: Wanted) -> list[Refund]:
    """Ask for money back from the instruments it came from, by the largest remainder; one refund a payment.

    Raises Conflict where less than that was captured and not refunded yet, of the whole or of one line;
    Invalid where it names no line of the order. A settled order is opened again.
    """
    actor.require(Scope.OPERATIONS)
    await locks.lock(session, order_id)
    left = await _left(session, order_id)
    available = sum(max(rest, 0) for _, rest in left)
    if available <= 0:
        raise Conflict("nothing was taken that is not given back", refundable=0)
    pieces = await _pieces(session, order_id, wanted, available)
    total = sum(piece.amount for piece in pieces)
    if not 0 < total <= available:
        raise Conflict("less than that was taken and not given back", refundable=available)
    amounts = rules.from_payments(total, [(payment.instrument, rest) for payment, rest in left])
    of_payments = [(payment, amount) for (payment, _), amount in zip(left, amounts, strict=True)]
    return await open_for(session, order_id, pieces, of_payments, wanted, by=actor.name)


async def open_for(
    session: AsyncSession,
    order_id: UUID,
    pieces: Sequence[Piece],
    of_payments: Sequence[tuple[Payment, int]],
    wanted: Wanted,
    *,
    by: str = "system",
) -> list[Refund]:
    """Refunds of these pieces, so much of each payment; together they are all of it. The order is locked."""
    divided = rules.across(pieces, [amount for _, amount in of_payments])
    refunds = [
        await _open(session, payment, of_payment, wanted)
        for (payment, _), of_payment in zip(of_payments, divided, strict=True)
        if of_payment
    ]
    await _count(session, order_id, pieces)
    await timeline.tell(
        session, order_id, "refund.requested", by=by, why=wanted.reason,
        amount=sum(piece.amount for piece in pieces),
        pieces=[{"kind": one.kind.value, "amount": one.amount, "units": one.units} for one in pieces],
    )  # fmt: skip
    await outbox.wake(session, order_id)
    return refunds


async def available(session: AsyncSession, order_id: UUID) -> int:
    """Minor units that could be given back of an order, which is locked."""
    return sum(max(rest, 0) for _, rest in await _left(session, order_id))


async def _count(session: AsyncSession, order_id: UUID, pieces: Sequence[Piece]) -> None:
    """Units given back stand on their lines; a settled order has something to do again."""
    for piece in pieces:
        if piece.line_id is not None and piece.units:
            await session.execute(
                update(OrderLine)
                .where(OrderLine.id == UUID(piece.line_id))
                .values(refunded=OrderLine.refunded + piece.units)
            )
    await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.settled_at.is_not(None))
        .values(settled_at=None, run_id=None, woken=False)
    )


async def _left(session: AsyncSession, order_id: UUID) -> list[tuple[Payment, int]]:
    """What each payment can still give back, requests under way and disputes taken off."""
    payments = await session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))
    asked = await session.execute(
        select(Refund.payment_id, func.sum(Refund.amount))
        .where(Refund.order_id == order_id, Refund.state != RefundState.FAILED)
        .group_by(Refund.payment_id)
    )
    spoken_for = {payment_id: int(total) for payment_id, total in asked}
    disputed = await disputing.taken_by_banks(session, order_id)
    return [
        (payment, payment.captured - spoken_for.get(payment.id, 0) - disputed.get(payment.id, 0))
        for payment in payments
    ]


async def _pieces(session: AsyncSession, order_id: UUID, wanted: Wanted, available: int) -> list[Piece]:
    """What it is for, each with its tax, which in all is never more than was charged."""
    left = await refundable.read(session, order_id)
    if wanted.amount is not None:
        return [Piece(RefundKind.AD_HOC, wanted.amount, left.tax_of(wanted.amount))]
    if not wanted.lines and wanted.shipping is None:
        return rules.with_tax(rules.of_everything(left.pieces, available), left.tax_of(available))
    pieces = await _of_lines(session, order_id, wanted.lines, left)
    if wanted.shipping is not None:
        asked = left.shipping.amount if wanted.shipping == "all" else wanted.shipping
        pieces.append(rules.of_amount(left.shipping, asked))
    return rules.within_tax(pieces, left.whole.tax)


async def _of_lines(
    session: AsyncSession, order_id: UUID, wanted: Sequence[LineWanted], left: Refundable
) -> list[Piece]:
    ids = await line_ids(session, order_id, [one.line for one in wanted])
    if len(set(ids)) < len(ids):
        raise Invalid("a line is named once", field="lines")
    pieces = []
    for line_id, one in zip(ids, wanted, strict=True):
        if one.units > left.lines[line_id].units:
            raise Conflict(
                "fewer units than that were paid for and not given back",
                refundable_units=left.lines[line_id].units,
            )
        pieces.append(
            rules.of_units(left.of_units(line_id), one.units)
            if one.amount is None
            else rules.of_amount(left.lines[line_id], one.amount, one.units)
        )
    return pieces


async def line_ids(session: AsyncSession, order_id: UUID, named: Sequence[UUID | str]) -> list[UUID]:
    """Of lines that are named by their id or their SKU."""
    rows = await session.execute(select(OrderLine.id, OrderLine.sku).where(OrderLine.order_id == order_id))
    by_name: dict[UUID | str, list[UUID]] = {}
    for line_id, sku in rows:
        by_name.setdefault(line_id, []).append(line_id)
        by_name.setdefault(sku, []).append(line_id)
    return [_only(by_name.get(name, ())) for name in named]


def _only(found: Sequence[UUID]) -> UUID:
    if len(found) != 1:
        words = "several lines have that SKU: name one by its id" if found else "the order has no such line"
        raise Invalid(words, field="lines")
    return found[0]


async def _open(session: AsyncSession, payment: Payment, pieces: Sequence[Piece], wanted: Wanted) -> Refund:
    refund: Refund | None = await session.scalar(
        insert(Refund)
        .values(
            order_id=payment.order_id, payment_id=payment.id, amount=sum(piece.amount for piece in pieces),
            currency=payment.currency, state=RefundState.REQUESTED, reason=wanted.reason,
            destination=wanted.to, return_id=wanted.return_id,
        )
        .returning(Refund)
    )  # fmt: skip
    assert refund is not None  # noqa: S101 - an insert returns its row
    await session.execute(
        insert(RefundLine),
        [
            {"refund_id": refund.id, "kind": piece.kind, "units": piece.units, "amount": piece.amount,
             "tax": piece.tax, "line_id": None if piece.line_id is None else UUID(piece.line_id)}
            for piece in pieces
        ],
    )  # fmt: skip
    return refund
