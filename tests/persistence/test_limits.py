"""Safety stock, buffers and quotas are kept from buyers; lots leave in the order in which they expire."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from orderwright.domain.failures import Conflict, Exists, InsufficientStock, Invalid
from orderwright.domain.stock.units import Demand
from orderwright.persistence import stock
from orderwright.persistence.stock import limits
from orderwright.reporting import books
from tests.shop import NOW, Shop, all_try

TODAY = datetime.now(UTC).date()
LATER, SOON, GONE = TODAY + timedelta(90), TODAY + timedelta(2), TODAY - timedelta(1)


async def line_of(shop: Shop, sku: str = "MUG") -> tuple[UUID, str]:
    order_id = await shop.order((sku, 1))
    (line,) = await shop.lines(order_id)
    return order_id, str(line.id)


async def buy(shop: Shop, order_id: UUID, demand: list[Demand], channel: str | None = None) -> bool:
    """One attempt, committed whatever comes: a refusal has written nothing."""
    return await shop.do(
        lambda session: stock.reserve(session, order_id, demand, expires_at=NOW, channel=channel)
    )


async def available(shop: Shop, channel: str | None = None, **wanted: int) -> dict[str, dict[str, int]]:
    """The same with and without locks."""
    asked = wanted or ["MUG"]
    open_eyes = await shop.do(lambda session: stock.available(session, asked, channel=channel))
    behind_locks = await shop.do(
        lambda session: stock.available(session, asked, channel=channel, locked=True)
    )
    assert open_eyes == behind_locks
    return open_eyes


async def faults(shop: Shop) -> list[str]:
    """What the books say of stock, lots and quotas."""
    async with shop.db.sessions() as session:
        found = await books.check(session, minutes=10)
    return [f"{fault.rule}: {fault.subject} {fault.reason}" for fault in found.faults]


async def lot(shop: Shop, lot: str, units: int = 1, expires_on: date | None = None, at: str = "LON") -> None:
    await shop.do(
        lambda session: stock.receive(session, "MUG", at, units, actor="test", lot=lot, expires_on=expires_on)
    )


async def tracked(shop: Shop, how: str = "lot") -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE products SET tracking = :how", how=how)


async def held_lots(shop: Shop, state: str = "active") -> dict[str, int]:
    rows = await shop.do(
        lambda session: session.execute(
            text(
                "SELECT n.lot, sum(n.units) FROM reservation_lots n JOIN reservations r"
                " ON r.id = n.reservation_id WHERE r.state = :state GROUP BY n.lot"
            ),
            {"state": state},
        )
    )
    return {lot: int(units) for lot, units in rows.all()}


async def lots_left(shop: Shop) -> dict[str, tuple[int, int]]:
    rows = await shop.do(
        lambda session: session.execute(text("SELECT lot, on_hand, reserved FROM stock_lots"))
    )
    return {lot: (on_hand, reserved) for lot, on_hand, reserved in rows.all()}


# --- safety stock and buffers


async def test_safety_stock_is_promised_to_nobody(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, line = await line_of(shop)
    await shop.do(lambda session: limits.keep_back(session, "MUG", "LON", 2))

    outcomes = [await buy(shop, order_id, [Demand("MUG", "LON", line, units)]) for units in (4, 3, 1)]

    assert outcomes == [False, True, False]
    assert await available(shop) == {"LON": {"MUG": 0}}
    assert await shop.count("SELECT sum(reserved) FROM stock_levels") == 3
    assert await faults(shop) == []


async def test_safety_stock_above_what_is_there_shows_nothing_and_takes_nothing_away(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id, line = await line_of(shop)
    await buy(shop, order_id, [Demand("MUG", "LON", line, 4)])

    position = await shop.do(lambda session: limits.keep_back(session, "MUG", "LON", 9))

    assert (position.reserved, position.available) == (4, 0)
    assert await available(shop) == {"LON": {"MUG": 0}}


async def test_a_buffer_is_kept_from_its_channel_only(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    order_id, line = await line_of(shop)
    await shop.do(lambda session: limits.keep_back(session, "MUG", "LON", 1))
    await shop.do(lambda session: limits.set_buffer(session, "market", "MUG", "LON", 6))

    seen = [await available(shop, channel) for channel in ("market", "web", None)]
    too_many = await buy(shop, order_id, [Demand("MUG", "LON", line, 4)], "market")
    enough = await buy(shop, order_id, [Demand("MUG", "LON", line, 3)], "market")
    by_web = await buy(shop, order_id, [Demand("MUG", "LON", line, 6)], "web")

    assert seen == [{"LON": {"MUG": 3}}, {"LON": {"MUG": 9}}, {"LON": {"MUG": 9}}]
    assert (too_many, enough, by_web) == (False, True, True)


# --- quotas


async def test_a_channel_buys_no_more_than_its_quota(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 10)
    await shop.receive("MUG", 10, at="PAR")
    order_id, line = await line_of(shop)
    await shop.do(lambda session: limits.set_quota(session, "market", "MUG", 5))

    split = [Demand("MUG", "LON", line, 2), Demand("MUG", "PAR", line, 2)]
    outcomes = [await buy(shop, order_id, split, "market") for _ in range(2)]
    other = await buy(shop, order_id, split, "web")

    assert (outcomes, other) == ([True, False], True)
    assert await shop.count("SELECT taken FROM channel_quotas") == 4
    assert await shop.count("SELECT sum(reserved) FROM stock_levels") == 8
    assert await faults(shop) == []


async def test_what_is_left_of_a_quota_is_shown_once(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 3)
    await shop.receive("MUG", 10, at="PAR")
    await shop.do(lambda session: limits.set_quota(session, "market", "MUG", 5))

    assert await available(shop, "market") == {"LON": {"MUG": 3}, "PAR": {"MUG": 2}}
    assert await available(shop, "market", MUG=6) == {"LON": {"MUG": 3}, "PAR": {"MUG": 2}}
    assert await available(shop, "market", MUG=5) == {"LON": {"MUG": 3}, "PAR": {"MUG": 10}}
    assert await available(shop, "web") == {"LON": {"MUG": 3}, "PAR": {"MUG": 10}}


async def test_a_quota_gets_freed_units_back_and_shipped_ones_not(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    await shop.do(lambda session: limits.set_quota(session, "web", "MUG", 5))
    order_id = await shop.planned(("MUG", 2))
    other_id, line = await line_of(shop)
    await buy(shop, other_id, [Demand("MUG", "LON", line, 3)], "web")

    (part,) = await shop.parts(order_id)
    await shop.do(lambda session: stock.ship(session, part.id, order_id=order_id))
    rows = await shop.reservations(other_id)
    for _ in range(2):
        await shop.do(lambda session: stock.free(session, rows, order_id=other_id))

    assert await shop.count("SELECT taken FROM channel_quotas") == 2
    assert await shop.count("SELECT on_hand FROM stock_levels") == 8


async def test_many_at_once_fill_a_quota_exactly(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 100)
    await shop.receive("CUP", 100)
    order_id, line = await line_of(shop)
    for sku, at_most in (("MUG", 30), ("CUP", 25)):
        await shop.do(lambda session, s=sku, m=at_most: limits.set_quota(session, "web", s, m))  # type: ignore[misc]  # bound now
    both = [Demand("MUG", "LON", line, 1), Demand("CUP", "LON", line, 1)]

    carts = [both, both[::-1]] * 50
    outcomes = await all_try([lambda c=c: buy(shop, order_id, c, "web") for c in carts], at_once=16)  # type: ignore[misc]  # bound now

    assert (outcomes.count(True), outcomes.count(False)) == (25, 75)
    assert await shop.count("SELECT sum(taken) FROM channel_quotas") == 50
    assert await faults(shop) == []


async def test_a_quota_is_never_set_below_what_is_taken(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 10)
    order_id, line = await line_of(shop)
    await shop.do(lambda session: limits.set_quota(session, "web", "MUG", 5))
    await buy(shop, order_id, [Demand("MUG", "LON", line, 3)], "web")

    with pytest.raises(Conflict):
        await shop.do(lambda session: limits.set_quota(session, "web", "MUG", 2))
    with pytest.raises(IntegrityError, match="taken"):
        await shop.execute("UPDATE channel_quotas SET taken = 6")

    assert await shop.count("SELECT at_most FROM channel_quotas") == 5


# --- lots and serial numbers


async def test_what_expires_first_goes_first(shop: Shop) -> None:
    await tracked(shop)
    for name, units, day in (("KEPT", 9, None), ("LATE", 3, LATER), ("SOON", 2, SOON), ("GONE", 4, GONE)):
        await lot(shop, name, units, day)
    order_id, line = await line_of(shop)

    held = await buy(shop, order_id, [Demand("MUG", "LON", line, 1), Demand("MUG", "LON", line, 3)])

    assert held
    assert await held_lots(shop) == {"SOON": 2, "LATE": 2}
    assert await available(shop) == {"LON": {"MUG": 10}}
    assert await faults(shop) == []


async def test_an_expired_lot_is_never_sold_and_its_last_day_still_is(shop: Shop) -> None:
    await tracked(shop)
    await lot(shop, "GONE", 5, GONE)
    await lot(shop, "TODAY", 2, TODAY)
    order_id, line = await line_of(shop)
    await shop.do(lambda session: limits.keep_back(session, "MUG", "LON", 1))

    outcomes = [await buy(shop, order_id, [Demand("MUG", "LON", line, units)]) for units in (2, 1)]

    assert outcomes == [False, True]
    assert await lots_left(shop) == {"GONE": (5, 0), "TODAY": (2, 1)}
    assert await available(shop) == {"LON": {"MUG": 0}}


async def test_lots_leave_or_come_back_with_their_reservation(shop: Shop) -> None:
    await tracked(shop)
    await lot(shop, "A", 3, SOON)
    await lot(shop, "B", 3, LATER)
    order_id = await shop.planned(("MUG", 4))
    other_id, line = await line_of(shop)
    await buy(shop, other_id, [Demand("MUG", "LON", line, 2)])
    before = await lots_left(shop)

    (part,) = await shop.parts(order_id)
    rows = await shop.reservations(other_id)
    await shop.do(lambda session: stock.ship(session, part.id, order_id=order_id))
    await shop.do(lambda session: stock.free(session, rows, order_id=other_id))

    assert before == {"A": (3, 3), "B": (3, 3)}
    assert await lots_left(shop) == {"A": (0, 0), "B": (2, 0)}
    moved = "SELECT count(*) FROM stock_moves WHERE kind = 'ship' AND lot IN ('A', 'B')"
    assert await shop.count(moved) == 2
    await shop.check_books()


async def test_tracked_and_plain_goods_are_held_together_or_not_at_all(shop: Shop) -> None:
    await tracked(shop)
    await shop.catalog("CUP")
    await lot(shop, "A", 2)
    await shop.receive("CUP", 5)
    order_id, line = await line_of(shop)

    cart = [Demand("MUG", "LON", line, 2), Demand("CUP", "LON", line, 1)]
    outcomes = [await buy(shop, order_id, cart) for _ in range(2)]

    assert outcomes == [True, False]
    assert await shop.count("SELECT reserved FROM stock_levels WHERE sku = 'CUP'") == 1
    assert await faults(shop) == []


async def test_sixteen_buyers_of_ten_serial_numbers_get_one_each(shop: Shop) -> None:
    await tracked(shop, "serial")
    for nth in range(10):
        await lot(shop, f"S{nth}")
    order_id, line = await line_of(shop)

    outcomes = await all_try([lambda: buy(shop, order_id, [Demand("MUG", "LON", line, 1)])] * 40, at_once=16)

    assert (outcomes.count(True), outcomes.count(False)) == (10, 30)
    assert await held_lots(shop) == {f"S{nth}": 1 for nth in range(10)}
    assert await faults(shop) == []


async def test_a_serial_number_is_in_stock_once(shop: Shop) -> None:
    await tracked(shop, "serial")
    await lot(shop, "S1")

    for again in ("LON", "PAR"):
        with pytest.raises(Exists):
            await lot(shop, "S1", at=again)
    with pytest.raises(Invalid):
        await lot(shop, "S2", 2)
    await lot(shop, "S1", -1)
    await lot(shop, "S1", at="PAR")

    assert await available(shop) == {"LON": {"MUG": 0}, "PAR": {"MUG": 1}}
    assert await faults(shop) == []


@pytest.mark.parametrize(
    ("name", "units", "day", "failure"),
    [
        ("", 1, None, Invalid),
        ("A", -3, None, InsufficientStock),
        ("B", -1, None, InsufficientStock),
        ("A", 1, LATER, Invalid),
    ],
)
async def test_a_lot_that_cannot_be_changes_nothing(
    shop: Shop, name: str, units: int, day: date | None, failure: type[Exception]
) -> None:
    await tracked(shop)
    await lot(shop, "A", 2, SOON)

    with pytest.raises(failure):
        await lot(shop, name, units, day)

    assert await lots_left(shop) == {"A": (2, 0)}
    assert await shop.count("SELECT on_hand FROM stock_levels") == 2


async def test_a_product_that_is_not_tracked_has_no_lots(shop: Shop) -> None:
    await shop.catalog("MUG")

    with pytest.raises(Invalid):
        await lot(shop, "A", 2)

    assert await shop.count("SELECT count(*) FROM stock_levels") == 0


@pytest.mark.parametrize("broken", ["reserved = 3", "reserved = -1", "on_hand = 2, serial = true"])
async def test_the_database_refuses_lots_that_cannot_be(shop: Shop, broken: str) -> None:
    await tracked(shop)
    await lot(shop, "A", 2)

    with pytest.raises(IntegrityError, match="ck_stock_lots"):
        await shop.execute(f"UPDATE stock_lots SET {broken}")  # noqa: S608 - our own text
