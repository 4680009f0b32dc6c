"""What goods that went out in exchange cost and others did not bring: the security bears it."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import case, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.domain.returns.exchanges import divide
from orderwright.persistence.tables import FulfillmentOrder, Order, Payment, PaymentShare
from orderwright.services.payments import instruments, opening
from orderwright.services.payments.instruments import Instrument

BEFORE_CARD = 0
"""Its place among the instruments. What a part takes last has its capture's plain name: that is the card's,
which is taken before it is known whether the security bears anything.
"""

_LIVE = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED, PaymentState.AUTHORIZED)


async def move(session: AsyncSession, order: Order, short: int) -> None:
    """Let the order's parts take so much from the security instead, the last one first. The order is locked.

    Where no security stands any more, the same money is asked for anew.
    """
    query = (
        select(PaymentShare, Payment)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .join(FulfillmentOrder, FulfillmentOrder.id == PaymentShare.fulfillment_id)
        .where(
            Payment.order_id == order.id, Payment.method == PaymentMethod.EXCHANGE,
            FulfillmentOrder.state != FulfillmentState.CANCELED,
        )
        .order_by(FulfillmentOrder.number)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    rows = (await session.execute(query)).all()
    taken = divide([share.amount for share, _ in rows], short)
    bears = await _bearer(session, order, sum(taken)) if any(taken) else None
    for (share, _), amount in zip(rows, taken, strict=True):
        if bears is not None and amount:
            await session.execute(
                insert(PaymentShare).values(
                    fulfillment_id=share.fulfillment_id, payment_id=bears, amount=amount
                )
            )
            await _less(session, share, amount)
    await _worth_less(session, order, short)


async def hold(session: AsyncSession, order: Order, amount: int) -> UUID | None:
    """Ask for a security: on the card that pays the order, else by a payment page. None: of nothing."""
    main = (await instruments.of(session, order))[-1]
    card = main if main.method is PaymentMethod.CARD else Instrument(BEFORE_CARD, PaymentMethod.CARD)
    return await opening.hold_security(session, order, replace(card, position=BEFORE_CARD), amount)


async def _bearer(session: AsyncSession, order: Order, amount: int) -> UUID | None:
    """The newest security that is held, else one that is asked for, else a further payment for as much."""
    query = (
        select(Payment.id)
        .where(
            Payment.order_id == order.id, Payment.security, Payment.state.in_(_LIVE), Payment.amount >= amount
        )
        .order_by(case((Payment.state == PaymentState.AUTHORIZED, 0), else_=1), Payment.id.desc())
        .limit(1)
    )
    found: UUID | None = await session.scalar(query)
    return found or await hold(session, order, amount)


async def _less(session: AsyncSession, share: PaymentShare, amount: int) -> None:
    if share.amount == amount:
        await session.delete(share)
    else:
        share.amount -= amount
    await session.flush()


async def _worth_less(session: AsyncSession, order: Order, short: int) -> None:
    """What is planned later finds no more there than the return brings."""
    rows = await session.scalars(
        select(Payment)
        .where(Payment.order_id == order.id, Payment.method == PaymentMethod.EXCHANGE)
        .execution_options(populate_existing=True)
    )
    for payment in rows:
        payment.amount -= min(short, payment.amount)
    await session.flush()
