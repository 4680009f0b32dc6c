"""Adyen's addresses below /adyen, each one operation through the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderwright.simulator.adyen.defenses import Defenses
from orderwright.simulator.adyen.form import AdyenForm, Keys, error
from orderwright.simulator.adyen.links import Links, shown
from orderwright.simulator.adyen.payments import EVENTS, Payments
from orderwright.simulator.gate import serve
from orderwright.simulator.http import base_of, json_of
from orderwright.simulator.store import dump
from orderwright.simulator.types import Answer, Call, Fields, Json, flatten
from orderwright.simulator.world import World

API = "/v72"
FORM = AdyenForm()


@dataclass
class Asked:
    """One parsed request."""

    call: Call
    wanted: Json
    id: str


Operation = Callable[[Asked], Json]
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(world: World, payments: Payments) -> list[Route]:
    """Everything below /adyen."""
    links = Links(world, payments)

    def change(kind: str) -> Operation:
        def work(asked: Asked) -> Json:
            pay = payments.load(asked.id)
            answer = payments.modify(pay, asked.wanted, kind, asked.call)
            payments.describe(asked.call, pay)
            return answer

        return work

    table: list[tuple[str, str, str, int, Operation]] = [
        ("POST", "/payments", "payments.create", 200,
         lambda a: payments.create(a.wanted, a.call.base, a.call)),
        ("POST", "/paymentLinks", "links.create", 201, lambda a: links.create(a.wanted, a.call.base, a.call)),
        ("GET", "/paymentLinks/{id}", "links.retrieve", 200, lambda a: shown(links.load(a.id))),
        ("PATCH", "/paymentLinks/{id}", "links.update", 200,
         lambda a: links.update(links.load(a.id), a.wanted)),
        ("GET", "/storedPaymentMethods", "stored.list", 200, lambda a: payments.stored.of(_shopper(a))),
        ("DELETE", "/storedPaymentMethods/{id}", "stored.delete", 204,
         lambda a: payments.stored.delete(_shopper(a), a.id)),
        *(("POST", f"/payments/{{id}}/{kind}", f"payments.{kind}", 201, change(kind)) for kind in EVENTS),
    ]  # fmt: skip
    defenses = Defenses(world, payments).operations()
    disputes = [
        Route(
            f"/disputes/v30/{name}",
            _endpoint(world, f"disputes.{name}", 200, lambda asked, work=work: work(asked.wanted)),  # type: ignore[misc]  # bound now
            methods=["POST"],
        )
        for name, work in defenses.items()
    ]
    found = [
        Route(f"{API}{path}", _endpoint(world, operation, status, work), methods=[method])
        for method, path, operation, status, work in table
    ]
    return [*found, *disputes, *links.routes()]


def _shopper(asked: Asked) -> str:
    """Of a query; without one Adyen looks at nobody's."""
    return str(asked.wanted.get("shopperReference") or "")


def _endpoint(world: World, operation: str, status: int, work: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if "x-api-key" not in request.headers:
            refused = error(401, "000", "HTTP Status Response - Unauthorized", "security").answer
            return Response(dump(refused.body), 401, media_type="application/json")
        wanted = {**request.query_params, **await json_of(request)}
        object_id = str(request.path_params.get("id", ""))

        def fields() -> Fields:
            return flatten(wanted, into=flatten(world.store.get(object_id) or {}))

        call = Call(
            "adyen", operation, key=request.headers.get("idempotency-key"), reference=wanted.get("reference"),
            order=(wanted.get("metadata") or {}).get("order_id"), object_id=object_id or None,
            base=base_of(request), fields=fields,
        )  # fmt: skip
        keys = Keys(world, call) if request.method == "POST" else None
        return await serve(
            world, request, call, lambda: Answer(work(Asked(call, wanted, object_id)), status), FORM, keys
        )

    return endpoint
