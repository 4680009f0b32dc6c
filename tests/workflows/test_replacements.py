"""The order's own run sends again what did not arrive, whether it still runs or is long over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from orderwright.domain.delivery.cases import CaseKind, WayOut
from orderwright.persistence.tables import DeliveryCase, Shipment
from orderwright.services.delivery import deciding, guarding, opening
from orderwright.services.delivery.deciding import Choice
from orderwright.services.delivery.opening import Claim
from tests.workflows.world import STAFF, Placed, World


async def lose(order: Placed) -> None:
    """Shipped, and lost by the carrier."""
    await order.until_handed()
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said)
    await order.until_part("closed")
    await order.scan("lost")


async def decide(world: World, case_id: UUID, way: WayOut) -> None:
    async with world.shop.db.transaction() as session:
        await deciding.decide(session, case_id, Choice(way, "as asked"), STAFF)


async def test_a_lost_parcel_is_sent_again_by_a_run_that_was_over(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await lose(order)
    await order.until_settled("completed")
    (case,) = await world.all(select(DeliveryCase).where(DeliveryCase.order_id == order.id))

    await decide(world, case.id, WayOut.RESHIP)
    await order.ship(2)
    await order.until_settled("completed")

    assert await order.units() == {"delivered": 2}
    assert (await world.levels(sku))["LON"] == (1, 0)
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2500]
    assert [part.amount for part in await order.parts()] == [2500, 0]
    labels = [row.tracking_code for row in await order.shipments()]
    assert len(set(labels)) == 2
    assert (await order.stages()).count("shipped") == 2
    await world.books_balance()


async def test_a_broken_unit_is_sent_again_and_nothing_is_charged(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    await order.ship()
    await order.until_settled("completed")
    (line,) = await order.lines()
    (parcel,) = await order.shipments()
    claim = Claim(parcel.id, CaseKind.DAMAGED, "broken", {line.id: 1})
    async with world.shop.db.transaction() as session:
        case = await opening.claimed(session, claim, STAFF)

    await decide(world, case.id, WayOut.RESHIP)
    await order.ship(2)
    await order.until_settled("completed")

    assert await order.units() == {"delivered": 2}
    assert (await world.levels(sku))["LON"] == (2, 0)
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2500]
    assert world.shop.gateway.about(order.id, "refund") == []
    await world.books_balance()


async def test_a_run_that_still_settles_goes_forward_again(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    gate = world.shop.gateway.hold("capture")
    await lose(order)
    await gate.reached.wait()
    await world.until_story(order, "case.opened")
    (case,) = await world.all(select(DeliveryCase).where(DeliveryCase.order_id == order.id))

    await decide(world, case.id, WayOut.RESHIP)
    gate.open()
    await order.ship(2)
    await order.until_settled("completed")

    assert await order.units() == {"delivered": 2}
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2500]
    await world.books_balance()


async def test_the_customer_hears_of_a_new_day_and_the_order_still_ends(world: World) -> None:
    order = await world.place(await world.stock(LON=5))
    await order.until_handed()
    for said in ("accepted", "picking_started", "shipped"):
        await order.warehouse(said)
    await order.until_part("closed")
    await order.scan("in_transit")
    await world.until_story(order, "shipment.in_transit")
    now = datetime.now(UTC)
    async with world.shop.db.transaction() as session:
        await session.execute(
            update(Shipment)
            .where(Shipment.order_id == order.id)
            .values(promised_on=(now - timedelta(days=1)).date())
        )
    await world.until_story(order, "notification.sent", 3)
    before = await order.length()

    await guarding.guard(world.shop.db, now)
    await world.until_story(order, "notification.sent", 4)
    told = await order.length()
    await order.scan("delivered")
    await order.until_settled("completed")

    assert await order.stages() == ["delayed", "delivered", "invoiced", "received", "shipped"]
    (case,) = await world.all(select(DeliveryCase).where(DeliveryCase.order_id == order.id))
    assert (case.kind, case.outcome) == (CaseKind.DELAYED, WayOut.ARRIVED)
    assert told - before <= 15
