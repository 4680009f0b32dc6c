"""Units are sent again at no cost: they look for a place as at first, and the order's run does the rest."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.shipping import ARRIVED, GONE, ShipmentState
from orderwright.domain.orders import ENDS, OrderState
from orderwright.persistence import lines, timeline
from orderwright.persistence.lines import Units
from orderwright.persistence.money import refundable
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, Order, OrderLine


async def make_good(
    session: AsyncSession, fulfillment_id: UUID, units: Mapping[UUID, int], *, replaced: bool
) -> None:
    """Note what was given for units of a part, once each. Raises Conflict where it was before."""
    for line, count in units.items():
        noted = await session.execute(
            update(FulfillmentLine)
            .where(
                FulfillmentLine.fulfillment_id == fulfillment_id,
                FulfillmentLine.line_id == line,
                FulfillmentLine.made_good + count <= FulfillmentLine.units,
            )
            .values(
                made_good=FulfillmentLine.made_good + count,
                replaced=FulfillmentLine.replaced + (count if replaced else 0),
            )
            .returning(FulfillmentLine.line_id)
        )
        if noted.first() is None:
            raise Conflict("a refund or a replacement was given for these units")


async def send_again(
    session: AsyncSession, part: FulfillmentOrder, state: ShipmentState, units: Mapping[UUID, int], *, by: str
) -> None:
    """Of a parcel that has arrived or will not. The order is locked.

    Raises Conflict: the order was canceled, the money for the units was given back, or they were made good.
    """
    if state not in ARRIVED | GONE:
        raise Conflict("the parcel is still on its way", state=state.value)
    await _still_paid(session, part.order_id, units)
    await make_good(session, part.id, units, replaced=True)
    source = Units.DELIVERED if state in ARRIVED else Units.UNDELIVERED
    for line, count in units.items():
        await lines.move(session, line, count, source, Units.UNALLOCATED)
    if not await _open_again(session, part.order_id, by=by):
        raise Conflict("nothing of this order is sent any more")
    await timeline.tell(
        session, part.order_id, "replacement.wanted", by=by, part=part.number,
        units={str(line): count for line, count in units.items()},
    )  # fmt: skip


async def _still_paid(session: AsyncSession, order_id: UUID, units: Mapping[UUID, int]) -> None:
    rows = await session.execute(
        select(OrderLine.id, OrderLine.ordered - OrderLine.canceled - OrderLine.refunded).where(
            OrderLine.order_id == order_id
        )
    )
    left = dict(rows.all())
    if any(count > left[line] for line, count in units.items()):
        raise Conflict("the money for these units was given back")


async def _open_again(session: AsyncSession, order_id: UUID, *, by: str) -> bool:
    """A completed order has a way forward once more; the claim of a run that is over is freed.

    False: it was canceled, rejected or has expired.
    """
    others = [state for state in ENDS if state is not OrderState.COMPLETED]
    state = await session.scalar(select(Order.state).where(Order.id == order_id, Order.state.not_in(others)))
    if state is None:
        return False
    if state is OrderState.COMPLETED:
        await session.execute(
            update(Order)
            .where(Order.id == order_id, Order.settled_at.is_not(None))
            .values(settled_at=None, run_id=None, woken=False)
        )
        await session.execute(
            update(Order)
            .where(Order.id == order_id)
            .values(
                state=OrderState.IN_FULFILLMENT, updated_at=func.clock_timestamp(), version=Order.version + 1
            )
        )
        await timeline.tell(session, order_id, "order.opened_again", by=by, why="replacement")
    return True


async def lapsed(session: AsyncSession, order_id: UUID) -> Mapping[UUID, int]:
    """Units whose replacement was canceled before it left: undelivered once more, and to be paid back.

    Asked when nothing of the order waits to be shipped any more; once told, they are no replacements.
    """
    given_up: dict[UUID, int] = {}
    for line, count in (await _owed(session, order_id)).items():
        await lines.move(session, line, count, Units.CANCELED, Units.UNDELIVERED)
        await _forget(session, order_id, line, count)
        given_up[line] = count
    paid = await refundable.read(session, order_id)
    return {line: min(count, paid.lines[line].units) for line, count in given_up.items()}


async def _owed(session: AsyncSession, order_id: UUID) -> dict[UUID, int]:
    """Units by line that were to be replaced and are in no part that does it."""
    open_ones = func.sum(FulfillmentLine.replaced - FulfillmentLine.free)
    rows = await session.execute(
        select(FulfillmentLine.line_id, open_ones)
        .join(FulfillmentOrder, FulfillmentOrder.id == FulfillmentLine.fulfillment_id)
        .where(FulfillmentOrder.order_id == order_id, FulfillmentOrder.state != "canceled")
        .group_by(FulfillmentLine.line_id)
        .having(open_ones > 0)
        .order_by(FulfillmentLine.line_id)
    )
    return {line: int(count) for line, count in rows}


async def _forget(session: AsyncSession, order_id: UUID, line: UUID, count: int) -> None:
    rows = await session.scalars(
        select(FulfillmentLine)
        .join(FulfillmentOrder, FulfillmentOrder.id == FulfillmentLine.fulfillment_id)
        .where(
            FulfillmentOrder.order_id == order_id,
            FulfillmentLine.line_id == line,
            FulfillmentLine.replaced > 0,
        )
        .order_by(FulfillmentOrder.number.desc())
        .execution_options(populate_existing=True)
    )
    for row in rows.all():
        less = min(count, row.replaced)
        row.replaced -= less
        count -= less
    await session.flush()
