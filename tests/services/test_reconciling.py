"""What does not agree is found, listed once, repaired by nobody, and gone when it is put right."""

from datetime import date
from uuid import UUID

import pytest

from orderwright.domain.stock.supply import AdjustReason, DifferenceKind, DifferenceState
from orderwright.domain.stock.units import Position
from orderwright.persistence.tables import StockDifference
from orderwright.services.stock import stocking
from orderwright.services.stock.stocking import Receipt
from orderwright.services.supply import reconciling, transferring
from orderwright.services.supply.reconciling import Reconciled
from orderwright.services.supply.transferring import Arrival, Wanted
from tests.shop import STAFF, Shop, all_try

FRIDAY = date(2026, 11, 20)


async def reconcile(shop: Shop) -> Reconciled:
    return await shop.do(reconciling.reconcile)


async def found(shop: Shop, state: DifferenceState | None = DifferenceState.OPEN) -> list[StockDifference]:
    return list(await shop.do(lambda s: reconciling.listed(s, state=state, limit=99)))


async def transfer(shop: Shop) -> UUID:
    """Four mugs of ten from London to Paris, one of them missing when they came; four more under way."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 10)
    for _ in range(2):
        row, _ = await shop.do(
            lambda s: transferring.request(s, Wanted("LON", "PAR", FRIDAY, {"MUG": 4}), STAFF)
        )
        await shop.do(lambda s, row=row: transferring.ship(s, row.id, STAFF))  # type: ignore[misc]  # bound now
        came = [Arrival("MUG", 3, AdjustReason.LOST)]
        if not await shop.count("SELECT count(*) FROM transfers WHERE state = 'closed'"):
            await shop.do(lambda s, row=row, came=came: transferring.receive(s, row.id, came, STAFF))  # type: ignore[misc]  # bound now
    return row.id


async def test_after_all_kinds_of_moves_nothing_differs(shop: Shop) -> None:
    await transfer(shop)
    await shop.released(("MUG", 1))

    assert await reconcile(shop) == Reconciled(levels=2, new=0, gone=0, open=0)
    assert await found(shop, None) == []


async def test_a_level_bent_behind_our_back_is_found_and_not_repaired(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    await shop.execute("UPDATE stock_levels SET on_hand = 7")

    first, second = await reconcile(shop), await reconcile(shop)

    assert (first, second) == (Reconciled(1, 1, 0, 1), Reconciled(1, 0, 0, 1))
    (row,) = await found(shop)
    assert (row.what, row.sku, row.location, row.expected, row.found) == (
        DifferenceKind.ON_HAND, "MUG", "LON", 10, 7,
    )  # fmt: skip
    assert await shop.level("MUG") == Position(7, 0)
    assert await shop.count("SELECT count(*) FROM stock_moves") == 1


async def test_one_that_grows_is_one_row_with_the_newest_figures(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    await shop.execute("UPDATE stock_levels SET on_hand = 7")
    await reconcile(shop)
    await shop.execute("UPDATE stock_levels SET on_hand = 6")

    await reconcile(shop)

    (row,) = await found(shop)
    assert (row.expected, row.found) == (10, 6)


async def test_one_put_right_is_gone_and_found_anew_when_it_comes_back(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    await shop.execute("UPDATE stock_levels SET on_hand = 7")
    await reconcile(shop)
    await shop.execute("UPDATE stock_levels SET on_hand = 10")

    assert await reconcile(shop) == Reconciled(1, 0, 1, 0)
    (gone,) = await found(shop, DifferenceState.GONE)
    assert gone.gone_at is not None
    await shop.execute("UPDATE stock_levels SET on_hand = 7")
    assert await reconcile(shop) == Reconciled(1, 1, 0, 1)
    assert len(await found(shop, None)) == 2


@pytest.mark.parametrize(
    ("bend", "kinds"),
    [
        ("UPDATE stock_levels SET reserved = 2 WHERE location = 'LON'",
         {DifferenceKind.RESERVED, DifferenceKind.RESERVATIONS}),
        ("UPDATE reservations SET state = 'freed'", {DifferenceKind.RESERVATIONS}),
        ("DELETE FROM stock_levels WHERE location = 'PAR'", {DifferenceKind.ON_HAND}),
        ("UPDATE transfer_lines SET units = 5, received = 4 WHERE state = 'received'",
         {DifferenceKind.TRANSFER_SHIPPED, DifferenceKind.TRANSFER_RECEIVED}),
        ("UPDATE transfers SET state = 'requested' WHERE state = 'shipped'",
         {DifferenceKind.TRANSFER_SHIPPED, DifferenceKind.EXPECTED}),
        ("UPDATE expected_receipts SET units = 9 WHERE state = 'open'", {DifferenceKind.EXPECTED}),
        ("UPDATE expected_receipts SET state = 'closed' WHERE state = 'open'", {DifferenceKind.EXPECTED}),
    ],
)  # fmt: skip
async def test_every_kind_of_difference_is_found_by_its_name(
    shop: Shop, bend: str, kinds: set[DifferenceKind]
) -> None:
    await transfer(shop)
    await shop.planned(("MUG", 1))

    await shop.execute(bend)
    await reconcile(shop)

    assert {row.what for row in await found(shop)} == kinds


@pytest.mark.parametrize(
    ("bend", "kinds"),
    [
        ("UPDATE stock_lots SET on_hand = on_hand + 1 WHERE lot = 'A'",
         {DifferenceKind.LOTS_ON_HAND, DifferenceKind.LOT_ON_HAND}),
        ("UPDATE stock_lots SET reserved = 1 WHERE lot = 'B'",
         {DifferenceKind.LOTS_RESERVED, DifferenceKind.LOT_RESERVED, DifferenceKind.LOT_RESERVATIONS}),
        ("UPDATE stock_lots SET on_hand = CASE lot WHEN 'A' THEN 2 ELSE 3 END", {DifferenceKind.LOT_ON_HAND}),
        ("UPDATE reservation_lots SET units = 1", {DifferenceKind.LOT_RESERVATIONS}),
        ("UPDATE products SET tracking = 'none'",
         {DifferenceKind.LOTS_ON_HAND, DifferenceKind.LOTS_RESERVED}),
    ],
)  # fmt: skip
async def test_every_kind_of_difference_between_lots_is_found_by_its_name(
    shop: Shop, bend: str, kinds: set[DifferenceKind]
) -> None:
    await shop.catalog("MUG")
    await shop.execute("UPDATE products SET tracking = 'lot'")
    receipts = [Receipt("MUG", "LON", 3, lot="A"), Receipt("MUG", "LON", 2, lot="B")]
    await shop.do(lambda s: stocking.receive_all(s, receipts, STAFF))
    await shop.planned(("MUG", 2))
    clean = await reconcile(shop)

    await shop.execute(bend)
    await reconcile(shop)

    assert clean.open == 0
    assert {row.what for row in await found(shop)} == kinds
    assert {row.subject for row in await found(shop) if row.what.startswith("lot_")} <= {"A", "B"}


async def test_two_who_reconcile_at_once_list_it_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    await shop.execute("UPDATE stock_levels SET on_hand = 7")

    outcomes = await all_try([lambda: reconcile(shop)] * 6, at_once=6)

    assert sorted(one.new for one in outcomes if isinstance(one, Reconciled)) == [0, 0, 0, 0, 0, 1]
    assert len(await found(shop, None)) == 1


async def test_more_differences_than_a_statement_has_room_for_are_listed_and_gone(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.execute(
        "INSERT INTO products (sku, name, price, currency)"
        " SELECT 'S' || n, 'x', 1, 'EUR' FROM generate_series(1, 12000) n"
    )
    await shop.execute("INSERT INTO stock_levels (sku, location, on_hand) SELECT sku, 'LON', 1 FROM products")

    listed = await reconcile(shop)
    await shop.execute("UPDATE stock_levels SET on_hand = 0")
    gone = await reconcile(shop)

    assert (listed.new, listed.open) == (12_001, 12_001)
    assert (gone.gone, gone.open) == (12_001, 0)
