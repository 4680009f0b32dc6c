"""Trackers: what the carrier's scans say, and the webhooks about them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import islice

from orderwright.simulator.easypost.errors import missing
from orderwright.simulator.http import whole
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Fields, Json, flatten
from orderwright.simulator.world import World

MESSAGES = {
    "pre_transit": "Shipping label created",
    "in_transit": "Arrived at carrier facility",
    "out_for_delivery": "Out for delivery",
    "delivered": "Delivered",
    "available_for_pickup": "Ready for pickup",
    "failure": "Delivery failed",
    "return_to_sender": "Returned to sender",
    "lost": "Parcel declared lost",
}


def iso(at: float) -> str:
    """EasyPost's timestamps."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Trackers:
    """One per bought label, or made by hand."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.timers.on("easypost.scan", self._scan_timer)

    def create(
        self, code: str, carrier: str, *, shipment: str | None = None, reference: str | None = None
    ) -> Json:
        """A tracker whose label was just printed."""
        now = time.time()
        tracker: Json = {
            "id": self._world.new_id("trk_", 32).lower(),
            "tracking_code": code,
            "carrier": carrier,
            "status": "pre_transit",
            "status_detail": "label_created",
            "shipment": shipment,
            "reference": reference,
            "created": now,
            "scans": [["pre_transit", now]],
        }
        self._world.store.put("trk", tracker, parent=shipment, tags=[f"code={code}"])
        return tracker

    def load(self, tracker_id: str) -> Json:
        """The record; raises EasyPost's 404."""
        tracker = self._world.store.get(tracker_id)
        if tracker is None or not tracker_id.startswith("trk_"):
            raise missing()
        return tracker

    def by_code(self, code: str) -> Json | None:
        """The newest tracker of a tracking code."""
        found = self._world.store.tagged("trk", f"code={code}")
        return found[0] if found else None

    def travel(self, code: str, lane: str) -> None:
        """The parcel left the warehouse: scans follow by the clock."""
        tracker = self.by_code(code)
        if tracker is None:
            return
        shipment = self._world.store.get(tracker["shipment"]) or {}
        if shipment.get("refund_status"):
            return  # a voided label is not carried
        fields = self._fields(tracker, shipment)
        timing = self._world.timing("easypost", lambda: fields)
        forced = self._world.switches.take(Mode.TRACK, "easypost", fields=lambda: fields)
        forced = forced or self._world.switches.take(Mode.TRACK, "warehouse", fields=lambda: fields)
        final = str(forced.value) if forced else "delivered"
        steps = (
            ["in_transit", "out_for_delivery", final] if final in {"delivered", "return_to_sender"} else []
        )
        for step in steps or ["in_transit", final]:
            seconds = timing.get(step, timing["delivered"])
            self._world.after(seconds, "easypost.scan", code, status=step, lane=lane)

    def _scan_timer(self, code: str, detail: Json) -> None:
        if tracker := self.by_code(code):
            self.scan(tracker, detail["status"], lane=detail["lane"])

    def scan(self, tracker: Json, status: str, *, lane: str | None = None) -> None:
        """One scan. `lost` is EasyPost's status failure with the detail lost."""
        before = tracker["status"]
        tracker["status"] = "failure" if status == "lost" else status
        tracker["status_detail"] = "lost" if status == "lost" else "status_update"
        tracker["scans"].append([status, time.time()])
        self._world.store.put("trk", tracker)
        shipment = self._world.store.get(tracker["shipment"]) or {}
        changed = {"status": before}
        self.event(
            "tracker.updated", self.shown(tracker), changed, lane=lane or tracker["id"], about=shipment
        )

    def event(self, description: str, result: Json, previous: Json, *, lane: str, about: Json) -> None:
        """Post an EasyPost event."""
        event_id, now = self._world.new_id("evt_", 32).lower(), iso(time.time())
        body = {
            "id": event_id,
            "object": "Event",
            "created_at": now,
            "updated_at": now,
            "mode": "test",
            "description": description,
            "previous_attributes": previous,
            "result": result,
            "status": "pending",
            "pending_urls": [],
            "completed_urls": [],
            "user_id": "user_simulated",
        }

        def fields() -> Fields:
            return self._fields(result, about)

        self._world.post.send("easypost", description, body, event_id=event_id, lane=lane, fields=fields)

    def _fields(self, tracker: Json, shipment: Json) -> Fields:
        fields = flatten({name: tracker.get(name) for name in ("tracking_code", "carrier", "status", "id")})
        reference = shipment.get("reference")
        order = str(reference or "").split(":", 1)[0] or None
        bought = shipment.get("bought") or {}
        more = {"reference": reference, "order_id": order, "service": bought.get("service")}
        return flatten(more, into=fields)

    def page(self, wanted: Json) -> Json:
        """GET /trackers, newest first, of one code or of all."""
        size = min(100, max(1, whole(wanted.get("page_size"), 20)))
        if wanted.get("tracking_code"):
            found = iter(self._world.store.tagged("trk", f"code={wanted['tracking_code']}"))
        else:
            found = self._world.store.newest("trk", before=wanted.get("before_id"))
        some = list(islice(found, size + 1))
        return {"trackers": [self.shown(one) for one in some[:size]], "has_more": len(some) > size}

    def shown(self, tracker: Json) -> Json:
        """The whole Tracker."""
        status = tracker["status"]
        return {
            "id": tracker["id"],
            "object": "Tracker",
            "mode": "test",
            "tracking_code": tracker["tracking_code"],
            "status": status,
            "status_detail": tracker["status_detail"],
            "created_at": iso(tracker["created"]),
            "updated_at": iso(tracker["scans"][-1][1]),
            "signed_by": "SIMULATED" if status == "delivered" else None,
            "weight": None,
            "est_delivery_date": None,
            "shipment_id": tracker["shipment"],
            "carrier": tracker["carrier"],
            "tracking_details": [
                {
                    "object": "TrackingDetail",
                    "message": MESSAGES.get(step, step),
                    "status": "failure" if step == "lost" else step,
                    "status_detail": "lost" if step == "lost" else "status_update",
                    "datetime": iso(at),
                    "source": tracker["carrier"],
                    "tracking_location": {"object": "TrackingLocation", "city": None, "country": None},
                }
                for step, at in tracker["scans"]
            ],
            "carrier_detail": None,
            "fees": [],
            "finalized": status in {"delivered", "return_to_sender", "failure"},
            "is_return": False,
            "public_url": f"https://track.easypost.com/{tracker['id']}",
        }
