"""The load: a shop with stock, and one-line orders placed over HTTP until they are completed."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
from sqlalchemy import text

from orderwright.local.stack import Stack
from orderwright.persistence.database import Database

ADDRESS = {
    "name": "Bea Ench",
    "line1": "1 High Street",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
}
PRODUCTS = 20
STOCK = 100_000
LOCATION = {
    "code": "LON",
    "name": "London",
    "kind": "http",
    "address": {**ADDRESS, "name": "Warehouse", "city": "London", "postal_code": "E16 1AA"},
    "latitude": 51.5,
    "longitude": 0.0,
    "timezone": "Europe/London",
}


@dataclass
class Load:
    """What a run of orders brought: seconds each."""

    orders: int
    seconds: float = 0.0
    accepted: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Orders a second from the first POST to the last completion."""
        return self.orders / self.seconds


class Shop:
    """One stack's catalog, and the way in."""

    def __init__(self, stack: Stack) -> None:
        key = json.loads(stack.key_file.read_text())["admin"]
        self.http = httpx2.AsyncClient(
            base_url=stack.urls["api"], headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        self.db = Database(stack.env["ORDERWRIGHT_DATABASE_URL"], pool=2)

    async def close(self) -> None:
        """Give connections back."""
        await self.http.aclose()
        await self.db.close()

    async def stock(self) -> None:
        """A location of the partner's, and products enough for every run."""
        await self._post("/v1/locations", LOCATION)
        for number in range(PRODUCTS):
            product = {"sku": f"MUG-{number}", "name": "Mug", "price": 1200, "currency": "GBP", "grams": 400}
            await self._post("/v1/products", product)
            await self._post(
                "/v1/stock/receipts", {"sku": f"MUG-{number}", "location": "LON", "units": STOCK}
            )

    async def run(self, orders: int, *, at_once: int, name: str) -> Load:
        """Place `orders` one-line orders, `at_once` between POST and completed at any time."""
        load, slots, done = Load(orders), asyncio.Semaphore(at_once), asyncio.Event()
        waiting: dict[UUID, Callable[[], None]] = {}
        watching = asyncio.create_task(self._watch(waiting, done))
        began = time.perf_counter()

        async def one(number: int) -> None:
            async with slots:
                placed = time.perf_counter()
                order_id = UUID((await self._post("/v1/orders", _order(name, number)))["id"])
                load.accepted.append(time.perf_counter() - placed)
                ended = asyncio.Event()
                waiting[order_id] = ended.set
                await ended.wait()
                load.completed.append(time.perf_counter() - placed)

        await asyncio.gather(*(one(number) for number in range(orders)))
        load.seconds = time.perf_counter() - began
        done.set()
        await watching
        return load

    async def newest(self) -> UUID:
        """The order that was placed last."""
        async with self.db.transaction() as session:
            found: UUID = (
                await session.scalars(text("SELECT id FROM orders ORDER BY id DESC LIMIT 1"))
            ).one()
            return found

    async def _watch(self, waiting: dict[UUID, Callable[[], None]], done: asyncio.Event) -> None:
        """Completed orders are found by one query for all, so that watching costs next to nothing."""
        query = text("SELECT id FROM orders WHERE id = ANY(:ids) AND state = 'completed'")
        while not done.is_set():
            await asyncio.sleep(0.02 if len(waiting) < 3 else 0.1)
            if not waiting:
                continue
            async with self.db.transaction() as session:
                found = (await session.scalars(query, {"ids": list(waiting)})).all()
            for order_id in found:
                waiting.pop(order_id)()

    async def _post(self, path: str, body: dict[str, object]) -> dict[str, str]:
        answer = await self.http.post(path, json=body)
        if answer.status_code >= 300:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
        answered: dict[str, str] = answer.json()
        return answered


def _order(name: str, number: int) -> dict[str, object]:
    return {
        "channel": "web",
        "external_id": f"{name}-{number}",
        "customer": {"name": "Bea Ench", "email": f"bea{number}@example.com"},
        "ship_to": ADDRESS,
        "lines": [{"sku": f"MUG-{number % PRODUCTS}", "quantity": 2}],
        "payment": {"method": "card", "source": "pm_card_visa"},
    }
