"""Payment intents: authorized, captured, canceled, expired."""

from __future__ import annotations

import time

from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.balance import Balance
from orderwright.simulator.stripe.customers import Customers
from orderwright.simulator.stripe.errors import DECLINES, card, invalid, missing
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Call, Fields, Json, Refused, flatten
from orderwright.simulator.world import World

AUTHORIZED_SECONDS = 7 * 24 * 3600
MAX_INCREMENTS = 10
NOT_RAISABLE = render.NOT_RAISABLE
INCREMENT_DECLINED = "pm_sim_increment_declined"
"""A card of our own: its bank reserves money, and raises nothing."""
DISPUTED = {
    "pm_card_createDispute": "fraudulent",
    "pm_card_createDisputeProductNotReceived": "product_not_received",
}
"""Stripe's test cards whose charge succeeds, only to be disputed."""
CANCELABLE = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
}


class Payments:
    """Kept as small records; rendered as Stripe's objects where they are read."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.balance = Balance(world)
        self.customers = Customers(world)
        world.timers.on("stripe.authorization_ends", self._authorization_ends)

    def load(self, payment_id: str) -> Json:
        """The record; raises Stripe's 404."""
        pay = self._world.store.get(payment_id)
        if pay is None or not payment_id.startswith("pi_"):
            raise missing("payment_intent", payment_id)
        return pay

    def save(self, pay: Json) -> None:
        """Write it back."""
        self._world.store.put("pi", pay)

    def draft(self, wanted: Json, base: str) -> Json:
        """A new intent that waits for a payment method; raises what Stripe finds missing."""
        amount, currency = wanted.get("amount"), wanted.get("currency")
        for name, value in (("amount", amount), ("currency", currency)):
            if not value:
                raise invalid(
                    f"Missing required param: {name}.", code="parameter_missing", param=name, is_kept=False
                )
        if not str(amount).isdigit() or int(str(amount)) < 1:
            raise invalid(
                "Invalid integer: amount", code="parameter_invalid_integer", param="amount", is_kept=False
            )
        new_id = self._world.new_id("pi_3")
        options = (wanted.get("payment_method_options") or {}).get("card") or {}
        metadata = dict(wanted.get("metadata") or {})
        pay: Json = {
            "id": new_id,
            "amount": int(str(amount)),
            "currency": str(currency).lower(),
            "capture_method": wanted.get("capture_method") or "automatic",
            "client_secret": f"{new_id}_secret_{self._world.new_id('', 25)}",
            "created": int(time.time()),
            "metadata": metadata,
            "payment_method": wanted.get("payment_method"),
            "status": "requires_confirmation" if wanted.get("payment_method") else "requires_payment_method",
            "capturable": 0,
            "captured": 0,
            "refunded": 0,
            "multicapture": options.get("request_multicapture") == "if_available",
            "incremental": options.get("request_incremental_authorization") == "if_available",
            "attempts": 0,
            "base": base,
            "return_url": wanted.get("return_url"),
        }
        for name in (
            "customer",
            "setup_future_usage",
            "description",
            "receipt_email",
            "statement_descriptor",
        ):
            if wanted.get(name):
                pay[name] = wanted[name]
        tags = [f"{name}={value}" for name, value in metadata.items()]
        self._world.store.put("pi", pay, order=metadata.get("order_id"), tags=tags)
        return pay

    def confirm(self, pay: Json, *, is_off_session: bool = False) -> None:
        """Try the payment method; raises the decline, which the intent remembers."""
        if not pay.get("payment_method"):
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
        method = pay["card"] = self.customers.card_of(pay)
        if method in DECLINES:
            raise self.declined(pay, *DECLINES[method])
        if method.startswith("pm_card_authenticationRequired"):
            if is_off_session:
                text = "Your card was declined. This transaction requires authentication."
                raise self.declined(pay, "authentication_required", "authentication_required", text)
            page = f"{pay['base']}/stripe/pages/authenticate/{pay['id']}"
            pay["next_action"] = {
                "type": "redirect_to_url",
                "redirect_to_url": {"url": page, "return_url": pay.get("return_url")},
            }
            pay["status"] = "requires_action"
            self.save(pay)
            self.tell("payment_intent.requires_action", pay)
            return
        self.authorized(pay)

    def authorized(self, pay: Json) -> None:
        """The bank said yes: hold the money, or take it at once where capture is automatic."""
        pay["charge"] = self._world.new_id("ch_3")
        pay.setdefault("card", pay.get("payment_method"))
        self.customers.attach(pay)
        pay["next_action"] = pay["last_error"] = None
        tag = ("pi", f"charge:{pay['charge']}", pay["id"])
        self._world.store.db.execute("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", tag)
        if pay["capture_method"] == "manual":
            seconds = AUTHORIZED_SECONDS
            if rule := self._world.switches.take(
                Mode.AUTHORIZATION_SECONDS, "stripe", fields=lambda: flatten(pay)
            ):
                seconds = int(rule.value)
            pay |= {"status": "requires_capture", "capturable": pay["amount"]}
            pay["capture_before"] = int(time.time()) + seconds
            self._world.after(seconds, "stripe.authorization_ends", pay["id"])
            self.save(pay)
            self.tell("payment_intent.amount_capturable_updated", pay)
        else:
            pay |= {"status": "succeeded", "captured": pay["amount"]}
            self.balance.charge(pay, pay["amount"])
            self.save(pay)
            self.tell("payment_intent.succeeded", pay)

    def declined(self, pay: Json, code: str, decline: str, message: str) -> Refused:
        """The refusal, written on the intent and told by webhook."""
        body = card(code, decline, message)
        pay |= {"status": "requires_payment_method", "last_error": dict(body["error"]), "next_action": None}
        pay["payment_method"] = None
        self.save(pay)
        self.tell("payment_intent.payment_failed", pay)
        body["error"]["payment_intent"] = render.intent(pay)
        return Refused(402, body)

    def capture(self, pay: Json, wanted: Json, *, amount: int | None, is_final: bool) -> None:
        """Take authorized money; raises where there is less, or where the one capture was made."""
        if pay["status"] != "requires_capture":
            raise self._unexpected(pay, "captured", "requires_capture")
        amount = pay["capturable"] if amount is None else amount
        if amount > pay["capturable"]:
            raise invalid(
                f"The amount_to_capture ({amount}) is greater than the amount that can be captured "
                f"({pay['capturable']}).",
                code="amount_too_large",
                param="amount_to_capture",
            )
        if not is_final and not pay["multicapture"]:
            raise invalid(
                "final_capture can only be false where multicapture is available.", param="final_capture"
            )
        if amount < 1 and not (is_final and pay["captured"]):
            raise invalid("Invalid positive integer", param="amount_to_capture")
        pay["captured"] += amount
        pay["capturable"] -= amount
        if amount:
            self.balance.charge(pay, amount)
        pay["metadata"] |= dict(wanted.get("metadata") or {})
        if is_final or pay["capturable"] == 0:
            pay |= {"status": "succeeded", "capturable": 0}
            self._world.timers.disarm(pay["id"])
        self.save(pay)
        if pay.get("card") in DISPUTED and not pay.get("dispute"):
            self._world.after(0.5, "stripe.dispute_opens", pay["id"])
        kind = "succeeded" if pay["status"] == "succeeded" else "amount_capturable_updated"
        self.tell(f"payment_intent.{kind}", pay)

    def increment(self, pay: Json, wanted: Json, amount: int) -> None:
        """Hold more, until when it was held before; raises where card or bank do not allow it."""
        if pay["status"] != "requires_capture":
            raise self._unexpected(pay, "incremented", "requires_capture")
        if not self.raisable(pay):
            raise invalid("This PaymentIntent is not eligible for an incremental authorization.")
        if pay["captured"]:
            raise invalid("A PaymentIntent that is partially captured can not be incremented.")
        if amount <= pay["amount"]:
            raise invalid("The amount must be greater than the authorized amount.", param="amount")
        if pay.get("attempts", 0) >= MAX_INCREMENTS:
            raise invalid("This PaymentIntent has had the maximum of 10 incremental authorizations.")
        pay["attempts"] = pay.get("attempts", 0) + 1
        self.save(pay)
        if pay["card"] == INCREMENT_DECLINED:
            raise Refused(
                402, card("card_declined", "insufficient_funds", "Your card has insufficient funds.")
            )
        pay |= {"amount": amount, "capturable": amount}
        pay["metadata"] |= dict(wanted.get("metadata") or {})
        self.save(pay)
        self.tell("payment_intent.amount_capturable_updated", pay)

    def raisable(self, pay: Json) -> bool:
        """Whether it was asked for, and the card's network allows it."""
        return bool(pay.get("incremental")) and pay.get("card") not in NOT_RAISABLE

    def cancel(self, pay: Json, reason: str | None) -> None:
        """Let the authorization go; what was captured before stays captured."""
        if pay["status"] not in CANCELABLE:
            raise self._unexpected(pay, "canceled", ", ".join(sorted(CANCELABLE)))
        self._world.timers.disarm(pay["id"])
        if pay["captured"]:
            pay |= {"status": "succeeded", "capturable": 0}
            self.save(pay)
            self.tell("payment_intent.succeeded", pay)
            return
        pay |= {"status": "canceled", "capturable": 0, "next_action": None}
        pay |= {"canceled_at": int(time.time()), "cancellation_reason": reason}
        self.save(pay)
        self.tell("payment_intent.canceled", pay)

    def tell(self, kind: str, pay: Json) -> None:
        """The webhook about this intent as it is now."""
        self.event(kind, render.intent(pay), lane=pay["id"])

    def event(self, kind: str, document: Json, *, lane: str, fields: Json | None = None) -> None:
        """Post an event about any object."""
        event_id = self._world.new_id("evt_3")
        body = {
            "id": event_id,
            "object": "event",
            "api_version": "2026-03-25",
            "created": int(time.time()),
            "data": {"object": document},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self._world.new_id("req_", 14), "idempotency_key": None},
            "type": kind,
        }

        def of_object() -> Fields:
            return flatten(fields or document)

        self._world.post.send("stripe", kind, body, event_id=event_id, lane=lane, fields=of_object)

    def describe(self, call: Call, pay: Json) -> None:
        """What the ledger says about a call on this intent."""
        call.object_id = pay["id"]
        call.order = call.order or pay["metadata"].get("order_id")
        call.reference = call.reference or pay["metadata"].get("effect_key")
        call.currency = pay["currency"]

    def _authorization_ends(self, payment_id: str, _: Json) -> None:
        pay = self.load(payment_id)
        if pay["status"] == "requires_capture":
            self.cancel(pay, "automatic")

    def _unexpected(self, pay: Json, verb: str, allowed: str) -> Refused:
        return invalid(
            f"This PaymentIntent could not be {verb} because it has a status of {pay['status']}. "
            f"Only a PaymentIntent with one of the following statuses may be {verb}: {allowed}.",
            code="payment_intent_unexpected_state",
            payment_intent=render.intent(pay),
        )
