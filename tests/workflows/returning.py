"""What tests of returns share: an order that has arrived, and a return of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
)
from orderwright.messages import names
from orderwright.persistence.tables import Exchange, Refund, Return, ReturnLine, ReturnParcel
from orderwright.services.returns import coming, inspecting, requesting
from orderwright.services.returns.coming import Came
from orderwright.services.returns.exchange_terms import ExchangeWanted, NewGoods
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Wanted, WantedLine
from tests.workflows.world import STAFF, Placed, World


class Back:
    """One return of the test."""

    def __init__(self, world: World, order: Placed, return_id: UUID) -> None:
        self.world, self.order, self.id = world, order, return_id

    @property
    def run(self) -> WorkflowHandle[Any, Any]:
        """Its workflow. Any: by name."""
        return self.world.client.get_workflow_handle(names.return_workflow(self.id))

    async def row(self) -> Return:
        (row,) = await self.world.all(select(Return).where(Return.id == self.id))
        found: Return = row
        return found

    async def line(self) -> ReturnLine:
        (row,) = await self.world.all(select(ReturnLine).where(ReturnLine.return_id == self.id))
        found: ReturnLine = row
        return found

    async def parcel(self) -> ReturnParcel:
        (row,) = await self.world.all(select(ReturnParcel).where(ReturnParcel.return_id == self.id))
        found: ReturnParcel = row
        return found

    async def refunds(self) -> list[tuple[int, str]]:
        rows = await self.world.all(select(Refund).where(Refund.return_id == self.id).order_by(Refund.id))
        return [(row.amount, row.state.value) for row in rows]

    async def exchange(self) -> Exchange:
        (row,) = await self.world.all(select(Exchange).where(Exchange.return_id == self.id))
        found: Exchange = row
        return found

    async def exchange_order(self) -> UUID:
        return (await self.exchange()).order_id

    async def destinations(self) -> list[tuple[str, int]]:
        """Where the return's money went."""
        rows = await self.world.all(select(Refund).where(Refund.return_id == self.id).order_by(Refund.id))
        return [(row.destination.value, row.amount) for row in rows]

    async def until(self, state: str) -> Return:
        async def there() -> bool:
            return (await self.row()).state.value == state

        await self.world.until(there, f"return is {state}")
        return await self.row()

    async def until_labeled(self) -> ReturnParcel:
        async def there() -> bool:
            return (await self.parcel()).tracking_code is not None

        await self.world.until(there, "the label is bought")
        return await self.parcel()

    async def until_closed(self, state: str) -> Return:
        row = await self.until(state)

        async def closed() -> bool:
            return (await self.run.describe()).status is not WorkflowExecutionStatus.RUNNING

        await self.world.until(closed, "the return's run has closed")
        assert (await self.run.describe()).status is WorkflowExecutionStatus.COMPLETED
        return row

    async def scan(self, status: str) -> None:
        parcel = await self.parcel()
        await self.world.event("easypost", "parcel.scanned", parcel.tracking_code or "", status=status)
        await self.world.turn()

    async def receive(self, units: int, **more: int) -> None:
        line = await self.line()
        async with self.world.shop.db.transaction() as session:
            came = [Came(line.line_id, units, **more)]
            await coming.receive(session, self.id, came, STAFF, self.world.clock())

    async def inspect(self, *found: tuple[int, Condition, Disposition, int]) -> None:
        line = await self.line()
        all_of = [Inspected(line.line_id, units, how, what, ppm) for units, how, what, ppm in found]
        async with self.world.shop.db.transaction() as session:
            await inspecting.inspect(session, self.id, all_of, STAFF, self.world.clock())


async def delivered(world: World, units: int = 2, **more: Any) -> tuple[Placed, str]:
    """Any: fields of NewOrder. An order that is settled, and its SKU."""
    sku = await world.stock(LON=5)
    order = await world.place(sku, units, **more)
    await order.ship()
    await order.until_settled("completed")
    return order, sku


async def asked(
    world: World,
    order: Placed,
    sku: str,
    units: int = 2,
    reason: ReturnReason = ReturnReason.CHANGED_MIND,
    method: ReturnMethod = ReturnMethod.LABEL,
    resolution: Resolution = Resolution.REFUND,
) -> Back:
    """A return that is asked for."""
    return await opened(world, order, Wanted([WantedLine(sku, units, reason)], resolution, method))


async def opened(world: World, order: Placed, wanted: Wanted) -> Back:
    """A return as it is wanted."""
    async with world.shop.db.transaction() as session:
        row = await requesting.request(session, order.id, wanted, STAFF, world.clock())
    await world.turn()
    return Back(world, order, row.id)


async def swapped(
    world: World,
    order: Placed,
    sku: str,
    new: str,
    units: int = 1,
    *,
    ship_first: bool = False,
    reason: ReturnReason = ReturnReason.DOES_NOT_FIT,
) -> tuple[Back, Placed]:
    """A return of units for as many of another SKU, sent by the customer; and the order of these."""
    wanted = Wanted(
        [WantedLine(sku, units, reason)], Resolution.EXCHANGE, ReturnMethod.OWN_TRANSPORT,
        exchange=ExchangeWanted([NewGoods(new, units)], ship_first),
    )  # fmt: skip
    back = await opened(world, order, wanted)
    given = Placed(world, await back.exchange_order(), order.email)
    world.placed.append(given)
    return back, given
