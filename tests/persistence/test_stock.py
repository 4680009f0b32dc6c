"""Stock is never oversold, never lost, and moves are its whole truth."""

import asyncio
import random
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from orderwright.domain.failures import InsufficientStock
from orderwright.domain.stock.units import Demand, Position, ReservationState
from orderwright.persistence import stock
from tests.shop import NOW, Shop, all_try


async def lines_of(shop: Shop, *skus: str) -> tuple[UUID, dict[str, str]]:
    """An order with a line per SKU, whose reservations are then made by hand."""
    order_id = await shop.order(*((sku, 1) for sku in skus))
    return order_id, {line.sku: str(line.id) for line in await shop.lines(order_id)}


async def buy(shop: Shop, order_id: UUID, demand: list[Demand]) -> bool:
    """One attempt: a transaction that goes back where there is not enough."""
    async with shop.db.sessions() as session:
        held = await stock.reserve(session, order_id, demand, expires_at=NOW)
        await (session.commit() if held else session.rollback())
        return held


async def test_sixty_four_buyers_of_five_hundred_units_get_exactly_five_hundred(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 500)
    order_id, lines = await lines_of(shop, "MUG")
    demand = [Demand("MUG", "LON", lines["MUG"], 1)]
    done = asyncio.Event()
    watching = asyncio.create_task(sampled(shop, "MUG", done))

    outcomes = await all_try([lambda: buy(shop, order_id, demand)] * 10_000, at_once=64)

    done.set()
    samples = await watching
    assert (outcomes.count(True), outcomes.count(False)) == (500, 9500)
    assert await shop.level("MUG") == Position(on_hand=500, reserved=500)
    assert len(samples) > 10
    assert {held - reserved for held, reserved in samples} == {0}
    assert max(reserved for _, reserved in samples) <= 500
    await shop.check_books()


async def sampled(shop: Shop, sku: str, done: asyncio.Event) -> list[tuple[int, int]]:
    """What reservations hold and what the level says is reserved, in one picture each, until `done`."""
    both = text(
        "SELECT (SELECT coalesce(sum(units), 0) FROM reservations WHERE sku = l.sku AND state = 'active'),"
        " l.reserved FROM stock_levels l WHERE l.sku = :sku"
    )
    found = []
    while not done.is_set():
        async with shop.db.transaction() as session:
            held, reserved = (await session.execute(both, {"sku": sku})).one()
        found.append((int(held), reserved))
        await asyncio.sleep(0.05)
    return found


async def test_carts_in_any_order_neither_deadlock_nor_oversell(shop: Shop) -> None:
    dice = random.Random(20261116)
    skus = [f"{dice.choice('aBcD')}-{dice.choice('xY')}{n}" for n in range(20)]
    await shop.catalog(*skus, at=("LON", "PAR"))
    for sku in skus:
        await shop.receive(sku, 40)
        await shop.receive(sku, 40, at="PAR")
    order_id, lines = await lines_of(shop, *skus)

    def cart() -> list[Demand]:
        wanted = dice.sample(skus, 5)
        return [Demand(sku, dice.choice(["LON", "PAR"]), lines[sku], dice.randint(1, 3)) for sku in wanted]

    carts = [cart() for _ in range(250)]
    outcomes = await all_try([lambda c=c: buy(shop, order_id, c) for c in carts], at_once=32)  # type: ignore[misc]  # bound now

    assert {type(outcome) for outcome in outcomes} == {bool}
    assert True in outcomes
    taken = sum(item.units for bought, c in zip(outcomes, carts, strict=True) if bought is True for item in c)
    assert await shop.count("SELECT sum(reserved) FROM stock_levels") == taken
    await shop.check_books()


async def test_all_lines_of_a_cart_are_held_or_none(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 5)
    await shop.receive("CUP", 1)
    order_id, lines = await lines_of(shop, "MUG", "CUP")

    bought = await buy(
        shop, order_id, [Demand("MUG", "LON", lines["MUG"], 1), Demand("CUP", "LON", lines["CUP"], 2)]
    )

    assert not bought
    assert await shop.level("MUG") == Position(on_hand=5, reserved=0)
    assert await shop.level("CUP") == Position(on_hand=1, reserved=0)
    assert await shop.reservations(order_id) == []


async def test_a_demand_that_names_a_sku_again_and_again_is_summed(shop: Shop) -> None:
    """As bundles give it: a set of two mugs and a cup, beside a set of a mug and two cups."""
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 6)
    await shop.receive("CUP", 6)
    order_id, lines = await lines_of(shop, "MUG", "CUP")
    sets = [("MUG", 2), ("CUP", 1), ("MUG", 1), ("CUP", 2)]
    demand = [Demand(sku, "LON", lines[sku], units) for sku, units in sets]

    outcomes = await all_try(
        [lambda d=d: buy(shop, order_id, d) for d in [demand, demand[::-1]] * 8],  # type: ignore[misc]  # bound now
        at_once=16,
    )

    assert (outcomes.count(True), outcomes.count(False)) == (2, 14)
    assert await shop.level("MUG") == await shop.level("CUP") == Position(on_hand=6, reserved=6)
    assert len(await shop.reservations(order_id)) == 8
    await shop.check_books()


async def test_a_refusal_writes_nothing_even_if_it_is_committed(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 5)
    order_id, lines = await lines_of(shop, "MUG", "CUP")
    demand = [Demand(sku, "LON", lines[sku], 1) for sku in ("MUG", "CUP")]

    held = await shop.do(lambda session: stock.reserve(session, order_id, demand, expires_at=NOW))

    assert not held
    assert await shop.level("MUG") == Position(on_hand=5, reserved=0)
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'reserve'") == 0
    assert await shop.reservations(order_id) == []


async def test_one_sku_on_two_lines_is_one_demand(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    order_id = await shop.order(("MUG", 2), ("MUG", 2))
    first, second = [str(line.id) for line in await shop.lines(order_id)]

    too_many = await buy(shop, order_id, [Demand("MUG", "LON", first, 2), Demand("MUG", "LON", second, 2)])
    enough = await buy(shop, order_id, [Demand("MUG", "LON", first, 2), Demand("MUG", "LON", second, 1)])

    assert (too_many, enough) == (False, True)
    assert await shop.level("MUG") == Position(on_hand=3, reserved=3)
    assert sorted(row.units for row in await shop.reservations(order_id)) == [1, 2]


async def test_a_sku_that_lies_nowhere_is_not_held(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id, lines = await lines_of(shop, "MUG")

    assert not await buy(shop, order_id, [Demand("MUG", "LON", lines["MUG"], 1)])


@pytest.mark.parametrize("into", [ReservationState.FREED, ReservationState.EXPIRED])
async def test_units_are_freed_once(shop: Shop, into: ReservationState) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, lines = await lines_of(shop, "MUG")
    await buy(shop, order_id, [Demand("MUG", "LON", lines["MUG"], 2)])
    rows = await shop.reservations(order_id)

    for _ in range(2):
        await shop.do(lambda session: stock.free(session, rows, order_id=order_id, into=into))

    assert await shop.level("MUG") == Position(on_hand=5, reserved=0)
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'free'") == 1
    await shop.check_books()


async def test_freed_by_many_at_once_they_come_back_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, lines = await lines_of(shop, "MUG")
    await buy(shop, order_id, [Demand("MUG", "LON", lines["MUG"], 2)])
    rows = await shop.reservations(order_id)

    await all_try(
        [lambda: shop.do(lambda session: stock.free(session, rows, order_id=order_id))] * 8, at_once=8
    )

    assert await shop.level("MUG") == Position(on_hand=5, reserved=0)


async def test_what_ships_leaves_the_shelf_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.planned(("MUG", 2))
    (part,) = await shop.parts(order_id)
    rows = await shop.reservations(order_id)

    for _ in range(2):
        await shop.do(lambda session: stock.ship(session, part.id, order_id=order_id))
    await shop.do(lambda session: stock.free(session, rows, order_id=order_id))

    assert await shop.level("MUG") == Position(on_hand=3, reserved=0)
    assert await shop.count("SELECT count(*) FROM stock_moves WHERE kind = 'ship'") == 1
    await shop.check_books()


async def test_an_adjustment_takes_free_units_only(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, lines = await lines_of(shop, "MUG")
    await buy(shop, order_id, [Demand("MUG", "LON", lines["MUG"], 4)])

    with pytest.raises(InsufficientStock):
        await shop.receive("MUG", -2)
    await shop.receive("MUG", -1)

    assert await shop.level("MUG") == Position(on_hand=4, reserved=4)
    await shop.check_books()


async def test_a_reservation_is_kept_longer_never_shorter(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, lines = await lines_of(shop, "MUG")
    await buy(shop, order_id, [Demand("MUG", "LON", lines["MUG"], 1)])
    until = []

    for moment in (NOW.replace(year=2027), NOW, None, NOW):
        await shop.do(lambda session, m=moment: stock.keep(session, order_id, m))  # type: ignore[misc]  # bound now
        until.append((await shop.reservations(order_id))[0].expires_at)

    assert until == [NOW.replace(year=2027), NOW.replace(year=2027), None, None]


async def test_the_database_itself_refuses_to_oversell(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)

    for broken in ("reserved = 6", "reserved = -1", "on_hand = -1"):
        with pytest.raises(IntegrityError, match="never_oversold"):
            await shop.execute(f"UPDATE stock_levels SET {broken}")  # noqa: S608 - our own text

    assert await shop.level("MUG") == Position(on_hand=5, reserved=0)


async def test_any_story_of_moves_adds_up_to_the_levels(shop: Shop) -> None:
    skus, places = ["MUG", "CUP", "JAR"], ["LON", "PAR"]
    await shop.catalog(*skus, at=places)
    order_id, lines = await lines_of(shop, *skus)
    dice = random.Random(7)
    model = {(sku, place): [0, 0] for sku in skus for place in places}

    for _ in range(120):
        sku, place, units = dice.choice(skus), dice.choice(places), dice.randint(1, 6)
        level = model[sku, place]
        match dice.choice(["receive", "adjust", "reserve", "free"]):
            case "receive":
                await shop.receive(sku, units, at=place)
                level[0] += units
            case "adjust":
                if level[0] - level[1] >= units:
                    await shop.receive(sku, -units, at=place)
                    level[0] -= units
                else:
                    with pytest.raises(InsufficientStock):
                        await shop.receive(sku, -units, at=place)
            case "reserve":
                expected = level[0] - level[1] >= units
                assert await buy(shop, order_id, [Demand(sku, place, lines[sku], units)]) is expected
                level[1] += units * expected
            case "free":
                rows = await shop.reservations(order_id)
                chosen = dice.sample(rows, min(2, len(rows)))
                await shop.do(lambda session, c=chosen: stock.free(session, c, order_id=order_id))  # type: ignore[misc]  # bound now
                for row in chosen:
                    model[row.sku, row.location][1] -= row.units

    for (sku, place), (on_hand, reserved) in model.items():
        if await shop.count(
            "SELECT count(*) FROM stock_levels WHERE sku = :s AND location = :l", s=sku, l=place
        ):
            assert await shop.level(sku, place) == Position(on_hand, reserved)
    await shop.check_books()


async def test_available_units_are_those_of_active_places(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    await shop.receive("MUG", 7, at="PAR")
    await shop.execute("UPDATE locations SET active = false WHERE code = 'PAR'")

    for locked in (False, True):
        async with shop.db.transaction() as session:
            found = await stock.available(session, ["MUG", "JUG"], locked=locked)

        assert found == {"LON": {"MUG": 5}}
