"""What is taken for goods that have left: from which payment, for which parts, and what the books say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orderwright.domain.fulfillment.states import LIVE, FulfillmentState
from orderwright.domain.payments import (
    KEPT,
    ON_CREDIT,
    Account,
    LedgerState,
    PaymentMethod,
    PaymentState,
)
from orderwright.domain.shares import spread
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import returns, timeline
from orderwright.persistence.money import authorizations, balances, ledger
from orderwright.persistence.tables import (
    Exchange,
    FulfillmentOrder,
    Order,
    OrderLine,
    Payment,
    PaymentShare,
    Reservation,
)
from orderwright.ports.payments import Capture
from orderwright.services.documents import issuing
from orderwright.services.documents.issuing import terms
from orderwright.services.payments import depositing, deposits
from orderwright.services.payments.paying import note
from orderwright.services.receivables import owing, uncollected

COLLECTED_WITHIN = timedelta(days=21)
"""How long a carrier has to deliver, to collect and to pay over what it collected."""

_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)
_RAISES = (PaymentState.CREATED, PaymentState.RAISING)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be captured now of one payment: shares of parts, and whether they are its last."""

    payment: Payment
    shares: Sequence[PaymentShare]
    final: bool
    step: str

    @property
    def amount(self) -> int:
        """In minor units."""
        return sum(share.amount for share in self.shares)


async def due(session: AsyncSession, fulfillment_id: UUID) -> list[Due]:
    """The captures that a shipped part asks for (now), in the order of the order's instruments.

    An authorization that is raised just now waits until that has ended: what is taken from it ends it.
    """
    part = await session.get_one(FulfillmentOrder, fulfillment_id, populate_existing=True)
    if part.state is not FulfillmentState.CLOSED:
        return []
    raise_ = aliased(Payment)
    query = (
        select(PaymentShare, Payment)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .where(
            PaymentShare.fulfillment_id == fulfillment_id,
            PaymentShare.captured < PaymentShare.amount,
            Payment.state.in_(_HELD),
            ~select(raise_.id).where(raise_.raises_id == Payment.id, raise_.state.in_(_RAISES)).exists(),
            or_(~Payment.deposit, Payment.method != PaymentMethod.CARD, Payment.deposited_at.is_not(None)),
            ~and_(or_(Payment.security, Payment.method == PaymentMethod.EXCHANGE), _undecided()),
        )
        .order_by(Payment.instrument, Payment.id)
        .execution_options(populate_existing=True)
    )
    rows = (await session.execute(query)).all()
    found = [await _due(session, part, share, payment) for share, payment in rows]
    return [one for one in found if one is not None]


def _undecided() -> ColumnElement[bool]:
    """Whether what is to come back for the order's goods has not been looked at yet."""
    wanted = select(Exchange.return_id).where(
        Exchange.order_id == Payment.order_id, Exchange.decided_at.is_(None)
    )
    return wanted.exists()


async def _due(
    session: AsyncSession, part: FulfillmentOrder, share: PaymentShare, payment: Payment
) -> Due | None:
    query = (
        select(PaymentShare, FulfillmentOrder.state)
        .join(FulfillmentOrder, FulfillmentOrder.id == PaymentShare.fulfillment_id)
        .where(PaymentShare.payment_id == payment.id, FulfillmentOrder.state != FulfillmentState.CANCELED)
        .order_by(FulfillmentOrder.number)
    )
    mates = (await session.execute(query)).all()
    owed = [mate for mate, state in mates if state is FulfillmentState.CLOSED and mate.captured < mate.amount]
    rest = payment.amount - sum(mate.amount for mate, _ in mates)
    later = any(state in LIVE for _, state in mates) or (
        rest > 0 and await _without_a_part(session, part.order_id)
    )
    if payment.multicapture:
        # What is left of a card's deposit has to be given back by a call: until then it is not at its end.
        final = not later and owed == [share] and not depositing.by_card(payment)
        return Due(payment, [share], final=final, step=await _step(session, part.id, payment))
    return None if later else Due(payment, owed, final=True, step=f"capture/{payment.id}")


async def _step(session: AsyncSession, part_id: UUID, payment: Payment) -> str:
    return _named(part_id, payment, await _shares(session, part_id))


def _named(part_id: UUID, payment: Payment, shares: Sequence[PaymentShare]) -> str:
    """The part's last payment bears its plain name, as where it is the only one."""
    last = shares[-1].payment_id == payment.id
    return f"capture/{part_id}" if last else f"capture/{part_id}/{payment.id}"


async def _shares(session: AsyncSession, part_id: UUID) -> Sequence[PaymentShare]:
    """All shares of a part, in the order of the order's instruments."""
    query = (
        select(PaymentShare)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .where(PaymentShare.fulfillment_id == part_id)
        .order_by(Payment.instrument, Payment.id)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(query)).all()


async def still_due(session: AsyncSession, due_now: Due) -> bool:
    """Whether the parts still take their money from that payment: a renewal may have been faster."""
    again = await due(session, due_now.shares[0].fulfillment_id)
    return (due_now.payment.id, due_now.amount) in [(one.payment.id, one.amount) for one in again]


async def _without_a_part(session: AsyncSession, order_id: UUID) -> bool:
    """Whether units still look for a place or follow later: they will need the money."""
    homeless = select(OrderLine.id).where(
        OrderLine.order_id == order_id, OrderLine.unallocated + OrderLine.backordered > 0
    )
    unplanned = select(Reservation.id).where(
        Reservation.order_id == order_id,
        Reservation.state == ReservationState.ACTIVE,
        Reservation.fulfillment_id.is_(None),
    )
    return bool(await session.scalar(select(homeless.exists() | unplanned.exists())))


async def captured(session: AsyncSession, due_now: Due, answer: Capture) -> None:
    """Money taken: the parts, the payment, the balance it was kept in and the ledger say so."""
    payment = due_now.payment
    parts = [await _taken(session, payment, share) for share in due_now.shares]
    taken = Payment.captured + due_now.amount
    # Spent it is also by two captures at once, neither of which was the last when it began.
    spent = case((taken >= Payment.amount, PaymentState.CAPTURED), else_=PaymentState.PARTLY_CAPTURED)
    after = await session.scalar(
        update(Payment)
        .where(Payment.id == payment.id)
        .values(captured=taken, state=PaymentState.CAPTURED if due_now.final else spent)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    assert after is not None  # noqa: S101 - the payment is there
    last = after.state is PaymentState.CAPTURED
    await _out_of_balance(session, payment, due_now.amount, last=last)
    if last:
        await deposits.let_go(session, after)
    await authorizations.end(session, payment.id, LedgerState.POSTED)
    await note(session, payment, "captured", amount=due_now.amount, capture=answer.reference)
    await timeline.tell(
        session, payment.order_id, "payment.captured", payment=str(payment.id), amount=due_now.amount,
        parts=[part.number for part in parts],
    )  # fmt: skip
    await _owed_from_now(session, payment, parts)
    await issuing.taken(session, payment, parts, due_now.amount, answer.reference)
    if payment.method is PaymentMethod.EXCHANGE:
        await returns.wake_exchange(session, payment.order_id)
    if payment.method is PaymentMethod.CASH_ON_DELIVERY:  # the last that a part takes from
        for part in parts:
            await uncollected.let_go(session, part.id)


async def _owed_from_now(session: AsyncSession, payment: Payment, parts: Sequence[FulfillmentOrder]) -> None:
    """Nobody has paid what is taken on credit. An invoice that is issued later says another day."""
    if payment.method in ON_CREDIT:
        order = await session.get_one(Order, payment.order_id)
        days = COLLECTED_WITHIN if payment.method is PaymentMethod.CASH_ON_DELIVERY else terms(order)
        await owing.due_by(session, [part.id for part in parts], issuing.today() + days, payment.method)


async def _taken(session: AsyncSession, payment: Payment, share: PaymentShare) -> FulfillmentOrder:
    """One part has its money, or what one payment gives of it; booked as what it is for."""
    await session.execute(
        update(PaymentShare)
        .where(PaymentShare.fulfillment_id == share.fulfillment_id, PaymentShare.payment_id == payment.id)
        .values(captured=share.amount)
    )
    part = await session.scalar(
        update(FulfillmentOrder)
        .where(FulfillmentOrder.id == share.fulfillment_id)
        .values(captured=FulfillmentOrder.captured + share.amount)
        .returning(FulfillmentOrder)
        .execution_options(populate_existing=True)
    )
    assert part is not None  # noqa: S101 - a share's part is there
    shares = await _shares(session, part.id)
    worth = _worth(part, payment, shares)
    await ledger.book(
        session, "capture",
        {depositing.cash(payment): share.amount, **{account: -amount for account, amount in worth.items()}},
        currency=payment.currency, source=_named(part.id, payment, shares), order_id=part.order_id,
    )  # fmt: skip
    return part


def _worth(part: FulfillmentOrder, payment: Payment, shares: Sequence[PaymentShare]) -> dict[Account, int]:
    """What the payment pays for, each without its tax; over all payments exactly the part's."""
    shipping, fees = part.shipping - part.shipping_tax, part.fees - part.fees_tax
    worth = {
        Account.REVENUE: part.amount - part.tax - shipping - fees,
        Account.TAX: part.tax,
        Account.SHIPPING_REVENUE: shipping,
        Account.FEE_REVENUE: fees,
    }
    cells = spread([share.amount for share in shares], list(worth.values()))
    row = [share.payment_id for share in shares].index(payment.id)
    return dict(zip(worth, cells[row], strict=True))


async def _out_of_balance(session: AsyncSession, payment: Payment, amount: int, *, last: bool) -> None:
    """A gift card or store credit is worth less now; what is no longer needed of it is free again."""
    if payment.method not in KEPT or payment.source is None:
        return
    balance_id = UUID(payment.source)
    await balances.take(session, balance_id, amount, order_id=payment.order_id, payment_id=payment.id)
    if last:
        await balances.let_go(session, balance_id, order_id=payment.order_id, payment_id=payment.id)
