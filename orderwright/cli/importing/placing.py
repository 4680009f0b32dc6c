"""Sales become orders: in their order of time, no faster than the system takes them, each one once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from orderwright.cli.client import Api, Json, Problem
from orderwright.cli.importing import bodies, credits
from orderwright.cli.importing.asking import Asking, Stalled
from orderwright.cli.importing.retail import Listed, Reading, Reason, Sale
from orderwright.domain.orders import ENDS, OrderState

UNDER_WAY = [state.value for state in OrderState if state not in ENDS and state is not OrderState.DRAFT]
OURS = {"filter[channel]": bodies.CHANNEL, "sort": "id"}
CHUNK = 100
LOOK_S = 1.0
SLOW_S = 20.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`limit`: orders to place (None: all), `only` of these invoices (None: of all). `speed`: times faster
    than the file's clock (None: as it goes).

    `at_once`: requests in the air; `unfinished`: orders that may be under way at most; `patience`: seconds
    without any change. `locations`: how many the stock is spread over. `credits`: give them back.
    `gross`: the file's prices hold their tax.
    """

    limit: int | None = None
    speed: float | None = None
    at_once: int = 8
    unfinished: int = 60
    patience: float = 900
    locations: int = 1
    credits: bool = False
    gross: bool = False
    only: Collection[str] | None = None

    def wanted(self, sales: Iterable[Sale]) -> list[Sale]:
        """Which of them are placed."""
        return [sale for sale in sales if self.only is None or sale.invoice in self.only][: self.limit]


@dataclass
class Tally:
    """How far it has come; `waiting` are orders that a person must look at.

    `credited` is what the file gives back by its `credits`, `given_back` what we did, both in pence; so are
    `in_file`, what its invoices come to, and `ordered`, what their orders do: `differing` are invoices of
    which the two are not the same.
    """

    wanted: int = 0
    placed: int = 0
    before: int = 0
    under_way: int = 0
    waiting: int = 0
    credits: int = 0
    credited: int = 0
    given_back: int = 0
    in_file: int = 0
    ordered: int = 0
    differing: list[str] = field(default_factory=list)
    refused: list[Listed] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def taken(self) -> int:
        """Orders that are there: placed now or by an earlier run."""
        return self.placed + self.before


class Window:
    """How many orders may be under way: more while they end soon, fewer while they wait for each other.

    Additive increase, multiplicative decrease. A worker with too many runs at once repeats local steps that
    ran out of time, and all become slower together.
    """

    def __init__(self, most: int) -> None:
        self.size = min(8, most)
        self._most = most
        self._seen: dict[str, float] = {}

    def learn(self, under_way: Iterable[str]) -> None:
        """Look at those that are under way now: how long has the oldest been?"""
        now = time.monotonic()
        self._seen = {order: self._seen.get(order, now) for order in under_way}
        oldest = now - min(self._seen.values(), default=now)
        slower = max(4, self.size * 3 // 4) if oldest > SLOW_S else self.size + 2
        self.size = min(slower, self._most)


class Placing:
    """One import run. Interrupted at any point and run again it makes nothing twice.

    An order is known by its external id and its Idempotency-Key, a receipt by its key; products are replaced.
    """

    def __init__(self, api: Api, reading: Reading, pace: Pace, changed: Callable[[Tally], None]) -> None:
        self._ask = Asking(api, pace.patience)
        self._reading, self._pace, self._changed = reading, pace, changed
        self.tally = Tally()
        self._known: set[str] = set()
        self.completed: dict[str, str] = {}
        """Orders that have ended well: their ids by their invoices."""
        self._grams = bodies.weights(reading.sales)
        self._requests = asyncio.Semaphore(pace.at_once)
        self._in_the_air = 0
        self._window = Window(pace.unfinished)
        self._moved = time.monotonic()
        self._seen: object = None
        self._began = time.monotonic()

    async def run(self) -> Tally:
        """Place, and wait until all have ended or ask a person. Raises Problem, Unreachable, Stalled."""
        sales = self._pace.wanted(self._reading.sales)
        invoices = {sale.invoice for sale in sales}
        self.tally.wanted = len(sales)
        for location in bodies.LOCATIONS[: self._pace.locations]:
            await self._location(location)
        if self._pace.gross:
            await self._ask.put("/v1/tax/rates", bodies.gross_rates())
        await self._find_known()
        await self._look()
        for number, chunk in bodies.chunks(self._reading.sales, CHUNK):
            await self._chunk(number, chunk, [sale for sale in chunk if sale.invoice in invoices])
        while self.tally.under_way:
            await asyncio.sleep(LOOK_S)
            await self._look()
        await self._outcomes(sales)
        if self._pace.credits:
            await self._give_back(sales)
        return self.tally

    async def _chunk(self, number: int, chunk: Sequence[Sale], wanted: Sequence[Sale]) -> None:
        """Its products and its stock, then its orders; a chunk whose orders are all there is passed over.

        Where few of its sales are wanted, each brings its own stock: most of a chunk's would be for nothing.
        """
        missing = [sale for sale in wanted if sale.invoice not in self._known]
        self.tally.before += len(wanted) - len(missing)
        self._changed(self.tally)
        if not missing:
            return
        needed = chunk if self._pace.only is None else wanted
        for body in bodies.products(self._reading, needed, self._grams, gross=self._pace.gross):
            await self._ask.post("/v1/products/batch", body)
        if self._pace.only is None:
            await self._stock(chunk, f"{number}")
        try:
            async with asyncio.TaskGroup() as group:
                for sale in missing:
                    await self._turn(sale)
                    group.create_task(self._place(sale))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _stock(self, sales: Sequence[Sale], block: str) -> None:
        """What these sales need, once."""
        spread = "" if self._pace.locations == 1 else f"/over-{self._pace.locations}"
        for part, body in enumerate(bodies.receipts(sales, self._pace.locations)):
            once = f"online-retail/stock/{block}/{part}{spread}"
            await self._ask.post("/v1/stock/receipts", body, once=once)

    async def _turn(self, sale: Sale) -> None:
        """Wait for the sale's time on the sped-up clock, for a free request, and for room in the system."""
        if self._pace.speed is not None:
            due = (sale.placed_at - self._reading.sales[0].placed_at).total_seconds() / self._pace.speed
            while (left := self._began + due - time.monotonic()) > 0:
                self._moved = time.monotonic()
                await asyncio.sleep(min(left, LOOK_S))
        while self.tally.under_way >= self._window.size:
            await asyncio.sleep(LOOK_S)
            await self._look()
        await self._requests.acquire()
        self._in_the_air += 1
        self.tally.under_way += 1

    async def _place(self, sale: Sale) -> None:
        try:
            if self._pace.only is not None:
                await self._stock([sale], f"of/{sale.invoice}")
            await self._ask.post("/v1/orders", bodies.order(sale), once=f"online-retail/{sale.invoice}")
            self.tally.placed += 1
        except Problem as problem:
            self.tally.under_way -= 1
            if problem.code == "exists":
                self.tally.before += 1
            elif problem.status in (409, 413, 422):
                self.tally.refused += [Listed(row, Reason.REFUSED, problem.words()) for row in sale.rows]
            else:
                raise
        finally:
            self._in_the_air -= 1
            self._requests.release()
        self._changed(self.tally)

    async def _location(self, location: Json) -> None:
        try:
            await self._ask.post("/v1/locations", location)
        except Problem as problem:
            if problem.code != "exists":
                raise

    async def _find_known(self) -> None:
        """What earlier runs have placed."""
        self._known = {order["external_id"] for order in await self._ask.all("/v1/orders", OURS)}

    async def _look(self) -> None:
        """Count what is under way; raises Stalled where nothing has changed for too long."""
        found = await self._ask.all("/v1/orders", {**OURS, "filter[state]": UNDER_WAY})
        waiting = sum(order["needs_person"] for order in found)
        self._window.learn(order["id"] for order in found if not order["needs_person"])
        self.tally.waiting = waiting
        self.tally.under_way = len(found) - waiting + self._in_the_air
        picture = sorted((order["id"], order["state"], order["status"]["fulfillment"]) for order in found)
        if picture != self._seen or not self.tally.under_way:
            self._seen, self._moved = picture, time.monotonic()
        elif time.monotonic() - self._moved > self._pace.patience:
            raise Stalled(f"{len(found)} orders under way, and none has moved for {self._pace.patience:g} s")
        self._changed(self.tally)

    async def _outcomes(self, sales: Sequence[Sale]) -> None:
        totals = {sale.invoice: sale.total for sale in sales}
        placed = await self._ask.all("/v1/orders", OURS)
        found = [one for one in placed if one["external_id"] in totals]
        self.tally.outcomes = Counter(order["state"] for order in found)
        if self._pace.gross:
            self.tally.in_file = sum(totals.values())
            self.tally.ordered = sum(order["total"] for order in found)
            self.tally.differing = sorted(
                order["external_id"] for order in found if order["total"] != totals[order["external_id"]]
            )
        self.completed = {
            order["external_id"]: order["id"] for order in found if order["state"] == "completed"
        }

    async def _give_back(self, sales: Sequence[Sale]) -> None:
        """Refund what the file's credits take back of completed orders, and wait until all of it is given."""
        done = [sale for sale in sales if sale.invoice in self.completed]
        found, self._reading.listed = credits.matched(done, self._reading.listed)
        for credit in found:
            order = await self._ask.get(f"/v1/orders/{self.completed[credit.sale]}")
            once = f"online-retail/{credit.invoice}/{credit.sale}"
            answer = await self._ask.post(
                f"/v1/orders/{order['id']}/refunds", bodies.refund(credit, order), once=once
            )
            self.tally.credits += 1
            self.tally.credited += credit.amount
            self.tally.given_back += sum(refund["amount"] for refund in answer["data"])
            self._changed(self.tally)
        for sale in sorted({credit.sale for credit in found}):
            await given(self._ask, self.completed[sale], self._pace.patience)


async def given(asking: Asking, order_id: str, patience: float) -> Json:
    """The order, once all its refunds are given. Raises Stalled where one is under way for too long."""
    since = time.monotonic()
    while True:
        order = await asking.get(f"/v1/orders/{order_id}")
        if all(refund["state"] == "succeeded" for refund in order["refunds"]):
            return order
        if time.monotonic() - since > patience:
            raise Stalled(f"a refund of order {order['number']} has not been given")
        await asyncio.sleep(LOOK_S)
