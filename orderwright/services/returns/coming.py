"""A return's parcel: its label, what the carrier sees of it, and that it has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.fulfillment.shipping import SHIPMENT_RANK, ShipmentState
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account, EffectState
from orderwright.domain.returns.states import AWAITED, ReturnState
from orderwright.persistence import returns
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Effect, OrderLine, Return, ReturnLine, ReturnParcel
from orderwright.ports.carriers import Label, Rates
from orderwright.ports.failures import Refused
from orderwright.services.fulfillment import shipping
from orderwright.services.returns import policies, telling


async def may_label(session: AsyncSession, return_id: UUID) -> bool:
    """Whether a label may be bought: the return is approved, and nobody has called it off."""
    state = await session.scalar(select(Return.state).where(Return.id == return_id))
    return state is ReturnState.APPROVED


async def rated(session: AsyncSession, parcel_id: UUID, rates: Rates) -> None:
    """The carrier knows the parcel by that reference."""
    await session.execute(
        update(ReturnParcel).where(ReturnParcel.id == parcel_id).values(reference=rates.reference)
    )


async def labeled(session: AsyncSession, parcel: ReturnParcel, label: Label) -> None:
    """A label is bought: the parcel, its cost, its papers; the customer can have it."""
    await session.execute(
        update(ReturnParcel)
        .where(ReturnParcel.id == parcel.id, ReturnParcel.state == ShipmentState.PLANNED)
        .values(
            state=ShipmentState.LABELED, carrier=label.carrier, service=label.service, amount=label.amount,
            currency=label.currency, tracking_code=label.tracking_code, tracking_url=label.tracking_url,
            label_url=label.label_url,
        )
    )  # fmt: skip
    await ledger.book(
        session, "label", {Account.LABEL_COST: label.amount, Account.CARRIER_PAYABLE: -label.amount},
        currency=label.currency, source=f"label/{parcel.id}", order_id=parcel.order_id,
    )  # fmt: skip
    for media_type, content in (
        ("x-application/zpl", label.zpl.encode() if label.zpl is not None else None),
        ("application/pdf", label.pdf),
    ):
        if content is not None:
            await shipping.keep_document(session, parcel.order_id, "label", parcel.id, media_type, content)
    row = await session.get_one(Return, parcel.return_id)
    await returns.tell(
        session, row, "labeled", parcel=str(parcel.id), carrier=label.carrier, service=label.service,
        amount=label.amount, currency=label.currency,
    )  # fmt: skip
    await telling.labeled(session, row)


async def voided(session: AsyncSession, parcel_id: UUID, *, money_back: bool) -> None:
    """The label is given back, or the carrier keeps the money: either way it is no more."""
    parcel = await session.scalar(
        update(ReturnParcel)
        .where(
            ReturnParcel.id == parcel_id,
            ReturnParcel.state.in_([ShipmentState.PLANNED, ShipmentState.LABELED]),
        )
        .values(state=ShipmentState.VOIDED)
        .returning(ReturnParcel)
        .execution_options(populate_existing=True)
    )
    if parcel is None or parcel.amount is None or parcel.currency is None:
        return
    if money_back:
        await ledger.book(
            session, "label.void",
            {Account.CARRIER_PAYABLE: parcel.amount, Account.LABEL_COST: -parcel.amount},
            currency=parcel.currency, source=f"label.void/{parcel_id}", order_id=parcel.order_id,
        )  # fmt: skip
    row = await session.get_one(Return, parcel.return_id)
    await returns.tell(session, row, "label_voided", parcel=str(parcel_id), money_back=money_back)


async def refused(session: AsyncSession, parcel: ReturnParcel, no: Refused) -> None:
    """No carrier takes it: a person has it tried again, or the customer sends it himself.

    The next try asks for rates anew.
    """
    await session.execute(
        update(Effect)
        .where(
            Effect.order_id == parcel.order_id,
            Effect.step == f"return-rate/{parcel.id}",
            Effect.state == EffectState.DONE,
        )
        .values(state=EffectState.UNDONE)
    )
    row = await session.get_one(Return, parcel.return_id)
    await returns.ask(
        session, row, "return-label",
        f"the carrier says: {no.words or no.code}. Approve to try again, reject where the customer sends it.",
    )  # fmt: skip


async def scanned(
    session: AsyncSession, parcel_id: UUID, status: ShipmentState, at: datetime, *, by: str
) -> None:
    """The carrier has seen it. Scans come in any order and twice; the parcel never moves back."""
    return_id = await session.scalar(select(ReturnParcel.return_id).where(ReturnParcel.id == parcel_id))
    if return_id is None:
        raise NotFound("no such parcel")
    row = await returns.locked(session, return_id)
    parcel = await session.get_one(ReturnParcel, parcel_id, populate_existing=True)
    if parcel.state is ShipmentState.VOIDED or SHIPMENT_RANK[status] <= SHIPMENT_RANK[parcel.state]:
        return
    moves = SHIPMENT_RANK[status] >= SHIPMENT_RANK[ShipmentState.HANDED_OVER]
    arrived = {"arrived_at": at} if status is ShipmentState.DELIVERED else {}
    seen = {"scanned_at": parcel.scanned_at or at} if moves else {}
    await session.execute(
        update(ReturnParcel).where(ReturnParcel.id == parcel_id).values(state=status, **arrived, **seen)
    )
    if moves and row.state is ReturnState.APPROVED:
        policy = await policies.of_version(session, row.policy_version)
        deadline = at + timedelta(days=policy.arrive_days)
        await returns.move(
            session, row.id, {ReturnState.APPROVED}, ReturnState.IN_TRANSIT, sent_at=at, deadline=deadline
        )
        await returns.tell(session, row, "sent", by=by, seen_at=at.isoformat())
    if status is ShipmentState.DELIVERED:
        await returns.tell(session, row, "arrived", by=by, seen_at=at.isoformat())
    if status in (ShipmentState.LOST, ShipmentState.RETURNED) and row.state in AWAITED:
        await returns.ask(
            session, row, "return-late",
            f"the carrier says it is {status.value}. Approve to end it without the goods, reject to wait.",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Came:
    """Units of a line that have come. `damaged` of them at first sight; `wrong` came, and are not ours."""

    line: UUID | str
    units: int = 0
    damaged: int = 0
    wrong: int = 0


async def receive(
    session: AsyncSession, return_id: UUID, came: Sequence[Came], actor: Actor, at: datetime, note: str = ""
) -> Return:
    """Goods are there, all or some; more may follow until they are inspected. Raises Conflict, Invalid."""
    actor.require(Scope.WAREHOUSE, Scope.OPERATIONS)
    row = await returns.locked(session, return_id)
    policy = await policies.of_version(session, row.policy_version)
    moved = await returns.move(
        session, row.id, {*AWAITED, ReturnState.RECEIVED}, ReturnState.RECEIVED,
        received_at=row.received_at or at,
        deadline=at + timedelta(days=policy.inspect_days),
    )  # fmt: skip
    if moved is None:
        raise Conflict(f"the return is {row.state.value}", state=row.state.value)
    lines = await lines_of(session, row.id)
    for one in came:
        await _line_came(session, find(lines, one.line), one)
    await returns.tell(
        session, moved, "received", by=actor.name, why=note, units=sum(one.units for one in came),
        damaged=sum(one.damaged for one in came), wrong=sum(one.wrong for one in came),
    )  # fmt: skip
    if any(one.units for one in came):
        await telling.received(session, moved)
    if any(one.wrong for one in came):
        await returns.ask(
            session, moved, "return-wrong", "goods came that are none of ours: ask the customer."
        )
    return moved


async def _line_came(session: AsyncSession, line: ReturnLine, one: Came) -> None:
    if one.damaged > one.units or one.units + one.wrong < 1:
        raise Invalid("say units or wrong ones, and no more damaged than came", field="lines")
    kept = await session.execute(
        update(ReturnLine)
        .where(
            ReturnLine.id == line.id,
            ReturnLine.received + ReturnLine.missing + one.units <= ReturnLine.units,
            ReturnLine.wrong + one.wrong <= ReturnLine.units,
        )
        .values(
            received=ReturnLine.received + one.units, damaged=ReturnLine.damaged + one.damaged,
            wrong=ReturnLine.wrong + one.wrong,
        )
        .returning(ReturnLine.id)
    )  # fmt: skip
    if kept.first() is None:
        raise Conflict(f"fewer units of {line.sku} are announced and not here yet", sku=line.sku)
    await session.execute(
        update(OrderLine)
        .where(OrderLine.id == line.line_id)
        .values(coming_back=OrderLine.coming_back - one.units, returned=OrderLine.returned + one.units)
    )


async def lines_of(session: AsyncSession, return_id: UUID) -> Sequence[ReturnLine]:
    """The lines of a return, as their order has them."""
    query = (
        select(ReturnLine)
        .join(OrderLine, OrderLine.id == ReturnLine.line_id)
        .where(ReturnLine.return_id == return_id)
        .order_by(OrderLine.position)
    )
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


def find(lines: Sequence[ReturnLine], name: UUID | str) -> ReturnLine:
    """A line by its order line's id, or its SKU where one has it. Raises Invalid."""
    found = [line for line in lines if name in (line.line_id, line.sku)]
    if len(found) != 1:
        raise Invalid("the return has no such line, or several", field="lines")
    return found[0]
