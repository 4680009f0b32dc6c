"""Of which calls about money is the outcome unknown: sent, not answered, and not looked up yet?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.payments import EffectState
from orderwright.persistence import timeline
from orderwright.persistence.effects import Doubt
from orderwright.persistence.tables import Effect, Payment, PaymentShare, Refund

CALLS = ("authorize", "increase", "capture", "void", "refund")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A call about one payment, and since when nobody knows whether it was carried out."""

    order_id: UUID
    payment_id: UUID
    call: str
    since: datetime


async def told(
    order_id: UUID, payment_id: UUID, call: str, amount: int, session: AsyncSession, doubt: Doubt
) -> None:
    """The timeline says when an outcome becomes unknown, and how that ended."""
    kind = "payment.outcome_unknown" if doubt is Doubt.UNKNOWN else "payment.outcome_known"
    ended = {} if doubt is Doubt.UNKNOWN else {"how": doubt.value}
    await timeline.tell(
        session, order_id, kind, payment=str(payment_id), call=call, amount=amount, **ended
    )  # fmt: skip


async def of(session: AsyncSession, order_ids: Collection[UUID]) -> Sequence[Unknown]:
    """All of these orders, oldest first; nobody asked for, nothing asked."""
    if not order_ids:
        return []
    rows = await session.scalars(
        select(Effect)
        .where(
            Effect.order_id.in_(order_ids),
            Effect.state == EffectState.UNKNOWN,
            or_(*(Effect.step.startswith(f"{call}/") for call in CALLS)),
        )
        .order_by(Effect.ended_at)
    )
    effects = rows.all()
    payers = await _payers(session, effects) if effects else {}
    return [
        Unknown(effect.order_id, payer, effect.step.partition("/")[0], effect.ended_at or effect.intended_at)
        for effect in effects
        if (payer := payers.get(_object(effect))) is not None
    ]


def _object(effect: Effect) -> UUID:
    """What the step is about: its last id is the payment's, or a refund's, or a part's with one payer."""
    return UUID(effect.step.rpartition("/")[2])


async def _payers(session: AsyncSession, effects: Sequence[Effect]) -> Mapping[UUID, UUID]:
    """The payment of each of these objects; of a part the one whose capture bears the part's plain name."""
    ids = [_object(effect) for effect in effects]
    payments = await session.scalars(select(Payment.id).where(Payment.id.in_(ids)))
    found = {payment_id: payment_id for payment_id in payments}
    refunds = await session.execute(select(Refund.id, Refund.payment_id).where(Refund.id.in_(ids)))
    found.update((refund_id, payment_id) for refund_id, payment_id in refunds)
    parts = await session.execute(
        select(PaymentShare.fulfillment_id, PaymentShare.payment_id)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .where(PaymentShare.fulfillment_id.in_(ids))
        .order_by(Payment.instrument, Payment.id)
    )
    found.update((part_id, payment_id) for part_id, payment_id in parts)
    return found
