"""A parcel that nobody took and paid for at the door: what the carrier was to collect is owed no more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import GONE
from orderwright.domain.payments import PaymentMethod, RefundKind, RefundState
from orderwright.domain.refunds import Piece
from orderwright.persistence import timeline
from orderwright.persistence.tables import (
    FulfillmentLine,
    FulfillmentOrder,
    Payment,
    PaymentShare,
    Refund,
    RefundLine,
    Shipment,
)
from orderwright.services.payments import giving_back, refunding
from orderwright.services.payments.giving_back import Wanted

REASON = "not_accepted_at_the_door"


async def let_go(session: AsyncSession, fulfillment_id: UUID) -> None:
    """Give back all that such a part has taken, once it has been taken and its parcel is lost or came back.

    What the carrier did not collect is taken off what it owes; what a gift card paid goes back to it.
    The order is locked. Numbers of documents are taken here: call it last.
    """
    part = await session.get_one(FulfillmentOrder, fulfillment_id, populate_existing=True)
    gone = await session.scalar(
        select(Shipment.id).where(Shipment.fulfillment_id == fulfillment_id, Shipment.state.in_(list(GONE)))
    )
    shares = await _shares(session, fulfillment_id)
    by_cash = [payment for _, payment in shares if payment.method is PaymentMethod.CASH_ON_DELIVERY]
    paid_over = any(share.settled for share, payment in shares if payment in by_cash)
    if gone is None or not by_cash or part.captured < part.amount or paid_over or await _begun(session, part):
        return
    pieces = await _pieces(session, part)
    of_payments = [(payment, share.amount) for share, payment in shares]
    refunds = await giving_back.open_for(session, part.order_id, pieces, of_payments, Wanted(REASON))
    await timeline.tell(
        session, part.order_id, "payment.not_collected", part=part.number,
        amount=sum(share.amount for share, payment in shares if payment in by_cash),
    )  # fmt: skip
    for refund in refunds:
        if refund.payment_id in {payment.id for payment in by_cash}:
            await refunding.not_collected(session, refund.id, fulfillment_id)


async def _shares(session: AsyncSession, fulfillment_id: UUID) -> Sequence[tuple[PaymentShare, Payment]]:
    rows = await session.execute(
        select(PaymentShare, Payment)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .where(PaymentShare.fulfillment_id == fulfillment_id)
        .order_by(Payment.instrument, Payment.id)
        .execution_options(populate_existing=True)
    )
    return [(share, payment) for share, payment in rows]


async def _begun(session: AsyncSession, part: FulfillmentOrder) -> bool:
    """Whether something of this was given back before: then a person, who is asked anyway, decides."""
    mine = select(FulfillmentLine.line_id).where(FulfillmentLine.fulfillment_id == part.id)
    earlier = (
        select(RefundLine.id)
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(
            Refund.order_id == part.order_id,
            Refund.state != RefundState.FAILED,
            or_(
                RefundLine.line_id.in_(mine),
                and_(RefundLine.kind != RefundKind.LINE, Refund.reason != REASON),
            ),
        )
    )
    return await session.scalar(earlier.limit(1)) is not None


async def _pieces(session: AsyncSession, part: FulfillmentOrder) -> list[Piece]:
    """Everything that the part was charged for."""
    lines = await session.scalars(
        select(FulfillmentLine)
        .where(FulfillmentLine.fulfillment_id == part.id)
        .order_by(FulfillmentLine.line_id)
    )
    pieces = [Piece(RefundKind.LINE, line.amount, line.tax, line.units, str(line.line_id)) for line in lines]
    charges = [
        Piece(RefundKind.SHIPPING, part.shipping, part.shipping_tax),
        Piece(RefundKind.FEE, part.fees, part.fees_tax),
    ]
    return [piece for piece in [*pieces, *charges] if piece.amount]
