"""What is owed of an order on credit, until when, and what pays or credits it: the oldest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import TaskKind, TaskState
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.shares import drain
from orderwright.persistence.tables import FulfillmentOrder, Payment, PaymentShare, Task


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still owed of a part by one payment, in minor units."""

    fulfillment_id: UUID
    payment_id: UUID
    amount: int


async def due_by(
    session: AsyncSession, fulfillment_ids: Collection[UUID], day: date, method: PaymentMethod
) -> None:
    """Say until when it is owed what these parts take by that method."""
    of_method = select(Payment.id).where(Payment.method == method)
    await session.execute(
        update(PaymentShare)
        .where(PaymentShare.fulfillment_id.in_(fulfillment_ids), PaymentShare.payment_id.in_(of_method))
        .values(due_on=day)
    )


async def of_order(
    session: AsyncSession, order_id: UUID, method: PaymentMethod, *, first: Collection[UUID] = ()
) -> Sequence[Owed]:
    """Everything open of a locked order, what is due first at the front; before it the parts `first`."""
    rows = await session.execute(
        select(PaymentShare, FulfillmentOrder.number)
        .join(Payment, Payment.id == PaymentShare.payment_id)
        .join(FulfillmentOrder, FulfillmentOrder.id == PaymentShare.fulfillment_id)
        .where(
            Payment.order_id == order_id,
            Payment.method == method,
            PaymentShare.settled < PaymentShare.captured,
        )
        .order_by(PaymentShare.fulfillment_id.in_(first).desc(), PaymentShare.due_on, FulfillmentOrder.number)
        .execution_options(populate_existing=True)
    )
    return [Owed(share.fulfillment_id, share.payment_id, share.captured - share.settled) for share, _ in rows]


async def settle(session: AsyncSession, order_id: UUID, owed: Sequence[Owed], amount: int) -> None:
    """Paid or credited: one after the other, each until nothing of it is open. The order is locked."""
    for one, paid in zip(owed, drain(amount, [one.amount for one in owed]), strict=True):
        if not paid:
            continue
        left = await session.scalar(
            update(PaymentShare)
            .where(
                PaymentShare.fulfillment_id == one.fulfillment_id, PaymentShare.payment_id == one.payment_id
            )
            .values(settled=PaymentShare.settled + paid)
            .returning(PaymentShare.captured - PaymentShare.settled)
        )
        if left == 0:
            await _no_longer_overdue(session, order_id, one.fulfillment_id)


async def credit(session: AsyncSession, payment: Payment, amount: int) -> int:
    """Take up to `amount` off what is still owed of a payment, and say how much that was."""
    found = await of_order(session, payment.order_id, payment.method)
    owed = [one for one in found if one.payment_id == payment.id]
    credited = min(amount, sum(one.amount for one in owed))
    await settle(session, payment.order_id, owed, credited)
    return credited


async def open_of(session: AsyncSession, payment: Payment) -> int:
    """What is still owed of one payment."""
    found = await of_order(session, payment.order_id, payment.method)
    return sum(one.amount for one in found if one.payment_id == payment.id)


def subject(fulfillment_id: UUID) -> str:
    """What a person is asked about who sees to an overdue amount."""
    return f"overdue/{fulfillment_id}"


async def _no_longer_overdue(session: AsyncSession, order_id: UUID, fulfillment_id: UUID) -> None:
    await session.execute(
        update(Task)
        .where(
            Task.order_id == order_id,
            Task.kind == TaskKind.OVERDUE,
            Task.subject == subject(fulfillment_id),
            Task.state == TaskState.OPEN,
        )
        .values(state=TaskState.WITHDRAWN)
    )
