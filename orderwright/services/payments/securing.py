"""What goods that went out in exchange cost and others did not bring: the security bears it."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.domain.returns.exchanges import divide
from orderwright.persistence.tables import FulfillmentOrder, Order, Payment, PaymentShare
from orderwright.services.payments import instruments, opening
from orderwright.services.payments.instruments import Instrument

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


async def _bearer(session: AsyncSession, order: Order, amount: int) -> object:
    """The newest security that stands, or a further payment for as much."""
    query = (
        select(Payment.id)
        .where(
            Payment.order_id == order.id, Payment.security, Payment.state.in_(_LIVE), Payment.amount >= amount
        )
        .order_by(Payment.id)
    )
    ids: Sequence[object] = (await session.scalars(query)).all()
    if ids:
        return ids[-1]
    main = (await instruments.of(session, order))[-1]
    card = main if main.method is PaymentMethod.CARD else Instrument(0, PaymentMethod.CARD)
    return await opening.hold_security(
        session, order, Instrument(0, card.method, card.source, saved_id=card.saved_id), amount
    )


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
