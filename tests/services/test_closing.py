"""A location closes for good: what is open there is sourced anew, what its people have a person decides."""

from dataclasses import replace

from sqlalchemy import select

from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import FulfillmentState, WarehouseKind
from orderwright.domain.orders import TaskKind
from orderwright.domain.stock.units import Position
from orderwright.persistence.tables import Task
from orderwright.services import locations
from orderwright.services.catalog import LocationData
from orderwright.services.fulfillment import closing
from orderwright.services.stock import stocking
from tests.shop import STAFF, Shop

LONDON = LocationData(
    "LON", "London", WarehouseKind.HTTP, Address("LON", "Dock 1", "London", "1", "GB"), 51.5, -0.1
)


async def two_places(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    await shop.receive("MUG", 5, at="PAR")


async def close(shop: Shop) -> None:
    await shop.do(lambda session: locations.replace(session, replace(LONDON, active=False), STAFF))


async def test_open_parts_of_a_closed_location_ship_from_elsewhere(shop: Shop) -> None:
    await two_places(shop)
    order_id = await shop.planned(("MUG", 2))
    await shop.read_all()

    await close(shop)

    (part,) = await shop.parts(order_id)
    (line,) = await shop.lines(order_id)
    assert (part.state, line.unallocated) == (FulfillmentState.CANCELED, 2)
    assert await shop.wakes(order_id) == 1
    await shop.do(lambda session: stocking.give_back(session, order_id))
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    assert (await shop.live_part(order_id)).location == "PAR"
    assert (await shop.level("MUG"), await shop.level("MUG", "PAR")) == (Position(5, 0), Position(5, 2))
    assert "fulfillment.rerouted" in await shop.events(order_id)
    await shop.check_books()


async def test_of_what_the_warehouse_has_a_person_decides_once(shop: Shop) -> None:
    await two_places(shop)
    order_id = await shop.released(("MUG", 1))

    await close(shop)
    await close(shop)

    rows = await shop.do(lambda session: session.scalars(select(Task)))
    (task,) = rows.all()
    assert (task.kind, task.question.partition(".")[0]) == (
        TaskKind.ROUTING,
        "LON is closed for good and has part 1 already",
    )
    assert (await shop.live_part(order_id)).state is FulfillmentState.RELEASED
    assert (await shop.level("MUG")).reserved == 1


async def test_units_held_at_a_closed_location_are_given_up_when_the_order_is_planned(shop: Shop) -> None:
    await two_places(shop)
    order_id = await shop.order(("MUG", 1))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await close(shop)

    await shop.plan(order_id)

    assert await shop.parts(order_id) == []
    assert (await shop.level("MUG")).reserved == 0
    await shop.reserve(order_id)
    await shop.plan(order_id)
    assert (await shop.live_part(order_id)).location == "PAR"
    await shop.check_books()


async def test_a_location_that_stays_open_keeps_its_parts(shop: Shop) -> None:
    await two_places(shop)
    order_id = await shop.planned(("MUG", 1))
    await shop.read_all()

    await shop.do(lambda session: locations.replace(session, replace(LONDON, name="The docks"), STAFF))

    assert (await shop.live_part(order_id)).state is FulfillmentState.OPEN
    assert await shop.wakes(order_id) == 0


async def test_a_part_that_was_planned_meanwhile_is_found_by_the_sweep(shop: Shop) -> None:
    await two_places(shop)
    order_id = await shop.planned(("MUG", 1))
    await shop.execute("UPDATE locations SET active = false WHERE code = 'LON'")

    moved = [await closing.sweep(shop.db) for _ in range(2)]

    assert moved == [1, 0]
    (part,) = await shop.parts(order_id)
    assert part.state is FulfillmentState.CANCELED
