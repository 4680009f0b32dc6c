"""Where an order stands, read for its run in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment import LIVE, FulfillmentState, PartnerState
from orderwright.domain.orders import ENDS, HoldState, OrderState, TaskState
from orderwright.domain.payments import PaymentState, RefundState
from orderwright.domain.shipping import ARRIVED, ShipmentState
from orderwright.domain.stages import Progress, reached
from orderwright.domain.stock import ReservationState
from orderwright.messages.orders import (
    HoldPosition,
    PartPosition,
    PaymentPosition,
    Position,
    Undo,
    UndoKind,
)
from orderwright.persistence.tables import (
    FulfillmentOrder,
    Hold,
    Notification,
    Order,
    OrderLine,
    Payment,
    Refund,
    Reservation,
    Shipment,
    Task,
)

Parts = Sequence[tuple[FulfillmentOrder, Shipment | None]]

_SPENT = frozenset({PaymentState.VOIDED, PaymentState.EXPIRED, PaymentState.FAILED, PaymentState.CAPTURED})
_HELD = frozenset({PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.CAPTURED})
_ASKED = frozenset({PaymentState.CREATED, PaymentState.ACTION_REQUIRED})
_LABEL_STANDS = frozenset({ShipmentState.PLANNED, ShipmentState.LABELED})


async def read(session: AsyncSession, order_id: UUID) -> Position:
    """The position, and the wake flag taken back: what changes after this transaction wakes the run again."""
    order = await session.scalar(
        update(Order)
        .where(Order.id == order_id)
        .values(woken=False, reads=Order.reads + 1)
        .returning(Order)
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise LookupError(str(order_id))
    holds = (await session.scalars(select(Hold).where(Hold.order_id == order_id).order_by(Hold.id))).all()
    payments = (
        await session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))
    ).all()
    parts = await _parts(session, order_id)
    unallocated, unplanned = await open_units(session, order_id)
    asked = set(await session.scalars(_open_questions(order_id)))
    active = [hold for hold in holds if hold.state is HoldState.ACTIVE]
    waiting = bool(unallocated or unplanned)
    part_positions = tuple(
        _part(part, shipment, payments, parts, waiting=waiting) for part, shipment in parts
    )
    return Position(
        order_id=order.id,
        number=order.number,
        channel=order.channel,
        state=order.state,
        cancel=order.cancel,
        holds=tuple(
            HoldPosition(
                id=hold.id, type=hold.type, deadline=hold.deadline, at_deadline=hold.at_deadline,
                fulfillment_id=hold.fulfillment_id,
            )
            for hold in active
        ),
        payments=tuple(_payment(payment, payments) for payment in payments),
        parts=part_positions,
        verified=order.verified_at is not None,
        reserved=order.reserved_at is not None,
        planned=order.planned_at is not None,
        undo=tuple(await _undo(session, order, parts, payments, asked, waiting=waiting)),
        asked=tuple(sorted(asked)),
        stages_due=await _stages_due(session, order, holds, parts),
        settled=order.settled_at is not None,
        needs_person=bool(active) or bool(asked),
        unallocated=unallocated,
        unplanned=unplanned,
        as_of=order.reads,
    )  # fmt: skip


async def _parts(session: AsyncSession, order_id: UUID) -> Parts:
    rows = await session.execute(
        select(FulfillmentOrder, Shipment)
        .outerjoin(
            Shipment,
            and_(Shipment.fulfillment_id == FulfillmentOrder.id, Shipment.state != ShipmentState.VOIDED),
        )
        .where(FulfillmentOrder.order_id == order_id)
        .order_by(FulfillmentOrder.number)
    )
    return rows.all()


async def open_units(session: AsyncSession, order_id: UUID) -> tuple[int, int]:
    """Units without stock, and units held but in no fulfillment order yet."""
    unplanned = (
        select(func.coalesce(func.sum(Reservation.units), 0))
        .where(
            Reservation.order_id == order_id,
            Reservation.state == ReservationState.ACTIVE,
            Reservation.fulfillment_id.is_(None),
        )
        .scalar_subquery()
    )
    row = await session.execute(
        select(func.coalesce(func.sum(OrderLine.unallocated), 0), unplanned).where(
            OrderLine.order_id == order_id
        )
    )
    return row.one()


def _payment(payment: Payment, all_of_them: Sequence[Payment]) -> PaymentPosition:
    renewing = any(one.replaces_id == payment.id for one in all_of_them)
    renew = None
    if (
        payment.state is PaymentState.AUTHORIZED
        and payment.expires_at
        and payment.authorized_at
        and not renewing
    ):
        renew = payment.authorized_at + (payment.expires_at - payment.authorized_at) * 6 // 10
    return PaymentPosition(
        id=payment.id, state=payment.state, expires_at=payment.expires_at, renew_at=_whole(renew)
    )


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)


def _part(
    part: FulfillmentOrder,
    shipment: Shipment | None,
    payments: Sequence[Payment],
    parts: Parts,
    *,
    waiting: bool,
) -> PartPosition:
    payment = next((one for one in payments if one.id == part.payment_id), None)
    return PartPosition(
        id=part.id,
        number=part.number,
        location=part.location,
        state=part.state,
        partner=part.partner,
        shipment_id=shipment.id if shipment else None,
        shipment=shipment.state if shipment else None,
        payment_id=part.payment_id,
        uncaptured=part.amount - part.captured,
        capture_due=payment is not None
        and _to_capture(part)
        and _may_capture(payment, parts, waiting=waiting),
    )


def _to_capture(part: FulfillmentOrder) -> bool:
    return part.state is FulfillmentState.CLOSED and part.captured < part.amount


def _may_capture(payment: Payment, parts: Parts, *, waiting: bool) -> bool:
    """An authorization that is captured once waits until its last live part has left, or is planned anew."""
    if payment.state not in (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED):
        return False
    mates = [one for one, _ in parts if one.payment_id == payment.id]
    spoken_for = sum(one.amount for one in mates if one.state is not FulfillmentState.CANCELED)
    later = any(one.state in LIVE for one in mates) or (waiting and spoken_for < payment.amount)
    return payment.multicapture or not later


def _open_questions(order_id: UUID) -> Select[str]:
    return select(Task.subject).where(
        Task.order_id == order_id, Task.state == TaskState.OPEN, Task.hold_id.is_(None)
    )


async def _undo(
    session: AsyncSession,
    order: Order,
    parts: Parts,
    payments: Sequence[Payment],
    asked: set[str],
    *,
    waiting: bool,
) -> list[Undo]:
    """What stands though its reason is gone, in the order of undoing; what a person is asked about waits.

    `waiting`: units look for a place, and will need the money.
    """
    ended = order.state in ENDS and order.state is not OrderState.COMPLETED
    found = [
        Undo(kind=UndoKind.RECALL, id=part.id)
        for part, _ in parts
        if part.partner is PartnerState.CANCEL_REQUESTED and part.recall_sent_at is None
    ]
    found += [
        Undo(kind=UndoKind.LABEL, id=part.id)
        for part, shipment in parts
        if part.state is FulfillmentState.CANCELED
        and shipment is not None
        and shipment.state in _LABEL_STANDS
    ]
    idle = select(Reservation.id).outerjoin(
        FulfillmentOrder, FulfillmentOrder.id == Reservation.fulfillment_id
    )
    idle = idle.where(Reservation.order_id == order.id, Reservation.state == ReservationState.ACTIVE)
    if not ended:
        idle = idle.where(FulfillmentOrder.state == FulfillmentState.CANCELED)
    if await session.scalar(idle.limit(1)) is not None:
        found.append(Undo(kind=UndoKind.STOCK, id=order.id))
    live = {part.payment_id for part, _ in parts if part.state in LIVE or _to_capture(part)}
    replaced = {one.replaces_id for one in payments if one.state in _HELD}
    for payment in payments:
        if payment.state in _SPENT:
            continue
        of = payment.replaces_id if payment.state in _ASKED and payment.replaces_id else payment.id
        needed = of in live or (payment.id not in replaced and (order.planned_at is None or waiting))
        if ended or not needed:
            found.append(Undo(kind=UndoKind.PAYMENT, id=payment.id))
    requested = select(Refund.id).where(Refund.order_id == order.id, Refund.state == RefundState.REQUESTED)
    found += [
        Undo(kind=UndoKind.REFUND, id=refund)
        for refund in await session.scalars(requested.order_by(Refund.id))
    ]
    return [undo for undo in found if f"{undo.kind}/{undo.id}" not in asked]


async def _stages_due(
    session: AsyncSession,
    order: Order,
    holds: Sequence[Hold],
    parts: Parts,
) -> tuple[str, ...]:
    refunds = await session.scalars(select(Refund.id).where(Refund.order_id == order.id).order_by(Refund.id))
    stages = reached(
        order.state,
        order.cancel,
        verified=order.verified_at is not None,
        holds=[(str(hold.id), hold.type) for hold in holds],
        parts=[
            Progress(
                str(part.id),
                part.state is FulfillmentState.CLOSED,
                shipment is not None and shipment.state in ARRIVED,
            )
            for part, shipment in parts
        ],
        refunds=[str(refund) for refund in refunds],
    )
    told = await session.execute(
        select(Notification.stage, Notification.subject)
        .where(Notification.order_id == order.id)
        .group_by(Notification.stage, Notification.subject)
        .having(func.bool_and(Notification.state != text("'intended'")))
    )
    done = {f"{stage}:{subject}" if subject else stage for stage, subject in told}
    return tuple(stage for stage in stages if stage not in done)
