"""Whatever happens in whatever order, the record says what a simple model says."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, InsufficientStock
from orderwright.domain.stock.lots import Change, LotUnits
from orderwright.domain.stock.supply import AdjustReason
from orderwright.domain.stock.units import Demand, MoveKind, ReservationState
from orderwright.persistence import stock
from orderwright.persistence.database import Database
from orderwright.persistence.stock import limits, moves
from orderwright.persistence.tables import Reservation
from orderwright.reporting.questions import QUESTIONS
from orderwright.services.supply import counting, reconciling, transferring, variances
from orderwright.services.supply.counting import Entry
from orderwright.services.supply.transferring import Arrival, Wanted
from tests.shop import NOW, STAFF, Shop

T = TypeVar("T")
SKUS, PLACES, CHANNELS = ("MUG", "CUP", "PILL"), ("LON", "PAR"), ("web", "market")
TODAY = datetime.now(UTC).date()
LOTS = {"OLD": TODAY - timedelta(1), "SOON": TODAY + timedelta(1), "LATE": TODAY + timedelta(9), "KEPT": None}
"""PILL is tracked; in the order in which its lots expire."""

OF_STOCK = {
    "stock is the sum of its moves",
    "reserved stock is the sum of the active reservations",
    "the lots of a tracked product are its stock, and others have none",
    "a lot is the sum of its moves",
    "a lot's reserved units are those of the active reservations",
    "a channel's quota counts what it holds and what it has bought",
}
"""Not those about orders: lines do not follow reservations that are made by hand."""

plain, skus, places = st.sampled_from(SKUS[:2]), st.sampled_from(SKUS), st.sampled_from(PLACES)
channels, lots, few = st.sampled_from(CHANNELS), st.sampled_from(list(LOTS)), st.integers(1, 6)
carts = st.lists(st.tuples(skus, places, st.integers(1, 3)), min_size=1, max_size=3)
Place = tuple[str, str]


@dataclass
class Held:
    """An active reservation: its place, units by lot ("" where there are none), whose quota counts it."""

    place: Place
    units: dict[str, int]
    channel: str | None
    until: datetime | None = None


@dataclass
class UnderWay:
    """A transfer that has been shipped: where to, and its units by lot."""

    id: UUID
    place: Place
    units: dict[str, int]


def good(sku: str) -> list[str]:
    """Its lots that may be sold, the first to expire first; "" of what is not tracked."""
    return [lot for lot in LOTS if lot != "OLD"] if sku == "PILL" else [""]


@dataclass
class Model:
    """What must be: plain numbers, moved by the plainest rules."""

    on_hand: dict[tuple[str, str, str], int] = field(default_factory=dict)
    held: dict[UUID, Held] = field(default_factory=dict)
    safety: dict[Place, int] = field(default_factory=dict)
    buffers: dict[tuple[str, str, str], int] = field(default_factory=dict)
    quotas: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    shipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    under_way: list[UnderWay] = field(default_factory=list)

    def reserved(self, place: Place, lot: str) -> int:
        return sum(one.units.get(lot, 0) for one in self.held.values() if one.place == place)

    def free(self, place: Place, lot: str) -> int:
        return self.on_hand.get((*place, lot), 0) - self.reserved(place, lot)

    def sellable(self, place: Place, channel: str | None) -> int:
        kept = self.safety.get(place, 0) + self.buffers.get((channel or "", *place), 0)
        return max(0, sum(self.free(place, lot) for lot in good(place[0])) - kept)

    def first_out(self, place: Place, units: int) -> dict[str, int]:
        """Units by lot as they leave; fewer than asked for where there are no more."""
        taken: dict[str, int] = {}
        for lot in good(place[0]):
            part = min(units - sum(taken.values()), self.free(place, lot))
            if part > 0:
                taken[lot] = part
        return taken

    def came(self, place: Place, lot: str, units: int) -> None:
        self.on_hand[*place, lot] = self.on_hand.get((*place, lot), 0) + units

    def may_buy(self, cart: list[tuple[str, str, int]], channel: str | None) -> bool:
        wanted: dict[Place, int] = {}
        by_sku: dict[str, int] = {}
        for sku, place, units in cart:
            wanted[sku, place] = wanted.get((sku, place), 0) + units
            by_sku[sku] = by_sku.get(sku, 0) + units
        enough = all(units <= self.sellable(place, channel) for place, units in wanted.items())
        quotas = {sku: self.quotas.get((channel or "", sku)) for sku in by_sku}
        allowed = all(q is None or q[1] + by_sku[sku] <= q[0] for sku, q in quotas.items())
        return enough and allowed

    def hold(self, key: UUID, sku: str, place: str, units: int, channel: str | None) -> None:
        counted = channel if (channel or "", sku) in self.quotas else None
        if counted is not None:
            self.quotas[counted, sku][1] += units
        self.held[key] = Held((sku, place), self.first_out((sku, place), units), counted)

    def end(self, key: UUID, *, shipped: bool) -> None:
        one = self.held.pop(key)
        for lot, units in one.units.items():
            if shipped:
                self.came(one.place, lot, -units)
                self.shipped[one.place[0], lot] += units
        if not shipped and one.channel is not None:
            self.quotas[one.channel, one.place[0]][1] -= sum(one.units.values())


STORIES = settings(
    max_examples=10, stateful_step_count=25, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],  # shrinking a story takes minutes
)  # fmt: skip


class StockMachine(RuleBasedStateMachine):
    """Every rule does the same to the record and to the model; the invariants compare both."""

    db: Database
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.shop = Shop(self.db)
        self.edges = cycle(product(SKUS, PLACES, (None, *CHANNELS)))

    def wait(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def do(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        return self.wait(self.shop.do(work))

    @initialize()
    def open(self) -> None:
        """Not from nothing, so that stories soon get somewhere."""
        self.wait(self._open())
        for place in PLACES:
            self.receive("MUG", place, 6)
            for lot in ("LATE", "SOON", "OLD"):
                self.receive_lot(place, lot, 3)
            for sku in SKUS[::2]:
                self.keep_back(sku, place, 1)
                self.buffer("web", sku, place, 1)
        for sku in SKUS[::2]:
            self.quota("web", sku, 9)
        self.reserve([("MUG", "LON", 2), ("PILL", "PAR", 2)], "web")
        self._ship(list(self.model.held))
        self.reserve([("MUG", "LON", 1), ("PILL", "LON", 4)], "web")
        self.send("PILL", "PAR", 2, None)
        for days in (1, -1):
            self.extend(days)

    async def _open(self) -> None:
        await self.shop.empty()
        await self.shop.catalog(*SKUS, at=PLACES)
        await self.shop.execute("UPDATE products SET tracking = 'lot' WHERE sku = 'PILL'")
        self.order_id = await self.shop.order(*((sku, 1) for sku in SKUS))
        self.lines = {line.sku: str(line.id) for line in await self.shop.lines(self.order_id)}
        other = await self.shop.order(("MUG", 1))
        await self.shop.execute(
            "INSERT INTO fulfillment_orders (id, order_id, number, location, state, amount)"
            " VALUES (:id, :id, 1, 'LON', 'open', 0)",
            id=other,
        )
        self.part = other

    # --- units come and go

    @rule(sku=plain, place=places, units=few)
    def receive(self, sku: str, place: str, units: int) -> None:
        self.do(lambda session: stock.receive(session, sku, place, units, actor="test"))
        self.model.came((sku, place), "", units)

    @rule(place=places, lot=lots, units=few)
    def receive_lot(self, place: str, lot: str, units: int) -> None:
        self.do(
            lambda session: stock.receive(
                session, "PILL", place, units, actor="test", lot=lot, expires_on=LOTS[lot]
            )
        )
        self.model.came(("PILL", place), lot, units)

    @rule(sku=skus, place=places, lot=lots, units=few)
    def adjust(self, sku: str, place: str, lot: str, units: int) -> None:
        name = lot if sku == "PILL" else ""
        work: Callable[[AsyncSession], Awaitable[object]] = lambda session: stock.receive(  # noqa: E731
            session, sku, place, -units, actor="test", lot=name or None
        )
        if self.model.free((sku, place), name) >= units:
            self.do(work)
            self.model.came((sku, place), name, -units)
        else:
            with pytest.raises(InsufficientStock):
                self.do(work)

    @rule(sku=skus, place=places, lot=lots, counted=st.integers(0, 9))
    def count(self, sku: str, place: str, lot: str, counted: int) -> None:
        name = lot if sku == "PILL" else None
        entry = Entry(sku, counted, name, LOTS[lot] if name else None)
        row, _ = self.do(
            lambda session: counting.open_count(session, place, [sku], STAFF, approval_limit=99_999)
        )
        self.do(lambda session: counting.enter(session, row.id, [entry], STAFF))

        self.do(lambda session: variances.submit(session, row.id, STAFF, partly=True))
        with pytest.raises(Conflict):
            self.do(lambda session: variances.submit(session, row.id, STAFF, partly=True))

        variance = counted - self.model.on_hand.get((sku, place, name or ""), 0)
        if variance and counted >= self.model.reserved((sku, place), name or ""):
            self.model.came((sku, place), name or "", variance)

    @rule(sku=skus, origin=places, units=few, lot=st.one_of(st.none(), lots))
    def send(self, sku: str, origin: str, units: int, lot: str | None) -> None:
        here, there = (sku, origin), PLACES[1 - PLACES.index(origin)]
        named = {sku: [LotUnits(lot, units)]} if lot is not None and sku == "PILL" else {}
        left = self.model.first_out(here, units)
        if lot is not None and named:
            left = {lot: min(units, max(0, self.model.free(here, lot)))}
        wanted = Wanted(origin, there, TODAY, {sku: units}, lots=named)
        row, _ = self.do(lambda session: transferring.request(session, wanted, STAFF))

        if sum(left.values()) < units:
            with pytest.raises(InsufficientStock):
                self.do(lambda session: transferring.ship(session, row.id, STAFF))
            return
        self.do(lambda session: transferring.ship(session, row.id, STAFF))
        for name, part in left.items():
            self.model.came(here, name, -part)
        self.model.under_way.append(UnderWay(row.id, (sku, there), left))

    @precondition(lambda self: self.model.under_way)
    @rule(more=st.sampled_from((-1, 0, 1)))
    def arrive(self, more: int) -> None:
        """Whole without a word, or with one of the first lot too few or too many."""
        one = self.model.under_way.pop(0)
        came = {lot: units + more * (lot == min(one.units)) for lot, units in one.units.items()}
        told = [LotUnits(lot, units) for lot, units in came.items() if lot and more]
        arrival = Arrival(one.place[0], sum(came.values()), AdjustReason.OTHER, lots=told)

        self.do(lambda session: transferring.receive(session, one.id, [arrival], STAFF))
        with pytest.raises(Conflict):
            self.do(lambda session: transferring.receive(session, one.id, [arrival], STAFF))

        for lot, units in came.items():
            self.model.came(one.place, lot, units)

    @precondition(lambda self: +self.model.shipped)
    @rule(data=st.data(), place=places)
    def put_back(self, data: st.DataObject, place: str) -> None:
        sku, lot = data.draw(st.sampled_from(sorted(+self.model.shipped)))
        left = self.model.shipped[sku, lot]
        units = data.draw(st.integers(1, left))
        if lot:
            with pytest.raises(Conflict):
                self._put_back(Change(sku, place, left + 1, lot))
        self._put_back(Change(sku, place, units, lot or None))
        self.model.shipped[sku, lot] -= units
        self.model.came((sku, place), lot, units)

    def _put_back(self, one: Change) -> None:
        self.do(
            lambda session: moves.put_back(session, [one], order_id=self.order_id, actor="test"),
        )

    # --- units are held, and end

    @rule(cart=carts, channel=st.sampled_from((None, "market", "web", "web")))
    def reserve(self, cart: list[tuple[str, str, int]], channel: str | None) -> None:
        demand = [Demand(sku, place, self.lines[sku], units) for sku, place, units in cart]
        expected = self.model.may_buy(cart, channel)

        held = self.do(
            lambda session: stock.reserve(session, self.order_id, demand, expires_at=NOW, channel=channel)
        )

        assert held is expected
        if held:
            rows = self.wait(self.shop.reservations(self.order_id))
            fresh = [row for row in rows if row.id not in self.model.held]
            assert [(row.sku, row.location, row.units) for row in fresh] == cart
            for row in fresh:
                self.model.hold(row.id, row.sku, row.location, row.units, channel)
                self.model.held[row.id].until = NOW

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), into=st.sampled_from([ReservationState.FREED, ReservationState.EXPIRED]))
    def free(self, data: st.DataObject, into: ReservationState) -> None:
        rows = self._some(data)
        for _ in range(2):
            self.do(lambda session: stock.free(session, rows, order_id=self.order_id, into=into))
        for row in rows:
            self.model.end(row.id, shipped=False)

    @precondition(lambda self: self.model.held)
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        self._ship([row.id for row in self._some(data)])

    def _ship(self, keys: list[UUID]) -> None:
        mine = update(Reservation).where(Reservation.id.in_(keys)).values(fulfillment_id=self.part)
        self.do(lambda session: session.execute(mine))
        for _ in range(2):
            self.do(lambda session: stock.ship(session, self.part, order_id=self.order_id))
        for key in keys:
            self.model.end(key, shipped=True)

    def _some(self, data: st.DataObject) -> list[Reservation]:
        rows = list(self.wait(self.shop.reservations(self.order_id)))
        chosen = data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1, max_size=3))
        return [rows[nth] for nth in sorted(chosen)]

    @rule(days=st.one_of(st.none(), st.integers(-3, 3)))
    def extend(self, days: int | None) -> None:
        until = None if days is None else NOW + timedelta(days)
        self.do(lambda session: stock.keep(session, self.order_id, until))
        for one in self.model.held.values():
            if one.until is not None:
                one.until = None if until is None else max(one.until, until)

    # --- units are kept back

    @rule(sku=skus, place=places, units=st.integers(0, 4))
    def keep_back(self, sku: str, place: str, units: int) -> None:
        self.do(lambda session: limits.keep_back(session, sku, place, units))
        self.model.safety[sku, place] = units

    @rule(channel=channels, sku=skus, place=places, units=st.integers(0, 4))
    def buffer(self, channel: str, sku: str, place: str, units: int) -> None:
        self.do(lambda session: limits.set_buffer(session, channel, sku, place, units))
        self.model.buffers[channel, sku, place] = units

    @rule(channel=channels, sku=skus, at_most=st.integers(0, 12))
    def quota(self, channel: str, sku: str, at_most: int) -> None:
        known = self.model.quotas.setdefault((channel, sku), [at_most, 0])
        if known[1] <= at_most:
            self.do(lambda session: limits.set_quota(session, channel, sku, at_most))
            known[0] = at_most
        else:
            with pytest.raises(Conflict):
                self.do(lambda session: limits.set_quota(session, channel, sku, at_most))

    # --- what must hold after every step

    @invariant()
    def as_the_model_says(self) -> None:
        self.wait(self._compare())

    async def _compare(self) -> None:
        await self._compare_levels()
        held = {key: one.until for key, one in self.model.held.items()}
        quotas = {key: tuple(both) for key, both in self.model.quotas.items()}
        assert {
            key: until
            for key, until in await self._rows("id, expires_at FROM reservations WHERE state = 'active'")
        } == held
        assert {
            (channel, sku): (at_most, taken)
            for channel, sku, at_most, taken in await self._rows(
                "channel, sku, at_most, taken FROM channel_quotas"
            )
        } == quotas
        for place, lot, *found in await self._rows(
            "location, lot, on_hand, reserved, expires_on FROM stock_lots"
        ):
            here = ("PILL", place)
            assert found == [self.model.on_hand[*here, lot], self.model.reserved(here, lot), LOTS[lot]]

    async def _compare_levels(self) -> None:
        shown = {
            channel: await self.shop.do(
                lambda session, c=channel: stock.available(session, dict.fromkeys(SKUS, 0), channel=c)  # type: ignore[misc]  # bound now
            )
            for channel in (None, *CHANNELS)
        }
        for sku, place, on_hand, reserved in await self._rows(
            "sku, location, on_hand, reserved FROM stock_levels"
        ):
            names = LOTS if sku == "PILL" else [""]
            assert on_hand == sum(self.model.on_hand.get((sku, place, lot), 0) for lot in names)
            assert reserved == sum(self.model.reserved((sku, place), lot) for lot in names)
            for channel, found in shown.items():
                assert found[place][sku] == self.model.sellable((sku, place), channel)

    async def _rows(self, what: str) -> Sequence[Any]:  # Any: rows of plain SQL
        async with self.db.transaction() as session:
            return (await session.execute(text(f"SELECT {what}"))).all()

    @invariant()
    def the_last_unit_may_be_had_and_not_one_more(self) -> None:
        """Of one place and channel a step, in turn: tried, and rolled back."""
        sku, place, channel = next(self.edges)
        limit = self.model.sellable((sku, place), channel)
        at_most, taken = self.model.quotas.get((channel or "", sku), (limit, 0))
        limit = min(limit, at_most - taken)
        for units in (limit, limit + 1):
            assert units == 0 or self.wait(self._would_hold(sku, place, units, channel)) is (units == limit)
        for lot in LOTS if sku == "PILL" else [None]:
            one = Change(sku, place, -self.model.free((sku, place), lot or "") - 1, lot)
            with pytest.raises(InsufficientStock):
                self.do(lambda session, one=one: moves.change(session, one, moves.Why(MoveKind.ADJUST, "x")))  # type: ignore[misc]  # bound now

    async def _would_hold(self, sku: str, place: str, units: int, channel: str | None) -> bool:
        demand = [Demand(sku, place, self.lines[sku], units)]
        async with self.db.sessions() as session:
            return await stock.reserve(session, self.order_id, demand, expires_at=NOW, channel=channel)

    @invariant()
    def the_books_of_stock_balance(self) -> None:
        self.wait(self._check_books())

    def teardown(self) -> None:
        assert self.do(reconciling.reconcile).open == 0

    async def _check_books(self) -> None:
        for question in QUESTIONS:
            if question.name in OF_STOCK:
                assert await self._rows(f"* FROM ({question.sql}) AS fault") == [], question.name


def test_the_rules_of_stock_are_rules_of_the_books() -> None:
    assert {question.name for question in QUESTIONS} >= OF_STOCK


def test_any_story_of_stock_is_the_models(module_database_url: str) -> None:
    StockMachine.db = Database(module_database_url, pool=1)
    StockMachine.loop = asyncio.new_event_loop()
    try:
        run_state_machine_as_test(StockMachine, settings=STORIES)
    finally:
        StockMachine.loop.run_until_complete(StockMachine.db.close())
        StockMachine.loop.close()
