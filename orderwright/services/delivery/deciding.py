"""A case is decided once: by a person, here or on its task, or by its deadline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import assert_never
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import RULES, CaseState, WayOut
from orderwright.domain.failures import AlreadyDecided, Conflict, Invalid, NotFound
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import Decision, Scope, TaskKind, TaskState
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.money import refundable
from orderwright.persistence.tables import CaseLine, DeliveryCase, FulfillmentOrder, Shipment, Task
from orderwright.services.delivery import opening, replacing
from orderwright.services.fulfillment import tracking
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted

LONGER = timedelta(days=3)
"""How long is waited where the task is approved and no new day is known."""

BY_DEADLINE = Actor("deadline", frozenset({Scope.OPERATIONS}))


@dataclass(frozen=True, slots=True)
class Choice:
    """The way out that is taken, and why. `until`: the new day, where it is to wait."""

    way: WayOut
    why: str = ""
    until: date | None = None


async def decide(session: AsyncSession, case_id: UUID, choice: Choice, actor: Actor) -> DeliveryCase:
    """Write the decision and what follows from it. Raises NotFound, Forbidden, Invalid, AlreadyDecided,
    Conflict (that way is not offered, or the rows do not let it go)."""
    actor.require(Scope.OPERATIONS)
    case = await _locked(session, case_id)
    if (choice.way is WayOut.WAIT) != (choice.until is not None):
        raise Invalid("a day belongs to waiting, and only to that", field="until")
    if choice.way.value not in case.ways:
        raise Conflict("that is not offered for this case", ways=case.ways)
    case = await _written(session, case_id, choice, actor, CaseState.RESOLVED)
    answer = Decision.REJECT if choice.way is WayOut.DISMISS else Decision.APPROVE
    await session.execute(
        update(Task)
        .where(
            Task.order_id == case.order_id, Task.kind == TaskKind.DELIVERY,
            Task.subject == opening.subject(case.id), Task.state == TaskState.OPEN,
        )
        .values(
            state=TaskState.DECIDED, decision=answer.value, decided_by=actor.name, note=choice.why,
            decided_at=func.clock_timestamp(),
        )
    )  # fmt: skip
    await _carry_out(session, case, choice, actor)
    await outbox.wake(session, case.order_id)
    return case


async def follow_task(
    session: AsyncSession, case_id: UUID, decision: Decision, actor: Actor, note: str
) -> None:
    """The case's task was decided: approve takes the way that is recommended, reject does nothing."""
    case = await _locked(session, case_id)
    way = WayOut(case.ways[0]) if decision is Decision.APPROVE else WayOut.DISMISS
    until = None
    if way is WayOut.WAIT:
        expected = await session.scalar(select(Shipment.expected_on).where(Shipment.id == case.shipment_id))
        until = max(expected or date.min, (datetime.now(UTC) + LONGER).date())
    choice = Choice(way, note, until)
    case = await _written(session, case_id, choice, actor, CaseState.RESOLVED)
    await _carry_out(session, case, choice, actor)


async def pass_deadline(session: AsyncSession, case_id: UUID, at: datetime) -> bool:
    """Its stated end. What the rows do not let happen leaves it to a person, without a deadline.

    False: it was decided or put off meanwhile.
    """
    case = await _locked(session, case_id)
    if case.state is not CaseState.OPEN or case.deadline is None or case.deadline > at:
        return False
    choice = Choice(RULES[case.kind].at_deadline, "nobody has decided in time")
    try:
        async with session.begin_nested():
            case = await _written(session, case_id, choice, BY_DEADLINE, CaseState.EXPIRED)
            await opening.close_task(session, case, TaskState.EXPIRED)
            await _carry_out(session, case, choice, BY_DEADLINE)
    except Conflict as refused:
        await session.execute(update(DeliveryCase).where(DeliveryCase.id == case_id).values(deadline=None))
        await timeline.tell(
            session, case.order_id, "case.overdue", by=BY_DEADLINE.name, why=str(refused), case=str(case_id)
        )
    await outbox.wake(session, case.order_id)
    return True


async def _locked(session: AsyncSession, case_id: UUID) -> DeliveryCase:
    order_id = await session.scalar(select(DeliveryCase.order_id).where(DeliveryCase.id == case_id))
    if order_id is None:
        raise NotFound("no such case")
    await locks.lock(session, order_id)
    return await session.get_one(DeliveryCase, case_id, populate_existing=True)


async def _written(
    session: AsyncSession, case_id: UUID, choice: Choice, actor: Actor, state: CaseState
) -> DeliveryCase:
    case: DeliveryCase | None = await session.scalar(
        update(DeliveryCase)
        .where(DeliveryCase.id == case_id, DeliveryCase.state == CaseState.OPEN)
        .values(
            state=state, outcome=choice.way, until=choice.until, why=choice.why, decided_by=actor.name,
            decided_at=func.clock_timestamp(),
        )
        .returning(DeliveryCase)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if case is None:
        made = await session.get_one(DeliveryCase, case_id, populate_existing=True)
        what = made.outcome.value if made.outcome is not None else made.state.value
        raise AlreadyDecided(f"this is decided: {what}", decision=what, decided_by=made.decided_by)
    await timeline.tell(
        session, case.order_id, f"case.{state.value}", by=actor.name, why=choice.why, case=str(case.id),
        about=case.kind.value, way=choice.way.value,
    )  # fmt: skip
    return case


async def _carry_out(session: AsyncSession, case: DeliveryCase, choice: Choice, actor: Actor) -> None:
    match choice.way:
        case WayOut.WAIT:
            await session.execute(
                update(Shipment)
                .where(Shipment.id == case.shipment_id)
                .values(expected_on=choice.until, watch_at=None)
            )
        case WayOut.RESHIP:
            part, state = await _ended(session, case, actor)
            await replacing.send_again(session, part, state, await _units(session, case), by=actor.name)
        case WayOut.REFUND:
            part, state = await _ended(session, case, actor)
            await _refund(session, case, part, state, choice, actor)
        case WayOut.DISMISS | WayOut.ARRIVED:
            return
        case _:
            assert_never(choice.way)


async def _ended(
    session: AsyncSession, case: DeliveryCase, actor: Actor
) -> tuple[FulfillmentOrder, ShipmentState]:
    """A parcel that is still on its way is given up first. Raises Conflict where it has not even left."""
    part = await session.get_one(FulfillmentOrder, case.fulfillment_id, populate_existing=True)
    if part.state is not FulfillmentState.CLOSED:
        raise Conflict("the parcel has not left: cancel its units, or wait", state=part.state.value)
    shipment = await session.get_one(Shipment, case.shipment_id, populate_existing=True)
    if shipment.state not in ARRIVED | GONE:
        now = datetime.now(UTC)
        shipment = await tracking.scanned(session, shipment.id, ShipmentState.LOST, now, by=actor.name)
    return part, shipment.state


async def _units(session: AsyncSession, case: DeliveryCase) -> Mapping[UUID, int]:
    """Those it names, else all for which nothing was given yet. Raises Conflict where there are none."""
    rows = await session.execute(select(CaseLine.line_id, CaseLine.units).where(CaseLine.case_id == case.id))
    named = {line: units for line, units in rows}
    if named:
        return named
    left = await opening.open_units(session, case.fulfillment_id)
    rest = {line: units for line, units in left.items() if units}
    if not rest:
        raise Conflict("for all of it a refund or a replacement was given")
    return rest


async def _refund(
    session: AsyncSession,
    case: DeliveryCase,
    part: FulfillmentOrder,
    state: ShipmentState,
    choice: Choice,
    actor: Actor,
) -> None:
    """The units, and the postage of a parcel of which nothing has come."""
    units = await _units(session, case)
    await replacing.make_good(session, part.id, units, replaced=False)
    left = await refundable.read(session, part.order_id)
    whole = not any((await opening.open_units(session, part.id)).values())
    shipping = min(part.shipping, left.shipping.amount) if whole and state in GONE else 0
    wanted = Wanted(
        reason=choice.why or RULES[case.kind].question,
        lines=[LineWanted(line, count) for line, count in units.items()],
        shipping=shipping or None,
    )
    await giving_back.request(session, part.order_id, actor, wanted)
