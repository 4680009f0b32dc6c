"""EasyPost's addresses below /easypost, each one operation through the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderwright.simulator.easypost import labels
from orderwright.simulator.easypost.claims import Claims
from orderwright.simulator.easypost.errors import EasyPostForm, error, missing
from orderwright.simulator.easypost.shipments import Shipments, order_of
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.gate import serve
from orderwright.simulator.http import base_of, json_of
from orderwright.simulator.store import dump
from orderwright.simulator.types import Answer, Call, Fields, Json, Refused, flatten
from orderwright.simulator.world import World

FORM = EasyPostForm()
KINDS = {"png": "image/png", "pdf": "application/pdf", "zpl": "application/zpl"}
Operation = Callable[[Call, Json, str], Json]
Endpoint = Callable[[Request], Awaitable[Response]]


class EasyPost:
    """The operations; each gets the call, what was sent and the object's id."""

    def __init__(self, world: World, trackers: Trackers) -> None:
        self.world = world
        self.trackers = trackers
        self.shipments = Shipments(world, trackers)
        self.claims = Claims(world, trackers)

    def create(self, call: Call, sent: Json, _: str) -> Json:
        """shipments.create."""
        wanted = sent.get("shipment") or {}
        call.reference = wanted.get("reference")
        call.order = order_of(call.reference)
        shipment = self.shipments.create(wanted, call.base)
        call.object_id = shipment["id"]
        return self.shipments.shown(shipment)

    def _shipment(self, call: Call, shipment_id: str) -> Json:
        shipment = self.shipments.load(shipment_id)
        call.object_id, call.reference = shipment_id, shipment["reference"]
        call.order = order_of(call.reference)
        return shipment

    def retrieve(self, call: Call, _: Json, shipment_id: str) -> Json:
        """shipments.retrieve."""
        return self.shipments.shown(self._shipment(call, shipment_id))

    def buy(self, call: Call, sent: Json, shipment_id: str) -> Json:
        """shipments.buy."""
        return self.shipments.shown(self.shipments.buy(call, self._shipment(call, shipment_id), sent))

    def refund(self, call: Call, _: Json, shipment_id: str) -> Json:
        """shipments.refund."""
        return self.shipments.shown(self.shipments.refund(self._shipment(call, shipment_id)))

    def label(self, call: Call, sent: Json, shipment_id: str) -> Json:
        """shipments.label."""
        shipment = self._shipment(call, shipment_id)
        if not shipment["bought"]:
            raise error(422, "SHIPMENT.LABEL.MISSING", "The shipment has no postage label yet.")
        return self.shipments.shown(shipment, str(sent.get("file_format") or "PNG"))

    def track(self, call: Call, sent: Json, _: str) -> Json:
        """trackers.create."""
        wanted = sent.get("tracker") or {}
        code = str(wanted.get("tracking_code") or "")
        if not code:
            raise error(422, "TRACKER.CREATE.ERROR", "tracking_code is missing.")
        tracker = self.trackers.by_code(code) or self.trackers.create(
            code, str(wanted.get("carrier") or "USPS")
        )
        call.object_id, call.reference = tracker["id"], code
        return self.trackers.shown(tracker)

    async def file(self, request: Request) -> Response:
        """A label's file: no key is needed, as with EasyPost's own storage."""
        shipment_id, _, kind = request.path_params["name"].partition(".")
        shipment = self.world.store.get(shipment_id)
        if not shipment or not shipment.get("bought") or kind not in KINDS:
            return Response("not found", 404)
        bought, to = shipment["bought"], shipment["to_address"]
        parts = [str(to.get(part) or "") for part in ("name", "company", "street1", "street2")]
        place = " ".join(str(to.get(part) or "") for part in ("city", "state", "zip", "country"))
        lines = [line for line in (*parts, place) if line.strip()]
        title, code = f"{bought['carrier']} {bought['service']}", bought["tracking_code"]
        if kind == "png":
            content = labels.png(code)
        else:
            content = labels.pdf(title, lines, code) if kind == "pdf" else labels.zpl(title, lines, code)
        return Response(content, media_type=KINDS[kind])


def _endpoint(world: World, operation: str, work: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if "authorization" not in request.headers:
            refused = error(401, "APIKEY.MISSING", "No API key was provided.")
            return Response(dump(refused.answer.body), 401, media_type="application/json")
        sent = {**request.query_params, **await json_of(request)}
        object_id = str(request.path_params.get("id", ""))

        def fields() -> Fields:
            known = world.store.get(object_id) or {}
            more = {name: known.get(name) for name in ("id", "reference", "tracking_code", "bought")}
            more["order_id"] = order_of(
                known.get("reference") or (sent.get("shipment") or {}).get("reference")
            )
            return flatten(sent, into=flatten(sent.get("shipment"), into=flatten(more)))

        call = Call("easypost", operation, object_id=object_id or None, base=base_of(request), fields=fields)
        status = 201 if operation.endswith(".create") else 200
        return await serve(world, request, call, lambda: Answer(work(call, sent, object_id), status), FORM)

    return endpoint


async def _unknown(_: Request) -> Response:
    refused: Refused = missing()
    return Response(dump(refused.answer.body), 404, media_type="application/json")


def routes(world: World, trackers: Trackers) -> list[Route]:
    """Everything below /easypost."""
    post = EasyPost(world, trackers)
    one = "/v2/shipments/{id}"
    table: list[tuple[str, str, str, Operation]] = [
        ("POST", "/v2/shipments", "shipments.create", post.create),
        ("GET", "/v2/shipments", "shipments.list", lambda _, sent, __: post.shipments.page(sent)),
        ("GET", one, "shipments.retrieve", post.retrieve),
        ("POST", f"{one}/buy", "shipments.buy", post.buy),
        ("POST", f"{one}/refund", "shipments.refund", post.refund),
        ("GET", f"{one}/label", "shipments.label", post.label),
        ("POST", "/v2/trackers", "trackers.create", post.track),
        ("GET", "/v2/trackers", "trackers.list", lambda _, sent, __: trackers.page(sent)),
        ("POST", "/v2/claims", "claims.create", lambda call, sent, _: post.claims.create(call, sent)),
        ("GET", "/v2/claims", "claims.list", lambda _, sent, __: post.claims.page(sent)),
        ("GET", "/v2/claims/{id}", "claims.retrieve", lambda _, __, i: post.claims.load(i)),
        ("GET", "/v2/trackers/{id}", "trackers.retrieve", lambda _, __, i: trackers.shown(trackers.load(i))),
    ]
    found = [
        Route(path, _endpoint(world, operation, work), methods=[method])
        for method, path, operation, work in table
    ]
    files = Route("/files/postage_label/{name}", post.file, methods=["GET"])
    return [*found, files, Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
