"""Units that are told apart keep their lot and its last day, whatever moves them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, Failure, InsufficientStock, Invalid
from orderwright.domain.orders import Scope
from orderwright.domain.stock.lots import Change, LotUnits
from orderwright.domain.stock.supply import AdjustReason, CountLineState
from orderwright.persistence.stock import moves
from orderwright.persistence.tables import StockCountLine, TransferLine
from orderwright.services.fulfillment import partner, shorting
from orderwright.services.stock import stocking
from orderwright.services.stock.stocking import Receipt
from orderwright.services.supply import (
    adjusting,
    counting,
    expecting,
    reconciling,
    transfer_lots,
    transferring,
    variances,
)
from orderwright.services.supply.adjusting import Adjustment
from orderwright.services.supply.counting import Entry
from orderwright.services.supply.expecting import Announcement
from orderwright.services.supply.transferring import Arrival, Wanted
from tests.shop import STAFF, Shop, all_try

TODAY = datetime.now(UTC).date()
SOON, LATE, GONE = TODAY + timedelta(5), TODAY + timedelta(90), TODAY - timedelta(1)
CAT = Actor("cat", frozenset({Scope.WAREHOUSE}))
Lots = dict[tuple[str, str], tuple[int, int]]


async def pills(shop: Shop, tracking: str = "lot", **lots: int) -> None:
    """Lots of PILL in London; MUG is not tracked. A lot's day is told by its name, if that says one."""
    await shop.catalog("PILL", "MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE products SET tracking = :how WHERE sku = 'PILL'", how=tracking)
    days = {"SOON": SOON, "LATE": LATE, "GONE": GONE}
    receipts = [Receipt("PILL", "LON", n, lot=lot, expires_on=days.get(lot)) for lot, n in lots.items()]
    await shop.do(lambda s: stocking.receive_all(s, receipts, STAFF))


async def lots(shop: Shop) -> Lots:
    """On hand and reserved by place and lot, of those that are there."""
    async with shop.db.transaction() as session:
        rows = await session.execute(
            text("SELECT location, lot, on_hand, reserved FROM stock_lots WHERE on_hand > 0")
        )
        return {(place, lot): (on_hand, reserved) for place, lot, on_hand, reserved in rows}


async def check(shop: Shop) -> None:
    """After every story the books agree."""
    await shop.check_books()
    assert (await shop.do(reconciling.reconcile)).open == 0


async def moved(shop: Shop) -> int:
    return await shop.count("SELECT count(*) FROM stock_moves")


# --- adjustments


async def adjust(
    shop: Shop, units: int, lot: str | None, sku: str = "PILL", reason: AdjustReason = AdjustReason.CORRECTION
) -> None:
    await shop.do(lambda s: adjusting.adjust(s, Adjustment(sku, "LON", units, reason, lot=lot), STAFF))


async def test_an_adjustment_changes_the_lot_it_names(shop: Shop) -> None:
    await pills(shop, SOON=3, LATE=3)

    await adjust(shop, -2, "LATE")
    await adjust(shop, 1, "SOON")

    assert await lots(shop) == {("LON", "SOON"): (4, 0), ("LON", "LATE"): (1, 0)}
    assert await shop.count("SELECT on_hand FROM stock_moves WHERE kind = 'adjust' AND lot = 'LATE'") == -2
    await check(shop)


@pytest.mark.parametrize(
    ("tracking", "units", "lot", "sku", "failure", "said"),
    [
        ("lot", -1, None, "PILL", Invalid, "tracked by lot: which one"),
        ("lot", -1, "B7", "MUG", Invalid, "not tracked"),
        ("lot", -2, "SOON", "PILL", InsufficientStock, "of lot SOON"),
        ("lot", -1, "NONE", "PILL", InsufficientStock, "of lot NONE"),
        ("serial", 2, "S-9", "PILL", Invalid, "is one unit"),
        ("serial", 1, "SOON", "PILL", Exists, "in stock already"),
    ],
)
async def test_an_adjustment_that_names_its_units_wrongly_changes_nothing(
    shop: Shop, tracking: str, units: int, lot: str | None, sku: str, failure: type[Failure], said: str
) -> None:
    await pills(shop, tracking, SOON=1, LATE=1)
    await shop.receive("MUG", 3)
    before = await moved(shop)

    with pytest.raises(failure, match=said):
        await adjust(shop, units, lot, sku)

    assert await moved(shop) == before
    await check(shop)


async def test_of_many_who_find_one_serial_number_in_two_places_one_is_believed(shop: Shop) -> None:
    await pills(shop, "serial")

    def found(at: str) -> Adjustment:
        return Adjustment("PILL", at, 1, AdjustReason.FOUND, lot="S-1")

    outcomes = await all_try(
        [lambda at=at: shop.do(lambda s: adjusting.adjust(s, found(at), STAFF)) for at in ("LON", "PAR") * 8],  # type: ignore[misc]  # bound now
        at_once=8,
    )

    assert len([one for one in outcomes if isinstance(one, Exists)]) == 15
    assert await shop.count("SELECT sum(on_hand) FROM stock_lots") == 1
    await check(shop)


# --- expected receipts


async def receive(shop: Shop, expected_id: UUID, units: int, *parts: LotUnits) -> None:
    await shop.do(lambda s: expecting.receive(s, expected_id, units, STAFF, lots=parts))


async def announced(shop: Shop, sku: str = "PILL") -> UUID:
    data = Announcement("PO-1", sku, "LON", 10, TODAY)
    return (await shop.do(lambda s: expecting.announce(s, data))).id


async def test_what_was_expected_comes_in_lots_with_their_last_days(shop: Shop) -> None:
    await pills(shop)
    expected_id = await announced(shop)

    await receive(shop, expected_id, 6, LotUnits("A", 4, SOON), LotUnits("B", 2, LATE))
    await receive(shop, expected_id, 4, LotUnits("A", 4))

    assert await lots(shop) == {("LON", "A"): (8, 0), ("LON", "B"): (2, 0)}
    assert await shop.count("SELECT count(*) FROM stock_lots WHERE expires_on = :day", day=SOON) == 1
    await check(shop)


@pytest.mark.parametrize(
    ("tracking", "sku", "parts", "said"),
    [
        ("lot", "PILL", [], "name its lots, that many in all"),
        ("lot", "PILL", [LotUnits("A", 3)], "name its lots, that many in all"),
        ("lot", "PILL", [LotUnits("A", 1), LotUnits("A", 1)], "named twice"),
        ("lot", "PILL", [LotUnits("SOON", 2, LATE)], "expires on another day"),
        ("serial", "PILL", [LotUnits("A", 2)], "is one unit"),
        ("lot", "MUG", [LotUnits("A", 2)], "not tracked"),
    ],
)
async def test_what_comes_in_lots_that_do_not_fit_is_not_received(
    shop: Shop, tracking: str, sku: str, parts: Sequence[LotUnits], said: str
) -> None:
    await pills(shop, tracking, SOON=1)
    expected_id = await announced(shop, sku)
    before = await moved(shop)

    with pytest.raises(Invalid, match=said):
        await receive(shop, expected_id, 2, *parts)

    assert await moved(shop) == before
    assert await shop.count("SELECT received FROM expected_receipts") == 0


# --- transfers


async def requested(shop: Shop, units: int, *parts: LotUnits, sku: str = "PILL") -> UUID:
    wanted = Wanted("LON", "PAR", TODAY, {sku: units}, lots={sku: parts} if parts else {})
    row, _ = await shop.do(lambda s: transferring.request(s, wanted, STAFF))
    return row.id


async def shipped(shop: Shop, units: int, *parts: LotUnits) -> UUID:
    transfer_id = await requested(shop, units, *parts)
    await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))
    return transfer_id


async def arrive(shop: Shop, transfer_id: UUID, units: int, *parts: LotUnits, why: str | None = None) -> None:
    one = Arrival("PILL", units, AdjustReason(why) if why else None, lots=parts)
    await shop.do(lambda s: transferring.receive(s, transfer_id, [one], STAFF))


async def noted(shop: Shop, transfer_id: UUID) -> Mapping[str, tuple[int, int]]:
    """Shipped and received by lot."""
    found = await shop.do(lambda s: transfer_lots.of(s, [transfer_id]))
    return {lot.lot: (lot.units, lot.received) for lot in found.get((transfer_id, "PILL"), ())}


async def line(shop: Shop, transfer_id: UUID) -> TransferLine:
    return (await shop.do(lambda s: transferring.transfer(s, transfer_id)))[1][0]


async def test_a_transfer_takes_what_expires_first_and_it_arrives_with_its_days(shop: Shop) -> None:
    await pills(shop, GONE=5, LATE=3, SOON=2)

    transfer_id = await shipped(shop, 4)
    left = await lots(shop)
    await arrive(shop, transfer_id, 4)

    assert left == {("LON", "GONE"): (5, 0), ("LON", "LATE"): (1, 0)}
    assert await noted(shop, transfer_id) == {"LATE": (2, 2), "SOON": (2, 2)}
    assert await lots(shop) == left | {("PAR", "SOON"): (2, 0), ("PAR", "LATE"): (2, 0)}
    assert await shop.count("SELECT count(*) FROM stock_lots WHERE expires_on = :day", day=SOON) == 2
    await check(shop)


async def test_a_transfer_takes_the_lots_it_was_asked_for_expired_ones_too(shop: Shop) -> None:
    await pills(shop, GONE=5, LATE=3)

    transfer_id = await shipped(shop, 6, LotUnits("GONE", 5), LotUnits("LATE", 1))

    assert await lots(shop) == {("LON", "LATE"): (2, 0)}
    assert await noted(shop, transfer_id) == {"GONE": (5, 0), "LATE": (1, 0)}
    await check(shop)


async def test_what_arrives_is_short_and_over_lot_by_lot(shop: Shop) -> None:
    """One lot more and another fewer is a gap, though the sum is what was shipped."""
    await pills(shop, SOON=3, LATE=3)
    transfer_id = await shipped(shop, 4)
    came = (LotUnits("SOON", 2), LotUnits("LATE", 1), LotUnits("NEW", 1, LATE))

    with pytest.raises(Invalid, match="give a reason that fits"):
        await arrive(shop, transfer_id, 4, *came)
    with pytest.raises(Invalid, match="give a reason that fits"):
        await arrive(shop, transfer_id, 4, *came, why="lost")
    await arrive(shop, transfer_id, 4, *came, why="correction")

    one = await line(shop, transfer_id)
    assert (one.units, one.received, one.short, one.over) == (4, 4, 1, 1)
    assert await noted(shop, transfer_id) == {"LATE": (1, 1), "NEW": (0, 1), "SOON": (3, 2)}
    assert (await lots(shop))["PAR", "NEW"] == (1, 0)
    await check(shop)


async def test_all_of_it_lost_needs_no_lot(shop: Shop) -> None:
    await pills(shop, SOON=3)
    transfer_id = await shipped(shop, 3)

    await arrive(shop, transfer_id, 0, why="lost")

    one = await line(shop, transfer_id)
    assert (one.received, one.short, await lots(shop)) == (0, 3, {})
    await check(shop)


@pytest.mark.parametrize(
    ("units", "parts", "said"),
    [
        (3, [], "name its lots, that many in all"),
        (4, [LotUnits("SOON", 3)], "name its lots, that many in all"),
        (2, [LotUnits("SOON", 1), LotUnits("SOON", 1)], "named twice"),
        (4, [LotUnits("SOON", 3, LATE), LotUnits("LATE", 1)], f"expires on {SOON}"),
        (4, [LotUnits("SOON", 3), LotUnits("LATE", 1)], "expires on another day"),
    ],
)
async def test_what_arrives_without_its_lots_is_not_received(
    shop: Shop, units: int, parts: Sequence[LotUnits], said: str
) -> None:
    await pills(shop, SOON=3, LATE=3)
    await shop.do(
        lambda s: stocking.receive_all(s, [Receipt("PILL", "PAR", 1, lot="SOON", expires_on=LATE)], STAFF)
    )
    transfer_id = await shipped(shop, 4)
    before = await moved(shop)

    with pytest.raises(Invalid, match=said):
        await arrive(shop, transfer_id, units, *parts, why="correction")

    assert (await moved(shop), (await line(shop, transfer_id)).received) == (before, 0)


@pytest.mark.parametrize(
    ("sku", "parts", "said"),
    [
        ("PILL", [LotUnits("SOON", 1)], "name its lots, that many in all"),
        ("PILL", [LotUnits("SOON", 1), LotUnits("SOON", 1)], "named twice"),
        ("MUG", [LotUnits("SOON", 2)], "not tracked"),
    ],
)
async def test_a_transfer_of_lots_that_do_not_add_up_is_not_asked_for(
    shop: Shop, sku: str, parts: Sequence[LotUnits], said: str
) -> None:
    await pills(shop, SOON=3)

    with pytest.raises(Invalid, match=said):
        await requested(shop, 2, *parts, sku=sku)

    assert await shop.count("SELECT count(*) FROM transfers") == 0


@pytest.mark.parametrize("parts", [[], [LotUnits("SOON", 4)]])
async def test_lots_that_are_not_there_are_not_shipped(shop: Shop, parts: Sequence[LotUnits]) -> None:
    """An expired lot is on hand, and not picked."""
    await pills(shop, SOON=3, GONE=3)
    transfer_id = await requested(shop, 4, *parts)

    with pytest.raises(InsufficientStock):
        await shop.do(lambda s: transferring.ship(s, transfer_id, STAFF))

    assert await lots(shop) == {("LON", "SOON"): (3, 0), ("LON", "GONE"): (3, 0)}
    await check(shop)


async def test_serial_numbers_go_their_way_and_never_lie_in_two_places(shop: Shop) -> None:
    await pills(shop, "serial", SOON=1, LATE=1)
    transfer_id = await shipped(shop, 2)
    await adjust(shop, 1, "LATE", reason=AdjustReason.FOUND)

    with pytest.raises(Exists):
        await arrive(shop, transfer_id, 2)
    await arrive(shop, transfer_id, 1, LotUnits("SOON", 1), why="lost")

    assert await lots(shop) == {("PAR", "SOON"): (1, 0), ("LON", "LATE"): (1, 0)}
    await check(shop)


async def test_transfers_and_buyers_at_once_take_each_unit_of_a_lot_once(shop: Shop) -> None:
    await pills(shop, SOON=5, LATE=5)
    orders = [await shop.order(("PILL", 1)) for _ in range(9)]
    for order_id in orders:
        await shop.verify(order_id)
    asked = [await requested(shop, 1) for _ in range(9)]

    outcomes = await all_try(
        [partial(shop.reserve, order_id) for order_id in orders]
        + [partial(shop.do, partial(transferring.ship, transfer_id=one, actor=STAFF)) for one in asked],
        at_once=9,
    )

    refused = [one for one in outcomes if isinstance(one, InsufficientStock)]
    assert len([one for one in outcomes if isinstance(one, Exception)]) == len(refused)
    held = await shop.count("SELECT coalesce(sum(reserved), 0) FROM stock_lots")
    assert held + 9 - len(refused) == 10
    assert await shop.count("SELECT sum(on_hand) FROM stock_lots") == held
    await check(shop)


# --- counts


async def counted(shop: Shop, *entries: Entry, limit: int = 10**9, **how: bool) -> UUID:
    row, _ = await shop.do(lambda s: counting.open_count(s, "LON", ["PILL"], CAT, approval_limit=limit))
    await shop.do(lambda s: counting.enter(s, row.id, entries, CAT))
    await shop.do(lambda s: variances.submit(s, row.id, CAT, **how))
    return row.id


async def count_lines(shop: Shop, count_id: UUID) -> dict[str, StockCountLine]:
    return {one.lot: one for one in (await shop.do(lambda s: counting.count(s, count_id)))[1]}


async def test_a_count_puts_each_lot_right(shop: Shop) -> None:
    await pills(shop, SOON=3, LATE=3)

    await counted(shop, Entry("PILL", 1, "SOON"), Entry("PILL", 3, "LATE"), Entry("PILL", 2, "NEW", LATE))

    assert await lots(shop) == {("LON", "SOON"): (1, 0), ("LON", "LATE"): (3, 0), ("LON", "NEW"): (2, 0)}
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'count'") == 2
    await check(shop)


async def test_a_lot_worth_more_waits_for_a_second_person_and_others_do_not(shop: Shop) -> None:
    await pills(shop, SOON=30, LATE=3)

    count_id = await counted(shop, Entry("PILL", 2, "SOON"), Entry("PILL", 2, "LATE"), limit=10_000)
    waiting = {lot: one.state for lot, one in (await count_lines(shop, count_id)).items()}
    await shop.do(lambda s: variances.approve(s, count_id, STAFF, ["PILL"]))

    assert waiting == {"SOON": CountLineState.WAITING, "LATE": CountLineState.APPLIED}
    assert await lots(shop) == {("LON", "SOON"): (2, 0), ("LON", "LATE"): (2, 0)}
    await check(shop)


async def test_a_lot_that_is_reserved_is_not_counted_away_and_the_others_are_applied(shop: Shop) -> None:
    await pills(shop, SOON=3, LATE=3)
    order_id = await shop.order(("PILL", 2))
    await shop.verify(order_id)
    await shop.reserve(order_id)

    count_id = await counted(shop, Entry("PILL", 1, "SOON"), Entry("PILL", 0, "LATE"))

    number = (await shop.get(order_id)).number
    refused = (await count_lines(shop, count_id))["SOON"]
    assert (refused.state, refused.why.endswith(f"by {number} (2)")) == (CountLineState.REFUSED, True)
    assert await lots(shop) == {("LON", "SOON"): (3, 2)}
    await check(shop)


async def test_a_serial_number_that_is_elsewhere_by_the_books_is_refused_with_the_reason(shop: Shop) -> None:
    await pills(shop, "serial", SOON=1)
    await shop.do(lambda s: stocking.receive_all(s, [Receipt("PILL", "PAR", 1, lot="S-1")], STAFF))

    count_id = await counted(shop, Entry("PILL", 0, "SOON"), Entry("PILL", 1, "S-1"))

    refused = (await count_lines(shop, count_id))["S-1"]
    assert (refused.state, "in stock already" in refused.why) == (CountLineState.REFUSED, True)
    assert await lots(shop) == {("PAR", "S-1"): (1, 0)}
    await check(shop)


async def test_a_lot_adjusted_since_is_counted_anew_and_the_others_are_applied(shop: Shop) -> None:
    await pills(shop, SOON=3, LATE=3)
    row, _ = await shop.do(lambda s: counting.open_count(s, "LON", None, CAT, approval_limit=10**9))
    entries = [Entry("PILL", 2, "SOON"), Entry("PILL", 2, "LATE")]
    await shop.do(lambda s: counting.enter(s, row.id, entries, CAT))
    await adjust(shop, -1, "SOON")

    await shop.do(lambda s: variances.submit(s, row.id, CAT))

    found = await count_lines(shop, row.id)
    assert (found["SOON"].state, found["LATE"].state) == (CountLineState.REFUSED, CountLineState.APPLIED)
    assert await lots(shop) == {("LON", "SOON"): (2, 0), ("LON", "LATE"): (2, 0)}


async def test_lots_of_what_is_not_there_by_the_books_can_be_counted(shop: Shop) -> None:
    await pills(shop)

    count_id = await counted(shop, Entry("PILL", 2, "A", LATE))

    found = await count_lines(shop, count_id)
    assert (found[""].state, found["A"].state) == (CountLineState.SKIPPED, CountLineState.APPLIED)
    assert await lots(shop) == {("LON", "A"): (2, 0)}
    await check(shop)


@pytest.mark.parametrize(
    ("tracking", "entry", "said"),
    [
        ("lot", Entry("PILL", 1), "tracked by lot: which one"),
        ("lot", Entry("MUG", 1, "A"), "not tracked"),
        ("lot", Entry("PILL", 1, "SOON", LATE), "expires on"),
        ("serial", Entry("PILL", 2, "A"), "is one unit"),
    ],
)
async def test_what_is_counted_and_named_wrongly_is_not_entered(
    shop: Shop, tracking: str, entry: Entry, said: str
) -> None:
    await pills(shop, tracking, SOON=1)
    row, _ = await shop.do(lambda s: counting.open_count(s, "LON", None, CAT))

    with pytest.raises(Invalid, match=said):
        await shop.do(lambda s: counting.enter(s, row.id, [entry], CAT))

    assert [one.counted for one in (await count_lines(shop, row.id)).values()] == [None]


# --- units put back, and units that were not found


async def sold(shop: Shop, units: int) -> UUID:
    order_id = await shop.released(("PILL", units))
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
    return order_id


async def put_back(shop: Shop, order_id: UUID, units: int, lot: str | None = None, at: str = "PAR") -> None:
    one = Change("PILL", at, units, lot)
    await shop.do(lambda s: moves.put_back(s, [one], order_id=order_id, actor="ann"))


async def test_units_put_back_go_into_the_lots_they_left_from_wherever_they_come_back(shop: Shop) -> None:
    await pills(shop, SOON=2, LATE=2)
    order_id = await sold(shop, 3)

    await put_back(shop, order_id, 1, "LATE")
    await put_back(shop, order_id, 1)
    await put_back(shop, order_id, 1, "SOON")

    assert await lots(shop) == {("LON", "LATE"): (1, 0), ("PAR", "LATE"): (1, 0), ("PAR", "SOON"): (2, 0)}
    assert await shop.count("SELECT count(*) FROM stock_lots WHERE expires_on = :day", day=SOON) == 2
    await check(shop)


async def test_all_that_left_comes_back_without_naming_its_lots(shop: Shop) -> None:
    await pills(shop, SOON=2, LATE=2)
    order_id = await sold(shop, 3)

    await put_back(shop, order_id, 3, at="LON")

    assert await lots(shop) == {("LON", "SOON"): (2, 0), ("LON", "LATE"): (2, 0)}
    await check(shop)


@pytest.mark.parametrize(
    ("units", "lot", "failure"),
    [(1, None, Invalid), (4, None, Invalid), (3, "SOON", Conflict), (1, "OTHER", Conflict)],
)
async def test_units_that_did_not_leave_do_not_come_back(
    shop: Shop, units: int, lot: str | None, failure: type[Failure]
) -> None:
    await pills(shop, SOON=2, LATE=2)
    order_id = await sold(shop, 3)
    before = await moved(shop)

    with pytest.raises(failure):
        await put_back(shop, order_id, units, lot)

    assert await moved(shop) == before


async def test_what_came_back_does_not_come_back_again(shop: Shop) -> None:
    await pills(shop, SOON=2)
    order_id = await sold(shop, 2)
    await put_back(shop, order_id, 2)

    with pytest.raises(Conflict):
        await put_back(shop, order_id, 1, "SOON")

    assert await lots(shop) == {("PAR", "SOON"): (2, 0)}


async def test_units_that_are_not_found_leave_their_lots_the_last_to_expire_first(shop: Shop) -> None:
    await pills(shop, SOON=2, LATE=2)
    order_id = await shop.released(("PILL", 3))
    part = await shop.live_part(order_id)
    await shop.do(lambda s: partner.picking(s, part.id, by="warehouse"))

    await shop.do(lambda s: shorting.short_at_station(s, part.id, CAT, {"PILL": 1}, "broken"))

    assert await lots(shop) == {("LON", "SOON"): (1, 1), ("LON", "LATE"): (1, 0)}
    await check(shop)
