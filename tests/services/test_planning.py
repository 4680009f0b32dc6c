"""Parts are worth what the customer pays, promised by the calendar, each with a payment that bears it."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.orders import AtDeadline, HoldType, OrderState
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.domain.stock.units import Position
from orderwright.persistence import holds
from orderwright.services.fulfillment import partner
from orderwright.services.payments import capturing
from orderwright.services.stock import stocking
from tests.shop import Shop


async def spread(shop: Shop, *, multicapture: bool = True) -> None:
    """Mugs lie in London and Berlin, cups in Paris and Berlin; the near places are taken first."""
    shop.multicapture = multicapture
    await shop.catalog("MUG", "CUP", price=333, at=("LON", "PAR", "BER"))
    await shop.receive("MUG", 3)
    await shop.receive("CUP", 3, at="PAR")


async def reject(shop: Shop, part_id: UUID) -> None:
    await shop.do(lambda session: partner.rejected(session, part_id, by="warehouse", reason="broken"))


async def again(shop: Shop, order_id: UUID) -> None:
    """What the run does after a rejection."""
    await shop.do(lambda session: stocking.give_back(session, order_id))
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    await shop.authorize(order_id)


async def live(shop: Shop, order_id: UUID) -> list[tuple[str, int, UUID | None]]:
    return [
        (part.location, part.amount, await shop.payer(part.id))
        for part in await shop.parts(order_id)
        if part.state is not FulfillmentState.CANCELED
    ]


@pytest.mark.parametrize("multicapture", [True, False])
async def test_the_parts_sum_to_the_order_to_the_last_cent(shop: Shop, *, multicapture: bool) -> None:
    await spread(shop, multicapture=multicapture)
    order_id = await shop.planned(("MUG", 2), ("CUP", 1))

    order, parts = await shop.get(order_id), await shop.parts(order_id)
    assert [part.location for part in parts] == ["LON", "PAR"]
    assert sum(part.amount for part in parts) == order.total
    assert sum(part.shipping for part in parts) == order.shipping
    assert sum(part.tax for part in parts) == order.tax
    assert [part.state for part in parts] == [FulfillmentState.OPEN] * 2
    assert order.state is OrderState.ACCEPTED


async def test_with_multicapture_one_payment_bears_all_parts(shop: Shop) -> None:
    await spread(shop)
    order_id = await shop.planned(("MUG", 2), ("CUP", 1))

    (payment,) = await shop.payments(order_id)
    assert payment.amount == (await shop.get(order_id)).total
    assert {await shop.payer(part.id) for part in await shop.parts(order_id)} == {payment.id}


async def test_without_it_each_part_has_its_own_to_the_cent(shop: Shop) -> None:
    await spread(shop, multicapture=False)
    order_id = await shop.planned(("MUG", 2), ("CUP", 1))

    amounts = {payment.id: payment.amount for payment in await shop.payments(order_id)}
    assert len(amounts) == 2
    assert [amounts[await shop.payer(part.id)] for part in await shop.parts(order_id)] == [
        part.amount for part in await shop.parts(order_id)
    ]


async def test_terms_are_one_payment_whatever_the_gateway_can(shop: Shop) -> None:
    await spread(shop, multicapture=False)

    order_id = await shop.planned(("MUG", 1), ("CUP", 1), payment_method=PaymentMethod.MANUAL)

    assert len(await shop.payments(order_id)) == 1


async def test_an_order_of_nothing_needs_no_payment(shop: Shop) -> None:
    await shop.catalog("GIFT", price=0)
    await shop.receive("GIFT", 1)

    order_id = await shop.planned(("GIFT", 1))

    assert await shop.payments(order_id) == []
    (part,) = await shop.parts(order_id)
    assert (part.amount, await shop.shares(part.id)) == (0, [])


async def test_planned_twice_it_has_its_parts_once(shop: Shop) -> None:
    await spread(shop)
    order_id = await shop.planned(("MUG", 1))

    await shop.plan(order_id)

    assert len(await shop.parts(order_id)) == 1
    assert (await shop.events(order_id)).count("order.accepted") == 1


@pytest.mark.parametrize("in_the_way", ["hold", "money", "address", "stock"])
async def test_nothing_is_planned_while_something_is_in_the_way(shop: Shop, in_the_way: str) -> None:
    await spread(shop)
    order_id = await shop.order(("MUG", 1))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    if in_the_way != "money":
        await shop.authorize(order_id)
    match in_the_way:
        case "hold":
            await shop.do(
                lambda s: holds.open_hold(
                    s, order_id, HoldType.MANUAL, reason="wait", deadline=None, at_deadline=AtDeadline.STAY
                )
            )
        case "address":
            await shop.execute("UPDATE orders SET verified_at = NULL")
        case "stock":
            await shop.execute("UPDATE order_lines SET unallocated = 1, allocated = 0")

    await shop.plan(order_id)

    assert await shop.parts(order_id) == []
    assert (await shop.get(order_id)).state is OrderState.SUBMITTED


@pytest.mark.parametrize("multicapture", [True, False])
async def test_a_rejected_part_ships_from_elsewhere_for_the_same_money(
    shop: Shop, *, multicapture: bool
) -> None:
    await spread(shop, multicapture=multicapture)
    order_id = await shop.released(("MUG", 2), ("CUP", 1))
    first, second = await shop.parts(order_id)
    await shop.receive("MUG", 2, at="BER")

    await reject(shop, first.id)
    await again(shop, order_id)

    assert await live(shop, order_id) == [
        ("PAR", second.amount, await shop.payer(second.id)),
        ("BER", first.amount, await shop.payer(first.id)),
    ]  # fmt: skip
    assert await shop.level("MUG", "LON") == Position(3, 0)
    assert (await shop.position(order_id)).undo == tuple(
        undo for undo in (await shop.position(order_id)).undo if undo.kind == "label"
    )


async def test_two_rejected_parts_that_become_one_get_a_payment_that_can_bear_it(shop: Shop) -> None:
    await spread(shop, multicapture=False)
    order_id = await shop.released(("MUG", 2), ("CUP", 1))
    await shop.receive("MUG", 2, at="BER")
    await shop.receive("CUP", 1, at="BER")

    for part in await shop.parts(order_id):
        await reject(shop, part.id)
    await again(shop, order_id)

    order, payments = await shop.get(order_id), await shop.payments(order_id)
    assert await live(shop, order_id) == [("BER", order.total, payments[-1].id)]
    assert [payment.amount for payment in payments][2:] == [order.total]
    assert payments[-1].state is PaymentState.AUTHORIZED
    undo = {one.id for one in (await shop.position(order_id)).undo if one.kind == "payment"}
    assert undo == {payment.id for payment in payments[:2]}


async def test_money_that_was_captured_for_good_bears_no_later_part(shop: Shop) -> None:
    await spread(shop)
    order_id = await shop.released(("MUG", 2), ("CUP", 1))
    first, second = await shop.parts(order_id)
    await shop.ship(first.id)
    await shop.execute("UPDATE payments SET state = 'captured', captured = :a", a=first.amount)
    await shop.receive("CUP", 1, at="BER")

    await reject(shop, second.id)
    await again(shop, order_id)

    *_, (location, amount, payment_id) = await live(shop, order_id)
    assert (location, amount) == ("BER", second.amount)
    assert payment_id == (await shop.payments(order_id))[-1].id
    assert payment_id != await shop.payer(first.id)


async def test_the_last_capture_is_not_the_last_while_units_look_for_a_place(shop: Shop) -> None:
    await spread(shop)
    order_id = await shop.released(("MUG", 2), ("CUP", 1))
    first, second = await shop.parts(order_id)

    await reject(shop, second.id)
    await shop.ship(first.id)

    (due,) = await shop.do(lambda session: capturing.due(session, first.id))
    assert (due.amount, due.final) == (first.amount, False)


async def test_the_place_that_rejected_is_not_asked_again(shop: Shop) -> None:
    await spread(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)

    await reject(shop, part.id)
    await again(shop, order_id)

    (hold,) = await shop.do(lambda session: holds.active(session, order_id))
    assert (hold.type, hold.words) == (HoldType.ROUTING, "missing elsewhere: 1 of MUG")
    assert await shop.count("SELECT count(*) FROM tasks WHERE kind = 'routing' AND state = 'open'") == 1


@pytest.mark.parametrize(
    ("at", "service", "promised"),
    [
        (datetime(2026, 11, 16, 9, 0, tzinfo=UTC), "standard", date(2026, 11, 19)),  # Monday morning
        (datetime(2026, 11, 16, 16, 1, tzinfo=UTC), "standard", date(2026, 11, 20)),  # past the cut-off
        (datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "standard", date(2026, 11, 26)),  # Saturday
        (datetime(2026, 11, 16, 9, 0, tzinfo=UTC), "express", date(2026, 11, 18)),
    ],
)
async def test_the_promise_keeps_the_calendar(shop: Shop, at: datetime, service: str, promised: date) -> None:
    await spread(shop)
    order_id = await shop.order(("MUG", 1), service=service)
    for step in (shop.verify, shop.reserve, shop.authorize):
        await step(order_id)

    await shop.plan(order_id, at)

    (part,) = await shop.parts(order_id)
    assert part.promised_on == promised
    assert (await shop.shipment(part.id)).promised_on == promised


async def test_a_parcel_weighs_what_is_in_it(shop: Shop) -> None:
    await spread(shop)
    await shop.execute("UPDATE products SET length_mm = 200, width_mm = 90, height_mm = 80")

    order_id = await shop.planned(("MUG", 3))

    parcel = await shop.shipment((await shop.parts(order_id))[0].id)
    assert (parcel.grams, parcel.length_mm, parcel.width_mm, parcel.height_mm) == (900, 200, 100, 240)
