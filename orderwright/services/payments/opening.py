"""Which money is to be asked for, for units that are held and in no fulfillment order yet?"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import HoldOutcome, HoldType
from orderwright.domain.payments import KEPT, PaymentMethod, PaymentState
from orderwright.domain.shares import drain
from orderwright.persistence import holds
from orderwright.persistence.tables import FulfillmentOrder, Order, Payment, PaymentShare
from orderwright.services.fulfillment.parting import outside, still_to_ship, unplanned
from orderwright.services.payments import instruments, raising
from orderwright.services.payments.instruments import Instrument

_HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED)
_ASKED = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED, PaymentState.RAISING)


async def open_payments(session: AsyncSession, order: Order, *, multicapture: bool) -> None:
    """What kept money bears; for the rest one payment, or one per location where it is captured only once.

    What follows later is asked for when it is there, unless an authorization still has enough for it.
    """
    if order.total == 0:
        return
    *kept, main = await instruments.of(session, order)
    payments = await of(session, order.id)
    single = multicapture or main.method is not PaymentMethod.CARD
    if not payments:
        wanted = await still_to_ship(session, order)
        amounts = drain(wanted, [one.amount or 0 for one in kept])
        for one, amount in zip(kept, amounts, strict=True):
            await _open(session, order, one, amount, multicapture=True)
        if single:
            await _open(session, order, main, wanted - sum(amounts), multicapture=True)
            return
        payments = await of(session, order.id)
    free = await free_money(session, payments, of_states=(*_HELD, *_ASKED) if kept else _HELD)
    for _, part in await unplanned(session, order):
        rest = part.amount - sum(amount for _, amount in from_kept(part.amount, payments, free))
        if rest and payment_for(rest, payments, free) is None:
            rest -= sum(amount for _, amount in from_change(rest, payments, free))
            await _open(session, order, main, rest, multicapture=single)


async def of(session: AsyncSession, order_id: UUID) -> Sequence[Payment]:
    """The order's payments in the order in which money is taken from them."""
    query = select(Payment).where(Payment.order_id == order_id).order_by(Payment.instrument, Payment.id)
    return (await session.scalars(query)).all()


async def _open(
    session: AsyncSession, order: Order, instrument: Instrument, amount: int, *, multicapture: bool,
    security: bool = False,
) -> UUID | None:  # fmt: skip
    if not amount:
        return None
    return await session.scalar(
        insert(Payment)
        .values(
            order_id=order.id, method=instrument.method, source=instrument.source, amount=amount,
            currency=order.currency, multicapture=multicapture, instrument=instrument.position,
            deposit=instrument.deposit, keep=instrument.keep, saved_id=instrument.saved_id, security=security,
        )
        .returning(Payment.id)
    )  # fmt: skip


async def hold_security(
    session: AsyncSession, order: Order, instrument: Instrument, amount: int
) -> UUID | None:
    """Money that pays for no part, unless goods of an exchange do not come back."""
    return await _open(session, order, instrument, amount, multicapture=False, security=True)


async def free_money(
    session: AsyncSession, payments: Sequence[Payment], *, of_states: Sequence[PaymentState] = _HELD
) -> dict[UUID, int]:
    """What each live payment can still give to new parts, in minor units; captured for good is spent."""
    live = [payment for payment in payments if payment.state in of_states and not payment.security]
    rows = await session.execute(
        select(PaymentShare.payment_id, PaymentShare.amount)
        .join(FulfillmentOrder, FulfillmentOrder.id == PaymentShare.fulfillment_id)
        .where(
            PaymentShare.payment_id.in_([payment.id for payment in live]),
            FulfillmentOrder.state != FulfillmentState.CANCELED,
        )
    )
    free = {payment.id: payment.amount for payment in live}
    for payment_id, amount in rows:
        free[payment_id] -= amount
    return free


def _first(payment: Payment) -> bool:
    """Whether it is used up before anything else is taken: it is with us already, or a return brings it."""
    return payment.method in KEPT or payment.deposit or payment.method is PaymentMethod.EXCHANGE


def from_kept(amount: int, payments: Sequence[Payment], free: dict[UUID, int]) -> list[tuple[UUID, int]]:
    """What gift cards, credit and a deposit give of `amount`, one by one; their free money is lowered."""
    purses = [payment.id for payment in payments if _first(payment) and payment.id in free]
    taken = drain(amount, [free[purse] for purse in purses])
    for purse, part in zip(purses, taken, strict=True):
        free[purse] -= part
    return [(purse, part) for purse, part in zip(purses, taken, strict=True) if part]


def payment_for(amount: int, payments: Sequence[Payment], free: dict[UUID, int]) -> UUID | None:
    """Of other money, the payment with just enough left, else the one with the most; lowered likewise."""
    others = {payment.id for payment in payments if not _first(payment)}
    enough = {payment: left for payment, left in free.items() if payment in others and left >= amount}
    exact = [payment for payment, left in enough.items() if left == amount]
    payment = exact[0] if exact else max(enough, key=lambda one: enough[one], default=None)
    if payment is not None:
        free[payment] -= amount
    return payment


def from_change(amount: int, payments: Sequence[Payment], free: dict[UUID, int]) -> list[tuple[UUID, int]]:
    """Of an order that a change has made dearer: what several payments give together; lowered likewise."""
    if not any(payment.change_id for payment in payments):
        return []
    several = [payment.id for payment in payments if not _first(payment) and payment.id in free]
    taken = drain(amount, [free[one] for one in several])
    for one, part in zip(several, taken, strict=True):
        free[one] -= part
    return [(one, part) for one, part in zip(several, taken, strict=True) if part]


async def ask_more(session: AsyncSession, order: Order, change_id: UUID) -> int:
    """The difference that no payment has for what is in no part yet is asked for; what is too much is not.

    An authorization is raised by it where one can be. In minor units, below zero: so much is free. Nothing
    while no unit is held: then all is asked for.
    """
    payments = await of(session, order.id)
    if not payments and order.reserved_at is None:
        return 0
    replaced = {payment.replaces_id for payment in payments if payment.state in _HELD}
    payments = [payment for payment in payments if payment.id not in replaced]
    wanted = await outside(session, order)
    held = await free_money(session, payments)
    further_ones = [one for one in payments if one.replaces_id not in held]  # a renewal is no more money
    asked = await free_money(session, further_ones, of_states=_ASKED)
    missing = wanted - sum(held.values())
    for payment in payments:
        if payment.id in asked and payment.change_id is not None:
            payment.unwanted = missing <= 0
            if missing <= 0:
                del asked[payment.id]
    await session.flush()
    if not asked:
        await holds.release_all(session, order.id, HoldOutcome.WITHDRAWN, kind=HoldType.PAYMENT)
    further = missing - sum(asked.values())
    if further > 0:
        main = (await instruments.of(session, order))[-1]
        many = any(payment.multicapture for payment in payments if not _first(payment))
        payment_id = await _open(session, order, main, further, multicapture=many or main.method in KEPT)
        raised = raising.target(payments, held) if main.method is PaymentMethod.CARD else None
        await session.execute(
            update(Payment)
            .where(Payment.id == payment_id)
            .values(change_id=change_id, raises_id=None if raised is None else raised.id)
        )
    return further


async def shares_for(
    session: AsyncSession, order: Order, amount: int, payments: Sequence[Payment], free: dict[UUID, int]
) -> list[tuple[UUID, int]]:
    """What each payment gives to a new part. Where none has enough left (rejected parts are sourced anew as
    one), the rest is asked for anew.
    """
    shares = from_kept(amount, payments, free)
    rest = amount - sum(part for _, part in shares)
    if rest:
        payment_id = payment_for(rest, payments, free)
        if payment_id is None:
            several = from_change(rest, payments, free)
            shares, rest = shares + several, rest - sum(part for _, part in several)
        if payment_id is None and rest:
            main = (await instruments.of(session, order))[-1]
            many = any(payment.multicapture for payment in payments if not _first(payment))
            payment_id = await _open(session, order, main, rest, multicapture=many or main.method in KEPT)
        if payment_id is not None:
            shares.append((payment_id, rest))
    return shares


async def write(session: AsyncSession, fulfillment_id: UUID, shares: Sequence[tuple[UUID, int]]) -> None:
    """What a new part will take from which payment."""
    if shares:
        await session.execute(
            insert(PaymentShare),
            [
                {"fulfillment_id": fulfillment_id, "payment_id": payment_id, "amount": amount}
                for payment_id, amount in shares
            ],
        )


async def fit(session: AsyncSession, fulfillment_id: UUID, amount: int) -> None:
    """A part is worth less than before: what it took last it takes no more."""
    query = (
        select(PaymentShare)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .where(PaymentShare.fulfillment_id == fulfillment_id)
        .order_by(Payment.instrument, Payment.id)
    )
    shares = (await session.scalars(query)).all()
    for share, kept in zip(shares, drain(amount, [one.amount for one in shares]), strict=True):
        if kept:
            share.amount = kept
        else:
            await session.delete(share)
    await session.flush()
