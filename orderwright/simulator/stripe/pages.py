"""The two pages a customer sees at Stripe: pay, and prove who you are."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from orderwright.simulator import ledger
from orderwright.simulator.http import nested, params_of
from orderwright.simulator.stripe.checkout import Checkouts, said, where_to
from orderwright.simulator.stripe.payments import Payments
from orderwright.simulator.templates import money, page
from orderwright.simulator.types import Call, Json, Outcome, Refused
from orderwright.simulator.world import World

BANK_SAID_NO = (
    "payment_intent_authentication_failure",
    "authentication_failed",
    "The bank did not confirm it is you.",
)


class Pages:
    """Server-rendered; they work without a script."""

    def __init__(self, world: World, payments: Payments, checkouts: Checkouts) -> None:
        self._world = world
        self._payments = payments
        self._checkouts = checkouts

    def routes(self) -> list[Route]:
        """Below /stripe."""
        both = ["GET", "POST"]
        return [
            Route("/pages/checkout/{id}", self.checkout, methods=both),
            Route("/pages/authenticate/{id}", self.authenticate, methods=both),
        ]

    async def checkout(self, request: Request) -> Response:
        """Pay or decline."""
        error, status = "", 200
        try:
            checkout = self._checkouts.load(request.path_params["id"])
        except Refused:
            return HTMLResponse(page("checkout.html", checkout=None), 404)
        if request.method == "POST":
            wanted = nested(await params_of(request))
            is_declined = wanted.get("action") == "decline"
            default = "pm_card_chargeDeclined" if is_declined else "pm_card_visa"
            refusal = self._pay(checkout, str(wanted.get("payment_method") or default))
            if refusal is None:
                return RedirectResponse(where_to(checkout), 303)
            error, status = said(refusal), refusal.answer.status
        total = money(checkout["amount"], checkout["currency"])
        return HTMLResponse(page("checkout.html", checkout=checkout, total=total, error=error), status)

    def _pay(self, checkout: Json, method: str) -> Refused | None:
        call = Call("stripe", "checkout_sessions.pay", object_id=checkout["id"])
        call.amount, call.currency = checkout["amount"], checkout["currency"]
        call.order = checkout["metadata"].get("order_id")
        call.reference = checkout["metadata"].get("effect_key")
        with self._world.store.transaction():
            try:
                pay = self._checkouts.pay(checkout, method)
            except Refused as refused:
                ledger.record(self._world.store, call, Outcome.REFUSED, refused.answer.status)
                return refused
            call.object_id = pay["id"]
            ledger.record(self._world.store, call, Outcome.EFFECTIVE, 303)
        return None

    async def authenticate(self, request: Request) -> Response:
        """The bank's question: is it you?"""
        try:
            pay = self._payments.load(request.path_params["id"])
        except Refused:
            return HTMLResponse(page("authenticate.html", pay=None), 404)
        if request.method == "POST" and pay["status"] == "requires_action":
            wanted = nested(await params_of(request))
            with self._world.store.transaction():
                call = Call("stripe", "payment_intents.authenticate", amount=pay["amount"])
                self._payments.describe(call, pay)
                if wanted.get("action") == "decline":
                    self._payments.declined(pay, *BANK_SAID_NO)
                    ledger.record(self._world.store, call, Outcome.REFUSED, 303)
                else:
                    self._payments.authorized(pay)
                    ledger.record(self._world.store, call, Outcome.EFFECTIVE, 303)
            if pay.get("return_url"):
                return RedirectResponse(pay["return_url"], 303)
        total = money(pay["amount"], pay["currency"])
        return HTMLResponse(page("authenticate.html", pay=pay, total=total))
