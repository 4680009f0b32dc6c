"""What is not there follows: in the queue's order, promised, paid for when it comes, given up in time."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import PastPivot
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.domain.orders import CancelState, HoldType, OrderState
from orderwright.domain.payments import PaymentState
from orderwright.domain.stock.units import ExpectedKind, Position
from orderwright.persistence import holds
from orderwright.persistence.tables import ExpectedReceipt, Product
from orderwright.services import sweeping
from orderwright.services.carts.preordering import SoldOut
from orderwright.services.fulfillment import partner
from orderwright.services.orders import cancellation
from orderwright.services.orders.placing import NewLine
from orderwright.services.stock import lacking, promising, stocking
from orderwright.services.supply import expecting
from tests.shop import NOW, STAFF, Shop, all_try

AVAILABLE = FulfillmentPolicy.SHIP_AVAILABLE
DUE = date(2026, 11, 23)  # a Monday; LON delivers at home in three working days
THERE = date(2026, 11, 26)


async def units(shop: Shop, order_id: UUID) -> list[tuple[int, int, int, int]]:
    """(canceled, unallocated, backordered, allocated) of each line."""
    return [
        (line.canceled, line.unallocated, line.backordered, line.allocated)
        for line in await shop.lines(order_id)
    ]


async def promise(shop: Shop, order_id: UUID) -> date | None:
    (line,) = await shop.lines(order_id)
    return line.promised_on


async def bring(shop: Shop, sku: str, count: int) -> None:
    """A receipt through the use case: who waits is woken."""
    await shop.do(lambda session: stocking.receive(session, sku, "LON", count, STAFF))


async def expect(shop: Shop, sku: str, count: int, due: date = DUE) -> None:
    """Units announced by a supplier, and the queue promised anew."""

    async def announce(session: AsyncSession) -> None:
        await session.execute(
            insert(ExpectedReceipt).values(
                kind=ExpectedKind.PURCHASE, reference="PO-1", sku=sku, location="LON", units=count, due_on=due
            )
        )
        await promising.renew(session, {sku})

    await shop.do(announce)


async def short(shop: Shop, *, there: int, wanted: int, policy: FulfillmentPolicy = AVAILABLE) -> UUID:
    """An order of mugs of which not all are there, after its first look."""
    await shop.catalog("MUG")
    if there:
        await shop.receive("MUG", there)
    order_id = await shop.order(("MUG", wanted), policy=policy)
    await shop.verify(order_id)
    await shop.reserve(order_id)
    return order_id


async def test_what_is_there_ships_and_the_rest_waits_beside_it(shop: Shop) -> None:
    order_id = await short(shop, there=3, wanted=5)

    await shop.authorize(order_id)
    await shop.plan(order_id)

    assert await units(shop, order_id) == [(0, 0, 2, 3)]
    assert len(await shop.parts(order_id)) == 1
    assert await shop.do(lambda s: holds.active(s, order_id)) == []
    position = await shop.position(order_id)
    assert (position.backordered, position.fillable, position.unallocated) == (2, False, 0)
    assert "backordered:1" in position.stages_due
    assert position.waits_until is not None
    await shop.check_books()


@pytest.mark.parametrize("multicapture", [True, False])
async def test_a_receipt_fills_it_and_the_money_is_right_to_the_cent(shop: Shop, multicapture: bool) -> None:
    shop.multicapture = multicapture
    order_id = await short(shop, there=2, wanted=3)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    await shop.read_all()

    await bring(shop, "MUG", 1)
    assert await shop.wakes(order_id) == 1
    assert (await shop.position(order_id)).fillable
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)

    assert await units(shop, order_id) == [(0, 0, 0, 3)]
    order, parts, payments = (
        await shop.get(order_id),
        await shop.parts(order_id),
        await shop.payments(order_id),
    )
    assert sum(part.amount for part in parts) == order.total
    assert [payment.amount for payment in payments] == (
        [order.total] if multicapture else [part.amount for part in parts]
    )
    (line,) = await shop.lines(order_id)
    assert (line.waiting_since, line.promised_on) == (None, None)
    await shop.check_books()


async def test_a_complete_order_takes_nothing_until_all_is_there(shop: Shop) -> None:
    order_id = await short(shop, there=3, wanted=5, policy=FulfillmentPolicy.SHIP_COMPLETE)
    await expect(shop, "MUG", 2)

    assert await units(shop, order_id) == [(0, 5, 0, 0)]
    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    assert (hold.type, hold.deadline) == (HoldType.STOCK, NOW + lacking.STOCK_WAIT)
    assert await promise(shop, order_id) == THERE
    assert await shop.payments(order_id) == []

    await bring(shop, "MUG", 2)
    await shop.reserve(order_id)

    assert await units(shop, order_id) == [(0, 0, 0, 5)]
    assert await shop.do(lambda s: holds.active(s, order_id)) == []


async def test_a_hold_for_promised_units_ends_two_weeks_after_the_promise(shop: Shop) -> None:
    await shop.catalog("MUG")
    await expect(shop, "MUG", 5, due=date(2027, 1, 4))

    order_id = await shop.order(("MUG", 5))
    await shop.reserve(order_id)

    (hold,) = await shop.do(lambda s: holds.active(s, order_id))
    assert hold.deadline is not None
    assert hold.deadline.date() == date(2027, 1, 7) + lacking.STOCK_WAIT


async def test_a_line_that_may_not_wait_is_given_up_and_not_paid(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 1)
    lines = [NewLine("MUG", 3, may_wait=False), NewLine("CUP", 1, may_wait=True)]
    order_id = await shop.order(lines=lines, policy=FulfillmentPolicy.PER_LINE)
    await shop.verify(order_id)

    await shop.reserve(order_id)

    assert await units(shop, order_id) == [(2, 0, 0, 1), (0, 0, 1, 0)]
    (payment,) = await shop.payments(order_id)
    assert (await shop.get(order_id)).total == 4500  # 3000 and 1000, and 500 for shipping four units
    assert payment.amount == 2250
    assert "order.units_given_up" in await shop.events(order_id)


async def test_an_order_of_which_nothing_may_wait_ends(shop: Shop) -> None:
    await shop.catalog("MUG")
    lines = [NewLine("MUG", 2, may_wait=False)]
    order_id = await shop.order(lines=lines, policy=FulfillmentPolicy.PER_LINE)
    await shop.verify(order_id)

    await shop.reserve(order_id)

    order = await shop.get(order_id)
    assert (order.state, order.failure) == (OrderState.CANCELED, "out_of_stock")
    assert await shop.payments(order_id) == []


async def test_the_queue_is_served_by_priority_then_by_age(shop: Shop) -> None:
    await shop.catalog("MUG")
    first, second = [await shop.order(("MUG", 2), policy=AVAILABLE) for _ in range(2)]
    urgent = await shop.order(("MUG", 2), policy=AVAILABLE)
    await shop.execute("UPDATE orders SET priority = 9 WHERE id = :id", id=urgent)
    for order_id in (first, second, urgent):
        await shop.reserve(order_id)
    await bring(shop, "MUG", 5)

    newcomer = await shop.order(("MUG", 1), policy=AVAILABLE)
    for order_id in (newcomer, second, first, urgent):
        await shop.reserve(order_id)

    taken = {order_id: (await units(shop, order_id))[0][3] for order_id in (first, second, urgent, newcomer)}
    assert taken == {urgent: 2, first: 2, second: 1, newcomer: 0}
    await shop.check_books()


async def test_many_who_wait_get_together_what_comes_and_no_more(shop: Shop) -> None:
    await shop.catalog("MUG")
    orders = [await shop.order(("MUG", 2), policy=AVAILABLE) for _ in range(12)]
    for order_id in orders:
        await shop.reserve(order_id)
    await bring(shop, "MUG", 9)

    for _ in range(3):
        outcomes = await all_try([partial(shop.reserve, order_id) for order_id in orders], at_once=12)
        assert outcomes == [None] * 12

    taken = [(await units(shop, order_id))[0][3] for order_id in orders]
    assert taken == [2, 2, 2, 2, 1] + [0] * 7
    await shop.check_books()


async def test_a_promise_follows_what_is_expected_and_is_told_when_it_changes(shop: Shop) -> None:
    first = await short(shop, there=0, wanted=2)
    second = await shop.order(("MUG", 2), policy=AVAILABLE)
    await shop.reserve(second)
    await shop.read_all()

    await expect(shop, "MUG", 3)

    assert (await promise(shop, first), await promise(shop, second)) == (THERE, None)
    assert (await shop.wakes(first), await shop.wakes(second)) == (1, 0)
    assert "backordered:2" in (await shop.position(first)).stages_due

    await shop.do(lambda s: s.execute(update(ExpectedReceipt).values(due_on=DUE + timedelta(days=7))))
    await shop.do(lambda s: promising.renew(s, {"MUG"}))

    assert await promise(shop, first) == THERE + timedelta(days=7)
    assert (await shop.get(first)).promises == 3


async def test_a_promise_that_stays_is_not_told_again(shop: Shop) -> None:
    order_id = await short(shop, there=0, wanted=2)
    await expect(shop, "MUG", 2)
    told = (await shop.get(order_id)).promises

    await shop.do(lambda s: promising.renew(s, {"MUG"}))
    await shop.reserve(order_id)

    assert (await shop.get(order_id)).promises == told


async def test_units_that_come_as_expected_change_no_promise(shop: Shop) -> None:
    order_id = await short(shop, there=0, wanted=2)
    later = await shop.order(("MUG", 1), policy=AVAILABLE)
    await shop.reserve(later)
    await expect(shop, "MUG", 2)
    expected = await shop.do(lambda s: s.scalar(select(ExpectedReceipt.id)))
    assert expected is not None
    told = [(await shop.get(one)).promises for one in (order_id, later)]

    await shop.do(lambda s: expecting.receive(s, expected, 2, STAFF))

    assert await promise(shop, order_id) == THERE
    assert [(await shop.get(one)).promises for one in (order_id, later)] == told
    await shop.reserve(order_id)
    assert await units(shop, order_id) == [(0, 0, 0, 2)]


async def test_what_has_not_come_in_time_is_given_up(shop: Shop) -> None:
    order_id = await short(shop, there=3, wanted=5)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    deadline = (await shop.position(order_id)).waits_until
    assert deadline is not None

    await shop.do(lambda s: lacking.give_up(s, order_id, deadline - timedelta(seconds=1)))
    assert await units(shop, order_id) == [(0, 0, 2, 3)]
    await shop.do(lambda s: lacking.give_up(s, order_id, deadline))

    assert await units(shop, order_id) == [(2, 0, 0, 3)]
    assert (await shop.position(order_id)).waits_until is None
    assert (await shop.get(order_id)).state is OrderState.ACCEPTED


async def test_the_last_part_completes_the_order(shop: Shop) -> None:
    order_id = await short(shop, there=1, wanted=2)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    await deliver(shop, await shop.parts(order_id))
    assert (await shop.get(order_id)).state is OrderState.IN_FULFILLMENT

    await bring(shop, "MUG", 1)
    await shop.reserve(order_id)
    await shop.plan(order_id)
    await deliver(shop, (await shop.parts(order_id))[1:])

    (line,) = await shop.lines(order_id)
    assert (line.delivered, line.backordered) == (2, 0)


async def deliver(shop: Shop, parts: Sequence[object]) -> None:
    for part in parts:
        part_id: UUID = part.id  # type: ignore[attr-defined]  # a fulfillment order
        assert await shop.hand_over(part_id)
        await shop.ship(part_id)
        await shop.scan(part_id, ShipmentState.DELIVERED)


async def test_units_that_come_back_do_not_wait_for_those_that_follow(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 1)
    order_id = await shop.order(("MUG", 3), policy=AVAILABLE)
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    (part,) = await shop.parts(order_id)
    assert await shop.hand_over(part.id)
    await shop.receive("MUG", 1, at="PAR")

    await shop.do(lambda s: partner.rejected(s, part.id, by="warehouse", reason="broken"))
    await shop.reserve(order_id)

    assert await units(shop, order_id) == [(0, 0, 2, 1)]
    assert await shop.do(lambda s: holds.active(s, order_id)) == []
    assert await shop.level("MUG", "PAR") == Position(1, 1)


async def test_once_a_part_has_left_a_cancel_ends_what_was_to_follow(shop: Shop) -> None:
    order_id = await short(shop, there=1, wanted=3)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    await deliver(shop, await shop.parts(order_id))

    answer = await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "cannot wait"))

    assert answer is CancelState.PARTLY
    (line,) = await shop.lines(order_id)
    assert (line.canceled, line.delivered) == (2, 1)
    with pytest.raises(PastPivot):
        await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "again"))


async def test_money_is_kept_for_units_that_follow(shop: Shop) -> None:
    order_id = await short(shop, there=1, wanted=2)
    await shop.authorize(order_id)
    await shop.plan(order_id)
    await deliver(shop, await shop.parts(order_id))

    position = await shop.position(order_id)

    assert position.undo == ()
    assert [payment.state for payment in position.payments] == [PaymentState.AUTHORIZED]
    assert position.parts[0].capture_due


async def preorder(shop: Shop, *, limit: int | None, there: int = 0) -> None:
    """A product to be released in ten years, as the database's clock has it."""
    await shop.catalog("BOOK")
    values = {"release_on": date(2036, 3, 3), "preorder_limit": limit}
    await shop.do(lambda s: s.execute(update(Product).where(Product.sku == "BOOK").values(**values)))
    if there:
        await shop.receive("BOOK", there)


async def test_a_pre_order_waits_for_its_day_though_units_are_there(shop: Shop) -> None:
    await preorder(shop, limit=None, there=5)

    order_id = await shop.order(("BOOK", 2), policy=AVAILABLE)
    await shop.reserve(order_id)

    assert await units(shop, order_id) == [(0, 0, 2, 0)]
    assert await promise(shop, order_id) == date(2036, 3, 6)
    assert not (await shop.position(order_id)).fillable
    assert await shop.payments(order_id) == []

    await shop.reserve(order_id, NOW.replace(year=2036, month=3, day=3))

    assert await units(shop, order_id) == [(0, 0, 0, 2)]


async def test_the_sweep_wakes_whose_product_is_released_by_now(shop: Shop) -> None:
    await preorder(shop, limit=None, there=3)
    first, second = [await shop.order(("BOOK", 2), policy=AVAILABLE) for _ in range(2)]
    for order_id in (first, second):
        await shop.reserve(order_id)
    await shop.read_all()
    assert (await sweeping.sweep_reservations(shop.db)).woken == 0

    await shop.execute("UPDATE products SET release_on = current_date")

    assert (await sweeping.sweep_reservations(shop.db)).woken == 2
    assert (await shop.position(first)).fillable
    third = await shop.order(("BOOK", 2), policy=AVAILABLE)
    await shop.reserve(third)
    assert await units(shop, third) == [(0, 0, 2, 0)]
    await shop.read_all()
    assert (await sweeping.sweep_reservations(shop.db)).woken == 2


async def test_no_more_is_sold_before_the_release_than_the_product_says(shop: Shop) -> None:
    await preorder(shop, limit=10)

    outcomes = await all_try([partial(shop.order, ("BOOK", 1)) for _ in range(24)], at_once=12)

    sold = [outcome for outcome in outcomes if isinstance(outcome, UUID)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, SoldOut)]
    assert (len(sold), len(refused)) == (10, 14)
    assert refused[0].more["left"] == 0
    assert await shop.count("SELECT sum(ordered) FROM order_lines") == 10


async def test_a_canceled_pre_order_may_be_sold_again(shop: Shop) -> None:
    await preorder(shop, limit=1)
    order_id = await shop.order(("BOOK", 1))
    await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "changed my mind"))

    again = await shop.order(("BOOK", 1))

    assert await units(shop, again) == [(0, 1, 0, 0)]
