"""What the rows say before and after each call to a payment provider."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import ENDS, AtDeadline, HoldOutcome, HoldType, OrderState, TaskKind
from orderwright.domain.payments import KEPT, EffectState, LedgerState, PaymentMethod, PaymentState
from orderwright.persistence import holds, returns, timeline
from orderwright.persistence.money import authorizations, balances
from orderwright.persistence.tables import (
    Effect,
    Order,
    Payment,
    PaymentEvent,
    PaymentShare,
)
from orderwright.ports.payments import Authorization
from orderwright.services.orders.ending import end_unshipped
from orderwright.services.payments import deposits
from orderwright.services.wallet import saving

ACTION_WAIT = timedelta(hours=24)
"""How long a customer has to confirm or repeat a payment; then the order expires."""
TRANSFER_WAIT = timedelta(days=7)
"""How long a bank transfer may take; then the order expires."""
NOBODY_THERE = "authentication_required"
"""What a bank says that wants to ask the customer about a card which is charged without him."""
AWAITING_TRANSFER, TRANSFER_SHORT = "awaiting_transfer", "transfer_short"

_OPEN = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)
_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)
_RAISES = (PaymentState.CREATED, PaymentState.RAISING)


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
            Payment.id == payment_id,
            Payment.state == PaymentState.CREATED,
            Payment.raises_id.is_(None),
            Order.state.not_in(list(ENDS)),
        )
    )
    return wanted is not None


async def authorized(session: AsyncSession, payment_id: UUID, answer: Authorization, at: datetime) -> None:
    """The provider's answer: money reserved, or an action of the customer to wait for."""
    by_transfer = await session.scalar(
        select(Payment.id).where(Payment.id == payment_id, Payment.method == PaymentMethod.TRANSFER)
    )
    waits = answer.action_url is not None or by_transfer is not None
    if answer.raisable:  # also where the provider's own event was faster
        await session.execute(update(Payment).where(Payment.id == payment_id).values(raisable=True))
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(_OPEN), Payment.raises_id.is_(None))
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
    if answer.kept is not None:
        await saving.keep(session, payment, answer.kept)
    if waits:
        await _action_required(session, payment, at)
    else:
        await _held(session, payment)


async def _action_required(session: AsyncSession, payment: Payment, at: datetime) -> None:
    await note(session, payment, "action_required", amount=payment.amount)
    by_transfer = payment.method is PaymentMethod.TRANSFER
    await holds.open_hold(
        session, payment.order_id, HoldType.PAYMENT,
        at_deadline=AtDeadline.EXPIRE if payment.change_id is None else AtDeadline.STAY,
        reason=AWAITING_TRANSFER if by_transfer else "payment_action_required",
        deadline=at + (TRANSFER_WAIT if by_transfer else ACTION_WAIT),
    )  # fmt: skip


async def arrived(session: AsyncSession, payment_id: UUID, at: datetime) -> None:
    """The money of a bank transfer is there, maybe before anybody waited for it."""
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_(_OPEN))
        .values(state=PaymentState.AUTHORIZED, authorized_at=at)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is not None:
        await _held(session, payment)


async def still_missing(session: AsyncSession, payment: Payment) -> None:
    """Less has come than is owed: the customer is told of the rest, and the deadline stays."""
    for hold in await holds.active(session, payment.order_id):
        if hold.type is HoldType.PAYMENT:
            await holds.release(session, hold.id, HoldOutcome.RETRIED)
            await holds.open_hold(
                session, payment.order_id, HoldType.PAYMENT, reason=TRANSFER_SHORT, deadline=hold.deadline,
                at_deadline=hold.at_deadline,
            )  # fmt: skip


async def _held(session: AsyncSession, payment: Payment) -> None:
    """Money is reserved: the pending booking, the parts of the payment it replaces, and its hold released."""
    await note(session, payment, "authorized", amount=payment.amount)
    await authorizations.hold(session, payment)
    if payment.replaces_id is not None and not await capturing(
        session, payment.order_id, payment.replaces_id
    ):
        await session.execute(
            update(PaymentShare)
            .where(PaymentShare.payment_id == payment.replaces_id, PaymentShare.captured == 0)
            .values(payment_id=payment.id)
        )
    await nobody_waits(session, payment.order_id)
    await timeline.tell(
        session, payment.order_id, "payment.authorized", payment=str(payment.id), amount=payment.amount
    )


async def nobody_waits(session: AsyncSession, order_id: UUID) -> None:
    """Where no payment waits for an answer or the customer, no hold waits for one."""
    waiting = await session.scalar(
        select(Payment.id).where(Payment.order_id == order_id, Payment.state.in_(_OPEN)).limit(1)
    )
    if waiting is None:
        await holds.release_all(session, order_id, HoldOutcome.RESOLVED, kind=HoldType.PAYMENT)


async def capturing(session: AsyncSession, order_id: UUID, payment_id: UUID) -> bool:
    """Whether money is being taken from a payment: taken there, it is not taken from another too."""
    parts = await session.scalars(
        select(PaymentShare.fulfillment_id).where(PaymentShare.payment_id == payment_id)
    )
    ids = parts.all()
    subjects = [str(payment_id), *map(str, ids), *(f"{part}/{payment_id}" for part in ids)]
    steps = [f"capture/{subject}" for subject in subjects]
    open_one = select(Effect.n).where(
        Effect.order_id == order_id,
        Effect.step.in_(steps),
        Effect.state.in_([EffectState.INTENDED, EffectState.UNKNOWN]),
    )
    return await session.scalar(open_one.limit(1)) is not None


async def declined(session: AsyncSession, payment_id: UUID, code: str) -> None:
    """A definite no. A new order is rejected; one under way asks the customer for another instrument.

    So does a new one whose saved card the bank wants the customer for: he was not there to be asked.
    """
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
    is_absent = payment.saved_id is not None and code == NOBODY_THERE
    first = payment.replaces_id is None and payment.change_id is None
    if state is OrderState.SUBMITTED and first and not is_absent:
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
    by_page = source is None and payment.method in KEPT
    return await session.scalar(
        insert(Payment)
        .values(
            order_id=payment.order_id, method=PaymentMethod.CARD if by_page else payment.method,
            source=source, currency=payment.currency, amount=payment.amount - payment.captured,
            multicapture=payment.multicapture, replaces_id=old or payment.id, instrument=payment.instrument,
            change_id=payment.change_id, deposit=payment.deposit,
            keep=payment.keep and payment.saved_id is None,
            saved_id=None if source is None else payment.saved_id, security=payment.security,
        )
        .returning(Payment.id)
    )  # fmt: skip


async def renew(session: AsyncSession, payment_id: UUID) -> None:
    """Reserve the money anew before the authorization runs out; the old one is voided once the new stands."""
    payment = await session.scalar(
        select(Payment).where(Payment.id == payment_id, Payment.state == PaymentState.AUTHORIZED)
    )
    under_way = await session.scalar(
        select(Payment.id)
        .where(
            or_(
                Payment.replaces_id == payment_id,
                and_(Payment.raises_id == payment_id, Payment.state.in_(_RAISES)),
            )
        )
        .limit(1)
    )
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
    await authorizations.end(session, payment.id, LedgerState.VOIDED)
    await authorizations.cannot_be_raised(session, payment.id)
    state_of_order = await session.scalar(select(Order.state).where(Order.id == payment.order_id))
    if payment.state in _HELD and state_of_order not in ENDS:
        await replace(session, payment, source=payment.source)
    await timeline.tell(session, payment.order_id, f"payment.{state.value}", payment=str(payment.id))
    return True


async def voided(session: AsyncSession, payment_id: UUID, *, by: str = "system") -> None:
    """The authorization, or what was left of it, is given back."""
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_([*_OPEN, *_HELD, PaymentState.RAISING]))
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
    if payment.method in KEPT and payment.source is not None:
        await balances.let_go(session, UUID(payment.source), order_id=payment.order_id, payment_id=payment_id)
    await deposits.let_go(session, payment)
    await authorizations.end(session, payment_id, LedgerState.VOIDED)
    await timeline.tell(session, payment.order_id, "payment.voided", by=by, payment=str(payment_id))
    if payment.method is PaymentMethod.EXCHANGE:
        await returns.wake_exchange(session, payment.order_id)


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
