"""A delivery note is taken whole or not at all."""

import pytest

from orderwright.domain.failures import InsufficientStock, Invalid, UnknownProduct
from orderwright.domain.stock.units import Position
from orderwright.services.stock import limits, stocking
from orderwright.services.stock.stocking import Receipt
from tests.shop import STAFF, Shop


async def receive(shop: Shop, *receipts: Receipt) -> dict[tuple[str, str], Position]:
    return await shop.do(lambda s: stocking.receive_all(s, receipts, STAFF))


async def test_each_place_stands_where_the_last_receipt_leaves_it(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))

    found = await receive(
        shop, Receipt("MUG", "PAR", 3), Receipt("MUG", "LON", 5), Receipt("MUG", "LON", -2, "broken")
    )

    assert found == {("MUG", "LON"): Position(3, 0), ("MUG", "PAR"): Position(3, 0)}
    await shop.check_books()


@pytest.mark.parametrize(
    ("bad", "failure"),
    [
        (Receipt("MUG", "LON", 0), Invalid),
        (Receipt("JUG", "LON", 1), UnknownProduct),
        (Receipt("MUG", "MARS", 1), Invalid),
        (Receipt("MUG", "LON", -9), InsufficientStock),
    ],
)
async def test_one_bad_line_refuses_the_whole_note(
    shop: Shop, bad: Receipt, failure: type[Exception]
) -> None:
    await shop.catalog("MUG")

    with pytest.raises(failure):
        await receive(shop, Receipt("MUG", "LON", 5), bad)

    assert await shop.count("SELECT count(*) FROM stock_moves") == 0


async def test_who_waits_for_stock_is_told_when_less_is_kept_back(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    await shop.do(lambda s: limits.keep_back(s, "MUG", "LON", 2))
    await shop.do(lambda s: limits.set_buffer(s, "web", "MUG", "LON", 1))
    order_id = await shop.order(("MUG", 3))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    waited = await shop.reservations(order_id)

    woken = []
    for change in (
        lambda s: limits.keep_back(s, "MUG", "LON", 0),
        lambda s: limits.set_buffer(s, "web", "MUG", "LON", 0),
        lambda s: limits.set_quota(s, "web", "MUG", 3),
    ):
        await shop.read_all()
        await shop.do(change)
        woken.append(await shop.wakes(order_id))
    await shop.reserve(order_id)

    assert (waited, woken) == ([], [1, 1, 1])
    assert [row.units for row in await shop.reservations(order_id)] == [3]


async def test_a_quota_that_is_used_up_makes_the_order_wait_and_takes_nothing(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 3)
    await shop.receive("MUG", 3, at="PAR")
    await shop.do(lambda s: limits.set_quota(s, "web", "MUG", 4))
    first, second = await shop.order(("MUG", 4)), await shop.order(("MUG", 1))
    for order_id in (first, second):
        await shop.verify(order_id)
        await shop.reserve(order_id)

    assert [sum(row.units for row in await shop.reservations(i)) for i in (first, second)] == [4, 0]
    assert await shop.count("SELECT count(*) FROM holds WHERE type = 'stock' AND state = 'active'") == 1
    assert await shop.count("SELECT taken FROM channel_quotas") == 4
