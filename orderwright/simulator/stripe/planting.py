"""What goes wrong at a provider behind our back, planted by tests: other amounts, lost objects, payouts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from orderwright.simulator.http import json_of
from orderwright.simulator.stripe.balance import Balance
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

KINDS = {"pi_": "pi", "re_": "re", "po_": "po"}


class Planting:
    """Below /_sim/stripe; never in the ledger, and told by no webhook."""

    def __init__(self, world: World) -> None:
        self._world, self._balance = world, Balance(world)

    def router(self) -> APIRouter:
        """Change, lose, pay out, and the account's fee and currency."""
        router = APIRouter(prefix="/_sim/stripe")
        router.add_api_route("/payouts", self.pay_out, methods=["POST"], response_model=None)
        router.add_api_route("/fee", self.fee, methods=["PUT"], response_model=None)
        router.add_api_route("/settlement", self.settlement, methods=["PUT"], response_model=None)
        router.add_api_route("/{object_id}", self.change, methods=["PATCH"], response_model=None)
        router.add_api_route("/{object_id}", self.lose, methods=["DELETE"], response_model=None)
        return router

    async def pay_out(self) -> Json:
        """Send to the bank what has not been sent."""
        with self._world.store.transaction():
            return {"payouts": self._balance.pay_out()}

    async def fee(self, request: Request) -> Json:
        """{"ppm": 29000, "fixed": 30} from the next charge on."""
        wanted = await json_of(request)
        kept: Json = self._world.store.note("stripe.fee", {n: int(wanted[n]) for n in ("ppm", "fixed")})
        return kept

    async def settlement(self, request: Request) -> Json:
        """{"currency": "gbp", "rates": {"eur": "0.84"}} from the next movement on."""
        wanted = await json_of(request)
        rates = {str(name).lower(): str(rate) for name, rate in wanted["rates"].items()}
        return self._balance.settle_in(str(wanted["currency"]).lower(), rates)

    async def change(self, object_id: str, request: Request) -> Response:
        """Write other fields over an object's own, as {"captured": 2999}."""
        wanted, found = await json_of(request), self._world.store.get(object_id)
        if found is None:
            return JSONResponse({"title": "no such object", "status": 404}, 404)
        with self._world.store.transaction():
            self._world.store.put(KINDS[object_id[:3]], found | wanted)
        return JSONResponse(found | wanted)

    async def lose(self, object_id: str) -> Response:
        """As if it had never been there."""
        with self._world.store.transaction():
            self._world.store.db.execute("DELETE FROM objects WHERE id = ? OR parent = ?", (object_id,) * 2)
        return JSONResponse({"lost": object_id})
