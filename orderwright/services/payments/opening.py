"""Which money is to be asked for, for units that are held and in no fulfillment order yet?"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.parts import Part
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.persistence import locks
from orderwright.persistence.tables import FulfillmentOrder, Order, Payment
from orderwright.services.fulfillment.parting import still_to_ship, unplanned

_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)


async def open_payments(session: AsyncSession, order: Order, *, multicapture: bool) -> None:
    """One payment for all that will ship, or one per location where an authorization is captured only once.

    What follows later is asked for when it is there, unless an authorization still has enough for it.
    """
    if order.total == 0:
        return
    payments = (
        await session.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id))
    ).all()
    single = multicapture or order.payment_method is PaymentMethod.MANUAL
    if not payments and single:
        await _open(session, order, await still_to_ship(session, order), multicapture=True)
        return
    free = free_money(payments, await locks.fulfillment_orders(session, order.id))
    for _, part in await unplanned(session, order):
        if part.amount and payment_for(part, free) is None:
            await _open(session, order, part.amount, multicapture=single)


async def _open(session: AsyncSession, order: Order, amount: int, *, multicapture: bool) -> None:
    await session.execute(
        insert(Payment).values(
            order_id=order.id, method=order.payment_method, source=order.payment_source, amount=amount,
            currency=order.currency, multicapture=multicapture,
        )
    )  # fmt: skip


def free_money(payments: Sequence[Payment], parts: Sequence[FulfillmentOrder]) -> dict[UUID, int]:
    """What each live payment can still give to new parts, in minor units; captured for good is spent."""
    spoken_for: dict[UUID | None, int] = {}
    for part in parts:
        if part.state is not FulfillmentState.CANCELED:
            spoken_for[part.payment_id] = spoken_for.get(part.payment_id, 0) + part.amount
    return {
        payment.id: payment.amount - spoken_for.get(payment.id, 0)
        for payment in payments
        if payment.state in _HELD
    }


def payment_for(part: Part, free: dict[UUID, int]) -> UUID | None:
    """The payment with just enough left, else the one with the most; its free money is lowered."""
    enough = {payment: amount for payment, amount in free.items() if amount >= part.amount}
    exact = [payment for payment, amount in enough.items() if amount == part.amount]
    payment = exact[0] if exact else max(enough, key=lambda p: enough[p], default=None)
    if payment is not None:
        free[payment] -= part.amount
    return payment
