"""What a provider's event changes: rows compared and set, never counted up; runs woken where they act."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.cases import CaseKind
from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import TaskKind
from orderwright.domain.payments import PaymentState
from orderwright.persistence import holds, locks, outbox
from orderwright.persistence.tables import Inbox, Payment, ReturnParcel, Shipment
from orderwright.ports.inbound import EventKind
from orderwright.ports.payments import Authorization
from orderwright.services.contact import arriving
from orderwright.services.disputes import disputing
from orderwright.services.disputes.disputing import Told
from orderwright.services.fulfillment import partner, pickup, shorting, tracking
from orderwright.services.fulfillment.tracking import Seen
from orderwright.services.payments import paying, raising, refunding
from orderwright.services.returns import coming

SHORTEST_VALIDITY = timedelta(days=5)
"""Assumed where an event does not say until when money is held: Visa's for merchant-initiated payments."""

Handler = Callable[[AsyncSession, Inbox], Awaitable[None]]


async def apply(session: AsyncSession, event: Inbox) -> None:
    """Do what the event asks for. Raises NotFound where we know nothing (yet) of what it is about."""
    await _HANDLERS[EventKind(event.kind)](session, event)


async def _payment(session: AsyncSession, event: Inbox) -> Payment:
    """The payment by our own id, else by the provider's; its order is locked."""
    ours = _uuid(event.data.get("payment_id"))
    match = Payment.id == ours if ours is not None else Payment.reference == event.reference
    order_id = await session.scalar(select(Payment.order_id).where(match))
    if order_id is None:
        raise NotFound("no such payment")
    await locks.lock(session, order_id)
    return (
        await session.scalars(select(Payment).where(match).execution_options(populate_existing=True))
    ).one()


async def _authorized(session: AsyncSession, event: Inbox) -> None:
    payment = await _payment(session, event)
    expires = event.data.get("expires_at")
    answer = Authorization(
        reference=event.reference,
        amount=Money(payment.amount, payment.currency),
        expires_at=datetime.fromisoformat(expires)
        if isinstance(expires, str)
        else event.occurred_at + SHORTEST_VALIDITY,
        raisable=bool(event.data.get("raisable")),
    )
    before = payment.state
    await paying.authorized(session, payment.id, answer, event.occurred_at)
    if before is PaymentState.ACTION_REQUIRED:
        await outbox.wake(session, payment.order_id)


async def _raised(session: AsyncSession, event: Inbox) -> None:
    """A request that the provider had taken on was carried out, or was not."""
    payment = await _payment(session, event)
    if event.kind == EventKind.PAYMENT_RAISED:
        await raising.done(session, payment.id)
    else:
        await raising.fell_back(session, payment.id, str(event.data.get("code", ""))[:200])
    await outbox.wake(session, payment.order_id)


async def _failed(session: AsyncSession, event: Inbox) -> None:
    """The customer may try again on the same page until the hold's deadline: only noted."""
    payment = await _payment(session, event)
    await paying.note(session, payment, "attempt_failed", code=str(event.data.get("code", "")))


async def _captured(session: AsyncSession, event: Inbox) -> None:
    """Our own capture records itself when its answer comes or is looked up: only noted."""
    payment = await _payment(session, event)
    await paying.note(session, payment, "provider_captured", amount=_amount(event))


async def _refunded(session: AsyncSession, event: Inbox) -> None:
    payment = await _payment(session, event)
    await paying.note(session, payment, "provider_refunded", amount=_amount(event))
    await refunding.arrived(session, payment.id)


async def _not_done(session: AsyncSession, event: Inbox) -> None:
    """What the provider had taken on and could not do: no money moved, and a person settles it there."""
    payment = await _payment(session, event)
    what = "capture" if event.kind == EventKind.PAYMENT_CAPTURE_FAILED else "refund"
    code = str(event.data.get("code", ""))[:200]
    await paying.note(session, payment, f"provider_{what}_failed", amount=_amount(event), code=code)
    await holds.ask_person(
        session, payment.order_id, TaskKind.PAYMENT_LOOKUP,
        f"The provider could not carry out a {what} of {_amount(event)} {payment.currency} (minor units): "
        f"{code}. Settle it there, then approve.",
        subject=f"{what}_failed/{event.event_id}",
    )  # fmt: skip


async def _disputed(session: AsyncSession, event: Inbox) -> None:
    payment = await _payment(session, event)
    await disputing.opened(session, payment, _dispute(event))
    await outbox.wake(session, payment.order_id)


async def _dispute_closed(session: AsyncSession, event: Inbox) -> None:
    """What is neither won nor lost (an inquiry that was only looked at) took no money."""
    payment = await _payment(session, event)
    won = event.data.get("status") != "lost"
    await disputing.closed(session, payment, _dispute(event), won=won)
    await outbox.wake(session, payment.order_id)


def _dispute(event: Inbox) -> Told:
    due = event.data.get("evidence_due")
    return Told(
        reference=str(event.data["dispute"]),
        amount=int(event.data["amount"]),
        reason=_reason(event) or "general",
        evidence_due=datetime.fromisoformat(due) if isinstance(due, str) else None,
        at=event.occurred_at,
        taken=bool(event.data.get("taken", True)),
        fees=dict(event.data.get("fees") or {}),
    )


async def _voided(session: AsyncSession, event: Inbox) -> None:
    """After our own void nothing changes; one made elsewhere is money lost, and asked for anew."""
    payment = await _payment(session, event)
    state = PaymentState.EXPIRED if event.kind == EventKind.PAYMENT_EXPIRED else PaymentState.VOIDED
    if not await paying.void_under_way(session, payment) and await paying.lost(session, payment, state):
        await outbox.wake(session, payment.order_id)


async def _scanned(session: AsyncSession, event: Inbox) -> None:
    shipment_id = await session.scalar(select(Shipment.id).where(Shipment.tracking_code == event.reference))
    if shipment_id is None:
        await _return_scanned(session, event, ShipmentState(event.data["status"]))
        return
    problem = event.data.get("problem")
    seen = Seen(
        ShipmentState(event.data["status"]),
        event.occurred_at,
        problem=CaseKind(problem) if problem else None,
        place=str(event.data.get("place") or ""),
    )
    await tracking.saw(session, shipment_id, seen, by=event.source)


async def _return_scanned(session: AsyncSession, event: Inbox, status: ShipmentState) -> None:
    """The parcel may be one that comes back."""
    query = select(ReturnParcel.id).where(ReturnParcel.tracking_code == event.reference)
    parcel_id = await session.scalar(query)
    if parcel_id is None:
        raise NotFound("no such parcel")
    await coming.scanned(session, parcel_id, status, event.occurred_at, by=event.source)


def _fulfillment(event: Inbox) -> UUID:
    found = _uuid(event.reference)
    if found is None:
        raise NotFound("no such fulfillment order")
    return found


async def _accepted(session: AsyncSession, event: Inbox) -> None:
    await partner.accepted(session, _fulfillment(event), by=event.source)


async def _rejected(session: AsyncSession, event: Inbox) -> None:
    await partner.rejected(session, _fulfillment(event), by=event.source, reason=_reason(event))


async def _picking(session: AsyncSession, event: Inbox) -> None:
    await partner.picking(session, _fulfillment(event), by=event.source)


async def _short(session: AsyncSession, event: Inbox) -> None:
    told = event.data.get("lines", ())
    await shorting.told_short(session, _fulfillment(event), told, by=event.source, reason=_reason(event))


async def _shipped(session: AsyncSession, event: Inbox) -> None:
    if told := event.data.get("lines"):
        await shorting.as_shipped(session, _fulfillment(event), told, by=event.source)
    await partner.shipped(session, _fulfillment(event), by=event.source)
    if isinstance(parcel := event.data.get("parcel"), dict):
        await tracking.named(session, _fulfillment(event), parcel)


async def _delivered(session: AsyncSession, event: Inbox) -> None:
    await tracking.delivered(session, _fulfillment(event), event.occurred_at, by=event.source)


async def _ready(session: AsyncSession, event: Inbox) -> None:
    await pickup.ready(session, _fulfillment(event), by=event.source, at=event.occurred_at)


async def _recall_accepted(session: AsyncSession, event: Inbox) -> None:
    await partner.recall_accepted(session, _fulfillment(event), by=event.source)


async def _recall_refused(session: AsyncSession, event: Inbox) -> None:
    await partner.recall_refused(session, _fulfillment(event), by=event.source, reason=_reason(event))


def _uuid(value: Any) -> UUID | None:  # Any: a provider's JSON value
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _amount(event: Inbox) -> int | None:
    amount = event.data.get("amount")
    return amount if isinstance(amount, int) else None


def _reason(event: Inbox) -> str:
    return str(event.data.get("reason") or "")[:200]


_HANDLERS: dict[EventKind, Handler] = {
    EventKind.MESSAGE_STATUS: arriving.status,
    EventKind.PAYMENT_AUTHORIZED: _authorized,
    EventKind.PAYMENT_RAISED: _raised,
    EventKind.PAYMENT_RAISE_FAILED: _raised,
    EventKind.PAYMENT_CAPTURED: _captured,
    EventKind.PAYMENT_FAILED: _failed,
    EventKind.PAYMENT_VOIDED: _voided,
    EventKind.PAYMENT_EXPIRED: _voided,
    EventKind.PAYMENT_REFUNDED: _refunded,
    EventKind.PAYMENT_CAPTURE_FAILED: _not_done,
    EventKind.PAYMENT_REFUND_FAILED: _not_done,
    EventKind.DISPUTE_OPENED: _disputed,
    EventKind.DISPUTE_CLOSED: _dispute_closed,
    EventKind.PARCEL_SCANNED: _scanned,
    EventKind.WAREHOUSE_ACCEPTED: _accepted,
    EventKind.WAREHOUSE_REJECTED: _rejected,
    EventKind.WAREHOUSE_PICKING: _picking,
    EventKind.WAREHOUSE_SHORT: _short,
    EventKind.WAREHOUSE_READY: _ready,
    EventKind.WAREHOUSE_SHIPPED: _shipped,
    EventKind.WAREHOUSE_DELIVERED: _delivered,
    EventKind.WAREHOUSE_RECALL_ACCEPTED: _recall_accepted,
    EventKind.WAREHOUSE_RECALL_REFUSED: _recall_refused,
}
