"""What the carrier owes us for a case: filed once, answered once, and booked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import (
    CARRIERS_FAULT,
    CLAIM_FOLLOWS,
    NEEDS_EVIDENCE,
    RULES,
    ClaimState,
    claim_type,
)
from orderwright.domain.failures import Conflict, Exists, Invalid, NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account
from orderwright.persistence import locks, timeline
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import CarrierClaim, DeliveryCase, Order, Shipment
from orderwright.services.fulfillment import shipping

EVIDENCE = "claim_evidence"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture or a paper."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AtCarrier:
    """That we file it at the carrier ourselves. `claims_in`: currencies in which he takes claims."""

    claims_in: Collection[str]
    description: str = ""
    evidence: Sequence[Evidence] = ()


async def file(
    session: AsyncSession, case_id: UUID, amount: int, actor: Actor, at_carrier: AtCarrier | None = None
) -> CarrierClaim:
    """Ask the carrier for `amount` in the order's currency, whatever is done for the customer.

    Raises NotFound, Conflict (nothing a carrier answers for, a parcel without one, or a carrier who takes no
    such claim), Exists, Invalid (no evidence where the carrier wants some).
    """
    actor.require(Scope.OPERATIONS)
    case = await session.get(DeliveryCase, case_id)
    if case is None:
        raise NotFound("no such case")
    await locks.lock(session, case.order_id)
    parcel = await session.get_one(Shipment, case.shipment_id, populate_existing=True)
    carrier = parcel.carrier
    if case.kind not in CARRIERS_FAULT:
        raise Conflict(f"a carrier does not answer for {case.kind.value}")
    if carrier is None:
        raise Conflict("nobody knows who carried the parcel")
    currency = await session.scalar(select(Order.currency).where(Order.id == case.order_id))
    if at_carrier is not None:
        _check(case, parcel, currency or "", at_carrier)
    description = at_carrier.description if at_carrier else ""
    claim: CarrierClaim | None = await session.scalar(
        insert(CarrierClaim)
        .values(
            case_id=case_id, order_id=case.order_id, carrier=carrier, amount=amount, currency=currency,
            filed_by=actor.name, at_carrier=at_carrier is not None,
            description=description or RULES[case.kind].question,
        )
        .on_conflict_do_nothing()
        .returning(CarrierClaim)
    )  # fmt: skip
    if claim is None:
        raise Exists("the carrier was asked already")
    for one in at_carrier.evidence if at_carrier else ():
        await shipping.keep_document(session, case.order_id, EVIDENCE, claim.id, one.media_type, one.content)
    await timeline.tell(
        session, case.order_id, "carrier_claim.filed", by=actor.name, claim=str(claim.id),
        case=str(case_id), carrier=carrier, amount=amount, currency=claim.currency,
    )  # fmt: skip
    return claim


def _check(case: DeliveryCase, parcel: Shipment, currency: str, at_carrier: AtCarrier) -> None:
    if currency not in at_carrier.claims_in or parcel.tracking_code is None or parcel.reference is None:
        raise Conflict(f"the carrier takes no claim in {currency} for this parcel from us: file it by hand")
    wanted = claim_type(case.kind, arrived=parcel.state is ShipmentState.DELIVERED)
    if wanted in NEEDS_EVIDENCE and not at_carrier.evidence:
        raise Invalid(f"for {wanted.value} the carrier wants a picture or a paper", field="evidence")


async def answer(
    session: AsyncSession,
    claim_id: UUID,
    state: ClaimState,
    actor: Actor,
    *,
    amount: int | None = None,
    reference: str = "",
    words: str = "",
) -> CarrierClaim:
    """What the carrier says: accepted (perhaps for less), rejected, later paid; each once, in that order.

    Accepted he owes it to us; paid it comes off what we owe him. Raises NotFound, Conflict.
    """
    actor.require(Scope.OPERATIONS)
    order_id = await session.scalar(select(CarrierClaim.order_id).where(CarrierClaim.id == claim_id))
    if order_id is None:
        raise NotFound("no such claim")
    await locks.lock(session, order_id)
    when = {"paid_at" if state is ClaimState.PAID else "answered_at": func.clock_timestamp()}
    less = {"amount": amount} if state is ClaimState.ACCEPTED and amount is not None else {}
    known = {name: said for name, said in (("reference", reference), ("words", words)) if said}
    claim: CarrierClaim | None = await session.scalar(
        update(CarrierClaim)
        .where(
            CarrierClaim.id == claim_id,
            CarrierClaim.state == CLAIM_FOLLOWS[state],
            CarrierClaim.amount >= (amount or 0),
        )
        .values(state=state, **when, **less, **known)
        .returning(CarrierClaim)
        .execution_options(populate_existing=True)
    )
    if claim is None:
        there = await session.get_one(CarrierClaim, claim_id, populate_existing=True)
        raise Conflict("that is no answer to this claim", state=there.state.value, amount=there.amount)
    await _book(session, claim)
    await timeline.tell(
        session, order_id, f"carrier_claim.{state.value}", by=actor.name, why=words, claim=str(claim_id),
        amount=claim.amount, currency=claim.currency,
    )  # fmt: skip
    return claim


async def _book(session: AsyncSession, claim: CarrierClaim) -> None:
    if claim.state is ClaimState.ACCEPTED:
        entries = {
            Account.CARRIER_RECEIVABLE: claim.amount,
            Account.CARRIER_COMPENSATION: -claim.amount,
        }
    elif claim.state is ClaimState.PAID:
        entries = {Account.CARRIER_PAYABLE: claim.amount, Account.CARRIER_RECEIVABLE: -claim.amount}
    else:
        return
    await ledger.book(
        session, f"carrier_claim.{claim.state.value}", entries, currency=claim.currency,
        source=f"carrier_claim.{claim.state.value}/{claim.id}", order_id=claim.order_id,
    )  # fmt: skip
