"""What a story may do: place its order, wait for it, decide, bend the world around it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orderwright.cli.client import Api, Json, Problem, Unreachable
from orderwright.cli.demonstration.outside import World
from orderwright.domain.orders import ENDS

ADDRESS: Json = {
    "name": "Ada Example", "line1": "12 Example Square", "city": "London", "postal_code": "SW1Y 4JH",
    "country": "GB",
}  # fmt: skip
PATIENCE_S = 150.0
LOOK_S = 0.4


class NeverCame(Exception):
    """What a story waited for did not come about in time."""


class Board:
    """The newest state of every order of this demo: one question for all of them instead of one each."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._since = datetime.now(UTC).isoformat()
        self._changed = asyncio.Condition()
        self.orders: dict[str, Json] = {}

    async def watch(self, show: Callable[[], None]) -> None:
        """Look again and again until canceled."""
        query = {"filter[created_at][gte]": self._since, "sort": "id"}
        while True:
            with suppress(Unreachable, Problem):  # looked at again; a story that waits in vain says so
                found = {order["id"]: order async for order in self._api.pages("/v1/orders", query)}
                async with self._changed:
                    self.orders = found
                    self._changed.notify_all()
            show()
            await asyncio.sleep(LOOK_S)

    async def until(self, order_id: str, what: str, true: Callable[[Json], bool]) -> Json:
        """The order, once it is so. Raises NeverCame, at once where the order ends without it."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                while True:
                    order = self.orders.get(order_id)
                    if order is not None and true(order):
                        return order
                    if order is not None and order["state"] in ENDS:
                        raise NeverCame(f"waited for {what}, and the order ended as {order['state']}")
                    await self._changed.wait()
        except TimeoutError:
            raise NeverCame(f"waited {PATIENCE_S:g} s for {what}") from None


@dataclass
class Shop:
    """One story's hands. `now` is the word shown while it runs; `switches` those it has turned, by id;
    `seen` what it has found true beside the order itself.
    """

    api: Api
    world: World
    board: Board
    run: str
    story: str
    order_id: str = ""
    number: str = ""
    now: str = "waits for its turn"
    switches: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def place(self, channel: str = "demo", **order: Any) -> None:
        """Place the story's order: `MUG=2` are units; everything else is the API's own (Any: JSON)."""
        units = {name: order.pop(name) for name in list(order) if name.isupper()}
        body: Json = {
            "channel": channel,
            "external_id": f"{self.run}-{self.story}",
            "customer": {"name": "Ada Example", "email": "ada@example.com"},
            "ship_to": ADDRESS,
            "lines": [{"sku": sku, "quantity": count} for sku, count in units.items()],
            "payment": {"method": "card", "source": "pm_card_visa"},
        }
        made = await self.api.post("/v1/orders", body | order)
        self.order_id, self.number, self.now = made["id"], made["number"], "placed"

    async def read(self) -> Json:
        """The order with everything."""
        return await self.api.get(f"/v1/orders/{self.order_id}")

    async def look(self, path: str, what: str, true: Callable[[Json], bool], **filters: Any) -> Json:
        """Whatever is read there, once it is so. Raises NeverCame (Any: as the client has it)."""
        for _ in range(int(PATIENCE_S / LOOK_S)):
            found = await self.api.get(path, **filters)
            if true(found):
                return found
            await asyncio.sleep(LOOK_S)
        raise NeverCame(f"waited {PATIENCE_S:g} s for {what}")

    async def until(self, what: str, true: Callable[[Json], bool]) -> Json:
        """The order with everything, once it is so. Raises NeverCame, with what was there instead."""
        try:
            return await self.look(f"/v1/orders/{self.order_id}", what, true)
        except NeverCame as vain:
            order = await self.read()
            payments = ", ".join(payment["state"] for payment in order["payments"])
            held = ", ".join(f"{hold['type']} ({hold['reason']})" for hold in order["holds"])
            raise NeverCame(f"{vain}; payments {payments}; holds {held or 'none'}") from vain

    async def until_held(self, by: str) -> None:
        """Wait for a hold."""
        self.now = f"until it is held: {by}"
        await self.board.until(self.order_id, f"a hold of {by}", lambda order: by in order["held_by"])
        self.now = f"held: {by}"

    async def until_with_warehouse(self) -> str:
        """Wait until a warehouse has accepted the part; its request's id."""
        self.now = "until the warehouse has it"
        await self.board.until(self.order_id, "its release", lambda order: order["state"] == "in_fulfillment")
        for _ in range(int(PATIENCE_S / LOOK_S)):
            for part in (await self.read())["fulfillment_orders"]:
                if part["partner"] == "accepted":
                    return str(part["id"])
            await asyncio.sleep(LOOK_S)
        raise NeverCame("no warehouse has accepted it")

    async def until_cancel(self, answer: str) -> None:
        """Wait for the warehouse's answer to the wish to cancel."""
        self.now = f"until the cancel is {answer}"
        await self.board.until(
            self.order_id, f"cancel {answer}", lambda order: order["cancel"]["state"] == answer
        )

    async def do(self, what: str, body: Json | None = None) -> Json:
        """POST to the order: approve, reject, cancel."""
        self.now = what
        return await self.api.post(f"/v1/orders/{self.order_id}/{what}", body or {})

    async def decide(self, kind: str, answer: str) -> None:
        """Decide the open task of that kind."""
        tasks = [
            task for task in (await self.read())["tasks"] if task["kind"] == kind and task["state"] == "open"
        ]
        if not tasks:
            raise NeverCame(f"there is no open task: {kind}")
        self.now = f"{answer}: {kind}"
        await self.api.post(f"/v1/tasks/{tasks[0]['id']}/{answer}", {"note": "the demo"})

    async def bend(self, provider: str, mode: str, match: dict[str, str], **more: Any) -> None:
        """Turn a switch of the simulator for the calls that match (Any: as the simulator has it)."""
        self.switches[await self.world.switch(provider, mode, match, **more)] = mode

    async def bent(self) -> list[str]:
        """Which of its switches have acted."""
        used = await self.world.used() if self.switches else {}
        return [mode for switch, mode in self.switches.items() if used.get(switch)]

    async def action_page(self) -> str:
        """Where the customer must answer the bank."""
        await self.until_held("payment")
        return next(str(p["action_url"]) for p in (await self.read())["payments"] if p["action_url"])

    async def settled(self) -> Json:
        """Wait for the end, and until nothing is left to do; the order with everything."""
        self.now = "until its end"
        await self.board.until(self.order_id, "its end", lambda order: order["state"] in ENDS)
        for _ in range(int(PATIENCE_S)):
            order = await self.read()
            if order["settled_at"]:
                self.now = str(order["state"])
                return order
            await asyncio.sleep(1)
        raise NeverCame("it has ended, and is not settled")
