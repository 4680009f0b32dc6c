"""Stock is put right by hand with a reason, never below what is reserved."""

import pytest

from orderwright.domain.failures import InsufficientStock, Invalid, UnknownProduct
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import MoveKind, Position
from orderwright.persistence.stock import moves
from orderwright.services.supply import adjusting, history
from orderwright.services.supply.adjusting import Adjustment
from tests.shop import STAFF, Shop


async def adjust(shop: Shop, units: int, reason: AdjustReason, sku: str = "MUG") -> Position:
    one = Adjustment(sku, "LON", units, reason, "seen by the door")
    return await shop.do(lambda s: adjusting.adjust(s, one, STAFF))


async def test_units_go_and_come_with_the_reason_in_their_move(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)

    fewer = await adjust(shop, -3, AdjustReason.DAMAGED)
    more = await adjust(shop, 1, AdjustReason.FOUND)

    assert (fewer, more) == (Position(7, 0), Position(8, 0))
    last, before, _ = await shop.do(lambda s: history.moves(s, sku="MUG", location="LON", limit=9))
    assert (before.kind, before.on_hand, before.code, before.reason, before.actor) == (
        MoveKind.ADJUST, -3, AdjustReason.DAMAGED, "seen by the door", "ann",
    )  # fmt: skip
    assert (last.on_hand, last.code) == (1, AdjustReason.FOUND)
    await shop.check_books()


async def test_found_units_wake_an_order_that_waits(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.read_all()

    await adjust(shop, 1, AdjustReason.FOUND)

    assert await shop.wakes(order_id) == 1


@pytest.mark.parametrize(
    ("units", "reason", "sku", "failure"),
    [
        (0, AdjustReason.OTHER, "MUG", Invalid),
        (-1, AdjustReason.FOUND, "MUG", Invalid),
        (1, AdjustReason.THEFT, "MUG", Invalid),
        (1, AdjustReason.FOUND, "JUG", UnknownProduct),
        (-4, AdjustReason.LOST, "MUG", InsufficientStock),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    shop: Shop, units: int, reason: AdjustReason, sku: str, failure: type[Exception]
) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    order_id = await shop.order(("MUG", 7))
    await shop.verify(order_id)
    await shop.reserve(order_id)

    with pytest.raises(failure):
        await adjust(shop, units, reason, sku)

    assert await shop.level("MUG") == Position(10, 7)
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'adjust'") == 0


async def test_units_of_an_order_come_back_to_the_shelf(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    order_id = await shop.released(("MUG", 2))
    for part in await shop.parts(order_id):
        await shop.ship(part.id)

    found = await shop.do(
        lambda s: moves.put_back(
            s, [Change("MUG", "LON", 1)], order_id=order_id, actor="ann", reason="unworn"
        )
    )

    assert found == {("MUG", "LON"): Position(1, 0)}
    (move,) = await shop.do(lambda s: history.moves(s, kind=MoveKind.RETURN, limit=9))
    assert (move.on_hand, move.order_id, move.reason) == (1, order_id, "unworn")
    await shop.check_books()


async def test_moves_are_read_back_page_by_page(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    for units in (1, 2, 3):
        await shop.receive("MUG", units)
    await shop.receive("MUG", 9, at="PAR")

    first = await shop.do(lambda s: history.moves(s, sku="MUG", location="LON", limit=2))
    rest = await shop.do(lambda s: history.moves(s, sku="MUG", location="LON", before=first[-1].seq, limit=2))

    assert ([row.on_hand for row in first], [row.on_hand for row in rest]) == ([3, 2], [1])
