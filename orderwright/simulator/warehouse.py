"""The partner's warehouse: takes requests over signed HTTP, picks, ships, answers recalls by call-back."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderwright.simulator import signing
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.gate import serve
from orderwright.simulator.http import json_of
from orderwright.simulator.store import dump
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Fields, Json, Outcome, Refused, flatten
from orderwright.simulator.world import World

RANK = {"received": 0, "accepted": 1, "picking_started": 2, "shipped": 3}


def refusal(status: int, message: str) -> Refused:
    """A no of this warehouse: problem details, with a code that quotes nobody."""
    code = "_".join(message.lower().split())[:80]
    return Refused(status, {"title": message, "code": code, "status": status})


class WarehouseForm:
    """What the switches `refuse` and `server_error` answer here."""

    def refusal(self, _: Call, message: str) -> Answer:
        """422: final."""
        return refusal(422, message).answer

    def server_error(self) -> Answer:
        """503: try again."""
        return Answer({"title": "service unavailable", "status": 503}, 503)


FORM = WarehouseForm()


class Warehouse:
    """Requests and their timelines. A recall is decided when it arrives and told by call-back."""

    def __init__(self, world: World, trackers: Trackers) -> None:
        self._world = world
        self._trackers = trackers
        world.timers.on("warehouse.step", self._step_timer)
        world.timers.on("warehouse.tell", self._tell_timer)

    def routes(self) -> list[Route]:
        """Below /warehouse."""
        one = "/v1/requests/{request_id:path}"
        return [
            Route("/v1/requests", self.hand_off, methods=["POST"]),
            Route(f"{one}/recall", self.recall, methods=["POST"]),
            Route(one, self.read, methods=["GET"]),
        ]

    async def _is_signed(self, request: Request) -> bool:
        if request.method == "GET" and "webhook-signature" not in request.headers:
            return True
        secret = self._world.post.secret("warehouse")
        return signing.is_standard(secret, request.headers, await request.body())

    async def hand_off(self, request: Request) -> Response:
        """requests.create."""
        if not await self._is_signed(request):
            return _unsigned()
        sent = await json_of(request)
        request_id = str(sent.get("request_id") or "")
        call = Call("warehouse", "requests.create", reference=request_id, object_id=request_id)
        call.order, call.key = request_id.split(":", 1)[0] or None, request_id
        call.fields = lambda: flatten({**sent, "order_id": call.order})
        return await serve(self._world, request, call, lambda: self._hand_off(call, sent), FORM)

    def _hand_off(self, call: Call, sent: Json) -> Answer:
        for name in ("request_id", "order_number", "callback_url", "lines"):
            if not sent.get(name):
                raise refusal(422, f"{name} is missing")
        fingerprint = hashlib.sha256(dump(dict(sorted(sent.items()))).encode()).hexdigest()
        known = self._world.store.get(f"wr/{sent['request_id']}")
        if known and not self._world.switches.take(
            Mode.IGNORE_IDEMPOTENCY, "warehouse", call.operation, call.fields
        ):
            if known["fingerprint"] != fingerprint:
                raise refusal(409, "this request_id was used for another request")
            return Answer({**_shown(known), "status": "received"}, outcome=Outcome.REPLAYED)
        record: Json = known or {
            "id": f"wr/{sent['request_id']}",
            "request_id": sent["request_id"],
            "ref": self._world.new_id("WH", 10).upper(),
            "status": "received",
            "sequence": 0,
            "count": 0,
            "recalled": False,
            "fingerprint": fingerprint,
            "order_number": sent["order_number"],
            "location": sent.get("location"),
            "callback_url": sent["callback_url"],
            "lines": sent["lines"],
            "codes": [parcel.get("tracking_code") for parcel in sent.get("parcels") or []],
            "held": False,
        }
        record["count"] += 1
        self._plan(record, call)
        self._world.store.put("wr", record, order=call.order, tags=[f"order_number={sent['order_number']}"])
        return Answer(_shown(record), 202)

    def _plan(self, record: Json, call: Call) -> None:
        """Arm the timeline, as the switches want it."""
        take, timing = self._world.switches.take, self._world.timing("warehouse", call.fields)
        subject = record["id"]
        if rule := take(Mode.REJECT, "warehouse", call.operation, call.fields):
            reason = str(rule.value or "cannot be fulfilled here")
            self._world.after(timing["accepted"], "warehouse.step", subject, to="rejected", reason=reason)
            return
        self._world.after(timing["accepted"], "warehouse.step", subject, to="accepted")
        if take(Mode.HOLD_PICKING, "warehouse", call.operation, call.fields):
            record["held"] = True
            return
        for step in ("picking_started", "shipped"):
            self._world.after(timing[step], "warehouse.step", subject, to=step)

    async def read(self, request: Request) -> Response:
        """requests.retrieve."""
        if not await self._is_signed(request):
            return _unsigned()
        request_id = request.path_params["request_id"]
        call = Call("warehouse", "requests.retrieve", reference=request_id, object_id=request_id)
        call.order = request_id.split(":", 1)[0]
        call.fields = lambda: self._fields(request_id)
        return await serve(self._world, request, call, lambda: Answer(_shown(self._load(request_id))), FORM)

    async def recall(self, request: Request) -> Response:
        """requests.recall."""
        if not await self._is_signed(request):
            return _unsigned()
        sent, request_id = await json_of(request), request.path_params["request_id"]
        call = Call("warehouse", "requests.recall", reference=request_id, object_id=request_id)
        call.order = request_id.split(":", 1)[0]
        call.fields = lambda: self._fields(request_id)
        return await serve(self._world, request, call, lambda: self._recall(call, request_id, sent), FORM)

    def _recall(self, call: Call, request_id: str, sent: Json) -> Answer:
        record = self._load(request_id)
        if sent.get("callback_url"):
            record["callback_url"] = sent["callback_url"]
        is_refused = RANK.get(record["status"], 0) >= RANK["picking_started"]
        reason = "picking has begun" if is_refused else None
        if not is_refused and record["status"] not in {"recalled", "rejected"}:
            rule = self._world.switches.take(Mode.REFUSE_RECALL, "warehouse", call.operation, call.fields)
            is_refused, reason = bool(rule), str(rule.value or "refused") if rule else None
        if not is_refused and record["status"] != "rejected":
            record |= {"status": "recalled", "recalled": True}
            self._world.timers.disarm(record["id"])
        self._world.store.put("wr", record)
        seconds = self._world.timing("warehouse", call.fields)["recall"]
        kind = "recall_refused" if is_refused else "recall_accepted"
        self._world.after(seconds, "warehouse.tell", record["id"], type=kind, reason=reason)
        return Answer(_shown(record), 202)

    def advance(self, request_id: str, to: str) -> Json:
        """By hand, through every step up to `to`; raises 404, or 409 for a recalled or rejected one."""
        record = self._load(request_id)
        if record["status"] not in RANK or to not in RANK:
            raise refusal(409, f"cannot go from {record['status']} to {to}")
        for step in list(RANK)[RANK[record["status"]] + 1 : RANK[to] + 1]:
            self._step(record, step, None)
        return _shown(record)

    def _load(self, request_id: str) -> Json:
        record = self._world.store.get(f"wr/{request_id}")
        if record is None:
            raise refusal(404, "no such request")
        return record

    def _fields(self, request_id: str) -> Fields:
        record = self._world.store.get(f"wr/{request_id}") or {}
        names = ("request_id", "order_number", "location", "lines")
        known = {name: record.get(name) for name in names}
        return flatten({**known, "request_id": request_id, "order_id": request_id.split(":", 1)[0]})

    def _step_timer(self, subject: str, detail: Json) -> None:
        if record := self._world.store.get(subject):
            self._step(record, detail["to"], detail.get("reason"))

    def _tell_timer(self, subject: str, detail: Json) -> None:
        if record := self._world.store.get(subject):
            self._tell(record, detail["type"], detail.get("reason"))

    def _step(self, record: Json, to: str, reason: str | None) -> None:
        """One step forward; never back, never past a recall or a rejection."""
        status = record["status"]
        if status not in RANK or RANK.get(to, 9) <= RANK[status]:
            return
        record["status"] = to
        if to == "rejected":
            self._world.timers.disarm(record["id"])
        self._tell(record, to, reason)
        if to == "shipped":
            for code in record["codes"]:
                self._trackers.travel(str(code), lane=record["id"])

    def _tell(self, record: Json, kind: str, reason: str | None) -> None:
        """The call-back, signed by the courier."""
        record["sequence"] += 1
        self._world.store.put("wr", record)
        event: Json = {
            "event_id": self._world.new_id("whe_"),
            "type": kind,
            "request_id": record["request_id"],
            "sequence": record["sequence"],
            "occurred_at": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        }
        if reason:
            event["reason"] = reason
        if kind == "shipped":
            event |= {"lines": record["lines"], "tracking_codes": record["codes"]}
        self._world.post.send(
            "warehouse",
            kind,
            event,
            event_id=event["event_id"],
            lane=record["id"],
            url=record["callback_url"],
            fields=lambda: self._fields(record["request_id"]),
        )


def _shown(record: Json) -> Json:
    return {"request_id": record["request_id"], "warehouse_ref": record["ref"], "status": record["status"]}


def _unsigned() -> Response:
    body = {"title": "the signature is missing, wrong or too old", "status": 401}
    return Response(dump(body), 401, media_type="application/problem+json")
