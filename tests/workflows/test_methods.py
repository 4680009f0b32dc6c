"""Other ways than a warehouse's parcel: collected in the store, sent by a supplier, short at the shelf."""

import pytest_asyncio
from sqlalchemy import select, text

from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.states import DeliveryMethod, LocationRole, WarehouseKind
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import PurchaseOrder
from orderwright.services.fulfillment import pickup
from orderwright.services.fulfillment.pickup import Outcome
from tests.workflows.world import PRICE, TOTAL, Placed, World

COUNTER = Actor("counter", frozenset({Scope.WAREHOUSE}))


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def places(world: World) -> None:
    """London hands out, Berlin is a supplier, Manchester a warehouse."""
    async with world.shop.db.transaction() as session:
        await session.execute(
            text("UPDATE locations SET pickup = true, role = 'store', kind = 'http' WHERE code = 'LON'")
        )
        await session.execute(
            text("UPDATE locations SET kind = :kind, role = :role WHERE code = 'BER'"),
            {"kind": WarehouseKind.SUPPLIER.value, "role": LocationRole.SUPPLIER.value},
        )


async def _to_collect(world: World, sku: str) -> Placed:
    return await world.place(sku, method=DeliveryMethod.PICKUP, pickup_at="LON", ship_to=None)


async def _collect(world: World, order: Placed) -> Outcome:
    part = await order.part()
    async with world.shop.db.transaction() as session:
        return (await pickup.collect(session, part.id, COUNTER, part.pickup_code or "")).outcome


async def test_it_is_collected_with_the_code_that_the_customer_was_told(world: World) -> None:
    sku = await world.stock(LON=5, MAN=5)
    order = await _to_collect(world, sku)
    part = await order.until_handed()
    asked = world.shop.partner.requests[str(part.id)]

    await order.warehouse("picking_started")
    await order.warehouse("ready")
    await world.until_story(order, "notification.sent", 2)
    code = (await order.part()).pickup_code or "none"
    told = [mail for mail in world.shop.post.to(order.email) if "ready to collect" in mail.subject]
    outcome = await _collect(world, order)
    row = await order.until_settled("completed")

    assert (asked.method, asked.tracking_code, asked.label_url) == (DeliveryMethod.PICKUP, "", "")
    assert [code in mail.text for mail in told] == [True]
    assert outcome is Outcome.COLLECTED
    assert (row.total, row.shipping) == (2 * PRICE, 0)
    assert await order.stages() == ["delivered", "invoiced", "ready_for_pickup", "received"]
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [2 * PRICE]
    assert world.shop.parcels.count("buy", str(order.id)) == 0
    assert "carriers.label" not in await order.activities()
    assert await order.units() == {"delivered": 2}
    assert await world.levels(sku) == {"LON": (3, 0), "MAN": (5, 0)}
    assert await order.length() <= 80
    history = str([event async for event in order.run.fetch_history_events()])
    assert code not in history
    await world.books_balance()


async def test_our_own_people_hand_it_out_where_no_partner_is_called(world: World) -> None:
    async with world.shop.db.transaction() as session:
        await session.execute(text("UPDATE locations SET kind = 'station' WHERE code = 'LON'"))
    order = await _to_collect(world, await world.stock(LON=5))
    part = await order.until_part("released")

    async with world.shop.db.transaction() as session:
        await pickup.ready_at_station(session, part.id, COUNTER, world.clock())
    await world.until_story(order, "notification.sent", 2)
    outcome = await _collect(world, order)
    await order.until_settled("completed")

    assert outcome is Outcome.COLLECTED
    assert str(part.id) not in world.shop.partner.requests
    assert await order.stages() == ["delivered", "invoiced", "ready_for_pickup", "received"]
    await world.books_balance()


async def test_before_picking_an_order_to_be_collected_is_canceled_like_any_other(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await _to_collect(world, sku)
    await order.until_handed()

    answer = await order.cancel()
    await world.until_story(order, "cancel.requested")
    await order.warehouse("recall_accepted")
    await order.until_settled("canceled")

    assert answer.value == "requested"
    assert await world.levels(sku) == {"LON": (5, 0)}
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert [row.state.value for row in await order.shipments()] == ["voided"]
    assert await order.stages() == ["canceled", "received"]
    await world.books_balance()


async def test_a_supplier_sends_it_with_his_own_carrier(world: World) -> None:
    sku = await world.stock(BER=5)
    async with world.shop.db.transaction() as session:
        await session.execute(text("UPDATE stock_levels SET unit_cost = 350 WHERE sku = :sku"), {"sku": sku})
    order = await world.place(sku)
    await world.until_story(order, "fulfillment.handed_off")
    part = await order.part()
    asked = world.shop.drop_shipper.requests[str(part.id)]

    for said in ("accepted", "picking_started"):
        await order.warehouse(said)
    await order.warehouse("shipped", parcel={"carrier": "DPD", "tracking_code": f"0150-{sku}"})
    await order.until_part("closed")
    await order.warehouse("delivered")
    await order.until_settled("completed")

    assert asked.purchase is not None
    assert (asked.purchase.total, asked.purchase.unit_costs, asked.purchase.currency) == (
        700,
        {sku: 350},
        "GBP",
    )
    assert str(part.id) not in world.shop.partner.requests
    (purchase,) = await world.all(select(PurchaseOrder).where(PurchaseOrder.order_id == order.id))
    assert (purchase.number, purchase.state.value) == (asked.purchase.number, "shipped")
    (parcel,) = await order.shipments()
    assert (parcel.carrier, parcel.tracking_code, parcel.state.value) == ("DPD", f"0150-{sku}", "delivered")
    assert world.shop.parcels.count("buy", str(order.id)) == 0
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert await order.stages() == ["delivered", "invoiced", "received", "shipped"]
    await world.books_balance()


async def test_a_purchase_order_whose_answer_got_lost_is_placed_once(world: World) -> None:
    world.shop.drop_shipper.lose("hand_off")
    order = await world.place(await world.stock(BER=5))

    await world.until_story(order, "fulfillment.handed_off")

    part = await order.part()
    assert world.shop.drop_shipper.count("hand_off", str(part.id)) == 1
    assert len(await world.all(select(PurchaseOrder).where(PurchaseOrder.order_id == order.id))) == 1


async def test_a_supplier_who_rejects_is_replaced_by_a_warehouse(world: World) -> None:
    sku = await world.stock(BER=5)
    order = await world.place(sku)
    await world.until_story(order, "fulfillment.handed_off")
    await world.receive(sku, "MAN", 5)

    await order.warehouse("rejected", reason="discontinued")
    await order.ship(2)
    await order.until_settled("completed")

    (purchase,) = await world.all(select(PurchaseOrder).where(PurchaseOrder.order_id == order.id))
    assert (purchase.state.value, purchase.reason) == ("rejected", "discontinued")
    assert (await order.part(2)).location == "MAN"
    assert world.shop.parcels.count("buy", str(order.id)) == 1
    await world.books_balance()


async def test_a_drop_shipment_is_recalled_like_any_other(world: World) -> None:
    sku = await world.stock(BER=5)
    order = await world.place(sku)
    await world.until_story(order, "fulfillment.handed_off")

    answer = await order.cancel()
    part = await order.part()

    async def asked() -> bool:
        return world.shop.drop_shipper.count("recall", str(part.id)) == 1

    await world.until(asked, "the supplier is asked")
    await order.warehouse("recall_accepted")
    await order.until_settled("canceled")

    assert answer.value == "requested"
    (purchase,) = await world.all(select(PurchaseOrder).where(PurchaseOrder.order_id == order.id))
    assert purchase.state.value == "canceled"
    assert await world.levels(sku) == {"BER": (5, 0)}
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    await world.books_balance()


async def test_what_is_short_past_the_pivot_ships_from_elsewhere_and_all_is_charged(world: World) -> None:
    sku = await world.stock(LON=5)
    order = await world.place(sku)
    part = await order.until_handed()
    await world.receive(sku, "MAN", 5)

    await order.warehouse("picking_started")
    await order.warehouse("short", lines=[{"sku": sku, "units": 1}])
    await order.warehouse("shipped")
    await order.ship(2)
    await order.scan("in_transit")
    await order.scan("delivered")
    await order.until_settled("completed")

    assert [row.location for row in await order.parts()] == ["LON", "MAN"]
    assert sum(call.amount for call in world.shop.gateway.about(order.id, "capture")) == TOTAL
    assert sum(row.captured for row in await order.parts()) == TOTAL
    assert await order.units() == {"delivered": 2}
    assert await world.levels(sku) == {"LON": (3, 0), "MAN": (4, 0)}
    assert part.amount == TOTAL
    await world.books_balance()


async def test_where_nothing_was_found_the_label_is_voided_and_another_part_takes_all(world: World) -> None:
    sku = await world.stock(LON=2)
    order = await world.place(sku)
    await order.until_handed()
    await world.receive(sku, "MAN", 5)

    await order.warehouse("picking_started")
    await order.warehouse("short", lines=[{"sku": sku, "units": 0}])
    await order.ship(2)
    await order.until_settled("completed")

    assert world.shop.parcels.count("void", str(order.id)) == 1
    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL]
    assert await world.levels(sku) == {"LON": (0, 0), "MAN": (3, 0)}
    await world.books_balance()


async def test_what_nobody_else_has_asks_a_person_and_the_rest_is_charged_less(world: World) -> None:
    sku = await world.stock(LON=2)
    order = await world.place(sku)
    await order.until_handed()

    await order.warehouse("picking_started")
    await order.warehouse("short", lines=[{"sku": sku, "units": 1}])
    task = await order.until_task("routing")
    await order.decide(task, "reject")
    await order.warehouse("shipped")
    await order.until_part("closed")
    await order.scan("delivered")
    await order.until_settled("completed")

    assert [call.amount for call in world.shop.gateway.about(order.id, "capture")] == [TOTAL // 2]
    assert await order.units() == {"canceled": 1, "delivered": 1}
    await world.books_balance()
