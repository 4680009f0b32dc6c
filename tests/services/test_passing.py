"""What came and the first in the queue cannot use goes to the next who can, and nobody is starved for it."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.domain.orders import HoldType
from orderwright.persistence import holds
from orderwright.persistence.stock.queue import KEPT_FROM, PASSED_FOR
from orderwright.services import sweeping
from orderwright.services.orders import unroutable
from tests.shop import NOW, STAFF, Shop

COMPLETE, AVAILABLE = FulfillmentPolicy.SHIP_COMPLETE, FulfillmentPolicy.SHIP_AVAILABLE
SOON = NOW + timedelta(hours=1)


async def since(shop: Shop, at: datetime, *orders: UUID) -> None:
    """These have been waiting since then."""
    for order_id in orders:
        await shop.execute(
            "UPDATE order_lines SET waiting_since = :at WHERE order_id = :id AND waiting_since IS NOT NULL",
            at=at, id=order_id,
        )  # fmt: skip


async def waits(shop: Shop, *lines: tuple[str, int], policy: FulfillmentPolicy = COMPLETE) -> UUID:
    """An order that has looked and found nothing, and been waiting since NOW."""
    order_id = await shop.order(*lines, policy=policy)
    await shop.verify(order_id)
    await shop.reserve(order_id)
    return order_id


async def taken(shop: Shop, order_id: UUID) -> list[int]:
    return [line.allocated for line in await shop.lines(order_id)]


async def behind_one_that_waits_for_two(shop: Shop) -> tuple[UUID, UUID]:
    """The first ships complete and wants a mug and a cup; behind it one that wants a mug. Mugs have come."""
    await shop.catalog("MUG", "CUP")
    first = await waits(shop, ("MUG", 1), ("CUP", 1))
    second = await waits(shop, ("MUG", 1), policy=AVAILABLE)
    await shop.receive("MUG", 1)
    return first, second


async def test_what_an_incomplete_order_cannot_use_yet_goes_to_the_next(shop: Shop) -> None:
    first, second = await behind_one_that_waits_for_two(shop)

    await shop.reserve(first, SOON)
    await shop.reserve(second, SOON)

    assert (await taken(shop, first), await taken(shop, second)) == ([0, 0], [1])
    await shop.check_books()


async def test_once_it_is_complete_it_is_first_again(shop: Shop) -> None:
    first, second = await behind_one_that_waits_for_two(shop)
    await shop.receive("CUP", 1)

    await shop.reserve(second, SOON)
    await shop.reserve(first, SOON)

    assert (await taken(shop, first), await taken(shop, second)) == ([1, 1], [0])


@pytest.mark.parametrize(
    ("after", "promised", "mug"),
    [
        (PASSED_FOR - timedelta(1), None, 1),
        (PASSED_FOR, None, 0),
        (PASSED_FOR, timedelta(20), 1),
        (timedelta(20), timedelta(20), 0),
        (KEPT_FROM, timedelta(60), 0),
    ],
)
async def test_after_a_time_or_the_promised_day_what_comes_is_kept_for_it(
    shop: Shop, after: timedelta, promised: timedelta | None, mug: int
) -> None:
    first, second = await behind_one_that_waits_for_two(shop)
    midnight = NOW.replace(hour=0)
    await shop.execute(
        "UPDATE order_lines SET waiting_since = :at WHERE waiting_since IS NOT NULL", at=midnight
    )
    if promised is not None:
        await shop.execute(
            "UPDATE order_lines SET promised_on = :day WHERE order_id = :id",
            day=(midnight + promised).date(), id=first,
        )  # fmt: skip

    await shop.reserve(second, midnight + after)

    assert await taken(shop, second) == [mug]


async def test_who_is_behind_is_woken_and_sees_that_units_are_there(shop: Shop) -> None:
    first, second = await behind_one_that_waits_for_two(shop)
    now = datetime.now(UTC)
    await since(shop, now, first, second)
    await shop.read_all()

    assert (await shop.position(second)).fillable
    await sweeping.sweep_reservations(shop.db)
    assert await shop.wakes(second) == 1

    await shop.read_all()
    await since(shop, now - PASSED_FOR, first)
    assert not (await shop.position(second)).fillable
    await sweeping.sweep_reservations(shop.db)
    assert (await shop.wakes(first), await shop.wakes(second)) == (1, 0)


async def test_an_order_that_a_person_is_asked_about_holds_up_nobody(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE locations SET serves = '{GB:EH}' WHERE code = 'PAR'")
    first = await waits(shop, ("MUG", 2), policy=AVAILABLE)
    await shop.receive("MUG", 2, at="PAR")
    await shop.reserve(first, SOON)
    assert {hold.type for hold in await shop.do(lambda s: holds.active(s, first))} == {HoldType.ROUTING}
    await shop.execute("UPDATE locations SET serves = '{}'")

    second = await shop.order(("MUG", 1), policy=AVAILABLE)
    await shop.reserve(second, SOON)
    assert await taken(shop, second) == [1]

    await shop.do(lambda session: unroutable.retry(session, first, STAFF))
    third = await shop.order(("MUG", 1), policy=AVAILABLE)
    await shop.reserve(third, SOON)
    await shop.reserve(first, SOON)
    assert (await taken(shop, first), await taken(shop, third)) == ([1], [0])


# --- any queue

SKUS = ("MUG", "CUP")


@dataclass(frozen=True)
class Wants:
    """An order of a story: units per SKU, and how it ships."""

    units: dict[str, int]
    policy: FulfillmentPolicy


wanted = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1)
orders = st.lists(st.builds(Wants, wanted, st.sampled_from([COMPLETE, AVAILABLE])), min_size=2, max_size=5)
receipts = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(queue=orders, kept=st.booleans(), arrivals=receipts, turns=st.randoms(use_true_random=False))
async def test_nothing_lies_idle_that_somebody_can_use_and_nothing_kept_is_taken(
    shop: Shop, queue: list[Wants], kept: bool, arrivals: list[tuple[str, int]], turns: Random
) -> None:
    """Whoever looks when. `kept`: the first has waited so long that what comes is kept for it."""
    await shop.empty()
    await shop.catalog(*SKUS)
    ids = [await waits(shop, *one.units.items(), policy=one.policy) for one in queue]
    if kept:
        await since(shop, NOW - PASSED_FOR, ids[0])
    came = Counter[str]()
    for sku, units in arrivals:
        await shop.receive(sku, units)
        came[sku] += units
        for _ in queue:
            for order_id in turns.sample(ids, len(ids)):
                await shop.reserve(order_id, SOON)
    got = [{line.sku: line.allocated for line in await shop.lines(order_id)} for order_id in ids]
    await shop.check_books()
    left = {sku: came[sku] - sum(taken.get(sku, 0) for taken in got) for sku in SKUS}
    if kept:
        for sku, units in queue[0].units.items():
            assert sum(taken.get(sku, 0) for taken in got[1:]) <= max(0, came[sku] - units)
    if not kept or got[0] == queue[0].units:
        for one, has in zip(queue, got, strict=True):
            assert not _could_take(one, has, left)


def _could_take(one: Wants, has: dict[str, int], left: dict[str, int]) -> bool:
    missing = {sku: units - has[sku] for sku, units in one.units.items() if units > has[sku]}
    if one.policy is COMPLETE:
        return bool(missing) and all(left[sku] >= units for sku, units in missing.items())
    return any(left[sku] for sku in missing)
