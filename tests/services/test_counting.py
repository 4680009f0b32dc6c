"""What was counted becomes the books: at once, after a second look, or not at all and with the reason."""

from typing import Any
from uuid import UUID

import pytest

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Forbidden, Invalid, NotFound, UnknownProduct
from orderwright.domain.orders import Scope
from orderwright.domain.stock.supply import AdjustReason, CountLineState, CountState
from orderwright.domain.stock.units import MoveKind, Position
from orderwright.persistence.tables import StockCountLine
from orderwright.services.supply import adjusting, counting, history, variances
from orderwright.services.supply.adjusting import Adjustment
from orderwright.services.supply.counting import Entry
from tests.shop import STAFF, Shop, all_try

BOB = Actor("bob", frozenset({Scope.OPERATIONS}))
CAT = Actor("cat", frozenset({Scope.WAREHOUSE}))
LATE = UUID("0199a7b2-0000-7000-8000-000000000000")


async def stocked(shop: Shop, price: int = 1000, **units: int) -> None:
    await shop.catalog(*units, price=price, at=("LON", "PAR"))
    for sku, count in units.items():
        await shop.receive(sku, count)


async def opened(shop: Shop, *skus: str, limit: int = 10_000) -> UUID:
    """A count in London, of these SKUs or of all there."""
    row, _ = await shop.do(lambda s: counting.open_count(s, "LON", skus or None, STAFF, approval_limit=limit))
    return row.id


async def enter(shop: Shop, count_id: UUID, units: dict[str, int], by: Actor = CAT) -> None:
    entries = [Entry(sku, counted) for sku, counted in units.items()]
    await shop.do(lambda s: counting.enter(s, count_id, entries, by))


async def submit(shop: Shop, count_id: UUID, **how: bool) -> CountState:
    row, _ = await shop.do(lambda s: variances.submit(s, count_id, CAT, **how))
    return row.state


async def counted(shop: Shop, limit: int = 10_000, **units: int) -> UUID:
    """Counted by cat, and submitted."""
    count_id = await opened(shop, *units, limit=limit)
    await enter(shop, count_id, units)
    await submit(shop, count_id)
    return count_id


async def lines(shop: Shop, count_id: UUID) -> dict[str, StockCountLine]:
    _, found = await shop.do(lambda s: counting.count(s, count_id))
    return {line.sku: line for line in found}


async def state(shop: Shop, count_id: UUID) -> CountState:
    return (await shop.do(lambda s: counting.count(s, count_id)))[0].state


async def moves(shop: Shop) -> list[tuple[str, int, str]]:
    found = await shop.do(lambda s: history.moves(s, kind=MoveKind.COUNT, limit=99))
    return [(row.sku, row.on_hand, row.actor) for row in reversed(found)]


async def test_small_variances_are_applied_and_the_count_is_closed(shop: Shop) -> None:
    await stocked(shop, MUG=10, CUP=5, JUG=3)

    count_id = await counted(shop, MUG=8, CUP=5, JUG=4)

    found = await lines(shop, count_id)
    assert {line.state for line in found.values()} == {CountLineState.APPLIED}
    assert {sku: variances.variance(line) for sku, line in found.items()} == {"CUP": 0, "JUG": 1, "MUG": -2}
    assert await moves(shop) == [("JUG", 1, "cat"), ("MUG", -2, "cat")]
    assert await state(shop, count_id) is CountState.CLOSED
    assert (await shop.level("MUG"), await shop.level("JUG")) == (Position(8, 0), Position(4, 0))
    await shop.check_books()


async def test_a_variance_worth_more_waits_for_a_second_person(shop: Shop) -> None:
    await stocked(shop, MUG=20, CUP=5)
    count_id = await counted(shop, limit=10_000, MUG=9, CUP=4)

    waiting = await lines(shop, count_id)
    before = await shop.level("MUG")
    with pytest.raises(Forbidden):
        await shop.do(lambda s: variances.approve(s, count_id, Actor("cat", frozenset({Scope.OPERATIONS}))))
    with pytest.raises(Forbidden):
        await shop.do(lambda s: variances.approve(s, count_id, Actor("dan", frozenset({Scope.WAREHOUSE}))))
    held = await shop.level("MUG")
    await shop.do(lambda s: variances.approve(s, count_id, BOB))

    assert (waiting["MUG"].state, waiting["MUG"].worth) == (CountLineState.WAITING, 11_000)
    assert (waiting["CUP"].state, waiting["CUP"].worth) == (CountLineState.APPLIED, 1000)
    assert before == held == Position(20, 0)
    after = (await lines(shop, count_id))["MUG"]
    assert (after.state, after.decided_by) == (CountLineState.APPLIED, "bob")
    assert await shop.level("MUG") == Position(9, 0)
    assert await moves(shop) == [("CUP", -1, "cat"), ("MUG", -11, "bob")]
    assert await state(shop, count_id) is CountState.CLOSED
    await shop.check_books()


@pytest.mark.parametrize(("limit", "waits"), [(3, False), (2, True)])
async def test_what_has_no_price_is_worth_its_units(shop: Shop, limit: int, waits: bool) -> None:
    await stocked(shop, price=0, MUG=10)

    count_id = await counted(shop, limit=limit, MUG=7)

    line = (await lines(shop, count_id))["MUG"]
    assert (line.worth, line.state is CountLineState.WAITING) == (3, waits)
    assert (await shop.level("MUG")).on_hand == (10 if waits else 7)


async def test_what_the_second_person_rejects_stays_as_it_is(shop: Shop) -> None:
    await stocked(shop, MUG=50, CUP=50)
    count_id = await counted(shop, MUG=1, CUP=2)

    await shop.do(lambda s: variances.reject(s, count_id, BOB, ["MUG"]))
    between = await state(shop, count_id)
    await shop.do(lambda s: variances.approve(s, count_id, BOB))

    found = await lines(shop, count_id)
    assert between is CountState.SUBMITTED
    assert (found["MUG"].state, found["CUP"].state) == (CountLineState.REJECTED, CountLineState.APPLIED)
    assert (await shop.level("MUG"), await shop.level("CUP")) == (Position(50, 0), Position(2, 0))
    with pytest.raises(Conflict):
        await shop.do(lambda s: variances.approve(s, count_id, BOB))


async def test_of_eight_who_approve_at_once_one_does(shop: Shop) -> None:
    await stocked(shop, MUG=50)
    count_id = await counted(shop, MUG=1)

    outcomes = await all_try([lambda: shop.do(lambda s: variances.approve(s, count_id, BOB))] * 8, at_once=8)

    assert [type(one) for one in outcomes].count(Conflict) == 7
    assert await shop.level("MUG") == Position(1, 0)
    assert len(await moves(shop)) == 1


async def test_reserved_units_are_never_counted_away_and_their_orders_are_named(shop: Shop) -> None:
    await stocked(shop, MUG=10, CUP=10)
    order_id = await shop.order(("MUG", 7))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    number = (await shop.get(order_id)).number

    count_id = await counted(shop, MUG=6, CUP=9)

    found = await lines(shop, count_id)
    assert found["MUG"].state is CountLineState.REFUSED
    assert found["MUG"].why == f"4 fewer would leave less than is reserved, by {number} (7)"
    assert found["CUP"].state is CountLineState.APPLIED
    assert (await shop.level("MUG"), await shop.level("CUP")) == (Position(10, 7), Position(9, 0))
    assert await state(shop, count_id) is CountState.CLOSED
    await shop.check_books()


async def test_what_is_sold_after_the_counting_is_no_variance(shop: Shop) -> None:
    await stocked(shop, MUG=10)
    count_id = await opened(shop, "MUG")
    await enter(shop, count_id, {"MUG": 9})
    await shop.receive("MUG", 5)
    order_id = await shop.released(("MUG", 3))
    for part in await shop.parts(order_id):
        await shop.ship(part.id)

    await submit(shop, count_id)

    assert await moves(shop) == [("MUG", -1, "cat")]
    assert (await shop.level("MUG")).on_hand == 10 - 1 + 5 - 3


async def test_what_was_put_right_after_the_counting_is_not_put_right_twice(shop: Shop) -> None:
    await stocked(shop, MUG=10)
    count_id = await opened(shop, "MUG")
    await enter(shop, count_id, {"MUG": 9})
    await shop.do(lambda s: adjusting.adjust(s, Adjustment("MUG", "LON", -1, AdjustReason.LOST), STAFF))

    await submit(shop, count_id)

    line = (await lines(shop, count_id))["MUG"]
    assert (line.state, line.why.partition(":")[0]) == (
        CountLineState.REFUSED, "adjusted or counted again since it was counted",
    )  # fmt: skip
    assert await shop.level("MUG") == Position(9, 0)


async def test_two_counts_of_one_place_submitted_at_once_apply_one_variance(shop: Shop) -> None:
    await stocked(shop, MUG=10)
    both = [await opened(shop, "MUG"), await opened(shop, "MUG")]
    for count_id in both:
        await enter(shop, count_id, {"MUG": 8})

    await all_try([lambda c=c: submit(shop, c) for c in both], at_once=2)  # type: ignore[misc]  # bound now

    assert await shop.level("MUG") == Position(8, 0)
    states = {(await lines(shop, count_id))["MUG"].state for count_id in both}
    assert states == {CountLineState.APPLIED, CountLineState.REFUSED}


async def test_a_whole_count_finds_what_nobody_thought_there_and_wakes_who_waits(shop: Shop) -> None:
    await stocked(shop, MUG=3)
    await shop.catalog("JUG")
    order_id = await shop.order(("JUG", 1))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.read_all()
    count_id = await opened(shop)

    await enter(shop, count_id, {"MUG": 3, "JUG": 2})
    await submit(shop, count_id)

    assert await shop.level("JUG") == Position(2, 0)
    assert await shop.wakes(order_id) == 1
    await shop.check_books()


async def test_not_all_counted_is_not_submitted_unless_it_is_said(shop: Shop) -> None:
    await stocked(shop, MUG=3, CUP=3)
    count_id = await opened(shop)
    await enter(shop, count_id, {"MUG": 2})

    with pytest.raises(Conflict) as refused:
        await submit(shop, count_id)
    between = await state(shop, count_id)
    await submit(shop, count_id, partly=True)

    assert refused.value.more == {"skus": ["CUP"]}
    assert between is CountState.OPEN
    assert (await lines(shop, count_id))["CUP"].state is CountLineState.SKIPPED
    assert (await shop.level("MUG"), await shop.level("CUP")) == (Position(2, 0), Position(3, 0))


async def test_counted_again_before_it_is_submitted_the_last_word_counts(shop: Shop) -> None:
    await stocked(shop, MUG=10)
    count_id = await opened(shop, "MUG")
    await enter(shop, count_id, {"MUG": 1})
    await shop.receive("MUG", 5)
    await enter(shop, count_id, {"MUG": 14}, by=BOB)

    await submit(shop, count_id)

    line = (await lines(shop, count_id))["MUG"]
    assert (line.counted, line.book, line.counted_by) == (14, 15, "bob")
    assert await shop.level("MUG") == Position(14, 0)


async def test_an_ended_count_takes_nothing_more(shop: Shop) -> None:
    await stocked(shop, MUG=10)
    canceled, closed = await opened(shop, "MUG"), await counted(shop, MUG=9)
    await shop.do(lambda s: counting.cancel(s, canceled))

    for count_id in (canceled, closed):
        with pytest.raises(Conflict):
            await enter(shop, count_id, {"MUG": 1})
        with pytest.raises(Conflict):
            await submit(shop, count_id)
        with pytest.raises(Conflict):
            await shop.do(lambda s, c=count_id: counting.cancel(s, c))  # type: ignore[misc]  # bound now
    with pytest.raises(NotFound):
        await enter(shop, LATE, {"MUG": 1})

    assert await shop.level("MUG") == Position(9, 0)


@pytest.mark.parametrize(("skus", "failure"), [((), Invalid), (("POT",), UnknownProduct)])
async def test_what_cannot_be_counted_is_not_opened(
    shop: Shop, skus: tuple[str, ...], failure: type[Exception]
) -> None:
    await stocked(shop, MUG=1)

    with pytest.raises(failure):
        await shop.do(lambda s: counting.open_count(s, "LON", skus, STAFF))

    assert await shop.count("SELECT count(*) FROM stock_counts") == 0


async def test_only_what_is_part_of_a_list_is_entered(shop: Shop) -> None:
    await stocked(shop, MUG=1, CUP=1)
    count_id = await opened(shop, "MUG")

    with pytest.raises(Invalid):
        await enter(shop, count_id, {"MUG": 1, "CUP": 1})

    assert (await lines(shop, count_id))["MUG"].counted is None


async def test_they_are_listed_by_state_and_place(shop: Shop) -> None:
    await stocked(shop, MUG=1)
    first, second = await opened(shop, "MUG"), await counted(shop, MUG=1)

    async def found(**filters: Any) -> list[UUID]:
        """Any: filters of the list."""
        given = {"state": None, "location": None, "after": None} | filters
        return [row.id for row in await shop.do(lambda s: counting.counts(s, **given, limit=9))]

    assert await found() == [first, second]
    assert await found(state=CountState.CLOSED, location="LON") == [second]
    assert await found(after=second) == []
