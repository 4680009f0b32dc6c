"""Units are found and held together, kept while the order is held, and nobody waits for what is there."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from orderwright.domain.orders import AtDeadline, HoldType, OrderState
from orderwright.domain.stock.units import Position, ReservationState
from orderwright.persistence import holds, stock
from orderwright.persistence.tables import Outbox, SourcingDecision
from orderwright.services import sweeping
from orderwright.services.orders import ending
from orderwright.services.stock import reserving, stocking
from tests.shop import NOW, STAFF, Shop, all_try


async def held(shop: Shop, order_id: UUID) -> set[HoldType]:
    return {hold.type for hold in await shop.do(lambda session: holds.active(session, order_id))}


async def bring(shop: Shop, sku: str, units: int) -> None:
    """A receipt through the use case: who waits is woken."""
    await shop.do(lambda session: stocking.receive(session, sku, "LON", units, STAFF))


async def test_all_lines_are_held_at_the_place_that_has_them(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    await shop.receive("MUG", 5, at="PAR")
    await shop.receive("CUP", 5, at="PAR")
    order_id = await shop.order(("MUG", 2), ("CUP", 1))

    await shop.reserve(order_id)

    assert await shop.level("MUG", "PAR") == Position(5, 2)
    assert await shop.level("MUG", "LON") == Position(5, 0)
    assert [(line.allocated, line.unallocated) for line in await shop.lines(order_id)] == [(2, 0), (1, 0)]
    decision = (await shop.do(lambda s: s.scalar(select(SourcingDecision.decision)))) or {}
    assert decision["chosen"] == {"PAR": {"MUG": 2, "CUP": 1}}
    assert decision["rejected"] == [{"location": "LON", "reason": "has CUP: 0 of 1"}]
    assert [(one["location"], one["free"], one["ships"]) for one in decision["candidates"]] == [
        ("LON", {"MUG": 5}, {}),
        ("PAR", {"CUP": 5, "MUG": 5}, {"MUG": 2, "CUP": 1}),
    ]
    assert decision["candidates"][1]["distance_km"] > decision["candidates"][0]["distance_km"]


async def test_done_twice_it_holds_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.order(("MUG", 2))

    await all_try([lambda: shop.reserve(order_id)] * 4, at_once=4)

    assert await shop.level("MUG") == Position(5, 2)
    assert len(await shop.payments(order_id)) == 1


async def test_many_buyers_with_tight_stock_all_end_held_or_waiting(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    for place in ("LON", "PAR"):
        await shop.receive("MUG", 6, at=place)
        await shop.receive("CUP", 6, at=place)
    orders = [await shop.order(("MUG", 1), ("CUP", 1)) for _ in range(20)]

    outcomes = await all_try([lambda o=order_id: shop.reserve(o) for order_id in orders], at_once=16)  # type: ignore[misc]  # bound now

    waiting = [order_id for order_id in orders if HoldType.STOCK in await held(shop, order_id)]
    assert outcomes == [None] * 20
    assert await shop.count("SELECT sum(on_hand - reserved) FROM stock_levels") == 0
    assert len(waiting) == 8
    assert [len(await shop.reservations(order_id)) for order_id in waiting] == [0] * 8
    await shop.check_books()


async def test_with_nothing_in_stock_no_money_is_asked_for(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 2))

    await shop.reserve(order_id)

    (hold,) = await shop.do(lambda session: holds.active(session, order_id))
    assert (hold.type, hold.words, hold.deadline, hold.at_deadline) == (
        HoldType.STOCK, "missing: 2 of MUG", NOW + timedelta(days=14), AtDeadline.EXPIRE,
    )  # fmt: skip
    assert await shop.payments(order_id) == []


async def test_a_receipt_wakes_who_waits_oldest_first(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    orders = [await shop.order(("MUG", 1)) for _ in range(3)]
    other = await shop.order(("CUP", 1))
    for order_id in (*orders, other):
        await shop.reserve(order_id)
    await shop.read_all()

    await bring(shop, "MUG", 5)

    woken = await shop.do(lambda s: s.scalars(select(Outbox.order_id).order_by(Outbox.seq)))
    assert list(woken) == orders
    assert await shop.wakes(other) == 0


async def test_woken_by_a_receipt_the_order_is_held_no_longer(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 2))
    await shop.reserve(order_id)
    await bring(shop, "MUG", 2)

    await shop.reserve(order_id)

    assert await held(shop, order_id) == set()
    assert await shop.level("MUG") == Position(2, 2)
    assert len(await shop.payments(order_id)) == 1


async def test_a_receipt_during_the_last_look_is_not_missed(shop: Shop) -> None:
    """Whichever commits first, the order has its units or a wake under way: never neither."""
    await shop.catalog("MUG")
    for _ in range(12):
        order_id = await shop.order(("MUG", 1))
        await shop.read_all()

        await asyncio.gather(shop.reserve(order_id), bring(shop, "MUG", 1))

        found = bool(await shop.reservations(order_id))
        assert found or await shop.wakes(order_id) == 1
        if not found:
            await shop.reserve(order_id)
    assert await shop.level("MUG") == Position(12, 12)


async def test_a_receipt_waits_for_the_order_that_is_just_giving_up(shop: Shop) -> None:
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", 1))
    await shop.read_all()

    async with shop.db.transaction() as session:
        await reserving.reserve(session, order_id, NOW, multicapture=True)
        receipt = asyncio.create_task(bring(shop, "MUG", 1))
        done, _ = await asyncio.wait([receipt], timeout=0.3)
    await receipt

    assert not done
    assert await shop.wakes(order_id) == 1


async def test_freed_units_wake_who_waits_too(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    first, second = await shop.order(("MUG", 1)), await shop.order(("MUG", 1))
    for order_id in (first, second):
        await shop.reserve(order_id)
    await shop.read_all()

    await shop.do(lambda s: ending.end_unshipped(s, first, OrderState.CANCELED, reason="no"))
    await shop.do(lambda s: stocking.give_back(s, first))

    assert await shop.wakes(second) == 1
    await shop.reserve(second)
    assert await held(shop, second) == set()
    await shop.check_books()


async def test_units_are_kept_past_the_deadline_of_a_hold_that_stood_before(shop: Shop) -> None:
    await shop.catalog("MUG", price=200_000)
    await shop.receive("MUG", 1)
    order_id = await shop.order(("MUG", 1))
    await shop.verify(order_id)
    (approval,) = await shop.do(lambda session: holds.active(session, order_id))

    await shop.reserve(order_id)

    (row,) = await shop.reservations(order_id)
    assert approval.type is HoldType.APPROVAL
    assert approval.deadline is not None
    assert row.expires_at == approval.deadline + holds.STOCK_KEPT_AFTER


async def test_without_a_hold_units_are_kept_for_two_hours(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    order_id = await shop.order(("MUG", 1))

    await shop.reserve(order_id)

    (row,) = await shop.reservations(order_id)
    assert row.expires_at == NOW + timedelta(hours=2)


async def test_units_held_too_long_go_back_to_the_shelf_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    order_id, waiting = await shop.order(("MUG", 3)), await shop.order(("MUG", 1))
    await shop.reserve(order_id)
    await shop.reserve(waiting)
    await shop.read_all()
    await shop.execute("UPDATE reservations SET expires_at = now() - interval '1 second'")

    swept = [await sweeping.sweep_reservations(shop.db) for _ in range(2)]

    assert [one.restarted for one in swept] == [1, 0]
    assert await shop.level("MUG") == Position(3, 0)
    assert [(line.unallocated, line.allocated) for line in await shop.lines(order_id)] == [(3, 0)]
    assert (await shop.wakes(order_id), await shop.wakes(waiting)) == (1, 1)
    assert (
        await shop.count("SELECT count(*) FROM reservations WHERE state = :s", s=ReservationState.EXPIRED)
        == 1
    )
    await shop.check_books()


async def test_units_of_an_accepted_order_are_kept_for_good(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    order_id = await shop.planned(("MUG", 1))

    (row,) = await shop.reservations(order_id)
    swept = await sweeping.sweep_reservations(shop.db)

    assert row.expires_at is None
    assert swept.checked == 0


async def test_an_order_at_its_end_holds_nothing_new(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)
    order_id = await shop.order(("MUG", 1))
    await shop.do(lambda s: ending.end_unshipped(s, order_id, OrderState.CANCELED, reason="no"))

    await shop.reserve(order_id)

    assert await shop.level("MUG") == Position(3, 0)


async def test_receipts_and_carts_in_opposite_orders_never_wait_in_a_circle(shop: Shop) -> None:
    skus = ["a-1", "A-2", "b_3", "B-4", "ä5", "Z 6"]
    await shop.catalog(*skus)
    orders = [await shop.order(*((sku, 1) for sku in reversed(skus))) for _ in range(20)]
    receipts = [stocking.Receipt(sku, "LON", 1) for sku in skus]

    async def arrive() -> None:
        await shop.do(lambda s: stocking.receive_all(s, receipts, STAFF))

    attempts: list[Callable[[], Awaitable[None]]] = [partial(shop.reserve, order_id) for order_id in orders]
    outcomes = await all_try([*attempts, *[arrive] * 20], at_once=16)

    assert [one for one in outcomes if isinstance(one, Exception)] == []

    for order_id in orders:
        await shop.reserve(order_id)
    assert await shop.count("SELECT sum(on_hand - reserved) FROM stock_levels") == 0
    assert await shop.do(lambda s: stock.available(s, skus)) == {"LON": dict.fromkeys(skus, 0)}
    await shop.check_books()
