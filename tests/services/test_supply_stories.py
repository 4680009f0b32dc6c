"""Whatever people do to stock without an order, it equals a simple model, and no unit goes unsaid."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orderwright.domain.access import Actor
from orderwright.domain.failures import Failure
from orderwright.domain.orders import Scope
from orderwright.domain.stock.supply import AdjustReason
from orderwright.services.stock import stocking
from orderwright.services.supply import adjusting, counting, reconciling, transferring, variances
from orderwright.services.supply.adjusting import Adjustment
from orderwright.services.supply.counting import Entry
from orderwright.services.supply.transferring import Arrival, Wanted
from tests.shop import STAFF, Shop, all_try

SKUS, PLACES = ("MUG", "CUP"), ("LON", "PAR")
LIMIT = 4
HELD = 2
BOB = Actor("bob", frozenset({Scope.OPERATIONS}))
FRIDAY = date(2026, 11, 20)
Place = tuple[str, str]
Step = tuple[str, str, str, int]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("receive", "adjust", "ship", "arrive", "arrive", "count", "submit", "approve")),
        st.sampled_from(SKUS),
        st.sampled_from(PLACES),
        st.integers(0, 9),
    ),
    max_size=30,
)


@dataclass
class Counted:
    """A count of one place: its variance, and whether the place was put right since."""

    id: UUID
    place: Place
    variance: int
    stale: bool = False
    waiting: bool = False


@dataclass
class Story:
    """The model beside the record: levels, units under way, and all that came or went from outside."""

    shop: Shop
    on_hand: Counter[Place] = field(default_factory=Counter)
    reserved: Counter[Place] = field(default_factory=Counter)
    under_way: list[tuple[UUID, str, str, int]] = field(default_factory=list)
    counts: list[Counted] = field(default_factory=list)
    outside: int = 0

    async def begin(self) -> None:
        """Some of each SKU in London, a part of it reserved."""
        await self.shop.empty()
        await self.shop.catalog(*SKUS, price=1, at=PLACES)
        for sku in SKUS:
            await self.receive(sku, "LON", 6)
            order_id = await self.shop.order((sku, HELD))
            await self.shop.verify(order_id)
            await self.shop.reserve(order_id)
            self.reserved[sku, "LON"] = HELD

    async def receive(self, sku: str, at: str, units: int) -> None:
        await self.shop.receive(sku, units, at)
        self._comes((sku, at), units)

    async def adjust(self, sku: str, at: str, units: int) -> None:
        """Every second one takes away."""
        units = units // 2 + 1 if units % 2 else -(units // 2 + 1)
        one = Adjustment(sku, at, units, AdjustReason.CORRECTION)
        fits = self._free(sku, at) + units >= 0
        assert fits is await self._done(lambda s: adjusting.adjust(s, one, STAFF))
        if fits:
            self._comes((sku, at), units)
            self._put_right((sku, at))

    async def ship(self, sku: str, at: str, units: int) -> None:
        there = PLACES[1 - PLACES.index(at)]
        wanted = Wanted(at, there, FRIDAY, {sku: units + 1})
        row, _ = await self.shop.do(lambda s: transferring.request(s, wanted, STAFF))
        fits = self._free(sku, at) >= units + 1
        assert fits is await self._done(lambda s: transferring.ship(s, row.id, STAFF))
        if fits:
            self.on_hand[sku, at] -= units + 1
            self.under_way.append((row.id, sku, there, units + 1))

    async def arrive(self, _sku: str, _at: str, units: int) -> None:
        """The oldest one: as it was shipped, or short, or over."""
        if self.under_way:
            transfer_id, sku, there, left = self.under_way.pop(0)
            came = Arrival(sku, units if units % 3 else left, AdjustReason.OTHER)
            await self.shop.do(lambda s: transferring.receive(s, transfer_id, [came], STAFF))
            self.outside += came.units - left
            self.on_hand[sku, there] += came.units

    async def count(self, sku: str, at: str, units: int) -> None:
        row, _ = await self.shop.do(lambda s: counting.open_count(s, at, [sku], STAFF, approval_limit=LIMIT))
        await self.shop.do(lambda s: counting.enter(s, row.id, [Entry(sku, units)], STAFF))
        self.counts.append(Counted(row.id, (sku, at), units - self.on_hand[sku, at]))

    async def submit(self, _sku: str, _at: str, _units: int) -> None:
        entered = [one for one in self.counts if not one.waiting]
        if entered:
            one = entered[0]
            await self.shop.do(lambda s: variances.submit(s, one.id, STAFF))
            one.waiting = abs(one.variance) > LIMIT
            if not one.waiting:
                self._apply(one)

    async def approve(self, _sku: str, _at: str, _units: int) -> None:
        waiting = [one for one in self.counts if one.waiting]
        if waiting:
            await self.shop.do(lambda s: variances.approve(s, waiting[0].id, BOB))
            self._apply(waiting[0])

    async def check(self) -> None:
        """Levels as in the model, the sum of moves, and every unit accounted for."""
        rows = await self.shop.do(reconciling.reconcile)
        assert rows.open == 0
        await self.shop.check_books()
        total = await self.shop.count("SELECT sum(on_hand) FROM stock_levels")
        assert total + sum(units for *_, units in self.under_way) == self.outside
        for (sku, at), units in self.on_hand.items():
            found = await self.shop.count(
                "SELECT on_hand FROM stock_levels WHERE sku = :sku AND location = :at", sku=sku, at=at
            )
            assert found == units

    def _free(self, sku: str, at: str) -> int:
        return self.on_hand[sku, at] - self.reserved[sku, at]

    def _comes(self, place: Place, units: int) -> None:
        self.on_hand[place] += units
        self.outside += units

    def _put_right(self, place: Place) -> None:
        for one in self.counts:
            one.stale |= one.place == place

    def _apply(self, one: Counted) -> None:
        self.counts.remove(one)
        if one.variance and not one.stale and self._free(*one.place) + one.variance >= 0:
            self._comes(one.place, one.variance)
            self._put_right(one.place)

    async def _done(self, work: object) -> bool:
        try:
            await self.shop.do(work)  # type: ignore[arg-type]  # any piece of work
        except Failure:
            return False
        return True


@given(steps=STEPS)
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
async def test_any_story_adds_up(shop: Shop, steps: list[Step]) -> None:
    story = Story(shop)
    await story.begin()

    for name, sku, at, units in steps:
        await getattr(story, name)(sku, at, units)

    await story.check()


async def test_many_people_at_once_neither_deadlock_nor_lose_a_unit(shop: Shop) -> None:
    """Transfers both ways, counts, adjustments and receipts while orders reserve and give back."""
    dice = random.Random(20261120)
    skus = [f"{dice.choice('aBcD')}{n}" for n in range(6)]
    await shop.catalog(*skus, price=1, at=PLACES)
    for sku in skus:
        for place in PLACES:
            await shop.receive(sku, 50, place)
    orders = [await shop.order(*((sku, 1) for sku in dice.sample(skus, 3))) for _ in range(15)]
    for order_id in orders:
        await shop.verify(order_id)

    works = [partial(work, shop, dice.sample(skus, 3)) for work in (transferred, recounted, adjusted) * 12]
    works += [partial(reserved_and_freed, shop, order_id) for order_id in orders]
    dice.shuffle(works)
    outcomes = await all_try(works, at_once=12)

    assert [one for one in outcomes if one is not None] == []
    assert (await shop.do(reconciling.reconcile)).open == 0
    recounts = await shop.count("SELECT coalesce(sum(on_hand), 0) FROM stock_moves WHERE kind = 'count'")
    assert await shop.count("SELECT sum(on_hand) FROM stock_levels") == 6 * 2 * 50 + recounts
    assert await shop.count("SELECT count(*) FROM transfers WHERE state = 'closed'") == 12
    await shop.check_books()


async def transferred(shop: Shop, skus: Sequence[str]) -> None:
    """There, whichever way, and received whole."""
    origin, there = PLACES if skus[0] < skus[1] else reversed(PLACES)
    row, _ = await shop.do(
        lambda s: transferring.request(s, Wanted(origin, there, FRIDAY, dict.fromkeys(skus, 1)), STAFF)
    )
    await shop.do(lambda s: transferring.ship(s, row.id, STAFF))
    for sku in skus:
        await shop.do(lambda s, sku=sku: transferring.receive(s, row.id, [Arrival(sku, 1)], STAFF))  # type: ignore[misc]  # bound now


async def recounted(shop: Shop, skus: Sequence[str]) -> None:
    """About as many as there were, whatever has moved since."""
    row, _ = await shop.do(lambda s: counting.open_count(s, "LON", skus, STAFF, approval_limit=10**6))
    await shop.do(lambda s: counting.enter(s, row.id, [Entry(sku, 49) for sku in skus], STAFF))
    await shop.do(lambda s: variances.submit(s, row.id, STAFF))


async def adjusted(shop: Shop, skus: Sequence[str]) -> None:
    """One of each more in Paris, and one fewer again."""
    for units in (1, -1):
        for sku in skus:
            one = Adjustment(sku, "PAR", units, AdjustReason.CORRECTION)
            await shop.do(lambda s, one=one: adjusting.adjust(s, one, STAFF))  # type: ignore[misc]  # bound now


async def reserved_and_freed(shop: Shop, order_id: UUID) -> None:
    """All its units held, and given back as it is canceled."""
    await shop.reserve(order_id)
    await shop.execute("UPDATE orders SET state = 'canceled' WHERE id = :id", id=order_id)
    await shop.do(lambda s: stocking.give_back(s, order_id))
