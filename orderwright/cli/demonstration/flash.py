"""A flash sale: 64 buyers want more than there is, and what there is is sold exactly."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from orderwright.cli.client import Api, Json
from orderwright.cli.demonstration.shop import ADDRESS, PATIENCE_S, NeverCame
from orderwright.domain.orders import ENDS

SKU = "DROP"
UNITS = 500
BUYERS = 64
EACH = 10
WINNERS = UNITS // EACH
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Counters:
    """How the sale stands, in units; orders by what became of them."""

    on_hand: int
    reserved: int
    shipped: int
    placed: int
    waiting: int
    ended: int

    @property
    def sold(self) -> int:
        """Held for somebody or gone."""
        return self.reserved + self.shipped

    def __str__(self) -> str:
        return (
            f"{self.sold:>3} of {UNITS} sold ({self.reserved} held, {self.shipped} shipped),"
            f" {self.on_hand} on hand; {self.placed} of {BUYERS} orders placed, {self.waiting} wait,"
            f" {self.ended} have ended"
        )


@dataclass(frozen=True, slots=True)
class Sale:
    """How it ended: units of completed orders, and what is left on the shelf."""

    sold: int
    on_hand: int
    reserved: int
    completed: int
    canceled: int

    def __str__(self) -> str:
        return (
            f"{self.sold} of {UNITS} units sold to {self.completed} of {BUYERS} buyers,"
            f" {self.canceled} went without;"
            f" {self.on_hand} on hand, {self.reserved} held"
        )

    @property
    def good(self) -> bool:
        """Exactly sold out, and nobody else has lost anything."""
        orders = (self.completed, self.canceled)
        return (self.sold, self.on_hand, self.reserved) == (UNITS, 0, 0) and orders == (
            WINNERS,
            BUYERS - WINNERS,
        )


class FlashSale:
    """One sale through the API. `say` hears each new count."""

    def __init__(self, api: Api, say: Callable[[str], None]) -> None:
        self._api, self._say = api, say
        self._run = uuid4().hex[:8]
        self._orders: list[str] = []

    async def run(self) -> Sale:
        """Everybody buys at once; who got nothing cancels; the rest is delivered. Raises NeverCame."""
        async with asyncio.TaskGroup() as buying:
            for nth in range(BUYERS):
                buying.create_task(self._buy(nth))
            buying.create_task(self._until(lambda now: now.sold == UNITS and now.waiting == BUYERS - WINNERS))
        waiting = [order for order in await self._read() if "stock" in order["held_by"]]
        for order in waiting:
            await self._api.post(f"/v1/orders/{order['id']}/cancel", {"reason": "sold out"})
        await self._until(lambda now: now.ended == BUYERS)
        orders, level = await self._read(), await self._level()
        completed = [order for order in orders if order["state"] == "completed"]
        return Sale(
            sum(order["units"] for order in completed), level["on_hand"], level["reserved"], len(completed),
            sum(order["state"] == "canceled" for order in orders),
        )  # fmt: skip

    async def _buy(self, nth: int) -> None:
        made = await self._api.post(
            "/v1/orders",
            {
                "channel": "flash", "external_id": f"{self._run}-{nth}",
                "customer": {"name": "Ada Example", "email": f"buyer{nth}@example.com"},
                "ship_to": ADDRESS, "lines": [{"sku": SKU, "quantity": EACH}],
                "payment": {"method": "card", "source": "pm_card_visa"},
            },
        )  # fmt: skip
        self._orders.append(made["id"])

    async def _until(self, true: Callable[[Counters], bool]) -> None:
        before = ""
        for _ in range(int(2 * PATIENCE_S / LOOK_S)):
            now = await self._count()
            if str(now) != before:
                self._say(str(now))
                before = str(now)
            if true(now):
                return
            await asyncio.sleep(LOOK_S)
        raise NeverCame(f"the sale stands still: {before}")

    async def _count(self) -> Counters:
        level, orders = await self._level(), await self._read()
        return Counters(
            level["on_hand"], level["reserved"], UNITS - level["on_hand"], len(self._orders),
            sum("stock" in order["held_by"] for order in orders),
            sum(order["state"] in ENDS for order in orders),
        )  # fmt: skip

    async def _level(self) -> Json:
        found: Json = (await self._api.get("/v1/stock", sku=SKU))["data"][0]
        return found

    async def _read(self) -> list[Json]:
        query = {"filter[channel]": "flash", "sort": "-id"}
        mine = set(self._orders)
        return [order async for order in self._api.pages("/v1/orders", query) if order["id"] in mine]
