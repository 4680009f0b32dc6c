"""Which payments and refunds of ours must the provider know, and which are under way right now?"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from orderwright.domain.books.reconciliation import (
    MoneyDecision,
    OurPayment,
    OurRefund,
    PaymentDifferenceState,
)
from orderwright.domain.money import Money
from orderwright.domain.payments import EffectState, PaymentState, RefundState
from orderwright.persistence.money.among import among
from orderwright.persistence.tables import Effect, Order, Payment, PaymentDifference, Refund

_DAY = timedelta(days=1)  # a row is older than what it asks the provider for
_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)
_REAL = (*_HELD, PaymentState.CAPTURED, PaymentState.VOIDED, PaymentState.EXPIRED)
_GIVEN = (RefundState.PROCESSING, RefundState.SUCCEEDED)
_STEPS = ("authorize/%", "capture/%", "void/%", "refund/%", "increase/%")


async def payments(
    session: AsyncSession, since: datetime, named: Collection[str], settle: timedelta
) -> Sequence[OurPayment]:
    """Those that are new, may still change, differed before, or that the provider names."""
    matters = or_(
        Payment.created_at >= since - _DAY,
        Payment.state.in_(_HELD),
        among(Payment.reference, named),
        Payment.reference.in_(_disputed()),
    )
    rows = await session.execute(
        select(Payment, Order.number, _in_motion(Payment.order_id, settle))
        .join(Order, Order.id == Payment.order_id)
        .where(Payment.reference.is_not(None), Payment.state.in_(_REAL), matters)
    )
    return [
        OurPayment(
            row.id, row.order_id, number, row.reference or "", *_there(row), moving,
        )
        for row, number, moving in rows
    ]  # fmt: skip


def _there(payment: Payment) -> tuple[PaymentState, Money, int]:
    """State, amount and what was captured as the provider has it: of a deposit all, whatever became of it."""
    amount = Money(payment.amount, payment.currency)
    if payment.deposited_at is not None:
        return PaymentState.CAPTURED, amount, payment.amount
    return payment.state, amount, payment.captured


async def refunds(
    session: AsyncSession, since: datetime, named: Collection[str], settle: timedelta
) -> Sequence[OurRefund]:
    """The same of refunds that the provider was given."""
    matters = or_(
        Refund.created_at >= since - _DAY,
        Refund.state == RefundState.PROCESSING,
        among(Refund.reference, named),
        Refund.reference.in_(_disputed()),
    )
    rows = await session.execute(
        select(Refund, Order.number, Payment.reference, _in_motion(Refund.order_id, settle))
        .join(Order, Order.id == Refund.order_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.reference.is_not(None), Refund.state.in_(_GIVEN), matters)
    )
    found = [
        OurRefund(
            row.id, row.order_id, number, payment or "", row.reference or "", row.state,
            Money(row.amount, row.currency), moving,
        )
        for row, number, payment, moving in rows
    ]  # fmt: skip
    return [*found, *await _deposits_given_back(session, since, named, settle)]


async def _deposits_given_back(
    session: AsyncSession, since: datetime, named: Collection[str], settle: timedelta
) -> Sequence[OurRefund]:
    """What was not needed of deposits: refunds at the provider without a row of their own."""
    call = aliased(Effect)
    reference = call.answer["reference"].astext
    rows = await session.execute(
        select(Payment, reference, Order.number, _in_motion(Payment.order_id, settle))
        .join(call, and_(call.order_id == Payment.order_id, call.step == func.concat("void/", Payment.id)))
        .join(Order, Order.id == Payment.order_id)
        .where(
            Payment.deposited_at.is_not(None),
            call.state == EffectState.DONE,
            or_(call.intended_at >= since - _DAY, among(reference, named), reference.in_(_disputed())),
        )
    )
    return [
        OurRefund(
            payment.id, payment.order_id, number, payment.reference or "", given_back,
            RefundState.SUCCEEDED, Money(payment.amount - payment.captured, payment.currency), moving,
        )
        for payment, given_back, number, moving in rows
    ]  # fmt: skip


async def awaited(session: AsyncSession, ids: Collection[str]) -> Collection[str]:
    """Of payments that the provider names by our id, those that still wait for an answer or a customer."""
    waits = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED)
    named = cast(Payment.id, Text)
    return set(await session.scalars(select(named).where(among(named, ids), Payment.state.in_(waits))))


async def open_references(session: AsyncSession, provider: str) -> Sequence[str]:
    """What is looked at again until it is gone, however old."""
    query = select(PaymentDifference.reference).where(
        PaymentDifference.provider == provider, PaymentDifference.state == PaymentDifferenceState.OPEN
    )
    return (await session.scalars(query)).all()


def _disputed() -> Select[str]:
    return select(PaymentDifference.reference).where(PaymentDifference.state == PaymentDifferenceState.OPEN)


def _in_motion(order_id: InstrumentedAttribute[UUID], settle: timedelta) -> Exists | ColumnElement[bool]:
    """Whether a call about the order's money has no answer, or had one a moment ago."""
    lately = Effect.ended_at > func.clock_timestamp() - settle
    return exists().where(
        Effect.order_id == order_id,
        or_(*(Effect.step.like(step) for step in _STEPS)),
        or_(Effect.state.in_([EffectState.INTENDED, EffectState.UNKNOWN]), lately),
    )


async def adopted(session: AsyncSession, references: Collection[str]) -> Collection[str]:
    """Payments of the provider that a person has kept: they are no difference any more."""
    query = select(PaymentDifference.reference).where(
        among(PaymentDifference.reference, references), PaymentDifference.decision == MoneyDecision.ADOPT
    )
    return set(await session.scalars(query))
