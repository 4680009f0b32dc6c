"""What do the rows say about a stage?"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.pickup import moved_to
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import HoldState, TaskState
from orderwright.domain.payments import PaymentMethod, PaymentState, RefundTo
from orderwright.domain.returns.states import ReturnMethod, ReturnState
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import (
    BankTransfer,
    Customer,
    FulfillmentLine,
    FulfillmentOrder,
    Hold,
    Location,
    MoneyDocument,
    Order,
    OrderLine,
    OrderNote,
    Payment,
    Refund,
    Return,
    ReturnLine,
    ReturnParcel,
    Shipment,
    Task,
)
from orderwright.services.contact import consent
from orderwright.services.contact.consent import Wish
from orderwright.services.documents.issuing import PAPER
from orderwright.services.payments.refunding import NOT_PAID
from orderwright.services.telling.story import (
    Contact,
    Following,
    Item,
    NoteFacts,
    OrderFacts,
    PaperFacts,
    ParcelFacts,
    PaymentLink,
    PickupFacts,
    RefundFacts,
    ReturnFacts,
    Story,
    WaitFacts,
    one_line,
    web_link,
)

_NO_LABEL = (ShipmentState.PLANNED, ShipmentState.VOIDED)


async def load(session: AsyncSession, order_id: UUID, stage: Stage, subject: str) -> Story:
    """The stage's story as it is now. Raises NotFound for an order or a subject that is not there."""
    found = (
        await session.execute(select(Order, Customer).join(Customer).where(Order.id == order_id))
    ).one_or_none()
    if found is None:
        raise NotFound("no such order")
    order, customer = found
    contact = await _contact(session, order, customer)
    story = Story(order_id, stage, subject, await _order(session, order, customer), contact)
    match stage:
        case Stage.SHIPPED | Stage.DELIVERED | Stage.DELAYED:
            part_id, _, day = subject.partition("@")
            return replace(story, parcel=await _parcel(session, order_id, UUID(part_id), day))
        case Stage.READY_FOR_PICKUP | Stage.KEPT_FOR_PICKUP:
            part_id, _, told_for = subject.partition("@")
            return replace(story, pickup=await at_counter(session, order_id, UUID(part_id), told_for))
        case Stage.APPROVAL_NEEDED | Stage.ACTION_NEEDED:
            return replace(story, wait=await _wait(session, order_id, UUID(subject)))
        case Stage.REFUNDED | Stage.INVOICED:
            return await _about_a_paper(session, story)
        case Stage.RETURN_APPROVED | Stage.RETURN_DECLINED | Stage.RETURN_RECEIVED:
            return replace(story, returned=await _returned(session, story))
        case _:
            note = await _note(session, order_id, UUID(subject)) if stage is Stage.NOTE else None
            return replace(story, note=note)


async def _note(session: AsyncSession, order_id: UUID, note_id: UUID) -> NoteFacts:
    words = await session.scalar(
        select(OrderNote.text).where(OrderNote.id == note_id, OrderNote.order_id == order_id)
    )
    if words is None:
        raise NotFound("no such note")
    return NoteFacts(words)


async def language(session: AsyncSession, order_id: UUID) -> str:
    """In which the customer of an order is written to. Raises NotFound."""
    found = await session.scalar(select(Customer.language).join(Order).where(Order.id == order_id))
    if found is None:
        raise NotFound("no such order")
    return found


async def _order(session: AsyncSession, order: Order, customer: Customer) -> OrderFacts:
    lines = (
        await session.scalars(
            select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
        )
    ).all()
    payments = (await session.scalars(select(Payment).where(Payment.order_id == order.id))).all()

    def money(amount: int) -> Money:
        return Money(amount, order.currency)

    return OrderFacts(
        number=one_line(order.number),
        name=one_line(customer.name) or one_line(order.ship_to.get("name")),
        state=order.state,
        cancel=order.cancel,
        reason=order.failure or order.cancel_reason or "",
        placed_at=order.placed_at,
        items=tuple(
            Item(one_line(line.name), line.ordered - line.removed, money(line.amount))
            for line in lines
            if line.removed < line.ordered
        ),
        canceled=tuple(Item(one_line(line.name), line.canceled) for line in lines if line.canceled),
        subtotal=money(order.subtotal),
        shipping=money(order.shipping),
        tax=money(order.tax_added),
        tax_included=money(order.tax - order.tax_added),
        total=money(order.total),
        ship_to=_address(order.ship_to),
        pickup=order.method is DeliveryMethod.PICKUP,
        po_number=one_line(order.po_number),
        on_terms=order.payment_method is PaymentMethod.MANUAL,
        by_transfer=order.payment_method is PaymentMethod.TRANSFER,
        at_the_door=order.payment_method is PaymentMethod.CASH_ON_DELIVERY,
        authorized=any(payment.authorized_at for payment in payments),
        charged=money(sum(payment.captured - payment.refunded for payment in payments)),
        following=tuple(
            Following(one_line(line.name), line.unallocated + line.backordered, line.promised_on)
            for line in lines
            if line.waiting_since is not None and line.unallocated + line.backordered
        ),
        discount=money(-order.discount) if order.discount else None,
        fees=money(order.fees) if order.fees else None,
        all_waits=order.planned_at is None and not any(line.allocated for line in lines),
    )


def _address(stored: dict[str, Any]) -> tuple[str, ...]:  # Any: the stored address is JSON
    city = " ".join(one_line(stored.get(part)) for part in ("postal_code", "city", "region")).strip()
    parts = [stored.get("name"), stored.get("company"), stored.get("line1"), stored.get("line2"), city]
    lines = [one_line(part) for part in [*parts, stored.get("country")]]
    return tuple(line for line in lines if line)


async def _contact(session: AsyncSession, order: Order, customer: Customer) -> Contact:
    """What the order was given, else what the customer has; a phone where they agreed to it.

    With the order, or after it by word of their own.
    """
    phone, agreed = (
        (order.phone, order.sms_consent) if order.phone else (customer.phone, customer.sms_consent)
    )
    if order.phone and not agreed and customer.sms_consent:
        said = (await consent.newest(session, customer.id)).rows
        agreed = any(
            wish is Wish.SMS and row.wanted and row.at > order.placed_at for (wish, _), row in said.items()
        )
    return Contact(
        email=order.email or customer.email or None,
        phone=phone if phone and agreed else None,
        country=str(order.ship_to.get("country") or ""),
        language=customer.language,
        region=str(order.ship_to.get("region") or ""),
        customer_id=customer.id,
        segment="business" if customer.company or customer.vat_id else "consumer",
        channel=order.channel,
    )


async def _part(session: AsyncSession, order_id: UUID, part_id: UUID) -> tuple[FulfillmentOrder, int, int]:
    """The fulfillment order, its place among those that count, and how many these are."""
    rows = await session.scalars(
        select(FulfillmentOrder)
        .where(FulfillmentOrder.order_id == order_id)
        .order_by(FulfillmentOrder.number)
    )
    parts = [one for one in rows if one.id == part_id or one.state is not FulfillmentState.CANCELED]
    part = next((one for one in parts if one.id == part_id), None)
    if part is None:
        raise NotFound("no such fulfillment order")
    return part, parts.index(part) + 1, len(parts)


async def at_counter(session: AsyncSession, order_id: UUID, part_id: UUID, told_for: str = "") -> PickupFacts:
    """What waits for its customer, and where; not after its deadline was moved again. Raises NotFound."""
    part, number, of = await _part(session, order_id, part_id)
    if part.ready_at is None or part.collect_by is None or part.pickup_code is None:
        raise NotFound("it has not been made ready")
    location = await session.get_one(Location, part.location)
    return PickupFacts(
        number=number,
        of=of,
        items=await _packed(session, part_id),
        place=_address({**location.address, "name": location.name}),
        code=part.pickup_code,
        collect_by=part.collect_by,
        waiting=part.state is FulfillmentState.IN_PROGRESS
        and told_for in ("", moved_to(part.ready_at, part.collect_by)),
    )


async def _parcel(session: AsyncSession, order_id: UUID, part_id: UUID, later_on: str = "") -> ParcelFacts:
    """`later_on`: the day that it has become, in ISO form."""
    part, number, of = await _part(session, order_id, part_id)
    parcel = await session.scalar(
        select(Shipment)
        .where(Shipment.fulfillment_id == part_id, Shipment.state != ShipmentState.VOIDED)
        .order_by(Shipment.id.desc())
        .limit(1)
    )
    promised = (parcel.promised_on if parcel else None) or part.promised_on
    return ParcelFacts(
        number=number,
        of=of,
        items=await _packed(session, part_id),
        carrier=one_line(parcel.carrier) if parcel else "",
        tracking_code=one_line(parcel.tracking_code) if parcel else "",
        tracking_url=web_link(parcel.tracking_url) if parcel else None,
        expected_on=date.fromisoformat(later_on) if later_on else promised,
        collected=parcel is not None and parcel.state is ShipmentState.COLLECTED,
        rest_follows=await _rest_follows(session, order_id),
    )


async def _packed(session: AsyncSession, part_id: UUID) -> tuple[Item, ...]:
    rows = await session.execute(
        select(OrderLine.name, FulfillmentLine.units)
        .join(OrderLine, OrderLine.id == FulfillmentLine.line_id)
        .where(FulfillmentLine.fulfillment_id == part_id)
        .order_by(OrderLine.position)
    )
    return tuple(Item(one_line(name), units) for name, units in rows)


async def _rest_follows(session: AsyncSession, order_id: UUID) -> bool:
    waiting = OrderLine.unallocated + OrderLine.backordered + OrderLine.allocated + OrderLine.released
    return bool(await session.scalar(select(func.sum(waiting)).where(OrderLine.order_id == order_id)))


async def _wait(session: AsyncSession, order_id: UUID, hold_id: UUID) -> WaitFacts:
    hold = await session.scalar(select(Hold).where(Hold.id == hold_id, Hold.order_id == order_id))
    if hold is None:
        raise NotFound("no such hold")
    task = await session.scalar(
        select(Task.id).where(Task.hold_id == hold_id, Task.state == TaskState.OPEN).limit(1)
    )
    return WaitFacts(
        active=hold.state is HoldState.ACTIVE,
        reason=one_line(hold.reason),
        deadline=hold.deadline,
        at_deadline=hold.at_deadline,
        links=await _links(session, order_id),
        task=task,
        transfer=await _to_transfer(session, order_id),
    )


async def _to_transfer(session: AsyncSession, order_id: UUID) -> Money | None:
    """What has not come yet of the transfer that the order waits for."""
    payment = await session.scalar(
        select(Payment).where(
            Payment.order_id == order_id,
            Payment.method == PaymentMethod.TRANSFER,
            Payment.state == PaymentState.ACTION_REQUIRED,
        )
    )
    if payment is None:
        return None
    come = select(func.coalesce(func.sum(BankTransfer.used), 0)).where(BankTransfer.payment_id == payment.id)
    return Money(payment.amount - int(await session.scalar(come) or 0), payment.currency)


async def _links(session: AsyncSession, order_id: UUID) -> tuple[PaymentLink, ...]:
    """One per payment that waits for the customer: an order shipped from several places has several."""
    payments = await session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.state == PaymentState.ACTION_REQUIRED)
        .order_by(Payment.id)
    )
    return tuple(
        PaymentLink(url, Money(payment.amount, payment.currency))
        for payment in payments
        if (url := web_link(payment.action_url)) is not None
    )


async def _refund(session: AsyncSession, order_id: UUID, refund_id: UUID) -> RefundFacts:
    refund = await session.scalar(select(Refund).where(Refund.id == refund_id, Refund.order_id == order_id))
    if refund is None:
        raise NotFound("no such refund")
    method = await session.scalar(select(Payment.method).where(Payment.id == refund.payment_id))
    to_credit = refund.destination is RefundTo.STORE_CREDIT or method is PaymentMethod.STORE_CREDIT
    kept = "store credit" if to_credit else "gift card" if method is PaymentMethod.GIFT_CARD else ""
    kept = "new order" if refund.destination is RefundTo.EXCHANGE else kept
    not_paid = bool(refund.reference and refund.reference.startswith(NOT_PAID))
    of_return = await _return_number(session, refund.return_id)
    return RefundFacts(
        Money(refund.amount, refund.currency), refund.state, kept, not_paid=not_paid, of_return=of_return
    )


async def _about_a_paper(session: AsyncSession, story: Story) -> Story:
    """An invoice, or a refund with its credit memo where there is one."""
    subject = UUID(story.subject)
    if story.stage is Stage.REFUNDED:
        memo = await _paper(session, story.order_id, MoneyDocument.refund_id == subject)
        return replace(story, refund=await _refund(session, story.order_id, subject), paper=memo)
    paper = await _paper(session, story.order_id, MoneyDocument.id == subject)
    if paper is None:
        raise NotFound("no such document")
    return replace(story, paper=paper)


async def _paper(session: AsyncSession, order_id: UUID, which: ColumnElement[bool]) -> PaperFacts | None:
    row = await session.scalar(select(MoneyDocument).where(which, MoneyDocument.order_id == order_id))
    return None if row is None else PaperFacts(row.id, PAPER.validate_python(row.content))


async def _returned(session: AsyncSession, story: Story) -> ReturnFacts:
    """The return that the stage is about. Raises NotFound."""
    row = await session.scalar(
        select(Return).where(Return.id == UUID(story.subject), Return.order_id == story.order_id)
    )
    if row is None:
        raise NotFound("no such return")
    parcel = await session.scalar(select(ReturnParcel).where(ReturnParcel.return_id == row.id))
    labeled = row.method is ReturnMethod.LABEL and parcel is not None and parcel.state not in _NO_LABEL
    waiting = row.state is ReturnState.APPROVED
    return ReturnFacts(
        number=row.number,
        items=await _came_back(session, row.id, came=story.stage is Stage.RETURN_RECEIVED),
        label=labeled,
        carrier=one_line(parcel.carrier) if parcel is not None and labeled else "",
        send_by=row.deadline.date() if waiting and row.deadline is not None else None,
        waiting=waiting,
    )


async def _return_number(session: AsyncSession, return_id: UUID | None) -> str:
    """How the return is called; empty: there is none."""
    if return_id is None:
        return ""
    return await session.scalar(select(Return.number).where(Return.id == return_id)) or ""


async def _came_back(session: AsyncSession, return_id: UUID, *, came: bool) -> tuple[Item, ...]:
    units = ReturnLine.received if came else ReturnLine.units
    rows = await session.execute(
        select(OrderLine.name, units)
        .join(OrderLine, OrderLine.id == ReturnLine.line_id)
        .where(ReturnLine.return_id == return_id, units > 0)
        .order_by(OrderLine.position)
    )
    return tuple(Item(one_line(name), count) for name, count in rows)
