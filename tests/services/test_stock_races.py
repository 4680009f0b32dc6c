"""Two who want the same units at the same moment: one outcome, and every unit accounted for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from orderwright.domain.orders import OrderState
from orderwright.domain.stock.units import Position
from orderwright.services import sweeping
from orderwright.services.orders import cancellation
from orderwright.services.stock import stocking
from tests.shop import STAFF, Shop, all_try

ORDERS = 12
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def held(shop: Shop, units: int = 1) -> list[UUID]:
    """Orders that hold their units and are authorized."""
    found = []
    for _ in range(ORDERS):
        order_id = await shop.order(("MUG", units))
        await shop.verify(order_id)
        await shop.reserve(order_id)
        await shop.authorize(order_id)
        found.append(order_id)
    return found


async def both(
    orders: list[UUID], one: Callable[[UUID], Awaitable[None]], other: Callable[[UUID], Awaitable[None]]
) -> list[Exception | None]:
    """Each order's two works at once."""
    works = [partial(work, order_id) for order_id in orders for work in (one, other)]
    return await all_try(works, at_once=16)


async def test_units_that_expire_while_the_order_is_planned_are_swept_or_kept(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", ORDERS)
    orders = await held(shop)
    past = datetime.now(UTC) - timedelta(minutes=1)
    await shop.execute("UPDATE reservations SET expires_at = :past", past=past)

    async def sweep(_: UUID) -> None:
        await sweeping.sweep_reservations(shop.db)

    outcomes = await both(orders, shop.plan, sweep)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    kept = 0
    for order_id in orders:
        rows, parts = await shop.reservations(order_id), await shop.parts(order_id)
        (line,) = await shop.lines(order_id)
        assert (len(rows), line.allocated, line.unallocated) in ((len(parts), 1, 0), (0, 0, 1))
        assert [row.expires_at for row in rows] == [None] * len(parts)
        kept += len(rows)
    assert await shop.level("MUG") == Position(on_hand=ORDERS, reserved=kept)
    await shop.check_books()


async def test_an_order_that_is_canceled_while_it_reserves_holds_nothing_in_the_end(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", ORDERS)
    orders = [await shop.order(("MUG", 1)) for _ in range(ORDERS)]
    for order_id in orders:
        await shop.verify(order_id)

    async def cancel(order_id: UUID) -> None:
        await shop.do(lambda session: cancellation.request(session, order_id, STAFF, "changed my mind"))

    outcomes = await both(orders, shop.reserve, cancel)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    for order_id in orders:
        assert (await shop.get(order_id)).state is OrderState.CANCELED
        await shop.do(lambda session, i=order_id: stocking.give_back(session, i))  # type: ignore[misc]  # bound now
        assert await shop.reservations(order_id) == []
    assert await shop.level("MUG") == Position(on_hand=ORDERS, reserved=0)
    await shop.check_books()


async def test_carts_that_are_beaten_to_their_units_look_elsewhere_without_a_deadlock(shop: Shop) -> None:
    dice, skus = Random(7), [f"MUG{number}" for number in range(6)]
    places = ("LON", "PAR", "BER", "ROM", "NYC")
    await shop.catalog(*skus, at=places)
    for sku in skus:
        for place in places:
            await shop.receive(sku, dice.randint(2, 6), at=place)
    orders = [await shop.order(*((sku, 1) for sku in dice.sample(skus, 4))) for _ in range(60)]
    for order_id in orders:
        await shop.verify(order_id)
    before = await shop.count(DEADLOCKS)

    outcomes = await all_try([partial(shop.reserve, order_id) for order_id in orders], at_once=16)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert await shop.count(DEADLOCKS) == before
    await shop.check_books()
