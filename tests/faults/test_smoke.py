"""The short form, part of every test run: the workers die while all orders wait for the world."""

import asyncio

from tests.faults.conftest import Judge
from tests.faults.world import World


async def test_smoke_a_worker_dies(world: World, judged: Judge) -> None:
    """Nothing is in flight then, so nobody waits for an attempt's time to run out."""
    await world.switch(*({"provider": name, "mode": "webhook_hold"} for name in ("warehouse", "easypost")))
    orders = await world.place(20)
    await _all_handed_off(world)
    await asyncio.sleep(2)  # the last attempts have been reported by then

    worker = world.workers[0]
    await asyncio.to_thread(worker.kill)
    await world.switch()
    await world.release()
    await asyncio.to_thread(worker.launch)
    verdict = await judged(orders, kills=1)

    assert verdict.clean, verdict.words()


async def _all_handed_off(world: World) -> None:
    sql = """SELECT 1 FROM orders o WHERE NOT EXISTS
               (SELECT 1 FROM fulfillment_orders f WHERE f.order_id = o.id)
             UNION ALL SELECT 1 FROM fulfillment_orders WHERE state IN ('scheduled', 'open')
             UNION ALL SELECT 1 FROM effects WHERE state = 'intended'"""
    for _ in range(600):
        if not await world.rows(sql):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("not all orders were handed to the warehouse")
