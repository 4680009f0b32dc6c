"""A made-up story of every stage: what a shop's own words are tried on before anybody gets them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, Paper, PaperLine, Party, TaxCategory
from orderwright.domain.money import Money
from orderwright.domain.orders import AtDeadline, CancelState, OrderState
from orderwright.domain.payments import RefundState
from orderwright.domain.telling.stages import Stage
from orderwright.services.telling.story import (
    Contact,
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
)

DEADLINE = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


def euro(amount: int) -> Money:
    """An amount in cents."""
    return Money(amount, "EUR")


ORDER = OrderFacts(
    number="10001",
    name="Ana Novak",
    state=OrderState.ACCEPTED,
    cancel=CancelState.NONE,
    reason="",
    placed_at=datetime(2026, 11, 13, 9, 30, tzinfo=UTC),
    items=(
        Item("Mug, blue", 2, euro(2500)),
        Item("Set of six tea spoons, stainless steel, in a gift box", 1, euro(123450)),
    ),
    canceled=(Item("Mug, blue", 1),),
    subtotal=euro(125950),
    shipping=euro(490),
    tax=euro(0),
    tax_included=euro(20110),
    total=euro(126440),
    ship_to=("Ana Novak", "1 High Street", "SW1A 1AA London", "GB"),
    pickup=False,
    po_number="PO-4711",
    on_terms=False,
    authorized=True,
    charged=euro(0),
)
PARCEL = ParcelFacts(
    number=1,
    of=2,
    items=(Item("Mug, blue", 2),),
    carrier="USPS",
    tracking_code="EZ1000000001",
    tracking_url="https://track.example/EZ1000000001",
    expected_on=date(2026, 11, 16),
    collected=False,
    rest_follows=True,
)
PICKUP = PickupFacts(
    number=1,
    of=1,
    items=(Item("Mug, blue", 2),),
    place=("Blue Shop, Baker Street", "221B Baker Street", "NW1 6XE London", "GB"),
    code="7KQ4MX",
    collect_by=DEADLINE,
    waiting=True,
)
WAIT = WaitFacts(
    active=True,
    reason="large_order",
    deadline=DEADLINE,
    at_deadline=AtDeadline.REJECT,
    links=(PaymentLink("https://pay.example/c/cs_test_1", euro(126440)),),
    task=UUID(int=7),
)
RETURNED = ReturnFacts(
    number="RET-10001",
    items=(Item("Mug, blue", 1),),
    label=True,
    carrier="USPS",
    send_by=date(2026, 12, 4),
    waiting=True,
)
BILL = PaperFacts(
    UUID(int=8),
    Paper(
        kind=DocumentKind.INVOICE, number="INV-2026-000042", issued_on=date(2026, 11, 16), currency="EUR",
        seller=Party(Address("Blue Shop", "221B Baker Street", "London", "NW1 6XE", "GB"), "GB999999973"),
        bill_to=Party(Address("Ana Novak", "1 High Street", "London", "SW1A 1AA", "GB")), ship_to=None,
        order_number="10001", ordered_on=date(2026, 11, 13), supplied_on=date(2026, 11, 16),
        po_number="PO-4711", paid_by="Card", paid=True,
        lines=[
            PaperLine("Mug, blue", 2, 2083, 417, 200_000, TaxCategory.STANDARD, sku="MUG", inclusive=True)
        ],
    ),
)  # fmt: skip
CONTACT = Contact(email="ana@customer.example", phone="+447400123456", country="GB", language="en")


def story(stage: Stage, *, contact: Contact = CONTACT, **order: Any) -> Story:  # Any: fields of the order
    """A stage with everything that it may name."""
    told = Story(UUID(int=1), stage, "", replace(ORDER, **order), contact)
    about: dict[str, Any] = {}  # Any: facts of each kind
    match stage:
        case Stage.SHIPPED | Stage.DELIVERED | Stage.DELAYED:
            about = {"parcel": PARCEL}
        case Stage.READY_FOR_PICKUP | Stage.KEPT_FOR_PICKUP:
            about = {"pickup": PICKUP, "order": replace(told.order, pickup=True)}
        case Stage.APPROVAL_NEEDED | Stage.ACTION_NEEDED:
            about = {"wait": WAIT}
        case Stage.INVOICED:
            about = {"paper": BILL}
        case Stage.REFUNDED:
            about = {"refund": RefundFacts(euro(1250), RefundState.PROCESSING)}
        case Stage.RETURN_APPROVED | Stage.RETURN_DECLINED | Stage.RETURN_RECEIVED:
            about = {"returned": RETURNED}
        case Stage.NOTE:
            about = {"note": NoteFacts("We have found the blue mug.\n\nIt leaves tomorrow.")}
        case Stage.CANCELED:
            about = {"order": replace(told.order, state=OrderState.CANCELED)}
    return replace(told, **about)
