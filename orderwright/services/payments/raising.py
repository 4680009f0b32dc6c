"""An authorization is raised instead of a second one beside it; where it cannot be, a second one is made."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import ENDS
from orderwright.domain.payments import EffectState, PaymentMethod, PaymentState
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.money import authorizations
from orderwright.persistence.tables import Effect, Order, Payment
from orderwright.ports.payments import Increase
from orderwright.services.payments import paying

PATIENCE = timedelta(hours=24)
"""How long a provider that has taken a request on may be silent; then the money is reserved by itself."""
BATCH = 100

_OPEN = (PaymentState.CREATED, PaymentState.RAISING)
_REPLACING = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED, PaymentState.AUTHORIZED)


def target(payments: Sequence[Payment], free: Mapping[UUID, int]) -> Payment | None:
    """Of an order's payments the authorization to raise: with the most that no part has taken yet.

    None while one may be renewed or raised already, or where none can be raised.
    """
    busy = {one.replaces_id for one in payments if one.state in _REPLACING}
    busy |= {one.raises_id for one in payments if one.state in _OPEN}
    able = [
        one
        for one in payments
        if one.id in free and one.id not in busy and one.raisable and not one.deposit and not one.unwanted
        and one.method is PaymentMethod.CARD and one.state is PaymentState.AUTHORIZED and not one.captured
    ]  # fmt: skip
    return max(able, key=lambda one: free[one.id], default=None)


async def may_raise(session: AsyncSession, payment_id: UUID) -> bool:
    """Whether it is still to be asked for, and nothing else is done to the authorization meanwhile."""
    payment = await _read(session, payment_id)
    if payment.state is not PaymentState.CREATED or payment.raises_id is None:
        return False
    raised = await _read(session, payment.raises_id)
    order_state = await session.scalar(select(Order.state).where(Order.id == payment.order_id))
    renewal = select(Payment.id).where(Payment.replaces_id == raised.id, Payment.state.in_(_REPLACING))
    return (
        order_state not in ENDS
        and raised.state is PaymentState.AUTHORIZED
        and raised.captured == 0
        and await session.scalar(renewal.limit(1)) is None
        and not await paying.capturing(session, payment.order_id, raised.id)
        and not await paying.void_under_way(session, raised)
    )


async def _read(session: AsyncSession, payment_id: UUID) -> Payment:
    return await session.get_one(Payment, payment_id, populate_existing=True)


async def asked(session: AsyncSession, payment_id: UUID, answer: Increase) -> None:
    """The provider's answer: raised, or taken on and told later."""
    if answer.settled:
        await done(session, payment_id)
        return
    payment = await session.scalar(
        update(Payment)
        .where(
            Payment.id == payment_id, Payment.state == PaymentState.CREATED, Payment.raises_id.is_not(None)
        )
        .values(state=PaymentState.RAISING)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if payment is not None:
        await paying.note(session, payment, "raising", amount=payment.amount)


async def done(session: AsyncSession, payment_id: UUID) -> None:
    """It is reserved as a part of the other authorization, which holds the sum; once. One that has ended
    meanwhile holds nothing of it: then it is reserved by itself.
    """
    payment = await _read(session, payment_id)
    if payment.state not in _OPEN or payment.raises_id is None:
        await paying.note(session, payment, "provider_raised", amount=payment.amount)
        return
    raised = await session.scalar(
        update(Payment)
        .where(
            Payment.id == payment.raises_id, Payment.state == PaymentState.AUTHORIZED, Payment.captured == 0
        )
        .values(amount=Payment.amount + payment.amount)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    if raised is None:
        await authorizations.cannot_be_raised(session, payment.raises_id)
        return
    payment.state, payment.authorized_at = PaymentState.RAISED, func.clock_timestamp()
    await session.flush()
    await authorizations.hold(session, payment)
    await paying.note(session, raised, "raised", amount=payment.amount, by=str(payment.id))
    await paying.nobody_waits(session, payment.order_id)
    await timeline.tell(
        session, payment.order_id, "payment.raised", payment=str(raised.id), amount=payment.amount,
        to=raised.amount,
    )  # fmt: skip


async def fell_back(session: AsyncSession, payment_id: UUID, why: str) -> None:
    """It is reserved by itself; what the provider would not raise is not tried again."""
    payment = await _read(session, payment_id)
    if payment.state not in _OPEN or payment.raises_id is None:
        return
    await session.execute(update(Payment).where(Payment.id == payment.raises_id).values(raisable=False))
    await _alone(session, payment, why)


async def not_now(session: AsyncSession, payment_id: UUID) -> None:
    """Something else is done to that authorization, or it has ended: it is reserved by itself."""
    payment = await _read(session, payment_id)
    if payment.state is PaymentState.CREATED and payment.raises_id is not None:
        await _alone(session, payment, "not_now")


async def _alone(session: AsyncSession, payment: Payment, why: str) -> None:
    raised = payment.raises_id
    payment.state, payment.raises_id = PaymentState.CREATED, None
    await session.flush()
    await paying.note(session, payment, "not_raised", amount=payment.amount, code=why)
    await timeline.tell(session, payment.order_id, "payment.not_raised", why=why, payment=str(raised))


async def give_up(db: Database) -> int:
    """What a provider has taken on and never told of is reserved by itself. How many there were."""
    step = func.concat("increase/", Payment.id)
    async with db.transaction() as session:
        rows = await session.execute(
            select(Payment.id, Payment.order_id)
            .join(Effect, (Effect.order_id == Payment.order_id) & (Effect.step == step))
            .where(
                Payment.state == PaymentState.RAISING,
                Effect.state == EffectState.DONE,
                Effect.ended_at < func.clock_timestamp() - PATIENCE,
            )
            .limit(BATCH)
        )
        silent = rows.all()
    for payment_id, order_id in silent:
        async with db.transaction() as session:
            await locks.lock(session, order_id)
            await fell_back(session, payment_id, "no_answer")
            await outbox.wake(session, order_id)
    return len(silent)
