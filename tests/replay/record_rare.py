"""Records the ways that need a call held or a deadline near: `python -m tests.replay.record_rare`."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

import worker
from orderwright.adapters.temporal.client import connect
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.returns.states import Condition, Disposition
from orderwright.local.postgres import Postgres
from orderwright.local.temporal import Temporal
from orderwright.persistence.migrate import upgrade
from orderwright.runtime.leave import leave
from orderwright.services.fulfillment import pickup
from orderwright.services.returns import deciding
from tests.replay.record import FOLDER, without_machine
from tests.workflows.returning import Back, asked, delivered
from tests.workflows.world import STAFF, Placed, World, opened, settings


async def rejected_by_deadline(world: World) -> Placed:
    """Nobody approves in time."""
    async with world.shop.db.transaction() as session:
        await session.execute(text("update risk_rules set deadline_s = 2"))
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_settled("rejected")
    return order


async def canceled(world: World) -> Placed:
    """Canceled while the label is being bought: label, stock and money are undone."""
    gate = world.shop.parcels.hold("buy")
    order = await world.place(await world.stock(LON=5))
    while not gate.reached.is_set():
        await world.rest(0.1)
    await order.cancel()
    await world.rest()
    gate.open()
    await order.until_settled("canceled")
    return order


async def split(world: World) -> Placed:
    """Two parts at once, one of them rejected and planned anew."""
    order = await world.place(await world.stock(LON=2, BER=1, MAN=1), units=3)
    await order.until_handed(1)
    await order.until_handed(2)
    await order.warehouse("rejected", 2, reason="no staff")
    await order.ship(1)
    await order.ship(3)
    await order.until_settled("completed")
    return order


async def waited(world: World) -> Placed:
    """Nothing in stock, then a receipt; the customer must act, and does."""
    sku = await world.stock()
    order = await world.place(sku, payment_source="tok_3ds")
    await order.until_held("stock")
    await world.receive(sku, "LON", 5)
    await order.until_held("payment")
    payment = (await order.payments())[0]
    world.shop.gateway.state[payment.reference or ""] = "held"
    await world.event("stripe", "payment.authorized", payment.reference or "", payment_id=str(payment.id))
    await order.ship()
    await order.until_settled("completed")
    return order


async def _at_counter(world: World) -> Placed:
    """Two mugs that lie ready in London."""
    async with world.shop.db.transaction() as session:
        await session.execute(text("update locations set pickup = true where code = 'LON'"))
    sku = await world.stock(LON=5)
    order = await world.place(sku, method=DeliveryMethod.PICKUP, pickup_at="LON", ship_to=None)
    await order.until_handed()
    await order.warehouse("ready")
    await world.until_story(order, "notification.sent", 2)
    return order


async def collected(world: World) -> Placed:
    """Collected with the code."""
    order = await _at_counter(world)
    part = await order.part()
    async with world.shop.db.transaction() as session:
        await pickup.collect(session, part.id, STAFF, part.pickup_code or "")
    await order.until_settled("completed")
    return order


async def not_collected(world: World) -> Placed:
    """Kept for two seconds, and nobody came."""
    order = await _at_counter(world)
    part = await order.part()
    async with world.shop.db.transaction() as session:
        now = world.clock()
        await pickup.extend(session, part.id, STAFF, now + timedelta(seconds=2), now)
    await order.until_settled("canceled")
    return order


async def drop_shipped(world: World) -> Placed:
    """Sent by a supplier, whose carrier needs no label of ours."""
    async with world.shop.db.transaction() as session:
        await session.execute(text("update locations set kind = 'supplier' where code = 'BER'"))
    order = await world.place(await world.stock(BER=5))
    await world.until_story(order, "fulfillment.handed_off")
    await order.warehouse("shipped", parcel={"carrier": "DPD", "tracking_code": "0150"})
    await order.until_part("closed")
    await order.warehouse("delivered")
    await order.until_settled("completed")
    return order


async def short(world: World) -> Placed:
    """Past the pivot one unit is missing, and comes from elsewhere."""
    sku = await world.stock(LON=2)
    order = await world.place(sku)
    await order.until_handed()
    await world.receive(sku, "MAN", 5)
    await order.warehouse("picking_started")
    await order.warehouse("short", lines=[{"sku": sku, "units": 1}])
    await order.ship(2)
    await order.warehouse("shipped")
    await order.until_part("closed")
    await order.scan("delivered")
    await order.until_settled("completed")
    return order


async def returned(world: World) -> Back:
    """Asked, labeled, scanned, received, inspected, refunded."""
    order, sku = await delivered(world)
    back = await asked(world, order, sku)
    await back.until_labeled()
    await back.scan("in_transit")
    await back.until("in_transit")
    await back.receive(2)
    await back.inspect((2, Condition.AS_NEW, Disposition.RESTOCK, 0))
    await back.until_closed("resolved")
    return back


async def return_called_off(world: World) -> Back:
    """Called off while its label is being bought, which is voided."""
    order, sku = await delivered(world)
    gate = world.shop.parcels.hold("buy")
    back = await asked(world, order, sku)
    await gate.reached.wait()
    async with world.shop.db.transaction() as session:
        await deciding.cancel(session, back.id, STAFF)
    await world.turn()
    gate.open()
    await back.until_closed("canceled")
    return back


STORIES: Mapping[str, Callable[[World], Awaitable[Placed | Back]]] = {
    "canceled_while_buying": canceled,
    "split_and_planned_anew": split,
    "waited_for_stock_and_customer": waited,
    "collected": collected,
    "not_collected": not_collected,
    "drop_shipped": drop_shipped,
    "short_past_the_pivot": short,
    "return_resolved": returned,
    "return_called_off": return_called_off,
    "rejected_by_deadline": rejected_by_deadline,  # last: it shortens the deadlines
}


async def tell(address: str, database_url: str, folder: Path, only: set[str]) -> None:
    """Play the stories and write their histories."""
    client = await connect(address, "default")
    await worker.register(client)
    async with opened(client, settings(database_url)) as world:
        for name, story in STORIES.items():
            if only and name not in only:
                continue
            order = await story(world)
            history = json.loads((await order.run.fetch_history()).to_json())
            (folder / f"{name}.json").write_text(json.dumps(without_machine(history), indent=1) + "\n")
            sys.stdout.write(f"{name}: {len(history['events'])} events\n")


def main() -> int:
    """Servers of our own, gone afterwards. Names on the command line: only these."""
    scratch = Path(tempfile.mkdtemp(prefix="ow-"))
    scratch.chmod(0o711)
    postgres, temporal = (
        Postgres(scratch / "postgres", fast=True),
        Temporal(None, log=scratch / "temporal.log"),
    )
    try:
        postgres.start()
        temporal.start()
        postgres.execute("CREATE DATABASE recorded")
        upgrade(postgres.url("recorded"))
        asyncio.run(tell(temporal.address, postgres.url("recorded"), FOLDER, set(sys.argv[1:])))
    finally:
        temporal.kill()
        postgres.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


if __name__ == "__main__":
    leave(main())
