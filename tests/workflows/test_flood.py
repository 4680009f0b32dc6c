"""Fifteen thousand scans or three thousand edits of one order: a cancel takes effect all the same."""

import asyncio
import sys
import time

import pytest
from sqlalchemy import text

from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.domain.failures import Failure
from tests.workflows.test_changes import change
from tests.workflows.world import World

SCANS = text("""
    INSERT INTO inbox (source, event_id, kind, reference, data, occurred_at)
    SELECT 'easypost', :name || n, 'parcel.scanned', :code, '{"status": "labeled"}',
           clock_timestamp() - make_interval(secs => n)
      FROM generate_series(1, :count) n""")
PENDING = text("SELECT count(*) FROM inbox WHERE state = 'pending' AND event_id LIKE :name || '%'")


@pytest.mark.parametrize("count", [1_500, pytest.param(15_000, marks=pytest.mark.faults)])
async def test_a_cancel_takes_effect_within_five_seconds_of_a_flood(world: World, count: int) -> None:
    order = await world.place(await world.stock(LON=2))
    await order.until_handed()
    (parcel,) = await order.shipments()
    before = await order.length()
    name = f"flood-{count}-{order.id}-"
    async with world.shop.db.transaction() as session:
        await session.execute(SCANS, {"name": name, "code": parcel.tracking_code, "count": count})

    began = time.monotonic()
    await order.cancel()
    await order.warehouse("recall_accepted")
    await order.until("canceled")
    took = time.monotonic() - began
    async with world.shop.db.transaction() as session:
        left = await session.scalar(PENDING, {"name": name}) or 0
    await order.until_settled("canceled")

    sys.stdout.write(f"{count} scans, {left} of them still waiting: canceled after {took:.2f} s\n")
    assert took < 5
    assert left > 0  # the flood was still there
    assert await order.length() - before < 60
    assert await order.units() == {"canceled": 2}


@pytest.mark.parametrize("count", [120, pytest.param(3_000, marks=pytest.mark.faults)])
async def test_a_cancel_takes_effect_within_five_seconds_of_a_flood_of_edits(
    world: World, count: int
) -> None:
    sku = await world.stock(LON=2)
    order = await world.place_for_approval(sku)
    await order.until_held("approval")
    prices, made, refused = iter(range(30_000, 30_000 + count)), 0, 0
    begun = asyncio.Event()

    async def edit() -> None:
        nonlocal made, refused
        for price in prices:
            try:
                await change(world, order, Wish(ChangeKind.PRICE, line=sku, unit_price=price), "agreed")
                made += 1
                begun.set()
            except Failure:
                refused += 1

    editors = [asyncio.create_task(edit()) for _ in range(16)]
    await asyncio.wait_for(begun.wait(), world.patience)
    began = time.monotonic()
    await order.cancel()
    await order.until("canceled")
    took, left = time.monotonic() - began, count - made - refused
    await asyncio.gather(*editors)
    await order.until_settled("canceled")

    sys.stdout.write(f"{count} edits, {made} made, {left} to come: canceled after {took:.2f} s\n")
    assert took < 5
    assert left > 0  # the flood was still there
    assert made + refused == count
    assert await order.units() == {"canceled": 2}
    assert await world.levels(sku) == {"LON": (2, 0)}
    assert world.shop.gateway.about(order.id, "capture") == []
