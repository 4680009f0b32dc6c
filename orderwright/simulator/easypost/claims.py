"""Claims for insured parcels: filed, reviewed after a while, approved or rejected. All labels are insured."""

from __future__ import annotations

import time
from itertools import islice

from orderwright.simulator.easypost.errors import error, missing
from orderwright.simulator.easypost.shipments import iso, order_of
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.http import whole
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Call, Json, flatten
from orderwright.simulator.world import World

TYPES = {"damage", "loss", "theft"}
INSURED = 100.0
"""What the account insures each parcel for, in dollars; more is approved in part."""


class Claims:
    """Kept as EasyPost shows them."""

    def __init__(self, world: World, trackers: Trackers) -> None:
        self._world, self._trackers = world, trackers
        world.timers.on("easypost.claim", self._reviewed)

    def create(self, call: Call, sent: Json) -> Json:
        """File one; raises EasyPost's 422."""
        self._check(sent)
        tracker = self._trackers.by_code(str(sent["tracking_code"]))
        shipment = self._world.store.get((tracker or {}).get("shipment"))
        if shipment is None:
            raise error(422, "CLAIM.CREATE.ERROR", "No insurance was found for the tracking code.")
        claim = self._made(sent, shipment)
        call.object_id, call.reference = claim["id"], claim["reference"]
        call.order = order_of(shipment["reference"])
        call.amount, call.currency = round(float(sent["amount"]) * 100), "usd"
        tags = [f"code={sent['tracking_code']}"]
        self._world.store.put("clm", claim, order=call.order, tags=tags)
        rule = self._world.switches.take(Mode.REJECT, "easypost", call.operation, call.fields)
        seconds = self._world.timing("easypost", lambda: flatten(claim))["refund"]
        refusal = str(rule.value or "not covered") if rule else None
        self._world.after(seconds, "easypost.claim", claim["id"], rejected=refusal)
        return claim

    def _check(self, sent: Json) -> None:
        for name in ("tracking_code", "contact_email", "description", "amount"):
            if not sent.get(name):
                raise error(422, "CLAIM.CREATE.ERROR", f"{name}: field required")
        if sent.get("type") not in TYPES:
            raise error(422, "CLAIM.CREATE.ERROR", "type: must be damage, loss or theft")
        if sent["type"] != "loss" and not sent.get("supporting_documentation_attachments"):
            message = "At least one supporting documentation attachment is required for theft or damage."
            raise error(422, "CLAIM.CREATE.ERROR", message)

    def _made(self, sent: Json, shipment: Json) -> Json:
        now = iso(time.time())
        files = sent.get("supporting_documentation_attachments") or []
        return {
            "id": self._world.new_id("clm_", 32).lower(),
            "object": "Claim",
            "mode": "test",
            "created_at": now,
            "updated_at": now,
            "approved_amount": None,
            "attachments": [f"https://files.example/{n}" for n in range(len(files))],
            "contact_email": sent["contact_email"],
            "description": sent["description"],
            "insurance_amount": f"{INSURED:.2f}",
            "payment_method": sent.get("payment_method") or "easypost_wallet",
            "reference": sent.get("reference"),
            "requested_amount": f"{float(sent['amount']):.2f}",
            "shipment_id": shipment["id"],
            "status": "submitted",
            "status_detail": "Claim was created.",
            "status_timestamp": now,
            "tracking_code": sent["tracking_code"],
            "type": sent["type"],
        }

    def _reviewed(self, claim_id: str, detail: Json) -> None:
        claim = self.load(claim_id)
        if refusal := detail.get("rejected"):
            claim |= {"status": "rejected", "status_detail": refusal}
        else:
            wanted = float(claim["requested_amount"])
            claim["status"] = "approved" if wanted <= INSURED else "approved_partial"
            claim["approved_amount"] = f"{min(wanted, INSURED):.2f}"
            claim["status_detail"] = "The claim has been approved."
        self._world.store.put("clm", claim)

    def load(self, claim_id: str) -> Json:
        """The record; raises EasyPost's 404."""
        claim = self._world.store.get(claim_id)
        if claim is None or not claim_id.startswith("clm_"):
            raise missing()
        return claim

    def page(self, wanted: Json) -> Json:
        """GET /claims, newest first."""
        size = min(100, max(1, whole(wanted.get("page_size"), 20)))
        if code := wanted.get("tracking_code"):
            found = iter(self._world.store.tagged("clm", f"code={code}"))
        else:
            found = self._world.store.newest("clm", before=wanted.get("before_id"))
        some = list(islice(found, size + 1))
        return {"claims": some[:size], "has_more": len(some) > size}
