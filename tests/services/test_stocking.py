"""A delivery note is taken whole or not at all."""

import pytest

from orderwright.domain.failures import InsufficientStock, Invalid, UnknownProduct
from orderwright.domain.stock import Position
from orderwright.services.stock import stocking
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
