"""Payments and what is done to them: taken at once, carried out by a timer, told by a notification."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from orderwright.simulator.adyen.form import AUTHENTICATION, REFUSALS, amount_of, error
from orderwright.simulator.adyen.stored import CARD, Stored
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Call, Json, flatten
from orderwright.simulator.world import World

AUTHORIZED_SECONDS = 28 * 24 * 3600
EVENTS = {
    "captures": "CAPTURE", "cancels": "CANCELLATION", "refunds": "REFUND",
    "amountUpdates": "AUTHORISATION_ADJUSTMENT",
}  # fmt: skip
FIXED = frozenset({"fixed"})
"""Stored methods whose bank reserves money, and raises nothing."""


REASONS = {"amountUpdates": "Authorisation adjustment not allowed"}


class Payments:
    """Kept as small records."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.stored = Stored(world)
        world.timers.on("adyen.authorization_ends", self._authorization_ends)
        world.timers.on("adyen.modification", self._carry_out)

    def load(self, reference: str) -> Json:
        """The record; raises Adyen's 422."""
        pay = self._world.store.get(reference)
        if pay is None or "resultCode" not in pay:
            raise error(422, "167", "Original pspReference required for this operation")
        return pay

    def create(self, wanted: Json, base: str, call: Call) -> Json:
        """payments: the answer. A stored method's name decides what the bank says."""
        method = wanted.get("paymentMethod") or {}
        token = str(method.get("storedPaymentMethodId") or "")
        if not token or not wanted.get("shopperReference"):
            raise error(422, "14_030", "Required object 'paymentMethod' is not provided.")
        self.stored.used(str(wanted["shopperReference"]), token)
        pay = self.draft(wanted, base)
        self.describe(call, pay)
        if token in REFUSALS:
            return self.refused(pay, *REFUSALS[token])
        if token == AUTHENTICATION:
            pay["resultCode"] = "RedirectShopper"
            self.save(pay)
            page = {"type": "redirect", "method": "GET", "url": f"{base}/adyen/pages/bank/{pay['id']}"}
            return {**_answer(pay), "action": page}
        self.authorized(pay)
        said = {"cardSummary": CARD["lastFour"], "expiryDate": f"3/{CARD['expiryYear']}"}
        return {
            **_answer(pay),
            "paymentMethod": {"type": "scheme", "brand": CARD["brand"]},
            "additionalData": said,
        }

    def draft(self, wanted: Json, base: str) -> Json:
        """A new payment, not authorized yet."""
        value, currency = amount_of(wanted)
        metadata = dict(wanted.get("metadata") or {})
        pay: Json = {
            "id": self._reference(), "account": wanted.get("merchantAccount"), "amount": value,
            "currency": currency, "reference": wanted.get("reference"), "metadata": metadata,
            "resultCode": "Received", "status": "created", "capturable": 0, "captured": 0, "refunded": 0,
            "return_url": wanted.get("returnUrl"), "base": base,
            "preauth": (wanted.get("additionalData") or {}).get("authorisationType") == "PreAuth",
            "token": (wanted.get("paymentMethod") or {}).get("storedPaymentMethodId"),
        }  # fmt: skip
        self._world.store.put("ap", pay, order=metadata.get("order_id"))
        return pay

    def save(self, pay: Json) -> None:
        """Write it back."""
        self._world.store.put("ap", pay)

    def authorized(self, pay: Json) -> None:
        """The bank said yes: the money is held until it ends."""
        seconds = AUTHORIZED_SECONDS
        if rule := self._world.switches.take(
            Mode.AUTHORIZATION_SECONDS, "adyen", fields=lambda: flatten(pay)
        ):
            seconds = int(rule.value)
        pay |= {"resultCode": "Authorised", "status": "authorised", "capturable": pay["amount"]}
        self.save(pay)
        self._world.after(seconds, "adyen.authorization_ends", pay["id"])
        self.tell("AUTHORISATION", pay, psp=pay["id"])

    def refused(self, pay: Json, reason: str, code: str) -> Json:
        """The bank said no; told too."""
        pay |= {"resultCode": "Refused", "status": "refused"}
        self.save(pay)
        self.tell("AUTHORISATION", pay, psp=pay["id"], reason=reason)
        return {**_answer(pay), "refusalReason": reason, "refusalReasonCode": code}

    def modify(self, pay: Json, wanted: Json, kind: str, call: Call) -> Json:
        """captures, cancels, refunds, amountUpdates: `received`. Whether it can be done shows later."""
        value, currency = (0, pay["currency"]) if kind == "cancels" else amount_of(wanted)
        if currency != pay["currency"]:
            raise error(422, "138", "Currency Code is not the one of the payment")
        call.amount = value or pay["capturable"]
        change: Json = {"id": self._reference(), "payment": pay["id"], "kind": kind, "amount": value}
        change |= {"reference": wanted.get("reference"), "order_id": pay["metadata"].get("order_id")}
        self._world.store.put("am", change, parent=pay["id"], order=change["order_id"])
        seconds = self._world.timing("adyen", lambda: flatten(pay))["refund"] if kind == "refunds" else 0.0
        self._world.after(seconds, "adyen.modification", change["id"])
        answer = {
            "merchantAccount": pay["account"], "paymentPspReference": pay["id"], "status": "received",
            "pspReference": change["id"], "reference": change["reference"],
        }  # fmt: skip
        return answer | ({"amount": {"value": value, "currency": currency}} if value else {})

    def _carry_out(self, change_id: str, _: Json) -> None:
        change = self._world.store.get(change_id)
        if change is None:
            return
        pay, value, kind = self.load(change["payment"]), change["amount"], change["kind"]
        fits = self._fits(pay, kind, value)
        if fits:
            self._change(pay, kind, value)
        reason = "" if fits else REASONS.get(kind, "Insufficient balance on payment")
        self._world.store.put("am", {**change, "done": fits})
        self.tell(
            EVENTS[kind], pay, psp=change_id, original=pay["id"], reason=reason,
            amount=value or pay["amount"], reference=change["reference"],
        )  # fmt: skip

    def _fits(self, pay: Json, kind: str, value: int) -> bool:
        """What is reserved is raised where it was to be, and as long as nothing was taken of it."""
        if kind == "amountUpdates":
            allowed = bool(pay.get("preauth")) and pay.get("token") not in FIXED
            return bool(allowed and pay["capturable"] and not pay["captured"] and value > pay["amount"])
        left = pay["captured"] - pay["refunded"] if kind == "refunds" else pay["capturable"]
        return bool(0 < (value or left) <= left)

    def _change(self, pay: Json, kind: str, value: int) -> None:
        if kind == "captures":
            pay |= {"captured": pay["captured"] + value, "capturable": pay["capturable"] - value}
        elif kind == "refunds":
            pay["refunded"] += value
        elif kind == "amountUpdates":
            pay |= {"amount": value, "capturable": value}
        else:
            pay |= {"capturable": 0, "status": "captured" if pay["captured"] else "cancelled"}
        if pay["captured"] and not pay["capturable"]:
            pay["status"] = "captured"
        if not pay["capturable"]:
            self._world.timers.disarm(pay["id"])
        self.save(pay)

    def _authorization_ends(self, reference: str, _: Json) -> None:
        pay = self.load(reference)
        if pay["capturable"]:
            pay |= {"capturable": 0, "status": "captured" if pay["captured"] else "expired"}
            self.save(pay)
            self.tell("EXPIRE", pay, psp=self._reference(), original=reference)

    def tell(
        self, code: str, pay: Json, *, psp: str, original: str = "", reason: str = "",
        amount: int | None = None, reference: str | None = None, remark: str = "", more: Json | None = None,
    ) -> None:  # fmt: skip
        """A standard notification; a reason means that it was not done. Signed by the courier.

        `remark` stands in the place of the reason where it was done.
        """
        item: Json = {
            "eventCode": code,
            "success": "false" if reason else "true",
            "pspReference": psp,
            "originalReference": original,
            "merchantAccountCode": pay["account"],
            "merchantReference": reference or pay["reference"],
            "amount": {"value": pay["amount"] if amount is None else amount, "currency": pay["currency"]},
            "eventDate": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds"),
            "paymentMethod": "visa",
            "reason": reason or remark,
            "additionalData": {
                **{f"metadata.{name}": value for name, value in pay["metadata"].items()},
                **(more or {}),
            },
        }
        body = {"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}
        self._world.post.send(
            "adyen", code, body, event_id=f"{psp}:{code}", lane=pay["id"], fields=lambda: flatten(pay)
        )

    def describe(self, call: Call, pay: Json) -> None:
        """What the ledger says about a call on this payment."""
        call.object_id, call.currency = pay["id"], pay["currency"].lower()
        call.amount = call.amount or pay["amount"]
        call.order = call.order or pay["metadata"].get("order_id")

    def _reference(self) -> str:
        return self._world.new_id("", 16).upper()


def _answer(pay: Json) -> Json:
    return {
        "pspReference": pay["id"],
        "resultCode": pay["resultCode"],
        "merchantReference": pay["reference"],
        "amount": {"value": pay["amount"], "currency": pay["currency"]},
    }
