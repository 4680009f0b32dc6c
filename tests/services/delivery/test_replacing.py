"""What did not arrive is sent again at no cost, or paid back: once, to the last minor unit."""

import pytest

from orderwright.domain.delivery.cases import CaseKind, WayOut
from orderwright.domain.failures import AlreadyDecided, Conflict
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import Decision, OrderState, TaskKind
from orderwright.domain.stock.units import Position
from orderwright.services.delivery import opening
from orderwright.services.delivery.opening import Claim
from orderwright.services.orders import decisions
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import LineWanted, Wanted
from tests.services.delivery.stories import (
    cases,
    decide,
    leave,
    parcel,
    question,
    refunds,
    run_again,
    sent,
    settle,
    told,
    unbalanced,
    units,
)
from tests.shop import STAFF, STORE, Shop, all_try


async def test_a_lost_parcel_is_sent_again_at_no_cost_after_the_order_was_settled(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 2))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    assert (await settle(shop, order_id)).settled_at is not None
    (case,) = await cases(shop, order_id)

    await decide(shop, case, WayOut.RESHIP)
    opened = await shop.get(order_id)
    again = await run_again(shop, order_id)
    await shop.scan(again.id, ShipmentState.DELIVERED)
    order = await settle(shop, order_id)

    assert (opened.state, opened.settled_at, opened.run_id) == (OrderState.IN_FULFILLMENT, None, None)
    assert (again.amount, again.captured, again.tax, again.shipping) == (0, 0, 0, 0)
    assert await units(shop, order_id) == [{"delivered": 2}]
    assert (order.state, order.settled_at is not None) == (OrderState.COMPLETED, True)
    assert [payment.captured for payment in await shop.payments(order_id)] == [2500]
    assert await shop.level("MUG") == Position(16, 0)
    assert await unbalanced(shop) == []
    await shop.check_books()


async def test_a_lost_parcel_is_paid_back_with_its_postage(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 2))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)

    await decide(shop, case, WayOut.REFUND)
    order = await settle(shop, order_id)

    assert [refund.amount for refund in await refunds(shop, order_id)] == [2500]
    assert order.settled_at is not None
    assert await units(shop, order_id) == [{"undelivered": 2}]
    assert await unbalanced(shop) == []
    await shop.check_books()


async def test_of_a_damaged_parcel_the_units_that_are_named_are_sent_again(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 3), price=333)
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.DELIVERED)
    await settle(shop, order_id)
    (line,) = await shop.lines(order_id)
    claim = Claim((await parcel(shop, order_id)).id, CaseKind.DAMAGED, "one is broken", {line.id: 1})
    case = await shop.do(lambda session: opening.claimed(session, claim, STORE))

    await decide(shop, case, WayOut.RESHIP)
    again = await run_again(shop, order_id)
    await shop.scan(again.id, ShipmentState.DELIVERED)
    await settle(shop, order_id)
    everything = await shop.do(lambda session: giving_back.request(session, order_id, STAFF, Wanted()))

    assert again.amount == 0
    assert await units(shop, order_id) == [{"delivered": 3}]
    assert [refund.amount for refund in everything] == [999 + 500]
    assert await shop.level("MUG") == Position(16, 0)
    await settle(shop, order_id)
    assert await unbalanced(shop) == []
    await shop.check_books()


async def test_a_replacement_that_is_lost_too_is_paid_back(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    await decide(shop, case, WayOut.RESHIP)
    again = await run_again(shop, order_id)
    await shop.scan(again.id, ShipmentState.LOST)
    _, second = await cases(shop, order_id)

    await decide(shop, second, WayOut.REFUND)
    order = await settle(shop, order_id)

    assert [refund.amount for refund in await refunds(shop, order_id)] == [1000]
    assert await units(shop, order_id) == [{"undelivered": 1}]
    assert order.settled_at is not None
    assert await unbalanced(shop) == []
    await shop.check_books()


async def test_a_replacement_that_cannot_be_sent_is_paid_back(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 2))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    await shop.execute("UPDATE locations SET active = false")
    await decide(shop, case, WayOut.RESHIP)
    await shop.reserve(order_id)
    task_id = await question(shop, TaskKind.ROUTING)

    await shop.do(lambda session: decisions.decide(session, task_id, Decision.REJECT, STAFF, "not worth it"))
    order = await settle(shop, order_id)

    assert [refund.amount for refund in await refunds(shop, order_id)] == [2000]
    assert await units(shop, order_id) == [{"undelivered": 2}]
    assert (order.state, order.settled_at is not None) == (OrderState.COMPLETED, True)
    assert await unbalanced(shop) == []
    await shop.check_books()


async def test_two_people_decide_a_case_and_one_is_told_the_others_answer(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 2))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)

    outcomes = await all_try(
        [lambda way=way: decide(shop, case, way) for way in [WayOut.RESHIP, WayOut.REFUND] * 8],  # type: ignore[misc]  # bound now
        at_once=16,
    )

    late = [one for one in outcomes if isinstance(one, AlreadyDecided)]
    assert len(late) == 15
    (decided,) = await cases(shop, order_id)
    assert {one.more["decision"] for one in late} == {decided.outcome}
    again = [line.get("unallocated") for line in await units(shop, order_id)] == [2]
    assert [again, len(await refunds(shop, order_id)) == 1].count(True) == 1
    await shop.check_books()


async def test_task_and_case_are_one_decision(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    task_id = await question(shop, TaskKind.DELIVERY)

    await shop.do(lambda session: decisions.decide(session, task_id, Decision.APPROVE, STAFF, "again"))

    assert await told(shop, order_id) == [(CaseKind.LOST, "resolved", WayOut.RESHIP)]
    assert await units(shop, order_id) == [{"unallocated": 1}]
    with pytest.raises(AlreadyDecided):
        await decide(shop, case, WayOut.REFUND)


async def test_what_was_made_good_is_not_made_good_again(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.DELIVERED)
    box = await parcel(shop, order_id)
    first = await shop.do(lambda s: opening.claimed(s, Claim(box.id, CaseKind.DAMAGED), STORE))
    second = await shop.do(lambda s: opening.claimed(s, Claim(box.id, CaseKind.WRONG), STORE))
    await decide(shop, first, WayOut.RESHIP)

    for way in (WayOut.RESHIP, WayOut.REFUND):
        with pytest.raises(Conflict):
            await decide(shop, second, way)

    with pytest.raises(Conflict):
        await shop.do(lambda s: opening.claimed(s, Claim(box.id, CaseKind.MISSING), STORE))
    assert await refunds(shop, order_id) == []


async def test_what_was_paid_back_is_not_sent_again(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    wanted = Wanted(lines=[LineWanted("MUG", 1)])
    await shop.do(lambda session: giving_back.request(session, order_id, STAFF, wanted))

    with pytest.raises(Conflict):
        await decide(shop, case, WayOut.RESHIP)

    assert await units(shop, order_id) == [{"undelivered": 1}]
    assert await told(shop, order_id) == [(CaseKind.LOST, "open", None)]


async def test_a_lost_parcel_that_is_found_ends_its_case(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    part = (await shop.parts(order_id))[0]
    await shop.scan(part.id, ShipmentState.LOST)

    await shop.scan(part.id, ShipmentState.DELIVERED)

    assert await told(shop, order_id) == [(CaseKind.LOST, "resolved", WayOut.ARRIVED)]
    assert await units(shop, order_id) == [{"delivered": 1}]
    assert await shop.count("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
    assert (await settle(shop, order_id)).settled_at is not None
    await shop.check_books()


async def test_a_parcel_that_is_found_after_its_replacement_left_moves_no_units(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    first = (await shop.parts(order_id))[0]
    await shop.scan(first.id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    await decide(shop, case, WayOut.RESHIP)
    again = await run_again(shop, order_id)

    await shop.scan(first.id, ShipmentState.DELIVERED)
    await shop.scan(again.id, ShipmentState.DELIVERED)
    order = await settle(shop, order_id)

    assert await units(shop, order_id) == [{"delivered": 1}]
    assert order.settled_at is not None
    assert await unbalanced(shop) == []
    await leave(shop, order_id)
    await shop.check_books()
