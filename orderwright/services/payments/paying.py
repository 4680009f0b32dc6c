"""What the rows say before and after each call to a payment provider."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import LIVE, FulfillmentState
from orderwright.domain.orders import ENDS, AtDeadline, HoldOutcome, HoldType, OrderState, TaskKind
from orderwright.domain.payments import Account, EffectState, LedgerState, PaymentMethod, PaymentState
from orderwright.domain.stock.units import ReservationState
from orderwright.persistence import holds, ledger, timeline
from orderwright.persistence.tables import (
    Effect,
    FulfillmentOrder,
    Order,
    OrderLine,
    Payment,
    PaymentEvent,
    Reservation,
)
from orderwright.ports.payments import Authorization, Capture
from orderwright.services.documents import issuing
from orderwright.services.orders.ending import end_unshipped

ACTION_WAIT = timedelta(hours=24)
"""How long a customer has to confirm or repeat a payment; then the order expires."""

_OPEN = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)
_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)


async def note(
    session: AsyncSession, payment: Payment, kind: str, *, amount: int | None = None, **data: str
) -> None:
    """Append to the payment's own history."""
    await session.execute(
        insert(PaymentEvent).values(
            payment_id=payment.id, kind=kind, amount=amount, reference=payment.reference, data=data
        )
    )


async def may_authorize(session: AsyncSession, payment_id: UUID) -> bool:
    """Whether the payment is still to be asked for."""
    wanted = await session.scalar(
        select(Payment.id)
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.id == payment_id, Payment.state == PaymentState.CREATED, Order.state.not_in(list(ENDS))
        )
    )
    return wanted is not None


async def authorized(session: AsyncSession, payment_id: UUID, answer: Authorization, at: datetime) -> None:
    """The provider's answer: money reserved, or an action of the customer to wait for."""
    waits = answer.action_url is not None
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(_OPEN))
        .values(
            state=PaymentState.ACTION_REQUIRED if waits else PaymentState.AUTHORIZED,
            reference=answer.reference,
            action_url=answer.action_url,
            authorized_at=None if waits else at,
            expires_at=answer.expires_at,
        )
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is None:
        return  # the provider's own event was faster
    if waits:
        await _action_required(session, payment, at)
    else:
        await _held(session, payment)


async def _action_required(session: AsyncSession, payment: Payment, at: datetime) -> None:
    await note(session, payment, "action_required", amount=payment.amount)
    await holds.open_hold(
        session, payment.order_id, HoldType.PAYMENT, reason="payment_action_required",
        deadline=at + ACTION_WAIT, at_deadline=AtDeadline.EXPIRE,
    )  # fmt: skip


async def _held(session: AsyncSession, payment: Payment) -> None:
    """Money is reserved: the pending booking, the parts of the payment it replaces, and its hold released."""
    await note(session, payment, "authorized", amount=payment.amount)
    await ledger.book(
        session, "authorization",
        {Account.AUTHORIZED: payment.amount, Account.AUTHORIZATIONS: -payment.amount},
        currency=payment.currency, source=f"authorization/{payment.id}", order_id=payment.order_id,
        state=LedgerState.PENDING,
    )  # fmt: skip
    if payment.replaces_id is not None and not await _capturing(session, payment):
        await session.execute(
            update(FulfillmentOrder)
            .where(
                FulfillmentOrder.payment_id == payment.replaces_id,
                FulfillmentOrder.captured < FulfillmentOrder.amount,
            )
            .values(payment_id=payment.id)
        )
    waiting = await session.scalar(
        select(Payment.id).where(Payment.order_id == payment.order_id, Payment.state.in_(_OPEN)).limit(1)
    )
    if waiting is None:
        await holds.release_all(session, payment.order_id, HoldOutcome.RESOLVED, kind=HoldType.PAYMENT)
    await timeline.tell(
        session, payment.order_id, "payment.authorized", payment=str(payment.id), amount=payment.amount
    )


async def _capturing(session: AsyncSession, payment: Payment) -> bool:
    """Whether money is being taken from the payment it replaces: taken there, it is not taken here too."""
    parts = await session.scalars(
        select(FulfillmentOrder.id).where(FulfillmentOrder.payment_id == payment.replaces_id)
    )
    steps = [f"capture/{subject}" for subject in (payment.replaces_id, *parts)]
    open_one = select(Effect.n).where(
        Effect.order_id == payment.order_id,
        Effect.step.in_(steps),
        Effect.state.in_([EffectState.INTENDED, EffectState.UNKNOWN]),
    )
    return await session.scalar(open_one.limit(1)) is not None


async def declined(session: AsyncSession, payment_id: UUID, code: str) -> None:
    """A definite no. A new order is rejected; one under way asks the customer for another instrument."""
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(_OPEN))
        .values(state=PaymentState.FAILED, failure=code)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is None:
        return
    await note(session, payment, "declined", code=code)
    await timeline.tell(session, payment.order_id, "payment.declined", why=code, payment=str(payment.id))
    state = await session.scalar(select(Order.state).where(Order.id == payment.order_id))
    if state is OrderState.SUBMITTED and payment.replaces_id is None:
        await end_unshipped(session, payment.order_id, OrderState.REJECTED, reason="payment_declined")
    elif payment.source is not None:
        await replace(session, payment, source=None)
    else:
        await holds.ask_person(
            session, payment.order_id, TaskKind.PAYMENT_LOOKUP, f"The customer cannot pay: {code}.",
            subject=f"payment/{payment.id}",
        )  # fmt: skip


async def replace(session: AsyncSession, payment: Payment, *, source: str | None) -> UUID | None:
    """Ask for the uncaptured rest anew; without a source the customer is sent to a payment page."""
    old = payment.replaces_id if payment.state is PaymentState.FAILED else payment.id
    return await session.scalar(
        insert(Payment)
        .values(
            order_id=payment.order_id, method=payment.method, source=source, currency=payment.currency,
            amount=payment.amount - payment.captured, multicapture=payment.multicapture,
            replaces_id=old or payment.id,
        )
        .returning(Payment.id)
    )  # fmt: skip


async def renew(session: AsyncSession, payment_id: UUID) -> None:
    """Reserve the money anew before the authorization runs out; the old one is voided once the new stands."""
    payment = await session.scalar(
        select(Payment).where(Payment.id == payment_id, Payment.state == PaymentState.AUTHORIZED)
    )
    under_way = await session.scalar(select(Payment.id).where(Payment.replaces_id == payment_id).limit(1))
    if payment is not None and under_way is None:
        await replace(session, payment, source=payment.source)
        await timeline.tell(session, payment.order_id, "payment.renewing", payment=str(payment_id))


async def lost(session: AsyncSession, payment: Payment, state: PaymentState) -> bool:
    """The provider ended an authorization by itself. What was still to be captured is asked for anew."""
    ended = await session.scalar(
        update(Payment)
        .where(Payment.id == payment.id, Payment.state.in_([*_OPEN, *_HELD]))
        .values(state=state if payment.captured == 0 else PaymentState.CAPTURED)
        .returning(Payment.order_id)
    )
    if ended is None:
        return False
    await note(session, payment, state.value)
    await ledger.end(session, f"authorization/{payment.id}", LedgerState.VOIDED)
    state_of_order = await session.scalar(select(Order.state).where(Order.id == payment.order_id))
    if payment.state in _HELD and state_of_order not in ENDS:
        await replace(session, payment, source=payment.source)
    await timeline.tell(session, payment.order_id, f"payment.{state.value}", payment=str(payment.id))
    return True


class Due:
    """What is to be captured now for one part: parts, amount, and whether it is the last of its payment."""

    def __init__(self, payment: Payment, parts: list[FulfillmentOrder], *, final: bool, step: str) -> None:
        self.payment, self.parts, self.final, self.step = payment, parts, final, step
        self.amount = sum(part.amount for part in parts)


async def due(session: AsyncSession, fulfillment_id: UUID) -> Due | None:
    """The capture that a shipped part asks for, or None where nothing is to be taken (now)."""
    part = await session.get_one(FulfillmentOrder, fulfillment_id)
    if part.payment_id is None:
        return None
    payment = await session.get_one(Payment, part.payment_id)
    mates = (
        await session.scalars(
            select(FulfillmentOrder)
            .where(
                FulfillmentOrder.payment_id == payment.id, FulfillmentOrder.state != FulfillmentState.CANCELED
            )
            .order_by(FulfillmentOrder.number)
        )
    ).all()
    owed = [mate for mate in mates if mate.state is FulfillmentState.CLOSED and mate.captured < mate.amount]
    live = [mate for mate in mates if mate.state in LIVE]
    if payment.state not in _HELD or part not in owed:
        return None
    rest = payment.amount - sum(mate.amount for mate in mates)
    later = bool(live) or (rest > 0 and await _without_a_part(session, part.order_id))
    if payment.multicapture:
        final = not later and owed == [part]
        return Due(payment, [part], final=final, step=f"capture/{part.id}")
    return None if later else Due(payment, owed, final=True, step=f"capture/{payment.id}")


async def still_due(session: AsyncSession, due_now: Due) -> bool:
    """Whether the parts still take their money from that payment: a renewal may have been faster."""
    part = await session.get_one(FulfillmentOrder, due_now.parts[0].id, populate_existing=True)
    again = await due(session, part.id)
    return again is not None and (again.payment.id, again.amount) == (due_now.payment.id, due_now.amount)


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
    """Money taken: the parts, the payment and the ledger say so."""
    payment = due_now.payment
    for part in due_now.parts:
        await session.execute(
            update(FulfillmentOrder).where(FulfillmentOrder.id == part.id).values(captured=part.amount)
        )
        cash = Account.RECEIVABLE if payment.method is PaymentMethod.MANUAL else Account.CLEARING
        await ledger.book(
            session, "capture",
            {cash: part.amount, Account.TAX: -part.tax, Account.SHIPPING_REVENUE: -part.shipping,
             Account.REVENUE: -(part.amount - part.tax - part.shipping)},
            currency=payment.currency, source=f"capture/{part.id}", order_id=part.order_id,
        )  # fmt: skip
    taken = Payment.captured + due_now.amount
    spent = (
        taken >= Payment.amount
    )  # also by two captures at once, neither of which was the last when it began
    state = (
        PaymentState.CAPTURED
        if due_now.final
        else case((spent, PaymentState.CAPTURED), else_=PaymentState.PARTLY_CAPTURED)
    )
    await session.execute(update(Payment).where(Payment.id == payment.id).values(captured=taken, state=state))
    await ledger.end(session, f"authorization/{payment.id}", LedgerState.POSTED)
    await note(session, payment, "captured", amount=due_now.amount, capture=answer.reference)
    await timeline.tell(
        session, payment.order_id, "payment.captured", payment=str(payment.id), amount=due_now.amount,
        parts=[part.number for part in due_now.parts],
    )  # fmt: skip
    await issuing.taken(session, payment, due_now.parts, due_now.amount, answer.reference)


async def voided(session: AsyncSession, payment_id: UUID, *, by: str = "system") -> None:
    """The authorization, or what was left of it, is given back."""
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_([*_OPEN, *_HELD]))
        .values(state=PaymentState.VOIDED)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is None:
        return
    if payment.captured:
        await session.execute(
            update(Payment).where(Payment.id == payment_id).values(state=PaymentState.CAPTURED)
        )
    await note(session, payment, "voided", amount=payment.amount - payment.captured)
    await ledger.end(session, f"authorization/{payment_id}", LedgerState.VOIDED)
    await timeline.tell(session, payment.order_id, "payment.voided", by=by, payment=str(payment_id))


async def void_under_way(session: AsyncSession, payment: Payment) -> bool:
    """Whether we are voiding it ourselves, or capturing its last part: then its end is no news."""
    steps = [f"void/{payment.id}"]
    return (
        payment.state not in (*_OPEN, *_HELD)
        or await session.scalar(
            select(Effect.n).where(Effect.order_id == payment.order_id, Effect.step.in_(steps)).limit(1)
        )
        is not None
    )
