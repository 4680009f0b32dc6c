"""Refunds: never more than was captured."""

from __future__ import annotations

import time

from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.errors import invalid, missing
from orderwright.simulator.stripe.payments import Payments
from orderwright.simulator.types import Json
from orderwright.simulator.world import World


class Refunds:
    """Money back on an intent's charge."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world = world
        self._payments = payments
        world.timers.on("stripe.refund_ends", self._ends)

    def load(self, refund_id: str) -> Json:
        """The record; raises Stripe's 404."""
        back = self._world.store.get(refund_id)
        if back is None or not refund_id.startswith("re_"):
            raise missing("refund", refund_id, "refund")
        return back

    def payment_of(self, wanted: Json) -> Json:
        """The intent a request names, by itself or by its charge."""
        payment_id = wanted.get("payment_intent")
        if not payment_id and wanted.get("charge"):
            return self.by_charge(str(wanted["charge"]))
        if not payment_id:
            raise invalid(
                "One of the following params should be provided for this request: payment_intent or charge.",
                is_kept=False,
            )
        return self._payments.load(str(payment_id))

    def by_charge(self, charge_id: str) -> Json:
        """The intent whose charge that is."""
        row = self._world.store.db.execute(
            "SELECT id FROM tags WHERE kind = 'pi' AND tag = ?", (f"charge:{charge_id}",)
        ).fetchone()
        if row is None:
            raise missing("charge", charge_id, "charge")
        return self._payments.load(row[0])

    def create(self, pay: Json, wanted: Json, amount: int | None) -> Json:
        """Give money back; raises where less was captured."""
        left = pay["captured"] - pay["refunded"]
        if not pay.get("charge") or pay["captured"] == 0:
            raise invalid(
                f"This PaymentIntent ({pay['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        if left == 0:
            raise invalid(
                f"Charge {pay['charge']} has already been refunded.", code="charge_already_refunded"
            )
        amount = left if amount is None else amount
        if amount < 1:
            raise invalid("Invalid positive integer", param="amount", is_kept=False)
        if amount > left:
            raise invalid(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                code="amount_too_large",
                param="amount",
            )
        method = str(pay.get("payment_method"))
        back: Json = {
            "id": self._world.new_id("re_3"),
            "amount": amount,
            "charge": pay["charge"],
            "created": int(time.time()),
            "currency": pay["currency"],
            "metadata": dict(wanted.get("metadata") or {}),
            "payment_intent": pay["id"],
            "reason": wanted.get("reason"),
            "status": "pending" if method == "pm_card_pendingRefund" else "succeeded",
        }
        tags = [f"{name}={value}" for name, value in back["metadata"].items()]
        order = pay["metadata"].get("order_id")
        self._world.store.put("re", back, parent=pay["id"], order=order, tags=tags)
        pay["refunded"] += amount
        self._payments.balance.refund(back)
        self._payments.save(pay)
        self._tell("refund.created", back, pay)
        self._payments.event("charge.refunded", render.charge(pay), lane=pay["id"])
        if method in {"pm_card_pendingRefund", "pm_card_refundFail"}:
            self._world.after(0.5, "stripe.refund_ends", back["id"], method=method)
        return back

    def _ends(self, refund_id: str, detail: Json) -> None:
        """Stripe's two refund test cards: one is pending first, one fails after it had succeeded."""
        back = self.load(refund_id)
        pay = self._payments.load(back["payment_intent"])
        if detail["method"] == "pm_card_refundFail":
            back |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
            pay["refunded"] -= back["amount"]
            self._payments.save(pay)
        else:
            back["status"] = "succeeded"
        self._world.store.put("re", back)
        self._tell("refund.failed" if back["status"] == "failed" else "refund.updated", back, pay)

    def _tell(self, kind: str, back: Json, pay: Json) -> None:
        fields = {**back, "order_id": pay["metadata"].get("order_id")}
        self._payments.event(kind, render.refund(back), lane=pay["id"], fields=fields)
