"""The partner's warehouse: takes requests over signed HTTP, picks, ships, answers recalls by call-back."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.gate import serve
from orderwright.simulator.http import json_of
from orderwright.simulator.posting import signing
from orderwright.simulator.store import dump
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Fields, Json, Outcome, Refused, flatten
from orderwright.simulator.world import World


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

    provider = "warehouse"
    noun = "requests"  # in the ledger
    path = "/v1/requests"
    take_back = "recall"
    kind = "wr"  # in the store
    needed: tuple[str, ...] = ("request_id", "order_number", "callback_url", "lines")
    rank: Mapping[str, int] = {
        "received": 0, "accepted": 1, "picking_started": 2, "short": 3, "ready": 4, "shipped": 4,
    }  # fmt: skip

    def __init__(self, world: World, trackers: Trackers) -> None:
        self._world = world
        self._trackers = trackers
        world.timers.on(f"{self.provider}.step", self._step_timer)
        world.timers.on(f"{self.provider}.tell", self._tell_timer)

    def routes(self) -> list[Route]:
        """Below the provider's name."""
        one = f"{self.path}/{{request_id:path}}"
        return [
            Route(self.path, self.hand_off, methods=["POST"]),
            Route(f"{one}/{self.take_back}", self.recall, methods=["POST"]),
            Route(one, self.read, methods=["GET"]),
        ]

    async def _is_signed(self, request: Request) -> bool:
        if request.method == "GET" and "webhook-signature" not in request.headers:
            return True
        secret = self._world.post.secret(self.provider)
        return signing.is_standard(secret, request.headers, await request.body())

    async def hand_off(self, request: Request) -> Response:
        """A new request, or one that is known."""
        if not await self._is_signed(request):
            return _unsigned()
        sent = await json_of(request)
        request_id = str(sent.get("request_id") or "")
        call = Call(self.provider, f"{self.noun}.create", reference=request_id, object_id=request_id)
        call.order, call.key = request_id.split(":", 1)[0] or None, request_id
        call.fields = lambda: flatten({**sent, "order_id": call.order})
        return await serve(self._world, request, call, lambda: self._hand_off(call, sent), FORM)

    def _hand_off(self, call: Call, sent: Json) -> Answer:
        self._check(sent)
        fingerprint = hashlib.sha256(dump(dict(sorted(sent.items()))).encode()).hexdigest()
        known = self._world.store.get(f"{self.kind}/{sent['request_id']}")
        if known and not self._world.switches.take(
            Mode.IGNORE_IDEMPOTENCY, self.provider, call.operation, call.fields
        ):
            if known["fingerprint"] != fingerprint:
                raise refusal(409, "this request_id was used for another request")
            return Answer({**self._shown(known), "status": "received"}, outcome=Outcome.REPLAYED)
        record: Json = known or {
            "id": f"{self.kind}/{sent['request_id']}",
            "request_id": sent["request_id"],
            "ref": self._world.new_id(self.kind, 10).upper(),
            "status": "received",
            "sequence": 0,
            "count": 0,
            "recalled": False,
            "fingerprint": fingerprint,
            "order_number": sent["order_number"],
            "callback_url": sent["callback_url"],
            "lines": sent["lines"],
            "held": False,
            **self._kept(sent),
        }
        record["count"] += 1
        self._plan(record, call)
        tags = [f"order_number={sent['order_number']}"]
        self._world.store.put(self.kind, record, order=call.order, tags=tags)
        return Answer(self._shown(record), 202)

    def _check(self, sent: Json) -> None:
        for name in self.needed:
            if not sent.get(name):
                raise refusal(422, f"{name} is missing")

    def _kept(self, sent: Json) -> Json:
        """What is special of this kind of partner."""
        return {
            "location": sent.get("location"),
            "method": sent.get("method", "shipping"),
            "codes": [parcel.get("tracking_code") for parcel in sent.get("parcels") or []],
        }

    def _steps(self, record: Json) -> list[str]:
        """What follows once it is accepted."""
        short = ["short"] if "found" in record else []
        return ["picking_started", *short, *self._ends(record)]

    def _ends(self, record: Json) -> list[str]:
        """What follows once it is picked."""
        return ["ready" if record["method"] == "pickup" else "shipped"]

    def _seconds(self, timing: Mapping[str, float], step: str) -> float:
        """From the hand-off to a step."""
        return timing[{"ready": "shipped", "short": "picking_started"}.get(step, step)]

    def _plan(self, record: Json, call: Call) -> None:
        """Arm the timeline, as the switches want it."""
        take, timing = self._world.switches.take, self._world.timing(self.provider, call.fields)
        subject, timer = record["id"], f"{self.provider}.step"
        if rule := take(Mode.REJECT, self.provider, call.operation, call.fields):
            reason = str(rule.value or "cannot be fulfilled here")
            self._world.after(timing["accepted"], timer, subject, to="rejected", reason=reason)
            return
        self._world.after(timing["accepted"], timer, subject, to="accepted")
        if rule := take(Mode.SHORT, self.provider, call.operation, call.fields):
            record["found"] = int(rule.value or 0)
        if take(Mode.HOLD_PICKING, self.provider, call.operation, call.fields):
            record["held"] = True
            return
        for step in self._steps(record):
            why = "fewer on the shelf" if step == "short" else None
            self._world.after(self._seconds(timing, step), timer, subject, to=step, reason=why)

    async def read(self, request: Request) -> Response:
        """How it stands."""
        if not await self._is_signed(request):
            return _unsigned()
        request_id = request.path_params["request_id"]
        call = Call(self.provider, f"{self.noun}.retrieve", reference=request_id, object_id=request_id)
        call.order = request_id.split(":", 1)[0]
        call.fields = lambda: self._fields(request_id)
        return await serve(
            self._world, request, call, lambda: Answer(self._shown(self._load(request_id))), FORM
        )

    async def recall(self, request: Request) -> Response:
        """It is asked back."""
        if not await self._is_signed(request):
            return _unsigned()
        sent, request_id = await json_of(request), request.path_params["request_id"]
        call = Call(
            self.provider, f"{self.noun}.{self.take_back}", reference=request_id, object_id=request_id
        )
        call.order = request_id.split(":", 1)[0]
        call.fields = lambda: self._fields(request_id)
        return await serve(self._world, request, call, lambda: self._recall(call, request_id, sent), FORM)

    def _recall(self, call: Call, request_id: str, sent: Json) -> Answer:
        record = self._load(request_id)
        if sent.get("callback_url"):
            record["callback_url"] = sent["callback_url"]
        is_refused = self.rank.get(record["status"], 0) >= self.rank["picking_started"]
        reason = "picking has begun" if is_refused else None
        if not is_refused and record["status"] not in {"recalled", "rejected"}:
            rule = self._world.switches.take(Mode.REFUSE_RECALL, self.provider, call.operation, call.fields)
            is_refused, reason = bool(rule), str(rule.value or "refused") if rule else None
        if not is_refused and record["status"] != "rejected":
            record |= {"status": "recalled", "recalled": True}
            self._world.timers.disarm(record["id"])
        self._world.store.put(self.kind, record)
        seconds = self._world.timing(self.provider, call.fields)["recall"]
        kind = "recall_refused" if is_refused else "recall_accepted"
        self._world.after(seconds, f"{self.provider}.tell", record["id"], type=kind, reason=reason)
        return Answer(self._shown(record), 202)

    def advance(self, request_id: str, to: str) -> Json:
        """By hand, through every step up to `to`; raises 404, or 409 for a recalled or rejected one."""
        record = self._load(request_id)
        if record["status"] not in self.rank or to not in self.rank:
            raise refusal(409, f"cannot go from {record['status']} to {to}")
        for step in ("accepted", *self._steps(record)):
            if self.rank[step] <= self.rank[to]:
                self._step(record, step, None)
        return self._shown(record)

    def _load(self, request_id: str) -> Json:
        record = self._world.store.get(f"{self.kind}/{request_id}")
        if record is None:
            raise refusal(404, "no such request")
        return record

    def _fields(self, request_id: str) -> Fields:
        record = self._world.store.get(f"{self.kind}/{request_id}") or {}
        names = ("request_id", "order_number", "location", "supplier", "lines")
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
        if status not in self.rank or self.rank.get(to, 9) <= self.rank[status]:
            return
        record["status"] = to
        if to == "short":
            self._find_fewer(record)
        if to == "rejected":
            self._world.timers.disarm(record["id"])
        self._tell(record, to, reason)
        self._stepped(record, to)

    def _find_fewer(self, record: Json) -> None:
        """Of every line only so many are there; where nothing is, the story ends."""
        record["lines"] = [
            {**line, "quantity": min(int(line["quantity"]), record["found"])} for line in record["lines"]
        ]
        if not record["found"]:
            record["status"] = "closed"
            self._world.timers.disarm(record["id"])

    def _stepped(self, record: Json, to: str) -> None:
        """What a step sets going: shipped parcels travel."""
        for code in record["codes"] if to == "shipped" else []:
            self._trackers.travel(str(code), lane=record["id"])

    def _more(self, record: Json, kind: str) -> Json:
        """What a call-back of that kind says beside."""
        if kind == "short":
            return {"lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in record["lines"]]}
        return {"lines": record["lines"], "tracking_codes": record["codes"]} if kind == "shipped" else {}

    def _tell(self, record: Json, kind: str, reason: str | None) -> None:
        """The call-back, signed by the courier."""
        record["sequence"] += 1
        self._world.store.put(self.kind, record)
        event: Json = {
            "event_id": self._world.new_id("whe_"),
            "type": kind,
            "request_id": record["request_id"],
            "sequence": record["sequence"],
            "occurred_at": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        }
        if reason:
            event["reason"] = reason
        event |= self._more(record, kind)
        self._world.post.send(
            self.provider,
            kind,
            event,
            event_id=event["event_id"],
            lane=record["id"],
            url=record["callback_url"],
            fields=lambda: self._fields(record["request_id"]),
        )

    def _shown(self, record: Json) -> Json:
        names = {"request_id": record["request_id"], f"{self.provider}_ref": record["ref"]}
        return {**names, "status": record["status"]}


def _unsigned() -> Response:
    body = {"title": "the signature is missing, wrong or too old", "status": 401}
    return Response(dump(body), 401, media_type="application/problem+json")
