"""Shipments: rated, bought once, voided while nobody has scanned them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import islice

from orderwright.simulator.easypost.errors import error, missing
from orderwright.simulator.easypost.rates import quote
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.http import whole
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Call, Json, flatten
from orderwright.simulator.world import World

DIGITS = {"USPS": ("9400111", 22), "UPS": ("1Z0R7", 18), "FedEx": ("7946", 12)}
SCANNED = {
    "in_transit",
    "out_for_delivery",
    "delivered",
    "return_to_sender",
    "failure",
    "available_for_pickup",
}


def order_of(reference: object) -> str | None:
    """The order in a reference of the form order:step:n."""
    text = str(reference or "")
    return text.split(":", 1)[0] or None


def iso(at: float) -> str:
    """EasyPost's timestamps."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Shipments:
    """Kept as small records; rates are computed anew whenever they are shown."""

    def __init__(self, world: World, trackers: Trackers) -> None:
        self._world = world
        self._trackers = trackers
        world.timers.on("easypost.refund", self._refund_ends)

    def load(self, shipment_id: str) -> Json:
        """The record; raises EasyPost's 404."""
        shipment = self._world.store.get(shipment_id)
        if shipment is None or not shipment_id.startswith("shp_"):
            raise missing()
        return shipment

    def create(self, wanted: Json, base: str) -> Json:
        """A rated shipment; of a return the addresses of the way there are switched, as EasyPost does."""
        parcel = wanted.get("parcel") or {}
        try:
            weight = float(parcel.get("weight") or 0)
        except (TypeError, ValueError):
            weight = 0.0
        if weight <= 0:
            errors = [{"field": "parcel.weight", "message": "must be greater than 0"}]
            raise error(422, "PARCEL.WEIGHT.INVALID", "Invalid parcel weight.", errors)
        for side in ("to_address", "from_address"):
            if not isinstance(wanted.get(side), dict) or not wanted[side]:
                errors = [{"field": side, "message": "Required and missing."}]
                raise error(422, "SHIPMENT.INVALID_PARAMS", f"{side} is missing.", errors)
        ways = ("from_address", "to_address") if wanted.get("is_return") else ("to_address", "from_address")
        shipment: Json = {
            "id": self._world.new_id("shp_", 32).lower(),
            "created": time.time(),
            "reference": wanted.get("reference"),
            "to_address": wanted[ways[0]],
            "from_address": wanted[ways[1]],
            "parcel": {**parcel, "weight": weight},
            "options": wanted.get("options") or {},
            "customs_info": wanted.get("customs_info"),
            "is_return": bool(wanted.get("is_return")),
            "bought": None,
            "purchases": 0,
            "refund_status": None,
            "base": base,
        }
        tags = [f"reference={shipment['reference']}"] if shipment["reference"] else []
        order = order_of(shipment["reference"])
        self._world.store.put("shp", shipment, order=order, tags=tags)
        return shipment

    def buy(self, call: Call, shipment: Json, wanted: Json) -> Json:
        """Postage, once: a second purchase is refused as EasyPost does, unless a switch forgets."""
        if shipment["bought"] and not self._world.switches.take(
            Mode.IGNORE_IDEMPOTENCY, "easypost", call.operation, call.fields
        ):
            raise error(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        rate_id = str((wanted.get("rate") or {}).get("id") or "")
        rate = next((one for one in quote(shipment) if one["id"] == rate_id), None)
        if rate is None:
            raise error(422, "SHIPMENT.RATE.INVALID", "The rate is not one of this shipment's.")
        prefix, length = DIGITS[rate["carrier"]]
        digits = self._world.new_digits(length - len(prefix))
        shipment["bought"] = {"rate": rate["id"], "at": time.time(), "tracking_code": prefix + digits}
        shipment["bought"] |= {"carrier": rate["carrier"], "service": rate["service"], "price": rate["rate"]}
        shipment["purchases"] += 1
        tracker = self._trackers.create(
            prefix + digits, rate["carrier"], shipment=shipment["id"], reference=shipment["reference"]
        )
        shipment["bought"]["tracker"] = tracker["id"]
        self._world.store.put("shp", shipment)
        call.amount, call.currency = round(float(rate["rate"]) * 100), "usd"
        return shipment

    def refund(self, shipment: Json) -> Json:
        """Void the label, where the carrier has not scanned it."""
        if not shipment["bought"]:
            raise error(422, "SHIPMENT.REFUND.UNAVAILABLE", "The shipment has no postage to refund.")
        if shipment["refund_status"]:
            raise error(422, "SHIPMENT.REFUND.UNAVAILABLE", "A refund was already requested.")
        tracker = self._world.store.get(shipment["bought"]["tracker"]) or {}
        if tracker.get("status") in SCANNED:
            raise error(
                422, "SHIPMENT.REFUND.UNAVAILABLE", "The parcel has already been scanned by the carrier."
            )
        shipment["refund_status"] = "submitted"
        self._world.store.put("shp", shipment)
        seconds = self._world.timing("easypost", lambda: flatten(shipment))["refund"]
        self._world.after(seconds, "easypost.refund", shipment["id"])
        return shipment

    def _refund_ends(self, shipment_id: str, _: Json) -> None:
        shipment = self.load(shipment_id)
        shipment["refund_status"] = "refunded"
        self._world.store.put("shp", shipment)
        bought = shipment["bought"]
        result = {
            "id": f"rfnd_{shipment_id.removeprefix('shp_')}",
            "object": "Refund",
            "carrier": bought["carrier"],
            "tracking_code": bought["tracking_code"],
            "shipment_id": shipment_id,
            "status": "refunded",
        }
        self._trackers.event(
            "refund.successful", result, {"status": "submitted"}, lane=shipment_id, about=shipment
        )

    def page(self, wanted: Json) -> Json:
        """GET /shipments, newest first; `purchased` false leaves the unbought in, as EasyPost does."""
        size = min(100, max(1, whole(wanted.get("page_size"), 20)))
        is_bought_only = str(wanted.get("purchased", "true")).lower() != "false"
        if wanted.get("reference"):
            found = iter(self._world.store.tagged("shp", f"reference={wanted['reference']}"))
        else:
            found = self._world.store.newest("shp", before=wanted.get("before_id"))
        some = list(islice((one for one in found if one["bought"] or not is_bought_only), size + 1))
        return {"shipments": [self.shown(one) for one in some[:size]], "has_more": len(some) > size}

    def shown(self, shipment: Json, label_format: str | None = None) -> Json:
        """The whole Shipment."""
        rates, bought = quote(shipment), shipment["bought"]
        core = shipment["id"].removeprefix("shp_")
        at = iso(shipment["created"])
        body: Json = {
            "id": shipment["id"],
            "object": "Shipment",
            "mode": "test",
            "created_at": at,
            "updated_at": iso(bought["at"]) if bought else at,
            "reference": shipment["reference"],
            "is_return": shipment["is_return"],
            "options": {"currency": "USD", **shipment["options"]},
            "messages": [],
            "to_address": _address(shipment["to_address"], f"adr_{core}to"),
            "from_address": _address(shipment["from_address"], f"adr_{core}from"),
            "parcel": {"id": f"prcl_{core}", "object": "Parcel", "mode": "test", **shipment["parcel"]},
            "customs_info": shipment["customs_info"],
            "rates": rates,
            "selected_rate": None,
            "postage_label": None,
            "tracker": None,
            "tracking_code": None,
            "status": "unknown",
            "refund_status": shipment["refund_status"],
            "insurance": None,
            "fees": [],
        }
        if bought:
            tracker = self._world.store.get(bought["tracker"]) or {}
            body |= {
                "selected_rate": next(one for one in rates if one["id"] == bought["rate"]),
                "postage_label": _label(shipment, core, label_format),
                "tracker": self._trackers.shown(tracker),
                "tracking_code": bought["tracking_code"],
                "status": tracker["status"],
                "fees": [
                    {
                        "object": "Fee",
                        "type": "PostageFee",
                        "amount": bought["price"],
                        "charged": True,
                        "refunded": False,
                    }
                ],
            }
        return body


def _address(address: Json, address_id: str) -> Json:
    return {"id": address_id, "object": "Address", "mode": "test", "country": "US", **address}


def _label(shipment: Json, core: str, label_format: str | None) -> Json:
    url = f"{shipment['base']}/easypost/files/postage_label/{shipment['id']}"
    wanted = (label_format or shipment["options"].get("label_format") or "PNG").upper()
    return {
        "id": f"pl_{core}",
        "object": "PostageLabel",
        "created_at": iso(shipment["bought"]["at"]),
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": iso(shipment["bought"]["at"]),
        "label_resolution": 203,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": {"PDF": "application/pdf", "ZPL": "application/zpl"}.get(wanted, "image/png"),
        "label_url": f"{url}.{wanted.lower()}",
        "label_pdf_url": f"{url}.pdf",
        "label_zpl_url": f"{url}.zpl",
        "label_epl2_url": None,
    }
