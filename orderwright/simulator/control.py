"""The simulator's own addresses: switches, targets, ledger, books, and the page people read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from orderwright.simulator import ledger
from orderwright.simulator.books import books
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.http import json_of
from orderwright.simulator.partners.supplier import Supplier
from orderwright.simulator.partners.warehouse import Warehouse
from orderwright.simulator.switches import Malformed, Mode
from orderwright.simulator.templates import page
from orderwright.simulator.types import Json, Refused
from orderwright.simulator.world import World


class Control:
    """Not a provider: never in the ledger."""

    def __init__(self, world: World, warehouse: Warehouse, supplier: Supplier, trackers: Trackers) -> None:
        self._world = world
        self._warehouse, self._supplier = warehouse, supplier
        self._trackers = trackers

    def router(self) -> APIRouter:
        """Everything below /_sim, and /."""
        router = APIRouter()
        table: list[tuple[str, str, Callable[..., Awaitable[Any]]]] = [  # Any: FastAPI reads the signatures
            ("GET", "/_sim/health", self.health),
            ("GET", "/_sim/ledger", self.ledger),
            ("GET", "/_sim/books", self.books),
            ("POST", "/_sim/reset", self.reset),
            ("GET", "/_sim/switches", self.switches),
            ("POST", "/_sim/switches", self.add_switches),
            ("PUT", "/_sim/switches", self.put_switches),
            ("DELETE", "/_sim/switches", self.delete_switches),
            ("DELETE", "/_sim/switches/{switch_id}", self.delete_switch),
            ("GET", "/_sim/targets", self.targets),
            ("PUT", "/_sim/targets", self.put_targets),
            ("GET", "/_sim/webhooks", self.waiting),
            ("POST", "/_sim/webhooks/release", self.release),
            ("POST", "/_sim/warehouse/{request_id:path}/advance", self.advance),
            ("POST", "/_sim/supplier/{request_id:path}/advance", self.advance_purchase),
            ("POST", "/_sim/trackers/{code}/advance", self.scan),
        ]
        for method, path, endpoint in table:
            router.add_api_route(path, endpoint, methods=[method], response_model=None)
        router.add_api_route("/", self.home, methods=["GET"], response_class=HTMLResponse)
        return router

    async def health(self) -> Json:
        """Alive, and who it is."""
        return {"status": "ok", "service": "simulator", "is_instant": self._world.options.is_instant}

    async def ledger(
        self,
        provider: str | None = None,
        operation: str | None = None,
        order: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> Json:
        """Calls, oldest first."""
        return ledger.calls(
            self._world.store, provider=provider, operation=operation, order=order, after=after, limit=limit
        )

    async def books(self, order_id: str | None = None, order_number: str | None = None) -> Json:
        """What was really done."""
        return books(self._world.store, order_id, order_number)

    async def reset(self) -> Json:
        """An empty world; the targets stay."""
        self._world.forget()
        return {"status": "ok"}

    async def switches(self) -> Json:
        """All rules."""
        return {"switches": [asdict(rule) for rule in self._world.switches.all()]}

    async def add_switches(self, request: Request) -> Response:
        """Add one rule or a list of them."""
        return self._add(await request.json())

    async def put_switches(self, request: Request) -> Response:
        """Replace all rules."""
        wanted = await request.json()
        self._world.switches.remove()
        return self._add(wanted)

    def _add(self, wanted: Any) -> Response:
        """`Any`: one rule, a list, or {"switches": list}."""
        if isinstance(wanted, dict):
            wanted = wanted.get("switches", [wanted])
        try:
            with self._world.store.transaction():
                rules = [self._world.switches.add(rule) for rule in wanted]
        except (Malformed, AttributeError, TypeError) as problem:
            return JSONResponse({"title": str(problem), "status": 422}, 422)
        return JSONResponse({"switches": [asdict(rule) for rule in rules]}, 201)

    async def delete_switches(self, provider: str | None = None, mode: str | None = None) -> Json:
        """Remove all, or those of a provider or mode."""
        self._world.switches.remove(
            lambda rule: (provider not in {None, rule.provider}) or (mode not in {None, rule.mode.value})
        )
        return await self.switches()

    async def delete_switch(self, switch_id: str) -> Json:
        """Remove one."""
        self._world.switches.remove(lambda rule: rule.id != switch_id)
        return await self.switches()

    async def targets(self) -> Json:
        """Where webhooks go; the secrets are not shown."""
        return {name: {"url": target["url"]} for name, target in self._world.post.targets.items()}

    async def put_targets(self, request: Request) -> Json:
        """Say where webhooks go."""
        self._world.post.set_targets(await json_of(request))
        return await self.targets()

    async def waiting(self) -> Json:
        """How many webhooks wait."""
        return self._world.post.waiting()

    async def release(self, request: Request) -> Json:
        """Let held webhooks go, and end the holding unless {"keep": true}."""
        wanted = await json_of(request)
        provider = wanted.get("provider")
        if not wanted.get("keep"):
            self._world.switches.remove(
                lambda rule: rule.mode is not Mode.WEBHOOK_HOLD or provider not in {None, rule.provider}
            )
        return {"released": self._world.post.release(provider)}

    async def advance(self, request_id: str, request: Request) -> Response:
        """Move a warehouse request by hand."""
        return await self._advance(self._warehouse, request_id, request)

    async def advance_purchase(self, request_id: str, request: Request) -> Response:
        """Move a purchase order by hand."""
        return await self._advance(self._supplier, request_id, request)

    async def _advance(self, partner: Warehouse, request_id: str, request: Request) -> Response:
        wanted = await json_of(request)
        try:
            with self._world.store.transaction():
                return JSONResponse(partner.advance(request_id, str(wanted.get("to"))))
        except Refused as refused:
            return JSONResponse(refused.answer.body, refused.answer.status)

    async def scan(self, code: str, request: Request) -> Response:
        """Scan a parcel by hand: {"status": "in_transit"}."""
        wanted, tracker = await json_of(request), self._trackers.by_code(code)
        if tracker is None:
            return JSONResponse({"title": "no such tracking code", "status": 404}, 404)
        with self._world.store.transaction():
            self._trackers.scan(tracker, str(wanted.get("status")))
        return JSONResponse(self._trackers.shown(tracker))

    async def home(self) -> str:
        """The page people read."""
        return page(
            "home.html",
            calls=ledger.latest(self._world.store),
            switches=self._world.switches.all(),
            waiting=self._world.post.waiting(),
            targets=self._world.post.targets,
        )
