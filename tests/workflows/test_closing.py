"""A location closes for good while an order waits there: its run ships from elsewhere, and once."""

from dataclasses import replace

from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import WarehouseKind
from orderwright.ports.failures import Refused
from orderwright.services import catalog, locations
from orderwright.services.catalog import LocationData
from tests.workflows.world import STAFF, World

DOCK = LocationData(
    "DOCK", "The old dock", WarehouseKind.HTTP, Address("Dock", "1 Dock Road", "London", "SE16 1AA", "GB"),
    53.9, -2.0,
)  # fmt: skip


async def test_an_open_part_of_a_closed_location_ships_from_elsewhere(world: World) -> None:
    async with world.shop.db.transaction() as session:
        await catalog.create_location(session, DOCK)
    sku = await world.stock(DOCK=5, LON=5)
    world.shop.parcels.refuse("buy", Refused("no_service", "the road is closed"))
    order = await world.place(sku)
    await order.until_task("carrier")

    async with world.shop.db.transaction() as session:
        await locations.replace(session, replace(DOCK, active=False), STAFF)
    await world.until_story(order, "fulfillment.handed_off")
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said, 2)
    await order.until_part("closed", 2)
    await order.scan("delivered", 2)
    await order.until_settled("completed")

    assert [(part.location, part.state.value) for part in await order.parts()] == [
        ("DOCK", "canceled"),
        ("LON", "closed"),
    ]
    assert await world.levels(sku) == {"DOCK": (5, 0), "LON": (3, 0)}
    assert await order.units() == {"delivered": 2}
    assert world.shop.parcels.count("buy", str(order.id)) == 1
    assert await order.holds() == []
    await world.books_balance()
