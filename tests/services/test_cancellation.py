"""A cancel has one answer, whoever is faster; what a warehouse says may come in any order."""

import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from orderwright.domain.failures import Conflict, Failure, PastPivot
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import CancelState, OrderState
from orderwright.domain.stock.units import Position
from orderwright.services.fulfillment import handing, partner
from orderwright.services.orders import cancellation, ending
from orderwright.services.stock import stocking
from tests.shop import STAFF, Shop, all_try


async def stocked(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 50)
    await shop.receive("CUP", 50, at="PAR")


async def cancel(shop: Shop, order_id: UUID) -> CancelState:
    return await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "changed my mind"))


async def units(shop: Shop, order_id: UUID) -> list[dict[str, int]]:
    """Where each line's units are, without the places that have none."""
    names = ("canceled", "unallocated", "allocated", "released", "shipped", "delivered", "undelivered")
    rows = await shop.lines(order_id)
    return [{name: n for name in names if (n := getattr(row, name))} for row in rows]


async def test_before_any_hand_off_it_is_canceled_at_once(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 2))

    answers = [await cancel(shop, order_id) for _ in range(2)]

    order = await shop.get(order_id)
    assert answers == [CancelState.ACCEPTED] * 2
    assert (order.state, order.cancel) == (OrderState.CANCELED, CancelState.ACCEPTED)
    assert await units(shop, order_id) == [{"canceled": 2}]
    assert (await shop.events(order_id)).count("order.canceled") == 1


async def test_with_a_warehouse_it_is_asked_for_and_nothing_more_is_handed_over(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 1), ("CUP", 1))
    first, second = await shop.parts(order_id)
    await shop.hand_over(first.id)

    answers = [await cancel(shop, order_id) for _ in range(2)]
    too_late = await shop.hand_over(second.id)

    assert answers == [CancelState.REQUESTED] * 2
    assert not too_late
    assert [(p.state, p.partner) for p in await shop.parts(order_id)] == [
        (FulfillmentState.RELEASED, PartnerState.CANCEL_REQUESTED),
        (FulfillmentState.CANCELED, PartnerState.UNSUBMITTED),
    ]


async def test_given_back_by_all_it_is_canceled(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1), ("CUP", 1))
    await cancel(shop, order_id)

    for part in await shop.parts(order_id):
        await shop.do(lambda s, p=part: partner.recall_accepted(s, p.id, by="x"))  # type: ignore[misc]  # bound now
    await shop.do(lambda s: stocking.give_back(s, order_id))

    order = await shop.get(order_id)
    assert (order.state, order.cancel) == (OrderState.CANCELED, CancelState.ACCEPTED)
    assert await shop.level("MUG") == Position(50, 0)
    await shop.check_books()


async def test_refused_by_all_it_goes_on_and_the_asker_is_told(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await cancel(shop, order_id)

    for _ in range(2):
        await shop.do(lambda s: partner.recall_refused(s, part.id, by="x", reason="packed"))

    order, (part,) = await shop.get(order_id), await shop.parts(order_id)
    assert (order.state, order.cancel) == (OrderState.IN_FULFILLMENT, CancelState.REFUSED)
    assert (part.partner, part.partner_reason) == (PartnerState.CANCEL_REJECTED, "packed")
    assert "cancel_refused" in (await shop.position(order_id)).stages_due
    with pytest.raises(PastPivot):
        await cancel(shop, order_id)


async def test_mixed_answers_cancel_a_part_of_it(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1), ("CUP", 1))
    first, second = await shop.parts(order_id)
    await cancel(shop, order_id)

    await shop.do(lambda s: partner.recall_accepted(s, first.id, by="x"))
    between = (await shop.get(order_id)).cancel
    await shop.do(lambda s: partner.picking(s, second.id, by="x"))

    assert between is CancelState.REQUESTED
    assert (await shop.get(order_id)).cancel is CancelState.PARTLY
    assert await units(shop, order_id) == [{"canceled": 1}, {"released": 1}]


@pytest.mark.parametrize("said", ["picking", "shipped"])
async def test_past_the_pivot_it_is_refused_and_nothing_happens(shop: Shop, said: str) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.do(lambda s: getattr(partner, said)(s, part.id, by="x"))
    before = await shop.events(order_id)

    with pytest.raises(PastPivot):
        await cancel(shop, order_id)

    assert await shop.events(order_id) == before
    assert (await shop.get(order_id)).cancel is CancelState.NONE


async def test_a_rejection_past_the_pivot_is_a_persons_question_once(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.do(lambda s: partner.picking(s, part.id, by="x"))

    for _ in range(2):
        await shop.do(lambda s: partner.rejected(s, part.id, by="x", reason="broken"))

    assert (await shop.events(order_id)).count("task.opened") == 1
    assert (await shop.live_part(order_id)).state is FulfillmentState.IN_PROGRESS
    assert await units(shop, order_id) == [{"released": 1}]


async def test_an_order_that_was_rejected_is_not_canceled(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))
    await shop.do(lambda s: ending.end_unshipped(s, order_id, OrderState.REJECTED, reason="no"))

    with pytest.raises(Conflict):
        await cancel(shop, order_id)


async def test_a_recall_takes_units_that_have_no_part_yet(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1), ("CUP", 1))
    first, second = await shop.parts(order_id)
    await shop.receive("CUP", 5)
    await shop.do(lambda s: partner.rejected(s, second.id, by="x", reason="broken"))
    await shop.do(lambda s: stocking.give_back(s, order_id))
    await shop.reserve(order_id)

    await cancel(shop, order_id)
    await shop.do(lambda s: partner.picking(s, first.id, by="x"))

    assert await units(shop, order_id) == [{"released": 1}, {"canceled": 1}]
    assert await shop.level("CUP") == Position(5, 0)
    assert (await shop.position(order_id)).unplanned == 0
    await shop.check_books()


@pytest.mark.parametrize("seed", range(6))
async def test_answers_of_a_warehouse_in_any_order_any_number_of_times(shop: Shop, seed: int) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 2))
    (part,) = await shop.parts(order_id)
    dice = random.Random(seed)
    if dice.random() < 0.5:
        await cancel(shop, order_id)
    answers: list[Callable[[], Awaitable[None]]] = [
        lambda: shop.do(lambda s: partner.accepted(s, part.id, by="x")),
        lambda: shop.do(lambda s: partner.picking(s, part.id, by="x")),
        lambda: shop.do(lambda s: partner.shipped(s, part.id, by="x")),
        lambda: shop.do(lambda s: partner.rejected(s, part.id, by="x", reason="no")),
        lambda: shop.do(lambda s: partner.recall_accepted(s, part.id, by="x")),
        lambda: shop.do(lambda s: partner.recall_refused(s, part.id, by="x", reason="no")),
    ]
    states = []

    for answer in dice.choices(answers, k=15):
        await answer()
        states.append((await shop.parts(order_id))[0].state)

    ends = {FulfillmentState.CLOSED, FulfillmentState.CANCELED}
    first_end = next((n for n, state in enumerate(states) if state in ends), len(states))
    assert len(set(states[first_end:])) <= 1
    assert [sum(line.values()) for line in await units(shop, order_id)] == [2]
    assert (await shop.events(order_id)).count("fulfillment.shipped") <= 1
    await shop.check_books()


# --- scans


async def test_a_parcel_never_moves_back(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    seen = []

    for status in (
        ShipmentState.LABELED,
        ShipmentState.OUT_FOR_DELIVERY,
        ShipmentState.IN_TRANSIT,
        ShipmentState.DELIVERED,
        ShipmentState.EXCEPTION,
        ShipmentState.LOST,
        ShipmentState.DELIVERED,
    ):
        await shop.scan(part.id, status)
        seen.append((await shop.shipment(part.id)).state)

    assert seen == [
        ShipmentState.LABELED, ShipmentState.OUT_FOR_DELIVERY, ShipmentState.OUT_FOR_DELIVERY,
        *[ShipmentState.DELIVERED] * 4,
    ]  # fmt: skip
    assert await shop.count("SELECT count(*) FROM shipment_scans") == 6
    assert await units(shop, order_id) == [{"delivered": 1}]


async def test_a_scan_proves_that_the_goods_have_left(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 2))
    (part,) = await shop.parts(order_id)

    await shop.scan(part.id, ShipmentState.IN_TRANSIT)
    await shop.ship(part.id)

    assert await units(shop, order_id) == [{"shipped": 2}]
    assert await shop.level("MUG") == Position(48, 0)
    assert (await shop.shipment(part.id)).state is ShipmentState.IN_TRANSIT
    await shop.check_books()


@pytest.mark.parametrize("status", [ShipmentState.LOST, ShipmentState.RETURNED])
async def test_what_does_not_arrive_is_a_persons_question_once(shop: Shop, status: ShipmentState) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)

    for _ in range(2):
        await shop.scan(part.id, status)

    assert await units(shop, order_id) == [{"undelivered": 1}]
    assert await shop.count("SELECT count(*) FROM tasks WHERE kind = 'delivery' AND state = 'open'") == 1


async def test_goods_that_leave_though_called_off_are_a_persons_question(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await cancel(shop, order_id)
    await shop.do(lambda s: partner.recall_accepted(s, part.id, by="x"))

    await shop.scan(part.id, ShipmentState.IN_TRANSIT)

    assert [row.state for row in await shop.parts(order_id)] == [FulfillmentState.CANCELED]
    assert await units(shop, order_id) == [{"canceled": 1}]
    assert await shop.count("SELECT count(*) FROM tasks WHERE kind = 'delivery'") == 1


# --- everything at once


async def test_three_hundred_changes_of_few_orders_at_once_never_wait_in_a_circle(shop: Shop) -> None:
    await stocked(shop)
    orders = [await shop.released(("MUG", 1), ("CUP", 2)) for _ in range(3)]
    orders += [await shop.planned(("MUG", 2), ("CUP", 1)) for _ in range(3)]
    orders += [await shop.order(("CUP", 1), ("MUG", 1)) for _ in range(2)]
    parts = [part.id for order_id in orders for part in await shop.parts(order_id)]
    dice = random.Random(20261116)
    receipts = [stocking.Receipt("CUP", "PAR", 1), stocking.Receipt("MUG", "LON", 1)]
    changes: list[Callable[[UUID, UUID], Awaitable[object]]] = [
        lambda order_id, _: cancel(shop, order_id),
        lambda order_id, _: shop.verify(order_id),
        lambda order_id, _: shop.reserve(order_id),
        lambda order_id, _: shop.plan(order_id),
        lambda order_id, _: shop.position(order_id),
        lambda order_id, _: shop.do(lambda s: stocking.give_back(s, order_id)),
        lambda order_id, _: shop.do(lambda s: ending.settle(s, order_id)),
        lambda _, part: shop.hand_over(part),
        lambda _, part: shop.ship(part),
        lambda _, part: shop.do(lambda s: partner.picking(s, part, by="x")),
        lambda _, part: shop.do(lambda s: partner.rejected(s, part, by="x", reason="no")),
        lambda _, part: shop.do(lambda s: partner.recall_accepted(s, part, by="x")),
        lambda _, part: shop.do(lambda s: handing.recalled_here(s, part)),
        lambda _, __: shop.do(lambda s: stocking.receive_all(s, receipts, STAFF)),
    ]
    mix = [(dice.choice(changes), dice.choice(orders), dice.choice(parts)) for _ in range(300)]

    outcomes = await all_try([lambda c=c, o=o, p=p: c(o, p) for c, o, p in mix], at_once=16)  # type: ignore[misc]  # bound now

    broken = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, Failure)]
    assert broken == []
    for order_id in orders:
        for line in await shop.lines(order_id):
            places = await units(shop, order_id)
            assert sum(places[line.position - 1].values()) == line.ordered
    await shop.check_books()
