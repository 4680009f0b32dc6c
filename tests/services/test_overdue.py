"""What was to come and has not: promised anew a week later, told once a day, in the end not reckoned with."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.domain.stock.units import RECKONED_WEEKS
from orderwright.persistence.tables import ExpectedReceipt
from orderwright.services import sweeping
from orderwright.services.supply import expecting
from orderwright.services.supply.expecting import Announcement
from tests.shop import Shop


async def today(shop: Shop) -> date:
    """As the sweep's clock has it: the database's."""
    return (await shop.do(lambda session: session.scalars(select(func.current_date())))).one()


async def promised(shop: Shop, *, late: int) -> tuple[UUID, UUID]:
    """An order that follows, promised by a receipt that was due `late` days ago; and that receipt."""
    await shop.catalog("MUG")
    due = await today(shop) - timedelta(days=late)
    made = await shop.do(lambda s: expecting.announce(s, Announcement("PO-1", "MUG", "LON", 5, due)))
    order_id = await shop.order(("MUG", 2), policy=FulfillmentPolicy.SHIP_AVAILABLE)
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.read_all()
    return order_id, made.id


async def day(shop: Shop, order_id: UUID) -> date | None:
    (line,) = await shop.lines(order_id)
    return line.promised_on


async def told(shop: Shop, order_id: UUID) -> int:
    return (await shop.events(order_id)).count("order.promised")


async def reckoned(shop: Shop, expected_id: UUID) -> tuple[int, date]:
    row = await shop.do(lambda session: session.get_one(ExpectedReceipt, expected_id))
    return row.weeks_late, row.reckoned_on


async def test_a_promise_whose_receipt_is_overdue_is_renewed_and_told_once(shop: Shop) -> None:
    order_id, expected_id = await promised(shop, late=1)
    before, promises = await day(shop, order_id), await told(shop, order_id)

    for _ in range(3):
        await sweeping.sweep_reservations(shop.db)

    assert await reckoned(shop, expected_id) == (1, await today(shop) + timedelta(days=6))
    after = await day(shop, order_id)
    assert before is not None
    assert after is not None
    assert after - before == timedelta(days=7)
    assert await told(shop, order_id) == promises + 1
    assert (await shop.position(order_id)).stages_due.count(f"backordered:{promises + 1}") == 1


async def test_what_is_due_today_is_not_overdue(shop: Shop) -> None:
    order_id, expected_id = await promised(shop, late=0)
    before = await day(shop, order_id)

    await sweeping.sweep_reservations(shop.db)

    assert await reckoned(shop, expected_id) == (0, await today(shop))
    assert (await day(shop, order_id), await shop.wakes(order_id)) == (before, 0)


@pytest.mark.parametrize(("late", "weeks"), [(7, 1), (8, 2), (28, 4)])
async def test_the_new_day_is_the_next_that_is_a_whole_week_late(shop: Shop, late: int, weeks: int) -> None:
    _, expected_id = await promised(shop, late=late)

    await sweeping.sweep_reservations(shop.db)

    assert (await reckoned(shop, expected_id))[0] == weeks


async def test_after_some_weeks_nobody_knows_a_day_and_that_is_told(shop: Shop) -> None:
    order_id, expected_id = await promised(shop, late=7 * RECKONED_WEEKS + 1)
    promises = await told(shop, order_id)

    await sweeping.sweep_reservations(shop.db)
    await sweeping.sweep_reservations(shop.db)

    assert (await reckoned(shop, expected_id))[0] == RECKONED_WEEKS + 1
    assert await day(shop, order_id) is None
    assert (await told(shop, order_id), await shop.wakes(order_id)) == (promises + 1, 1)


async def test_a_day_that_the_supplier_says_is_believed_again(shop: Shop) -> None:
    order_id, expected_id = await promised(shop, late=40)
    await sweeping.sweep_reservations(shop.db)
    soon = await today(shop) + timedelta(days=3)

    await shop.do(lambda session: expecting.change(session, expected_id, due_on=soon, units=None))

    assert await reckoned(shop, expected_id) == (0, soon)
    assert await day(shop, order_id) is not None
