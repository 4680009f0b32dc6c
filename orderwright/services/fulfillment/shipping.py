"""What the rows say before and after each call to a carrier."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import Choice, Faster, Offer, ShipmentState, cheapest_in_time
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import AtDeadline, CancelState, HoldType, TaskKind
from orderwright.domain.payments import Account, EffectState
from orderwright.domain.sourcing.postage import band
from orderwright.persistence import holds, timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import (
    Document,
    Effect,
    FulfillmentOrder,
    Order,
    Shipment,
    ShipmentOffer,
)
from orderwright.ports.carriers import Label, Rates
from orderwright.ports.failures import Refused

CARRIER_WAIT = timedelta(days=3)
"""How long a person has when no carrier takes a parcel."""


async def may_ship(session: AsyncSession, fulfillment_id: UUID) -> bool:
    """Whether a label may be bought: the part is open and nobody has asked to cancel."""
    wanted = await session.scalar(
        select(FulfillmentOrder.id)
        .join(Order, Order.id == FulfillmentOrder.order_id)
        .where(
            FulfillmentOrder.id == fulfillment_id,
            FulfillmentOrder.state == FulfillmentState.OPEN,
            FulfillmentOrder.needs_label,
            Order.cancel.not_in([CancelState.REQUESTED, CancelState.ACCEPTED]),
        )
    )
    return wanted is not None


async def rated(session: AsyncSession, shipment_id: UUID, rates: Rates, choice: Choice | None) -> None:
    """Keep every offer with the lane it is for, and why one of them is taken."""
    taken = choice.offer if choice is not None else None
    lane = await _lane(session, shipment_id)
    rows = [
        {"shipment_id": shipment_id, "rate_id": offer.rate_id, "carrier": offer.carrier,
         "service": offer.service, "amount": offer.amount, "currency": offer.currency,
         "arrives": offer.arrives, "chosen": offer == taken,
         "reason": choice.reason if choice is not None and offer == taken else "", **lane}
        for offer in rates.offers
    ]  # fmt: skip
    if rows:
        await session.execute(upsert(ShipmentOffer).on_conflict_do_nothing(), rows)
    await session.execute(
        update(Shipment).where(Shipment.id == shipment_id).values(reference=rates.reference)
    )


async def _lane(session: AsyncSession, shipment_id: UUID) -> dict[str, str | int]:
    """From where to which country, by which of our services, how heavy at most."""
    row = await session.execute(
        select(FulfillmentOrder.location, Order.ship_to["country"].astext, Order.service, Shipment.grams)
        .join(Order, Order.id == FulfillmentOrder.order_id)
        .join(Shipment, Shipment.fulfillment_id == FulfillmentOrder.id)
        .where(Shipment.id == shipment_id)
    )
    location, country, wanted, grams = row.one()
    return {"location": location, "country": country, "wanted": wanted, "band": band(grams)}


def choose_offer(
    offers: Sequence[Offer],
    carriers: Collection[str],
    promised: date,
    hurried: Mapping[str, Any] | None = None,  # Any: as the part keeps it
) -> Choice | None:
    """The best offer of a carrier that comes to the location; none named: all do.

    A hurried part goes with its faster service where that is offered still.
    """
    taken = [offer for offer in offers if not carriers or offer.carrier in carriers]
    faster = None if hurried is None else Faster(**hurried).among(taken)
    return faster or cheapest_in_time(taken, promised)


async def labeled(session: AsyncSession, shipment: Shipment, label: Label, choice: Choice | None) -> None:
    """A label is bought: the parcel, its cost, its papers."""
    await session.execute(
        update(Shipment)
        .where(Shipment.id == shipment.id, Shipment.state == ShipmentState.PLANNED)
        .values(
            state=ShipmentState.LABELED, carrier=label.carrier, service=label.service, amount=label.amount,
            currency=label.currency, tracking_code=label.tracking_code, tracking_url=label.tracking_url,
            label_url=label.label_url,
        )
    )  # fmt: skip
    await ledger.book(
        session, "label", {Account.LABEL_COST: label.amount, Account.CARRIER_PAYABLE: -label.amount},
        currency=label.currency, source=f"label/{shipment.id}", order_id=shipment.order_id,
    )  # fmt: skip
    if label.zpl is not None:
        await keep_document(
            session, shipment.order_id, "label", shipment.id, "x-application/zpl", label.zpl.encode()
        )
    if label.pdf is not None:
        await keep_document(session, shipment.order_id, "label", shipment.id, "application/pdf", label.pdf)
    await timeline.tell(
        session, shipment.order_id, "label.bought", why=choice.reason if choice else "found at the carrier",
        shipment=str(shipment.id), carrier=label.carrier, service=label.service, amount=label.amount,
        currency=label.currency,
    )  # fmt: skip


def without_papers(label: Label) -> Label:
    """What an effect keeps of a label: its papers are documents."""
    return replace(label, zpl=None, pdf=None)


async def keep_document(
    session: AsyncSession, order_id: UUID, kind: str, subject_id: UUID, media_type: str, content: bytes
) -> None:
    """Store a document as it was made; the first one stays."""
    await session.execute(
        upsert(Document)
        .values(order_id=order_id, kind=kind, subject_id=subject_id, media_type=media_type, content=content)
        .on_conflict_do_nothing()
    )


async def refused_by_all(
    session: AsyncSession, order_id: UUID, fulfillment_id: UUID, no: Refused, at: datetime
) -> None:
    """No carrier takes the parcel: a person reads the carrier's words and decides.

    The next try asks for rates anew: of the old ones it is known where they lead.
    """
    rated = select(func.concat("rate/", Shipment.id)).where(Shipment.fulfillment_id == fulfillment_id)
    await session.execute(
        update(Effect)
        .where(Effect.order_id == order_id, Effect.step.in_(rated), Effect.state == EffectState.DONE)
        .values(state=EffectState.UNDONE)
    )
    await holds.open_hold(
        session, order_id, HoldType.CARRIER, reason=no.code, words=no.words, fulfillment_id=fulfillment_id,
        deadline=at + CARRIER_WAIT, at_deadline=AtDeadline.STAY, ask=TaskKind.CARRIER,
        question=f"The carrier says: {no.words or no.code}."
        " Approve to try again, reject to cancel these units.",
    )  # fmt: skip


async def label_voided(
    session: AsyncSession, shipment_id: UUID, *, money_back: bool, by: str = "system"
) -> None:
    """The label is given back, or the carrier keeps the money: either way this parcel is no more."""
    shipment = await session.scalar(
        update(Shipment)
        .where(Shipment.id == shipment_id, Shipment.state.in_([ShipmentState.PLANNED, ShipmentState.LABELED]))
        .values(state=ShipmentState.VOIDED)
        .returning(Shipment)
        .execution_options(populate_existing=True)
    )
    if shipment is None or shipment.amount is None or shipment.currency is None:
        return
    if money_back:
        await ledger.book(
            session, "label.void",
            {Account.CARRIER_PAYABLE: shipment.amount, Account.LABEL_COST: -shipment.amount},
            currency=shipment.currency, source=f"label.void/{shipment_id}", order_id=shipment.order_id,
        )  # fmt: skip
    await timeline.tell(
        session, shipment.order_id, "label.voided", by=by, shipment=str(shipment_id), money_back=money_back
    )


async def label_voided_of(
    session: AsyncSession, fulfillment_id: UUID, *, money_back: bool, by: str = "system"
) -> None:
    """The same for the parcel of a fulfillment order."""
    shipment_id = await session.scalar(
        select(Shipment.id).where(
            Shipment.fulfillment_id == fulfillment_id, Shipment.state != ShipmentState.VOIDED
        )
    )
    if shipment_id is not None:
        await label_voided(session, shipment_id, money_back=money_back, by=by)
