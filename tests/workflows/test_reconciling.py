"""The hourly reconciliation, as Temporal runs it: what differs is listed, and the run says how much."""

from uuid import uuid4

from temporalio.client import Client
from temporalio.worker import Worker

from activities.sweeps import SweepActivities
from orderwright.container import Container
from orderwright.messages import queues
from orderwright.messages.orders import Swept
from orderwright.services.supply import reconciling
from tests.shop import Shop
from tests.workflows.world import settings
from worker import sandbox
from workflows.scheduled import StockReconciliation


async def test_a_run_lists_a_bent_level_and_leaves_it_as_it_is(client: Client, database_url: str) -> None:
    container = Container.build(settings(database_url))
    shop = Shop(container.db)
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 10)
    await shop.receive("CUP", 10)
    await shop.execute("UPDATE stock_levels SET on_hand = 7 WHERE sku = 'MUG'")

    async with Worker(
        client,
        task_queue=queues.ORDERS,
        workflows=[StockReconciliation],
        activities=[SweepActivities(container.db, container.orchestrator).stock],
        workflow_runner=sandbox(),
    ):
        swept = [
            await client.execute_workflow(
                StockReconciliation.run, id=f"reconciled/{uuid4()}", task_queue=queues.ORDERS
            )
            for _ in range(2)
        ]

    assert swept == [Swept(checked=2, flagged=1), Swept(checked=2)]
    (row,) = await shop.do(lambda s: reconciling.listed(s, state=None, limit=9))
    assert (row.sku, row.expected, row.found) == ("MUG", 10, 7)
    assert (await shop.level("MUG")).on_hand == 7
    await container.close()
