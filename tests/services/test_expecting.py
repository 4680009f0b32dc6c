"""Units on their way: announced, changed, called off, received by one of two who try."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from orderwright.domain.failures import Conflict, Invalid, NotFound, UnknownProduct
from orderwright.domain.stock.units import ExpectedState, Position
from orderwright.persistence.tables import ExpectedReceipt
from orderwright.services.supply import expecting
from orderwright.services.supply.expecting import Announcement
from tests.shop import STAFF, Shop, all_try

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


async def announced(shop: Shop, units: int = 10, **other: Any) -> ExpectedReceipt:
    """Any: fields of Announcement."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    data = replace(Announcement("PO-7", "MUG", "LON", units, FRIDAY), **other)
    return await shop.do(lambda s: expecting.announce(s, data))


async def now(shop: Shop, row: ExpectedReceipt) -> ExpectedReceipt:
    return await shop.do(lambda s: expecting.expected(s, row.id))


async def test_all_that_was_expected_closes_it_and_lies_on_the_shelf(shop: Shop) -> None:
    row = await announced(shop)

    first = await shop.do(lambda s: expecting.receive(s, row.id, 4, STAFF))
    second = await shop.do(lambda s: expecting.receive(s, row.id, 6, STAFF))

    assert (first.received, first.state) == (4, ExpectedState.OPEN)
    assert (second.received, second.state) == (10, ExpectedState.CLOSED)
    assert await shop.level("MUG") == Position(10, 0)
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE reason = 'PO-7' AND actor = 'ann'") == 2
    await shop.check_books()


@pytest.mark.parametrize(("units", "last"), [(12, False), (3, True)])
async def test_more_or_said_to_be_the_last_closes_it_too(shop: Shop, units: int, last: bool) -> None:
    row = await announced(shop)

    closed = await shop.do(lambda s: expecting.receive(s, row.id, units, STAFF, last=last))

    assert (closed.received, closed.state) == (units, ExpectedState.CLOSED)
    assert await shop.level("MUG") == Position(units, 0)


async def test_an_order_that_waits_for_them_is_woken(shop: Shop) -> None:
    row = await announced(shop)
    order_id = await shop.order(("MUG", 2))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.read_all()

    await shop.do(lambda s: expecting.receive(s, row.id, 2, STAFF))

    assert await shop.wakes(order_id) == 1


async def test_of_eight_who_receive_all_of_it_at_once_one_does(shop: Shop) -> None:
    row = await announced(shop)

    outcomes = await all_try(
        [lambda: shop.do(lambda s: expecting.receive(s, row.id, 10, STAFF))] * 8, at_once=8
    )

    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 7 + ["ExpectedReceipt"]
    assert await shop.level("MUG") == Position(10, 0)
    assert (await now(shop, row)).received == 10


async def test_the_day_and_the_units_change_while_it_is_open(shop: Shop) -> None:
    row = await announced(shop)
    await shop.do(lambda s: expecting.receive(s, row.id, 4, STAFF))

    later = await shop.do(lambda s: expecting.change(s, row.id, due_on=MONDAY, units=None))
    fewer = await shop.do(lambda s: expecting.change(s, row.id, due_on=None, units=5))
    for due_on, units, failure in ((None, 4, Conflict), (None, None, Invalid)):
        with pytest.raises(failure):
            await shop.do(lambda s, d=due_on, u=units: expecting.change(s, row.id, due_on=d, units=u))  # type: ignore[misc]  # bound now

    assert (later.due_on, later.units) == (MONDAY, 10)
    assert (fewer.due_on, fewer.units) == (MONDAY, 5)
    left = await now(shop, row)
    assert (left.units, left.due_on, left.received) == (5, MONDAY, 4)


@pytest.mark.parametrize(("received", "end"), [(0, ExpectedState.CANCELED), (4, ExpectedState.CLOSED)])
async def test_what_will_not_come_is_canceled_or_closed_and_takes_nothing_more(
    shop: Shop, received: int, end: ExpectedState
) -> None:
    row = await announced(shop)
    if received:
        await shop.do(lambda s: expecting.receive(s, row.id, received, STAFF))

    ended = await shop.do(lambda s: expecting.give_up(s, row.id))
    with pytest.raises(Conflict):
        await shop.do(lambda s: expecting.receive(s, row.id, 1, STAFF))
    with pytest.raises(Conflict):
        await shop.do(lambda s: expecting.give_up(s, row.id))

    assert ended.state is end
    assert await shop.count("SELECT coalesce(sum(on_hand), 0) FROM stock_moves") == received


@pytest.mark.parametrize(
    ("wrong", "failure"), [({"sku": "JUG"}, UnknownProduct), ({"location": "MARS"}, Invalid)]
)
async def test_what_cannot_come_is_not_announced(
    shop: Shop, wrong: dict[str, Any], failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        await announced(shop, **wrong)

    assert await shop.count("SELECT count(*) FROM expected_receipts") == 0


async def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    row = await announced(shop)
    await shop.execute("DELETE FROM expected_receipts")

    with pytest.raises(NotFound):
        await shop.do(lambda s: expecting.receive(s, row.id, 1, STAFF))

    assert await shop.count("SELECT count(*) FROM stock_moves") == 0


async def test_they_are_listed_by_sku_place_reference_and_state(shop: Shop) -> None:
    first = await announced(shop)
    second = await shop.do(lambda s: expecting.announce(s, Announcement("PO-8", "MUG", "PAR", 1, MONDAY)))
    await shop.do(lambda s: expecting.give_up(s, first.id))

    async def found(**filters: Any) -> list[str]:
        """Any: filters of the list."""
        given = {"state": None, "sku": None, "location": None, "reference": None, "after": None} | filters
        return [row.reference for row in await shop.do(lambda s: expecting.listed(s, **given, limit=10))]

    assert await found() == ["PO-7", "PO-8"]
    assert await found(state=ExpectedState.OPEN) == ["PO-8"]
    assert await found(location="LON") == ["PO-7"]
    assert await found(reference="PO-8", sku="MUG") == ["PO-8"]
    assert await found(after=first.id) == [second.reference]
