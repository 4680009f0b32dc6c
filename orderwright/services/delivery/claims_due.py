"""Claims that we file at the carrier ourselves: which are due, and what the rows say after each call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import ClaimState, claim_type
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import Scope, TaskKind
from orderwright.persistence import holds, locks, timeline
from orderwright.persistence.tables import CarrierClaim, DeliveryCase, Document, Order, Shipment
from orderwright.ports.carriers import FiledClaim, Filing
from orderwright.ports.failures import Refused
from orderwright.services.delivery import claiming

BATCH = 100
ASKED_EVERY = timedelta(hours=6)
CARRIER = Actor("carrier", frozenset({Scope.OPERATIONS}))

_TO_ASK = text("""
    UPDATE carrier_claims SET asked_at = :at WHERE id IN (
      SELECT id FROM carrier_claims
       WHERE at_carrier AND state = 'filed' AND reference <> ''
         AND (asked_at IS NULL OR asked_at <= :before)
       ORDER BY asked_at NULLS FIRST, id LIMIT :batch FOR UPDATE SKIP LOCKED)
    RETURNING id, reference""")


@dataclass(frozen=True, slots=True)
class Due:
    """A claim that is to be filed."""

    claim: UUID
    order: UUID
    filing: Filing


async def to_file(session: AsyncSession, contact_email: str) -> Sequence[Due]:
    """Claims that the carrier has not got yet, oldest first."""
    rows = await session.execute(
        select(CarrierClaim, DeliveryCase, Shipment)
        .join(DeliveryCase, DeliveryCase.id == CarrierClaim.case_id)
        .join(Shipment, Shipment.id == DeliveryCase.shipment_id)
        .where(_waits())
        .order_by(CarrierClaim.id)
        .limit(BATCH)
    )
    return [
        Due(claim.id, claim.order_id, await _filing(session, claim, case, parcel, contact_email))
        for claim, case, parcel in rows.all()
    ]


def _waits() -> ColumnElement[bool]:
    return and_(CarrierClaim.at_carrier, CarrierClaim.state == ClaimState.FILED, CarrierClaim.reference == "")


async def _filing(
    session: AsyncSession, claim: CarrierClaim, case: DeliveryCase, parcel: Shipment, contact_email: str
) -> Filing:
    evidence = await session.scalars(
        select(Document.content)
        .where(Document.kind == claiming.EVIDENCE, Document.subject_id == claim.id)
        .order_by(Document.id)
    )
    number = await session.scalar(select(Order.number).where(Order.id == claim.order_id))
    return Filing(
        tracking_code=parcel.tracking_code or "",
        type=claim_type(case.kind, arrived=parcel.state is ShipmentState.DELIVERED),
        amount=Money(claim.amount, claim.currency),
        description=f"{number}: {claim.description}",
        contact_email=contact_email,
        evidence=tuple(evidence.all()),
    )


async def may_file(session: AsyncSession, claim_id: UUID) -> bool:
    """Whether it waits still: nobody has answered it by hand."""
    query = select(CarrierClaim.id).where(CarrierClaim.id == claim_id, _waits())
    return await session.scalar(query) is not None


async def filed(session: AsyncSession, due: Due, answer: FiledClaim) -> None:
    """The carrier has it. The order is locked."""
    await session.execute(
        update(CarrierClaim).where(CarrierClaim.id == due.claim).values(reference=answer.reference)
    )
    await timeline.tell(
        session, due.order, "carrier_claim.received", by="carrier", claim=str(due.claim),
        reference=answer.reference,
    )  # fmt: skip


async def refused(session: AsyncSession, due: Due, no: Refused) -> None:
    """The carrier does not take it from us: a person files it by hand, and notes the answer as ever."""
    claim = await session.scalar(
        update(CarrierClaim)
        .where(CarrierClaim.id == due.claim)
        .values(at_carrier=False, words=no.words or no.code)
        .returning(CarrierClaim)
    )
    if claim is not None:
        await holds.ask_person(
            session, due.order, TaskKind.CARRIER,
            f"The carrier did not take our claim: {no.words or no.code}. File it by hand, then approve.",
            subject=f"claim/{due.claim}",
        )  # fmt: skip


async def to_ask(session: AsyncSession, at: datetime) -> Sequence[tuple[UUID, str]]:
    """Claims at the carrier without an outcome, taken before they are asked about; and their references."""
    given = {"at": at, "before": at - ASKED_EVERY, "batch": BATCH}
    return [(row.id, row.reference) for row in await session.execute(_TO_ASK, given)]


async def answered(session: AsyncSession, claim_id: UUID, answer: FiledClaim) -> bool:
    """What the carrier has decided. False: nothing yet, or somebody has noted it before."""
    order_id = await session.scalar(select(CarrierClaim.order_id).where(CarrierClaim.id == claim_id))
    if answer.state is ClaimState.FILED or order_id is None:
        return False
    await locks.lock(session, order_id)
    claim = await session.get_one(CarrierClaim, claim_id, populate_existing=True)
    if claim.state is not ClaimState.FILED:
        return False
    amount = None if answer.amount is None else min(answer.amount, claim.amount)
    if answer.state is ClaimState.ACCEPTED and amount == 0:
        answer = FiledClaim(answer.reference, ClaimState.REJECTED, words=answer.words)
    await claiming.answer(session, claim_id, answer.state, CARRIER, amount=amount, words=answer.words)
    return True
