"""Where an order stands, read for its run in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.pickup import moved_to
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, ShipmentState
from orderwright.domain.fulfillment.states import LIVE, DeliveryMethod, FulfillmentState, PartnerState
from orderwright.domain.orders import ENDS, HoldState, OrderState
from orderwright.domain.payments import PaymentState, RefundState
from orderwright.domain.stock.units import ReservationState
from orderwright.domain.telling.stages import Progress, reached
from orderwright.messages.orders import (
    HoldPosition,
    PartPosition,
    PaymentPosition,
    Position,
    Undo,
    UndoKind,
)
from orderwright.persistence import position_rows
from orderwright.persistence.position_rows import OrderRow, PartRow, PaymentRow, Rows
from orderwright.persistence.tables import OrderLine, Reservation

_SPENT = frozenset({
    PaymentState.VOIDED, PaymentState.EXPIRED, PaymentState.FAILED, PaymentState.CAPTURED,
    PaymentState.RAISED,
})  # fmt: skip
_HELD = frozenset({PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.CAPTURED})
_ASKED = frozenset({PaymentState.CREATED, PaymentState.ACTION_REQUIRED})
_RAISES = frozenset({PaymentState.CREATED, PaymentState.RAISING})
_LABEL_STANDS = frozenset({ShipmentState.PLANNED, ShipmentState.LABELED})


async def read(session: AsyncSession, order_id: UUID) -> Position:
    """The position, and the wake flag taken back: what changes after this transaction wakes the run again."""
    order = await position_rows.take(session, order_id)
    rows = await position_rows.look(session, order_id)
    active = [hold for hold in rows.holds if hold.state is HoldState.ACTIVE]
    waiting = bool(rows.unallocated or rows.unplanned or rows.backordered)
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
        payments=tuple(_payment(payment, rows.payments) for payment in rows.payments),
        parts=tuple(_part(part, rows, waiting=waiting) for part in rows.parts),
        verified=order.verified_at is not None,
        reserved=order.reserved_at is not None,
        planned=order.planned_at is not None,
        undo=tuple(_undo(order, rows, waiting=waiting)),
        asked=tuple(sorted(set(rows.asked))),
        stages_due=_stages_due(order, rows),
        settled=order.settled_at is not None,
        needs_person=bool(active) or bool(rows.asked),
        unallocated=rows.unallocated,
        unplanned=rows.unplanned,
        backordered=rows.backordered,
        fillable=rows.fillable,
        waits_until=rows.waits_until,
        as_of=order.reads,
    )  # fmt: skip


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


def _payment(payment: PaymentRow, all_of_them: Sequence[PaymentRow]) -> PaymentPosition:
    renewing = any(one.replaces_id == payment.id for one in all_of_them)
    renew = None
    if (
        payment.state is PaymentState.AUTHORIZED
        and not payment.deposit_due
        and payment.expires_at
        and payment.authorized_at
        and not renewing
        and payment.id not in _being_raised(all_of_them)
    ):
        renew = payment.authorized_at + (payment.expires_at - payment.authorized_at) * 6 // 10
    # To the run a deposit is paid, or is not: until it is taken, its payment is to be asked for.
    state = PaymentState.CREATED if payment.deposit_due else payment.state
    return PaymentPosition(id=payment.id, state=state, expires_at=payment.expires_at, renew_at=_whole(renew))


def _being_raised(payments: Sequence[PaymentRow]) -> set[UUID | None]:
    """Authorizations that are raised just now: until that has ended, nothing else is done to them."""
    return {payment.raises_id for payment in payments if payment.state in _RAISES}


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)


def _part(part: PartRow, rows: Rows, *, waiting: bool) -> PartPosition:
    return PartPosition(
        id=part.id,
        number=part.number,
        location=part.location,
        state=part.state,
        partner=part.partner,
        shipment_id=part.shipment_id,
        shipment=part.shipment,
        uncaptured=part.amount - part.captured,
        capture_due=_to_capture(part)
        and any(_may_capture(payment, rows.parts, waiting=waiting) for payment in _owed_by(part, rows)),
        needs_label=part.needs_label,
        collect_by=part.collect_by if part.state is FulfillmentState.IN_PROGRESS else None,
    )


def _to_capture(part: PartRow) -> bool:
    return part.state is FulfillmentState.CLOSED and part.captured < part.amount


def _owed_by(part: PartRow, rows: Rows) -> list[PaymentRow]:
    """The payments from which something is still to be taken for it, and can be now."""
    owed = {share.payment_id for share in part.shares if share.captured < share.amount}
    raised = _being_raised(rows.payments)
    return [payment for payment in rows.payments if payment.id in owed and payment.id not in raised]


def _may_capture(payment: PaymentRow, parts: Sequence[PartRow], *, waiting: bool) -> bool:
    """An authorization that is captured once waits until its last live part has left, or is planned anew."""
    if payment.withheld or payment.state not in (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED):
        return False
    mates = [
        (one, share)
        for one in parts
        for share in one.shares
        if share.payment_id == payment.id and one.state is not FulfillmentState.CANCELED
    ]
    spoken_for = sum(share.amount for _, share in mates)
    later = any(one.state in LIVE for one, _ in mates) or (waiting and spoken_for < payment.amount)
    return payment.multicapture or not later


def _undo(order: OrderRow, rows: Rows, *, waiting: bool) -> list[Undo]:
    """What stands though its reason is gone, in the order of undoing; what a person is asked about waits.

    `waiting`: units look for a place, and will need the money.
    """
    ended = order.state in ENDS and order.state is not OrderState.COMPLETED
    found = [
        Undo(kind=UndoKind.RECALL, id=part.id)
        for part in rows.parts
        if part.partner is PartnerState.CANCEL_REQUESTED and part.recall_sent_at is None
    ]
    found += [
        Undo(kind=UndoKind.LABEL, id=part.id)
        for part in rows.parts
        if part.state is FulfillmentState.CANCELED and part.shipment in _LABEL_STANDS
    ]
    if rows.idle if ended else rows.idle_canceled:
        found.append(Undo(kind=UndoKind.STOCK, id=order.id))
    live = {
        share.payment_id
        for part in rows.parts
        if part.state in LIVE or _to_capture(part)
        for share in part.shares
        if share.captured < share.amount
    }
    replaced = {one.replaces_id for one in rows.payments if one.state in _HELD}
    for payment in rows.payments:
        if payment.state in _SPENT or (payment.state is PaymentState.RAISING and not ended):
            continue  # what the provider is still at is waited for
        of = payment.replaces_id if payment.state in _ASKED and payment.replaces_id else payment.id
        wanted = order.planned_at is None or waiting or payment.withheld
        needed = of in live or (payment.id not in replaced and wanted)
        if ended or payment.unwanted or not needed:
            found.append(Undo(kind=UndoKind.PAYMENT, id=payment.id))
    found += [
        Undo(kind=UndoKind.REFUND, id=refund.id)
        for refund in rows.refunds
        if refund.state is RefundState.REQUESTED
    ]
    return [undo for undo in found if f"{undo.kind}/{undo.id}" not in rows.asked]


def _stages_due(order: OrderRow, rows: Rows) -> tuple[str, ...]:
    stages = reached(
        order.state,
        order.cancel,
        verified=order.verified_at is not None,
        promises=order.promises,
        holds=[(str(hold.id), hold.type) for hold in rows.holds],
        parts=[
            Progress(
                str(part.id),
                shipped=part.state is FulfillmentState.CLOSED,
                delivered=part.shipment in ARRIVED,
                pickup=part.method is DeliveryMethod.PICKUP,
                ready=part.collect_by is not None,
                late_to=part.told_on.isoformat() if part.told_on and part.shipment not in GONE else "",
                kept=moved_to(part.ready_at, part.collect_by) if part.ready_at and part.collect_by else "",
            )
            for part in rows.parts
        ],
        invoices=[str(invoice) for invoice in rows.invoices],
        refunds=[str(refund.id) for refund in rows.refunds if refund.state is not RefundState.REQUESTED],
        changes=[(change.number, change.state) for change in rows.changes],
    )
    return tuple(stage for stage in stages if stage not in rows.told)
