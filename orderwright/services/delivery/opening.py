"""A case is opened, once per parcel and kind, with a person's task and a deadline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import (
    CLAIMABLE,
    NEEDS_ARRIVAL,
    OVER_AT_ARRIVAL,
    RULES,
    CaseKind,
    CaseState,
    Origin,
    WayOut,
)
from orderwright.domain.failures import Conflict, Exists, Invalid, NotFound
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import TaskKind, TaskState
from orderwright.persistence import holds, locks, outbox, timeline
from orderwright.persistence.tables import (
    CaseLine,
    DeliveryCase,
    FulfillmentLine,
    FulfillmentOrder,
    Shipment,
    Task,
)

SUBJECT = "case"


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of a parcel. `units` by order line; none: the whole parcel."""

    shipment_id: UUID
    kind: CaseKind
    words: str = ""
    units: Mapping[UUID, int] = field(default_factory=dict)


def subject(case_id: UUID) -> str:
    """What a case's task is about."""
    return f"{SUBJECT}/{case_id}"


async def found(
    session: AsyncSession, shipment: Shipment, kind: CaseKind, *, origin: Origin, by: str, question: str = ""
) -> DeliveryCase | None:
    """A scan or the guardian has found it. None: the parcel has had such a case. The order is locked."""
    known = select(DeliveryCase.id).where(DeliveryCase.shipment_id == shipment.id, DeliveryCase.kind == kind)
    if await session.scalar(known.limit(1)) is not None:
        return None
    case = await _insert(session, shipment, kind, origin=origin, by=by, words="")
    if case is not None:
        await _tell(session, case, question or RULES[kind].question)
    return case


async def claimed(session: AsyncSession, claim: Claim, actor: Actor) -> DeliveryCase:
    """Somebody says it of a parcel that has left.

    Raises NotFound, Invalid (no such claim or line), Conflict (not there yet, made good), Exists.
    """
    if claim.kind not in CLAIMABLE:
        raise Invalid("that cannot be claimed", field="kind")
    order_id = await session.scalar(select(Shipment.order_id).where(Shipment.id == claim.shipment_id))
    if order_id is None:
        raise NotFound("no such parcel")
    await locks.lock(session, order_id)
    shipment = await session.get_one(Shipment, claim.shipment_id, populate_existing=True)
    await _claimable(session, shipment, claim)
    case = await _insert(session, shipment, claim.kind, origin=Origin.CLAIM, by=actor.name, words=claim.words)
    if case is None:
        raise Exists("of this kind the parcel has an open case")
    if claim.units:
        await session.execute(
            insert(CaseLine),
            [
                {"case_id": case.id, "fulfillment_id": case.fulfillment_id, "line_id": line, "units": units}
                for line, units in claim.units.items()
            ],
        )
    await _tell(session, case, RULES[claim.kind].question)
    return case


async def _claimable(session: AsyncSession, shipment: Shipment, claim: Claim) -> None:
    part = await session.get_one(FulfillmentOrder, shipment.fulfillment_id, populate_existing=True)
    if part.state is not FulfillmentState.CLOSED or shipment.state is ShipmentState.VOIDED:
        raise Conflict("the parcel has not left")
    if claim.kind in NEEDS_ARRIVAL and shipment.state not in ARRIVED:
        raise Conflict("the parcel has not arrived", state=shipment.state.value)
    rows = await open_units(session, part.id)
    if not any(rows.values()):
        raise Conflict("for all of it a refund or a replacement was given")
    for line, units in claim.units.items():
        if line not in rows:
            raise Invalid("the parcel has no such line", field="lines")
        if units > rows[line]:
            raise Conflict("fewer units than that are still to be made good", units=rows[line])


async def open_units(session: AsyncSession, fulfillment_id: UUID) -> dict[UUID, int]:
    """Units by line of a fulfillment order for which nothing was given yet."""
    rows = await session.execute(
        select(FulfillmentLine.line_id, FulfillmentLine.units - FulfillmentLine.made_good)
        .where(FulfillmentLine.fulfillment_id == fulfillment_id)
        .order_by(FulfillmentLine.line_id)
    )
    return {line: int(units) for line, units in rows}


async def _insert(
    session: AsyncSession, shipment: Shipment, kind: CaseKind, *, origin: Origin, by: str, words: str
) -> DeliveryCase | None:
    rule = RULES[kind]
    case: DeliveryCase | None = await session.scalar(
        upsert(DeliveryCase)
        .values(
            order_id=shipment.order_id, fulfillment_id=shipment.fulfillment_id, shipment_id=shipment.id,
            kind=kind, origin=origin, opened_by=by, words=words, ways=[way.value for way in rule.ways],
            deadline=func.clock_timestamp() + rule.patience,
        )
        .on_conflict_do_nothing()
        .returning(DeliveryCase)
    )  # fmt: skip
    return case


async def _tell(session: AsyncSession, case: DeliveryCase, question: str) -> None:
    ways = [WayOut(way) for way in case.ways]
    await timeline.tell(
        session, case.order_id, "case.opened", by=case.opened_by, why=question, case=str(case.id),
        shipment=str(case.shipment_id), about=case.kind.value, ways=case.ways,
    )  # fmt: skip
    await holds.ask_person(
        session, case.order_id, TaskKind.DELIVERY,
        f"{question} Approve to {ways[0].value}, reject to do nothing;"
        f" or decide the case otherwise ({', '.join(case.ways)}).",
        subject=subject(case.id), deadline=case.deadline,
    )  # fmt: skip
    await outbox.wake(session, case.order_id)


async def arrived(session: AsyncSession, shipment: Shipment) -> None:
    """What was only late or thought lost is there: its open cases end by themselves. The order is locked."""
    await _end(session, shipment, sorted(OVER_AT_ARRIVAL), "the parcel has arrived")


async def gone(session: AsyncSession, shipment: Shipment) -> None:
    """It will not come: that it is late is no question any more."""
    over = [CaseKind.DELAYED, CaseKind.ADDRESS_PROBLEM]
    if shipment.state is not ShipmentState.LOST:
        over.append(CaseKind.LOST)  # it is on its way back to us
    await _end(session, shipment, over, "the parcel will not arrive")


async def _end(session: AsyncSession, shipment: Shipment, kinds: Sequence[CaseKind], why: str) -> None:
    there = shipment.state not in GONE
    ended = await session.scalars(
        update(DeliveryCase)
        .where(
            DeliveryCase.shipment_id == shipment.id,
            DeliveryCase.kind.in_(kinds),
            DeliveryCase.state == CaseState.OPEN,
        )
        .values(
            state=CaseState.RESOLVED, outcome=WayOut.ARRIVED if there else WayOut.DISMISS, why=why,
            decided_by="system", decided_at=func.clock_timestamp(),
        )
        .returning(DeliveryCase)
    )  # fmt: skip
    for case in ended.all():
        await close_task(session, case, TaskState.WITHDRAWN)
        await timeline.tell(
            session, case.order_id, "case.resolved", why=why, case=str(case.id), about=case.kind.value
        )


async def close_task(session: AsyncSession, case: DeliveryCase, state: TaskState) -> None:
    """Nobody is asked any more."""
    await session.execute(
        update(Task)
        .where(
            Task.order_id == case.order_id, Task.kind == TaskKind.DELIVERY,
            Task.subject == subject(case.id), Task.state == TaskState.OPEN,
        )
        .values(state=state)
    )  # fmt: skip
