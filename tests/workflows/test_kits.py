"""A kit's components go their own ways, and what is charged is the kit's price to the last minor unit."""

from typing import Any

from orderwright.domain.orders import CancelState
from orderwright.services import kits
from orderwright.services.orders.placing import NewLine
from tests.workflows.world import Placed, World


async def kit_of(world: World, **more: Any) -> Placed:
    """Two kits at 19.99, each of two mugs in London and a cup in Berlin (Any: fields of NewOrder)."""
    mug, cup, kit = await world.stock(LON=9), await world.stock(BER=9), await world.stock()
    async with world.shop.db.transaction() as session:
        await kits.put(session, kit, {mug: 2, cup: 1})
    order = await world.place(kit, lines=[NewLine(kit, 2, unit_price=1999)], **more)
    await order.until_handed(1)
    await order.until_handed(2)
    return order


async def _recalled(world: World, part_id: str) -> bool:
    return world.shop.partner.count("recall", part_id) == 1


async def test_a_kit_ships_from_two_places_and_is_charged_once(world: World) -> None:
    order = await kit_of(world)

    await order.ship(1)
    await order.ship(2)
    row = await order.until_settled("completed")

    captured = [call.amount for call in world.shop.gateway.about(order.id, "capture")]
    assert (len(captured), sum(captured)) == (2, row.total)
    assert row.subtotal == 2 * 1999
    assert [line.delivered for line in await order.lines()] == [4, 2]
    await world.books_balance()


async def test_of_a_kit_half_canceled_only_what_was_shipped_is_charged(world: World) -> None:
    order = await kit_of(world)
    await order.cancel()
    for part in await order.parts():
        await world.until(lambda p=part: _recalled(world, str(p.id)), "the warehouse is asked")  # type: ignore[misc]  # bound now

    await order.warehouse("recall_accepted", 2)
    await order.warehouse("recall_refused", 1, reason="packed")
    await order.ship(1)
    row = await order.until_settled("completed")

    first, _ = await order.parts()
    assert row.cancel is CancelState.PARTLY
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [first.amount]
    assert sorted((line.delivered, line.canceled) for line in await order.lines()) in (
        [(0, 2), (4, 0)], [(0, 4), (2, 0)],
    )  # fmt: skip
    await world.books_balance()
