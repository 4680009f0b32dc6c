"""A promise that is missed, and a case that nobody decides, are found by the sweep. Time is skipped."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from orderwright.messages import queues
from orderwright.messages.orders import Swept
from orderwright.persistence.tables import DeliveryCase
from tests.workflows.conftest import Clock
from tests.workflows.world import Placed, World
from workflows.scheduled import DeliverySweep

DAY = timedelta(days=1)


async def sweep(world: World) -> Swept:
    """One pass of the schedule."""
    name = f"sweep/{uuid4()}"
    return await world.client.execute_workflow(DeliverySweep.run, id=name, task_queue=queues.ORDERS)


async def on_its_way(world: World) -> Placed:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said)
    await order.until_part("closed")
    await order.scan("in_transit")
    await world.until_story(order, "shipment.in_transit")
    return order


async def test_a_parcel_that_is_late_by_the_servers_time_is_flagged(skipping: World, clock: Clock) -> None:
    order = await on_its_way(skipping)
    early = await sweep(skipping)

    await clock.skip(12 * DAY)
    late = await sweep(skipping)

    (case,) = await skipping.all(select(DeliveryCase).where(DeliveryCase.order_id == order.id))
    assert (early.flagged, late.flagged) == (0, 1)
    assert (case.kind.value, case.origin.value) == ("delayed", "guardian")


async def test_a_case_that_nobody_decides_comes_to_its_stated_end(skipping: World, clock: Clock) -> None:
    order = await on_its_way(skipping)
    await order.scan("lost")
    await order.until("completed")

    await clock.skip(4 * DAY)
    await sweep(skipping)
    await skipping.until_story(order, "refund.given")
    await order.until_settled("completed")

    assert [call.amount for call in skipping.shop.gateway.about(order.id, "refund")] == [2500]
    assert await order.units() == {"undelivered": 2}
    await skipping.books_balance()
