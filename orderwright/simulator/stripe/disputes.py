"""Disputes: opened by Stripe's own test cards, ended by Stripe's own test evidence."""

from __future__ import annotations

import time

from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.errors import invalid, missing
from orderwright.simulator.stripe.payments import DISPUTED, Payments
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

EVIDENCE_SECONDS = 9 * 24 * 3600
ENDS = {"winning_evidence": "won", "losing_evidence": "lost"}
FILES = frozenset({
    "receipt", "shipping_documentation", "customer_communication", "uncategorized_file",
})  # fmt: skip


class Disputes:
    """At most one per intent, of all that was captured when the bank asked for it."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world, self._payments = world, payments
        world.timers.on("stripe.dispute_opens", self._opens)

    def load(self, dispute_id: str) -> Json:
        """The record; raises Stripe's 404."""
        found = self._world.store.get(dispute_id)
        if found is None or not dispute_id.startswith("dp_"):
            raise missing("dispute", dispute_id, "dispute")
        return found

    def shown(self, dispute: Json) -> Json:
        """As Stripe shows it, with what it moved of the balance."""
        return render.dispute(dispute, self._payments.balance.of(dispute.get("txns", [])))

    def _opens(self, payment_id: str, _: Json) -> None:
        pay = self._payments.load(payment_id)
        if pay.get("dispute"):
            return
        dispute: Json = {
            "id": self._world.new_id("dp_1"),
            "amount": pay["captured"],
            "charge": pay["charge"],
            "created": int(time.time()),
            "currency": pay["currency"],
            "due_by": int(time.time()) + EVIDENCE_SECONDS,
            "payment_intent": payment_id,
            "reason": DISPUTED[str(pay.get("payment_method"))],
            "status": "needs_response",
            "submitted": 0,
        }
        self._payments.balance.dispute(dispute)
        self._world.store.put("dp", dispute, parent=payment_id, order=pay["metadata"].get("order_id"))
        pay["dispute"] = dispute["id"]
        self._payments.save(pay)
        self._tell("charge.dispute.created", dispute, pay)

    def respond(self, dispute: Json, wanted: Json) -> None:
        """Evidence: Stripe's test words decide at once, everything else is looked at by the bank."""
        if dispute["status"] != "needs_response":
            raise invalid("This dispute is already closed.", is_kept=False)
        if dispute["due_by"] <= time.time():
            raise invalid("The evidence due date of this dispute has passed.", is_kept=False)
        evidence = dict(wanted.get("evidence") or {})
        for name in FILES & evidence.keys():
            if self._world.store.get(evidence[name]) is None:
                raise missing("file", str(evidence[name]), f"evidence[{name}]")
        dispute["evidence"] = evidence
        dispute["metadata"] = {**dispute.get("metadata", {}), **dict(wanted.get("metadata") or {})}
        text = str(evidence.get("uncategorized_text") or "")
        dispute["submitted"] += 1
        if text in ENDS:
            self.end(dispute, ENDS[text])
            return
        dispute["status"] = "under_review"
        self._world.store.put("dp", dispute)

    def upload(self, wanted: Json) -> Json:
        """files.create: kept without its content."""
        if wanted.get("purpose") != "dispute_evidence" or not wanted.get("size"):
            raise invalid("Invalid file: a purpose and a file are needed.", param="file", is_kept=False)
        made: Json = {
            "id": self._world.new_id("file_1"), "object": "file", "purpose": wanted["purpose"],
            "filename": wanted.get("file"), "size": int(str(wanted["size"])), "sha256": wanted.get("sha256"),
            "created": int(time.time()),
        }  # fmt: skip
        self._world.store.put("file", made)
        return made

    def end(self, dispute: Json, status: str) -> None:
        """Won or lost; told once."""
        if dispute["status"] in {"won", "lost"}:
            raise invalid("This dispute is already closed.", is_kept=False)
        dispute["status"] = status
        if status == "won":
            self._payments.balance.dispute(dispute, back=True)
        self._world.store.put("dp", dispute)
        self._tell("charge.dispute.closed", dispute, self._payments.load(dispute["payment_intent"]))

    def _tell(self, kind: str, dispute: Json, pay: Json) -> None:
        fields = {**dispute, "order_id": pay["metadata"].get("order_id")}
        self._payments.event(kind, self.shown(dispute), lane=pay["id"], fields=fields)
