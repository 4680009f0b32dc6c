"""What stands on an order's page?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import SHIPMENT_RANK, ShipmentState
from orderwright.domain.money import Money
from orderwright.domain.payments import PaymentState
from orderwright.domain.telling.headlines import Headline, headline
from orderwright.domain.telling.stages import Stage
from orderwright.persistence.tables import OrderEvent
from orderwright.services.documents import reading as papers
from orderwright.services.documents.reading import DocumentRecord
from orderwright.services.orders import reading
from orderwright.services.orders.reading import OrderRecord, PartRecord
from orderwright.services.portal.offers import Offer, offers
from orderwright.services.returns import reading as coming_back
from orderwright.services.returns.reading import ReturnRecord
from orderwright.services.telling.loading import load
from orderwright.services.telling.story import Item, OrderFacts, PaymentLink, one_line, web_link

MOST_EVENTS = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a parcel was seen to be, and when."""

    status: ShipmentState
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelPage:
    """One parcel as its customer follows it. `seen`: the newest first, each state once."""

    state: ShipmentState
    carrier: str
    tracking_code: str
    tracking_url: str | None
    expected_on: date | None
    delivered_at: datetime | None
    items: Sequence[Item]
    seen: Sequence[Seen]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order in its customer's figures. `events`: all, oldest first; a page names what it shows."""

    id: UUID
    language: str
    order: OrderFacts
    headline: Headline
    expected_on: date | None
    parcels: Sequence[ParcelPage]
    events: Sequence[OrderEvent]
    documents: Sequence[DocumentRecord]
    links: Sequence[PaymentLink]
    offers: frozenset[Offer]
    returns: Sequence[ReturnRecord]


async def page(session: AsyncSession, order_id: UUID) -> OrderPage:
    """Everything on it. Raises NotFound."""
    story = await load(session, order_id, Stage.RECEIVED, "")
    record = await reading.order(session, order_id)
    parcels = _parcels(record)
    expected = [
        one.expected_on for one in parcels if one.expected_on is not None and one.delivered_at is None
    ]
    return OrderPage(
        id=order_id,
        language=story.contact.language,
        order=story.order,
        headline=headline(record.facts, [one.state for one in parcels]),
        expected_on=max(expected) if expected else _promised(record),
        parcels=parcels,
        events=await reading.timeline(session, order_id, after=0, limit=MOST_EVENTS),
        documents=await papers.of_order(session, order_id),
        links=_payments(record),
        offers=await offers(session, record),
        returns=await coming_back.listed(session, order_id=order_id),
    )


def _promised(record: OrderRecord) -> date | None:
    days = [part.row.promised_on for part in record.parts if part.row.promised_on is not None]
    if days:
        return max(days)
    return record.order.promised_on.date() if record.order.promised_on is not None else None


def _parcels(record: OrderRecord) -> list[ParcelPage]:
    names = {line.id: line.name for line in record.lines}
    return [
        ParcelPage(
            state=parcel.row.state,
            carrier=one_line(parcel.row.carrier),
            tracking_code=one_line(parcel.row.tracking_code),
            tracking_url=web_link(parcel.row.tracking_url),
            expected_on=parcel.row.promised_on or part.row.promised_on,
            delivered_at=parcel.row.delivered_at,
            items=_items(part, names),
            seen=_seen([Seen(scan.status, scan.at) for scan in parcel.scans]),
        )
        for part in record.parts
        for parcel in part.parcels
        if parcel.row.state not in (ShipmentState.VOIDED, ShipmentState.PLANNED)
    ]


def _items(part: PartRecord, names: dict[UUID, str]) -> list[Item]:
    return [Item(one_line(names.get(line.line_id, line.sku)), line.units) for line in part.lines]


def _seen(scans: Sequence[Seen]) -> list[Seen]:
    """The first time of each state, the newest on top; within a minute the further one."""

    def moment(one: Seen) -> tuple[datetime, int]:
        return one.at.replace(second=0, microsecond=0), SHIPMENT_RANK[one.status]

    first: dict[ShipmentState, Seen] = {}
    for scan in sorted(scans, key=moment):
        first.setdefault(scan.status, scan)
    return sorted(first.values(), key=moment, reverse=True)


def _payments(record: OrderRecord) -> list[PaymentLink]:
    return [
        PaymentLink(url, Money(payment.amount, payment.currency))
        for payment in record.payments
        if payment.state is PaymentState.ACTION_REQUIRED and (url := web_link(payment.action_url)) is not None
    ]
