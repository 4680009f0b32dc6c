"""A whole stack under load, the ways to hurt it, and what is left to see afterwards."""

import asyncio
import json
import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from temporalio.client import WorkflowExecutionStatus

from orderwright.adapters.temporal.client import connect
from orderwright.local.services import Service
from orderwright.local.stack import Stack
from orderwright.messages.names import order_workflow
from orderwright.persistence.database import Database

_RUNNING = WorkflowExecutionStatus.RUNNING

Json = dict[str, Any]  # Any: JSON
ADDRESS = {
    "name": "Fay Ultz",
    "line1": "1 High Street",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
}
PLACES = {"LON": (51.5, 0.0), "BRS": (51.45, -2.59)}
SKUS = {"MUG": ("LON", "BRS"), "CUP": ("LON", "BRS"), "POT": ("LON",), "PAN": ("BRS",)}
STOCK = 10_000
TIMING = {
    "accepted": 0.1,
    "picking_started": 0.5,
    "shipped": 0.8,
    "recall": 0.1,
    "in_transit": 0.1,
    "out_for_delivery": 0.2,
    "delivered": 0.3,
    "refund": 0.1,
    "sms": 0.1,
}

_IN_FLIGHT = """SELECT 1 FROM inbox WHERE state = 'pending' UNION ALL
                SELECT 1 FROM effects WHERE state IN ('intended', 'unknown') UNION ALL
                SELECT 1 FROM notifications WHERE state = 'intended' LIMIT 1"""
"""Of a killed worker's attempt Temporal knows only when its time is over, a minute later."""


@dataclass
class Placed:
    """An order that was acknowledged, and the state it must end in (None: any end)."""

    id: UUID
    number: str
    total: int
    must_be: str | None = "completed"


@dataclass
class Worker:
    """One worker process that can be killed and launched without anybody's lock."""

    service: Service

    def kill(self) -> None:
        """kill -9."""
        self.service.kill()

    def launch(self) -> None:
        """Start it and do not wait."""
        self.service.launch()

    @property
    def polls(self) -> bool:
        """Whether it has said that it is ready."""
        return self.service.running and self.service.answers()


@dataclass
class World:
    """The stack, its rows, and the world outside."""

    stack: Stack
    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        key = json.loads(self.stack.key_file.read_text())["admin"]
        self._headers = {"Authorization": f"Bearer {key}"}
        self.db = Database(self.stack.env["ORDERWRIGHT_DATABASE_URL"], pool=4)
        self.http = httpx2.AsyncClient(
            base_url=self.stack.urls["api"], headers=self._headers, timeout=httpx2.Timeout(15)
        )

    async def close(self) -> None:
        """Give connections back."""
        await self.http.aclose()
        await self.db.close()

    # --- the shop

    async def open_shop(self) -> None:
        """Two locations of a partner; two products lie in one of them only."""
        for code, (latitude, longitude) in PLACES.items():
            where = {**ADDRESS, "name": code, "city": "London", "postal_code": "E16 1AA"}
            location = {"code": code, "name": code, "kind": "http", "address": where}
            await self.must("/v1/locations", {**location, "latitude": latitude, "longitude": longitude})
        for sku, codes in SKUS.items():
            product = {"sku": sku, "name": sku.title(), "price": 1250, "currency": "GBP", "grams": 300}
            await self.must("/v1/products", product)
            for code in codes:
                await self.must("/v1/stock/receipts", {"sku": sku, "location": code, "units": STOCK})

    def body(self) -> Json:
        """One line, or three of which one lies in each location; every fourth customer wants SMS."""
        skus = ["MUG", "POT", "PAN"] if self.random.random() < 0.3 else [self.random.choice(["MUG", "CUP"])]
        customer = {"name": "Fay Ultz", "email": f"fay-{uuid4().hex[:12]}@example.com"}
        if self.random.random() < 0.25:
            phone = f"+4477009{self.random.randrange(100_000):05}"
            customer |= {"phone": phone, "sms_consent": True}  # type: ignore[dict-item]  # JSON
        return {
            "channel": "web",
            "external_id": f"fault-{uuid4().hex}",
            "customer": customer,
            "ship_to": ADDRESS,
            "lines": [{"sku": sku, "quantity": self.random.randint(1, 3)} for sku in skus],
            "payment": {"method": "card", "source": "pm_card_visa"},
        }

    async def must(self, path: str, body: Json) -> Json:
        """POST, and be answered with success."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:300]}"
        answered: Json = answer.json()
        return answered

    async def place(self, count: int, *, at_once: int = 10, pace: float = 0.0) -> list[Placed]:
        """Place orders as a storefront does: with a key, and again where no answer came."""
        slots = asyncio.Semaphore(at_once)
        bodies = [self.body() for _ in range(count)]

        async def one(body: Json) -> Placed:
            async with slots:
                placed = await self._placed(body)
                await asyncio.sleep(pace)
                return placed

        return list(await asyncio.gather(*(one(body) for body in bodies)))

    async def _placed(self, body: Json) -> Placed:
        key = {"Idempotency-Key": uuid4().hex}
        until = time.monotonic() + 150
        while True:
            try:
                answer = await self.http.post("/v1/orders", json=body, headers=key)
                if answer.status_code < 300:
                    order = answer.json()
                    return Placed(UUID(order["id"]), order["number"], order["total"])
                assert answer.status_code in (409, 429) or answer.status_code >= 500, answer.text[:300]
            except httpx2.TransportError:
                pass
            assert time.monotonic() < until, "the API did not come back"
            await asyncio.sleep(0.5)

    async def cancel(self, order: Placed) -> int:
        """Ask for a cancel; the answer's status."""
        path = f"/v1/orders/{order.id}/cancel"
        return (await self.http.post(path, json={"reason": "changed my mind"})).status_code

    # --- hurting it

    @property
    def workers(self) -> list[Worker]:
        """The worker processes."""
        found = []
        for name in self.stack.names:
            service = self.stack.server(name)
            if name.startswith("worker"):
                assert isinstance(service, Service)
                found.append(Worker(service))
        return found

    async def kill_at_random(self, worker: Worker, seed: int, stop: asyncio.Event, *, at_least: int) -> int:
        """Kill it at random moments of its work, until `stop` and `at_least` so often. How often it was."""
        moments, kills = random.Random(seed), 0
        while not (stop.is_set() and kills >= at_least):
            await until(lambda: worker.polls, seconds=60)
            await asyncio.sleep(moments.uniform(1.0, 12.0))
            await asyncio.to_thread(worker.kill)
            kills += 1
            await asyncio.to_thread(worker.launch)
        return kills

    async def switch(self, *rules: Json) -> None:
        """Replace all of the simulator's switches, and the mail catcher's."""
        mail = [rule for rule in rules if rule["provider"] == "mail"]
        others = [rule for rule in rules if rule["provider"] != "mail"]
        async with httpx2.AsyncClient(timeout=20) as http:
            for name, wanted in (("simulator", others), ("mail", mail)):
                answer = await http.put(f"{self.stack.urls[name]}/_sim/switches", json=wanted)
                assert answer.status_code == 201, answer.text

    async def release(self) -> None:
        """Let webhooks go that were held."""
        async with httpx2.AsyncClient(timeout=20) as http:
            await http.post(f"{self.stack.urls['simulator']}/_sim/webhooks/release", json={})

    async def all_up(self) -> None:
        """Everything that a scenario has ended runs again, and no switch is on."""
        for name in self.stack.names:
            if not self.stack.running(name):
                await asyncio.to_thread(self.stack.start, name)
        await self.switch()

    # --- seeing

    async def rows(self, sql: str, **values: Any) -> Sequence[Mapping[str, Any]]:  # Any: columns and values
        """Our rows."""
        for _ in range(10):  # connections of before an outage are found dead one after the other
            try:
                async with self.db.transaction() as session:
                    return [dict(row) for row in (await session.execute(text(sql), values)).mappings()]
            except OperationalError:
                await asyncio.sleep(0.5)
        raise AssertionError("the database does not answer")

    async def unsettled(self, orders: Collection[Placed]) -> list[str]:
        """Those that have not ended, with where they stand."""
        rows = await self.rows(
            "SELECT number, state FROM orders WHERE id = ANY(:ids)"
            " AND (settled_at IS NULL OR state NOT IN ('completed', 'canceled', 'rejected', 'expired'))",
            ids=[order.id for order in orders],
        )
        return [f"{row['number']} is {row['state']}" for row in rows]

    async def ended(self, orders: Collection[Placed], *, seconds: float) -> list[str]:
        """Wait until all have ended and nothing is in flight; those left once none ends for `seconds`."""
        left = await self.unsettled(orders)
        until_ = time.monotonic() + seconds
        for _ in range(3600):
            if not left and not await self.rows(_IN_FLIGHT):
                break
            if time.monotonic() > until_:
                break
            await asyncio.sleep(1)
            before, left = len(left), await self.unsettled(orders)
            until_ = time.monotonic() + seconds if len(left) < before else until_
        return left or await self._running(orders)

    async def _running(self, orders: Collection[Placed]) -> list[str]:
        """A settled order's run ends when everybody has been told. Those that do not within a minute."""
        temporal = await connect(self.stack.env["TEMPORAL_ADDRESS"], "default")
        left, end = list(orders), time.monotonic() + 60
        while True:
            runs = [temporal.get_workflow_handle(order_workflow(order.id)) for order in left]
            found = [(await run.describe()).status for run in runs]
            left = [one for one, status in zip(left, found, strict=True) if status is _RUNNING]
            if not left or time.monotonic() > end:
                return [f"{order.number} runs on" for order in left]
            await asyncio.sleep(0.5)

    async def step_runs(self, order: Placed, step: str, *, seconds: float = 60) -> None:
        """Wait until a provider is being asked for that step of the order."""
        sql = "SELECT 1 FROM effects WHERE order_id = :id AND step LIKE :step AND state = 'intended'"

        async def runs() -> bool:
            return bool(await self.rows(sql, id=order.id, step=f"{step}/%"))

        end = time.monotonic() + seconds
        while not await runs():
            assert time.monotonic() < end, f"{order.number} never came to {step}"
            await asyncio.sleep(0.02)

    async def outside(self) -> tuple[Json, list[Json], list[Json]]:
        """The simulator's books, its ledger of calls, and all mails."""
        async with httpx2.AsyncClient(timeout=60) as http:
            simulator, mail = self.stack.urls["simulator"], self.stack.urls["mail"]
            books: Json = (await http.get(f"{simulator}/_sim/books")).json()
            calls = await _pages(http, f"{simulator}/_sim/ledger", "calls")
            mails = await _pages(http, f"{mail}/messages", "messages")
        return books, calls, mails


async def _pages(http: httpx2.AsyncClient, url: str, name: str) -> list[Json]:
    found: list[Json] = []
    after: int | None = 0
    while after is not None:
        page = (await http.get(url, params={"after": after, "limit": 1000})).json()
        found += page[name]
        after = page["next"]
    return found


async def until(true: Any, *, seconds: float) -> None:
    """Wait until `true()` (Any: a callable without arguments)."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.05)
