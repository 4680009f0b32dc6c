"""Goods come back: the run of a return beside its order's, on the dev server."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Decision, TaskKind
from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
)
from orderwright.messages import names
from orderwright.persistence.tables import Refund, Return, ReturnLine, ReturnParcel
from orderwright.services.orders import decisions
from orderwright.services.returns import coming, deciding, inspecting, requesting
from orderwright.services.returns.coming import Came
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Wanted, WantedLine
from tests.workflows.world import PRICE, STAFF, Placed, World


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
    wanted = Wanted([WantedLine(sku, units, reason)], resolution, method)
    async with world.shop.db.transaction() as session:
        row = await requesting.request(session, order.id, wanted, STAFF, world.clock())
    await world.turn()
    return Back(world, order, row.id)


async def test_a_return_goes_from_requested_to_resolved_with_one_label_and_one_refund(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(world, order, sku)
    await back.until_labeled()

    await back.scan("in_transit")
    await back.until("in_transit")
    await back.scan("delivered")
    await back.receive(2)
    await back.inspect((2, Condition.AS_NEW, Disposition.RESTOCK, 0))
    row = await back.until_closed("resolved")

    assert await back.refunds() == [(2 * PRICE - 450, "succeeded")]
    line = await back.line()
    assert (line.value, line.fee, line.refund, line.refunded_units) == (2000, 450, 1550, 2)
    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert [call.amount for call in world.shop.gateway.about(order.id, "refund")] == [1550]
    (order_line,) = await order.lines()
    assert (order_line.returned, order_line.coming_back, order_line.refunded) == (2, 0, 2)
    assert await world.levels(sku) == {"LON": (5, 0)}
    story = [kind for kind in await order.story() if kind.startswith("return.")]
    assert story == [
        "return.requested", "return.approved", "return.labeled", "return.sent", "return.arrived",
        "return.received", "return.inspected", "return.refund_requested", "return.resolved",
    ]  # fmt: skip
    assert row.why == "resolved"
    await world.books_balance()


async def test_what_came_damaged_and_not_all_is_refunded_in_part(world: World) -> None:
    order, sku = await delivered(world, 3)
    back = await asked(world, order, sku, 3, ReturnReason.DAMAGED, ReturnMethod.OWN_TRANSPORT)
    await back.until("approved")

    await back.receive(2, damaged=1)
    await back.inspect(
        (1, Condition.DAMAGED, Disposition.WRITE_OFF, 250_000), (1, Condition.OPENED, Disposition.RESTOCK, 0)
    )
    await back.until_closed("resolved")

    line = await back.line()
    assert (line.received, line.missing, line.value, line.kept) == (2, 1, 2000, 250)
    assert await back.refunds() == [(1750 + 333, "succeeded")]  # two thirds of 5.00 for the way there
    assert await world.levels(sku) == {"LON": (3, 0)}
    (order_line,) = await order.lines()
    assert (order_line.returned, order_line.coming_back, order_line.refunded) == (2, 0, 2)
    await world.books_balance()


async def test_a_return_called_off_while_its_label_is_bought_voids_it(world: World) -> None:
    order, sku = await delivered(world)
    gate = world.shop.parcels.hold("buy")
    back = await asked(world, order, sku)
    await gate.reached.wait()

    async with world.shop.db.transaction() as session:
        await deciding.cancel(session, back.id, STAFF)
    await world.turn()
    gate.open()
    await back.until_closed("canceled")

    assert world.shop.parcels.count("buy", str(order.id)) == 2
    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert (await back.parcel()).state.value == "voided"
    (line,) = await order.lines()
    assert (line.coming_back, line.returned) == (0, 0)
    await world.books_balance()


async def test_what_the_rules_leave_to_a_person_waits_for_the_task(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(world, order, sku, 1, ReturnReason.OTHER)
    task = await order.until_task(TaskKind.RETURN.value)
    assert world.shop.parcels.count("buy", str(order.id)) == 1

    async with world.shop.db.transaction() as session:
        await decisions.decide(session, task.id, Decision.APPROVE, STAFF)
    await back.until_labeled()

    assert (await back.row()).state.value == "approved"
    await back.scan("in_transit")
    with pytest.raises(Conflict):
        async with world.shop.db.transaction() as session:
            await deciding.cancel(session, back.id, STAFF)
    await back.receive(1)
    await back.inspect((1, Condition.AS_NEW, Disposition.TO_VENDOR, 0))
    await back.until_closed("resolved")
    await world.books_balance()


async def test_store_credit_is_a_resolution(world: World) -> None:
    order, sku = await delivered(world)
    back = await asked(
        world, order, sku, 1, ReturnReason.DEFECTIVE, ReturnMethod.DROP_OFF, Resolution.STORE_CREDIT
    )
    await back.until("approved")

    await back.receive(1)
    await back.inspect((1, Condition.USED, Disposition.REFURBISH, 0))
    await back.until_closed("resolved")

    assert world.shop.gateway.about(order.id, "refund") == []
    assert await back.refunds() == [(PRICE + 250, "succeeded")]
    await world.books_balance()
