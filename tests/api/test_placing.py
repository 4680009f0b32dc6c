"""An order is taken once, at our prices, and committed before anybody is told."""

from typing import Any

import pytest
from sqlalchemy import func, select

from orderwright.persistence.tables import Order, OrderLine, Outbox
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies


async def _orders(world: World) -> int:
    async with world.db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(Order)) or 0


async def test_an_order_is_taken_at_the_catalogs_price(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert (order["subtotal"], order["shipping"], order["tax"], order["tax_added"]) == (2500, 500, 417, 0)
    assert order["total"] == 3000
    assert order["state"] == "submitted"
    assert order["lines"][0]["unallocated"] == 2
    assert order["status"]["payment"] == {"authorize": "none", "charge": "none", "refund": "none"}
    assert answer.headers["location"] == f"/v1/orders/{order['id']}"
    assert [str(woken) for woken in world.relay.woken][-1] == order["id"]
    read = await store.get(f"/v1/orders/{order['number']}")
    assert read.json() == order
