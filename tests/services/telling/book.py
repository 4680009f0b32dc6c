"""Orders written straight into the rows, as the stages find them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, WarehouseKind
from orderwright.domain.orders import AtDeadline, HoldOutcome, HoldState, HoldType, OrderState
from orderwright.domain.payments import PaymentMethod, PaymentState, RefundState
from orderwright.persistence.database import Database
from orderwright.persistence.tables import (
    Customer,
    FulfillmentLine,
    FulfillmentOrder,
    Hold,
    Location,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    Shipment,
)

MAIL = "ana@customer.example"
PHONE = "07400 123456"
PHONE_E164 = "+447400123456"
TRACKING = "https://track.example/EZ1000000001"
PAY = "https://pay.example/c/cs_test_1"
ADDRESS = {
    "name": "Ana Novak",
    "line1": "1 High Street",
    "city": "London",
    "postal_code": "SW1A 1AA",
    "country": "GB",
}


@dataclass(frozen=True)
class Booked:
    """The ids that a stage may name."""

    order_id: UUID
    part_id: UUID
    payment_id: UUID
    approval: UUID
    payment_hold: UUID
    refund_id: UUID

    def stages(self) -> dict[str, str]:
        """Every stage by its name, with its subject."""
        return {
            "received": "received",
            "approval_needed": f"approval_needed:{self.approval}",
            "action_needed": f"action_needed:{self.payment_hold}",
            "shipped": f"shipped:{self.part_id}",
            "delivered": f"delivered:{self.part_id}",
            "canceled": "canceled",
            "cancel_refused": "cancel_refused",
            "partly_canceled": "partly_canceled",
            "refunded": f"refunded:{self.refund_id}",
            "changed": "changed:1",
            "change_refused": "change_refused:2",
            "change_undone": "change_undone:3",
        }


async def book(
    db: Database,
    *,
    name: str = "Ana Novak",
    email: str | None = MAIL,
    phone: str | None = None,
    consent: bool = False,
    **order: Any,  # columns of the order row
) -> Booked:
    """One order of two mugs with a part, a parcel, two holds, a payment and a refund."""
    ids = Booked(uuid7(), uuid7(), uuid7(), uuid7(), uuid7(), uuid7())
    async with db.transaction() as session:
        await _order(session, ids, name, email=email, phone=phone, sms_consent=consent, **order)
        await _money(session, ids)
        await _parcel(session, ids)
    return ids


async def _order(session: AsyncSession, ids: Booked, name: str, **order: Any) -> None:
    customer = Customer(id=uuid7(), name=name)
    session.add_all(
        [
            customer,
            Product(sku="MUG", name="Mug", price=1250, currency="EUR"),
            Location(
                code="LON",
                name="London",
                kind=WarehouseKind.HTTP,
                address=ADDRESS,
                latitude=51.5,
                longitude=0.1,
            ),
        ]
    )
    await session.flush()
    columns = {
        "number": "10001",
        "channel": "web",
        "state": OrderState.ACCEPTED,
        "ship_to": {**ADDRESS, "name": name},
        "currency": "EUR",
        "subtotal": 2500,
        "shipping": 490,
        "tax": 399,
        "tax_added": 0,
        "total": 2990,
        "payment_method": PaymentMethod.CARD,
        **order,
    }
    session.add(Order(id=ids.order_id, customer_id=customer.id, **columns))
    await session.flush()


async def _money(session: AsyncSession, ids: Booked) -> None:
    session.add(
        Payment(
            id=ids.payment_id,
            order_id=ids.order_id,
            method=PaymentMethod.CARD,
            amount=2990,
            currency="EUR",
            state=PaymentState.ACTION_REQUIRED,
            action_url=PAY,
        )
    )
    await session.flush()
    until = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    common = {"order_id": ids.order_id, "deadline": until, "state": HoldState.ACTIVE}
    session.add_all(
        [
            Hold(
                id=ids.approval,
                type=HoldType.APPROVAL,
                reason="large_order",
                at_deadline=AtDeadline.REJECT,
                **common,
            ),
            Hold(
                id=ids.payment_hold,
                type=HoldType.PAYMENT,
                reason="payment_action_required",
                at_deadline=AtDeadline.EXPIRE,
                **common,
            ),
            Refund(
                id=ids.refund_id,
                order_id=ids.order_id,
                payment_id=ids.payment_id,
                amount=1250,
                currency="EUR",
                state=RefundState.PROCESSING,
                reason="damaged",
            ),
        ]
    )


async def _parcel(session: AsyncSession, ids: Booked) -> None:
    line = OrderLine(
        id=uuid7(),
        order_id=ids.order_id,
        position=1,
        sku="MUG",
        name="Mug, blue",
        unit_price=1250,
        amount=2500,
        tax_class="standard",
        tax_rate_ppm=190000,
        tax_inclusive=True,
        tax=399,
        total=2500,
        ordered=2,
        shipped=1,
        canceled=1,
    )
    part = FulfillmentOrder(
        id=ids.part_id,
        order_id=ids.order_id,
        number=1,
        location="LON",
        state=FulfillmentState.CLOSED,
        amount=2990,
    )
    session.add_all([line, part])
    await session.flush()
    session.add_all(
        [
            FulfillmentLine(
                fulfillment_id=part.id, line_id=line.id, sku="MUG", units=1, amount=1250, tax=200
            ),
            Shipment(
                id=uuid7(),
                order_id=ids.order_id,
                fulfillment_id=part.id,
                state=ShipmentState.IN_TRANSIT,
                grams=400,
                length_mm=120,
                width_mm=120,
                height_mm=110,
                carrier="USPS",
                service="Priority",
                tracking_code="EZ1000000001",
                tracking_url=TRACKING,
                promised_on=date(2026, 11, 16),
            ),
        ]
    )


async def end_hold(db: Database, hold_id: UUID) -> None:
    """Somebody was faster than the message."""
    async with db.transaction() as session:
        hold = await session.get_one(Hold, hold_id)
        hold.state, hold.outcome = HoldState.RELEASED, HoldOutcome.APPROVED
        await session.flush()
