"""Checkout sessions: a hosted page on which a customer pays."""

from __future__ import annotations

import time

from orderwright.simulator.http import whole
from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.errors import DECLINES, invalid, missing
from orderwright.simulator.stripe.payments import Payments
from orderwright.simulator.types import Json, Refused
from orderwright.simulator.world import World

OPEN_SECONDS = 24 * 3600


class Checkouts:
    """Open until paid, expired or past their time."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world = world
        self._payments = payments
        world.timers.on("stripe.checkout_ends", self._ends)

    def load(self, session_id: str) -> Json:
        """The record; raises Stripe's 404."""
        checkout = self._world.store.get(session_id)
        if checkout is None or not session_id.startswith("cs_"):
            raise missing("checkout.session", session_id, "session")
        return checkout

    def create(self, wanted: Json, base: str) -> Json:
        """A page to pay at; raises where there is nothing to pay for."""
        lines = wanted.get("line_items") or []
        if wanted.get("mode", "payment") != "payment":
            raise invalid("Only mode=payment is simulated.", param="mode", is_kept=False)
        if not lines:
            raise invalid("You must provide line_items.", param="line_items", is_kept=False)
        items = []
        for line in lines:
            price = line.get("price_data") or {}
            product = price.get("product_data") or {}
            unit, units = whole(price.get("unit_amount"), 0), whole(line.get("quantity"), 1)
            items.append({"name": product.get("name", ""), "unit_amount": unit, "quantity": units})
        now = int(time.time())
        session_id = self._world.new_id("cs_test_", 58)
        checkout: Json = {
            "id": session_id,
            "amount": sum(item["unit_amount"] * item["quantity"] for item in items),
            "currency": str((lines[0].get("price_data") or {}).get("currency", "usd")).lower(),
            "created": now,
            "expires_at": whole(wanted.get("expires_at"), now + OPEN_SECONDS),
            "items": items,
            "metadata": dict(wanted.get("metadata") or {}),
            "intent": wanted.get("payment_intent_data") or {},
            "options": wanted.get("payment_method_options") or {},
            "base": base,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": wanted.get("success_url"),
            "cancel_url": wanted.get("cancel_url"),
            "client_reference_id": wanted.get("client_reference_id"),
            "customer": wanted.get("customer"),
            "customer_email": wanted.get("customer_email"),
            "url": f"{base}/stripe/pages/checkout/{session_id}",
        }
        tags = [f"{name}={value}" for name, value in checkout["metadata"].items()]
        self._world.store.put("cs", checkout, order=checkout["metadata"].get("order_id"), tags=tags)
        self._world.after(max(0, checkout["expires_at"] - now), "stripe.checkout_ends", session_id)
        return checkout

    def pay(self, checkout: Json, method: str) -> Json:
        """The customer presses Pay; raises the decline, and the page stays open."""
        if checkout["status"] != "open":
            raise invalid(f"This Checkout Session is {checkout['status']}.", status=409)
        pay = self._intent_of(checkout)
        pay["payment_method"] = method
        if method in DECLINES:
            raise self._payments.declined(pay, *DECLINES[method])
        self._payments.authorized(pay)
        checkout |= {"status": "complete", "payment_status": "paid"}
        self._world.store.put("cs", checkout)
        self._world.timers.disarm(checkout["id"])
        self._payments.event("checkout.session.completed", render.session(checkout), lane=checkout["id"])
        return pay

    def _intent_of(self, checkout: Json) -> Json:
        if checkout.get("payment_intent"):
            return self._payments.load(checkout["payment_intent"])
        data = checkout["intent"]
        wanted = {
            "amount": checkout["amount"],
            "currency": checkout["currency"],
            "capture_method": data.get("capture_method"),
            "metadata": data.get("metadata"),
            "description": data.get("description"),
            "customer": checkout.get("customer"),
            "setup_future_usage": data.get("setup_future_usage"),
            "payment_method_options": checkout["options"],
        }
        pay = self._payments.draft(wanted, checkout["base"])
        checkout["payment_intent"] = pay["id"]
        self._world.store.put("cs", checkout)
        self._world.store.db.execute(
            "INSERT OR IGNORE INTO tags VALUES ('cs', ?, ?)", (f"intent:{pay['id']}", checkout["id"])
        )
        return pay

    def expire(self, checkout: Json) -> None:
        """Close it unpaid."""
        if checkout["status"] != "open":
            raise invalid(
                f"Only Checkout Sessions with a status in ['open'] can be expired. "
                f"This Checkout Session has a status of {checkout['status']}."
            )
        checkout["status"] = "expired"
        self._world.store.put("cs", checkout)
        self._world.timers.disarm(checkout["id"])
        self._payments.event("checkout.session.expired", render.session(checkout), lane=checkout["id"])

    def _ends(self, session_id: str, _: Json) -> None:
        checkout = self.load(session_id)
        if checkout["status"] == "open":
            self.expire(checkout)


def where_to(checkout: Json) -> str:
    """Where the customer goes after paying."""
    return str(checkout.get("success_url") or "/").replace("{CHECKOUT_SESSION_ID}", checkout["id"])


def said(refusal: Refused) -> str:
    """A refusal in words for the page."""
    return str(refusal.answer.body["error"]["message"])
