"""Give money back that was captured: asked for once, never more than was taken, driven by the order's run."""

from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Scope, TaskKind
from orderwright.domain.payments import Account, PaymentMethod, RefundState
from orderwright.messages.orders import UndoKind
from orderwright.persistence import holds, ledger, locks, outbox, timeline
from orderwright.persistence.tables import Order, Payment, Refund
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Refunded
from orderwright.services.documents import issuing


async def request(
    session: AsyncSession, order_id: UUID, actor: Actor, amount: int | None, reason: str
) -> list[Refund]:
    """Ask for `amount` minor units back, or for all that is left; one refund per payment it comes from.

    Raises Conflict where less than that was captured and not refunded yet. A settled order is opened again.
    """
    actor.require(Scope.OPERATIONS)
    await locks.lock(session, order_id)
    left = await _left(session, order_id)
    wanted = sum(rest for _, rest in left) if amount is None else amount
    if wanted <= 0 or wanted > sum(rest for _, rest in left):
        raise Conflict(
            "less than that was taken and not given back", refundable=sum(rest for _, rest in left)
        )
    refunds = []
    for payment, rest in left:
        taken = min(rest, wanted)
        if taken:
            refunds.append(await _open(session, payment, taken, reason))
            wanted -= taken
    await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.settled_at.is_not(None))
        .values(settled_at=None, run_id=None, woken=False)
    )
    await timeline.tell(
        session,
        order_id,
        "refund.requested",
        by=actor.name,
        why=reason,
        amount=sum(one.amount for one in refunds),
    )
    await outbox.wake(session, order_id)
    return refunds


async def _left(session: AsyncSession, order_id: UUID) -> list[tuple[Payment, int]]:
    """What each payment can still give back, requests under way taken off."""
    payments = await session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))
    asked = await session.execute(
        select(Refund.payment_id, func.sum(Refund.amount))
        .where(Refund.order_id == order_id, Refund.state != RefundState.FAILED)
        .group_by(Refund.payment_id)
    )
    spoken_for = {payment_id: int(total) for payment_id, total in asked}
    return [(payment, payment.captured - spoken_for.get(payment.id, 0)) for payment in payments]


async def _open(session: AsyncSession, payment: Payment, amount: int, reason: str) -> Refund:
    refund: Refund | None = await session.scalar(
        insert(Refund)
        .values(
            order_id=payment.order_id, payment_id=payment.id, amount=amount, currency=payment.currency,
            state=RefundState.REQUESTED, reason=reason,
        )
        .returning(Refund)
    )  # fmt: skip
    assert refund is not None  # noqa: S101 - an insert returns its row
    return refund


async def load(session: AsyncSession, refund_id: UUID) -> tuple[Refund, Payment]:
    """The refund and the payment it comes from."""
    refund = await session.get_one(Refund, refund_id)
    return refund, await session.get_one(Payment, refund.payment_id)


async def may_refund(session: AsyncSession, refund_id: UUID) -> bool:
    """Whether the money is still to be given back."""
    state = await session.scalar(select(Refund.state).where(Refund.id == refund_id))
    return state is RefundState.REQUESTED


async def refunded(session: AsyncSession, refund_id: UUID, answer: Refunded) -> None:
    """The provider has it: refund, payment and ledger say so."""
    state = RefundState.SUCCEEDED if answer.settled else RefundState.PROCESSING
    await _given_back(session, refund_id, state, answer.reference)


async def by_hand(session: AsyncSession, refund_id: UUID, *, by: str) -> None:
    """A person has given it back outside of us."""
    await _given_back(session, refund_id, RefundState.SUCCEEDED, f"by hand: {by}")


async def _given_back(session: AsyncSession, refund_id: UUID, state: RefundState, reference: str) -> None:
    refund = await session.scalar(
        update(Refund)
        .where(Refund.id == refund_id, Refund.state == RefundState.REQUESTED)
        .values(state=state, reference=reference)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )
    if refund is None:
        return
    payment = await session.scalar(
        update(Payment)
        .where(Payment.id == refund.payment_id)
        .values(refunded=Payment.refunded + refund.amount)
        .returning(Payment)
        .execution_options(populate_existing=True)
    )
    on_terms = payment is not None and payment.method is PaymentMethod.MANUAL
    cash = Account.RECEIVABLE if on_terms else Account.CLEARING
    await ledger.book(
        session, "refund", {Account.REFUNDS: refund.amount, cash: -refund.amount},
        currency=refund.currency, source=f"refund/{refund.id}", order_id=refund.order_id,
    )  # fmt: skip
    await timeline.tell(
        session,
        refund.order_id,
        "refund.given",
        why=refund.reason,
        refund=str(refund.id),
        amount=refund.amount,
    )
    await issuing.given_back(session, refund)


async def arrived(session: AsyncSession, payment_id: UUID) -> None:
    """The provider says that what was under way has reached the customer."""
    await session.execute(
        update(Refund)
        .where(Refund.payment_id == payment_id, Refund.state == RefundState.PROCESSING)
        .values(state=RefundState.SUCCEEDED)
    )


async def refused(session: AsyncSession, refund_id: UUID, no: Refused) -> None:
    """A person gives it back by hand (approve), or has it tried again (reject)."""
    refund = await session.get_one(Refund, refund_id)
    await holds.ask_person(
        session, refund.order_id, TaskKind.COMPENSATION,
        f"The refund of {refund.amount} {refund.currency} (minor units) was refused: {no.code}.",
        subject=f"{UndoKind.REFUND}/{refund_id}",
    )  # fmt: skip
