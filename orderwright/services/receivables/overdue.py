"""What is owed longer than was agreed becomes a person's task, once."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind
from orderwright.domain.payments import ON_CREDIT, PaymentMethod
from orderwright.persistence import holds, locks
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Payment, PaymentShare
from orderwright.services.receivables import owing

BATCH = 500


async def sweep(db: Database) -> int:
    """Ask about each amount that is due since yesterday or longer. How many were new."""
    async with db.transaction() as session:
        due = await session.execute(
            select(PaymentShare.fulfillment_id, PaymentShare.payment_id, Payment.order_id)
            .join(Payment, Payment.id == PaymentShare.payment_id)
            .where(*_IS_NEW, Payment.method.in_(list(ON_CREDIT)))
            .order_by(PaymentShare.due_on)
            .limit(BATCH)
        )
        found = due.all()
    asked = 0
    for fulfillment_id, payment_id, order_id in found:
        async with db.transaction() as session:
            asked += await _ask(session, order_id, fulfillment_id, payment_id)
    return asked


_IS_NEW = (
    PaymentShare.settled < PaymentShare.captured,
    PaymentShare.due_on < func.current_date(),
    PaymentShare.overdue_at.is_(None),
)


async def _ask(session: AsyncSession, order_id: UUID, fulfillment_id: UUID, payment_id: UUID) -> bool:
    """False: it was paid, or somebody was asked, meanwhile."""
    await locks.lock(session, order_id)
    share = await session.scalar(
        update(PaymentShare)
        .where(PaymentShare.fulfillment_id == fulfillment_id, PaymentShare.payment_id == payment_id, *_IS_NEW)
        .values(overdue_at=func.clock_timestamp())
        .returning(PaymentShare)
        .execution_options(populate_existing=True)
    )
    if share is None:
        return False
    payment = await session.get_one(Payment, payment_id)
    who = "The customer" if payment.method is PaymentMethod.MANUAL else "The carrier"
    left = Money(share.captured - share.settled, payment.currency)
    await holds.ask_person(
        session, order_id, TaskKind.OVERDUE,
        f"{who} owes {left} since {share.due_on}. Remind, then approve; it stays open until it is paid.",
        subject=owing.subject(fulfillment_id),
    )  # fmt: skip
    return True
