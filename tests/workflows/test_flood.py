"""Fifteen thousand scans of one order's parcel, and a cancel that takes effect all the same."""

import sys
import time

import pytest
from sqlalchemy import text

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
