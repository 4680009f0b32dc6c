"""Payment links, and the two pages a customer sees: pay, and prove who you are."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from orderwright.simulator import ledger
from orderwright.simulator.adyen.form import REFUSALS, amount_of, error
from orderwright.simulator.adyen.payments import Payments
from orderwright.simulator.http import nested, params_of
from orderwright.simulator.templates import money, page
from orderwright.simulator.types import Call, Json, Outcome, Refused
from orderwright.simulator.world import World


class Links:
    """Open until paid or closed."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world, self._payments = world, payments

    def load(self, link_id: str) -> Json:
        """The record; raises Adyen's 404."""
        link = self._world.store.get(link_id)
        if link is None or not link_id.startswith("PL"):
            raise error(404, "30_001", "Payment link was not found")
        return link

    def create(self, wanted: Json, base: str, call: Call) -> Json:
        """paymentLinks."""
        value, currency = amount_of(wanted)
        link_id = self._world.new_id("PL", 16).upper()
        link: Json = {
            "id": link_id, "status": "active", "amount": value, "currency": currency, "wanted": wanted,
            "url": f"{base}/adyen/pages/link/{link_id}", "base": base,
        }  # fmt: skip
        self._world.store.put("al", link, order=(wanted.get("metadata") or {}).get("order_id"))
        call.object_id, call.amount, call.currency = link_id, value, currency.lower()
        return shown(link)

    def update(self, link: Json, wanted: Json) -> Json:
        """paymentLinks.update: close it unpaid."""
        if wanted.get("status") != "expired" or link["status"] != "active":
            raise error(422, "14_012", f"The status of a link that is {link['status']} cannot be changed")
        link["status"] = "expired"
        self._world.store.put("al", link)
        return shown(link)

    def routes(self) -> list[Route]:
        """Below /adyen."""
        both = ["GET", "POST"]
        return [
            Route("/pages/link/{id}", self.page, methods=both),
            Route("/pages/bank/{id}", self.bank, methods=both),
        ]

    async def page(self, request: Request) -> Response:
        """Pay or decline."""
        try:
            link = self.load(request.path_params["id"])
        except Refused:
            return HTMLResponse(page("checkout.html", checkout=None), 404)
        said = ""
        if request.method == "POST" and link["status"] == "active":
            is_declined = nested(await params_of(request)).get("action") == "decline"
            said = self._pay(link, is_declined=is_declined)
            if not said:
                return RedirectResponse(link["wanted"].get("returnUrl") or "/", 303)
        total = money(link["amount"], link["currency"].lower())
        state = {"active": "open", "completed": "complete"}.get(link["status"], "expired")
        item = {"quantity": 1, "name": link["wanted"].get("reference"), "unit_amount": link["amount"]}
        checkout = {
            "status": state,
            "currency": link["currency"].lower(),
            "items": [item],
            "cancel_url": None,
        }
        return HTMLResponse(
            page("checkout.html", checkout=checkout, total=total, error=said), 402 if said else 200
        )

    def _pay(self, link: Json, *, is_declined: bool) -> str:
        """What the customer reads, or nothing where it is paid."""
        call = Call("adyen", "links.pay")
        with self._world.store.transaction():
            pay = self._payments.draft(link["wanted"], link["base"])
            self._payments.describe(call, pay)
            if is_declined:
                self._payments.refused(pay, *REFUSALS["refused"])
                ledger.record(self._world.store, call, Outcome.REFUSED, 402)
                return "The payment was refused."
            self._payments.authorized(pay)
            self._store(link["wanted"], pay)
            self._world.store.put("al", {**link, "status": "completed"})
            ledger.record(self._world.store, call, Outcome.EFFECTIVE, 303)
        return ""

    def _store(self, wanted: Json, pay: Json) -> None:
        """Where the merchant wants it, and says whose it is."""
        if wanted.get("storePaymentMethodMode") == "enabled" and wanted.get("shopperReference"):
            self._payments.stored.keep(str(wanted["shopperReference"]), f"TOKEN{pay['id']}")

    async def bank(self, request: Request) -> Response:
        """The bank's question: is it you?"""
        try:
            pay = self._payments.load(request.path_params["id"])
        except Refused:
            return HTMLResponse(page("authenticate.html", pay=None), 404)
        if request.method == "POST" and pay["resultCode"] == "RedirectShopper":
            is_declined = nested(await params_of(request)).get("action") == "decline"
            call = Call("adyen", "payments.authenticate")
            self._payments.describe(call, pay)
            with self._world.store.transaction():
                if is_declined:
                    self._payments.refused(pay, "3D Not Authenticated", "11")
                else:
                    self._payments.authorized(pay)
                outcome = Outcome.REFUSED if is_declined else Outcome.EFFECTIVE
                ledger.record(self._world.store, call, outcome, 303)
            if pay.get("return_url"):
                return RedirectResponse(pay["return_url"], 303)
        status = "requires_action" if pay["resultCode"] == "RedirectShopper" else pay["status"]
        total = money(pay["amount"], pay["currency"].lower())
        return HTMLResponse(page("authenticate.html", pay={**pay, "status": status}, total=total))


def shown(link: Json) -> Json:
    """As Adyen writes it."""
    return {
        "id": link["id"],
        "status": link["status"],
        "url": link["url"],
        "amount": {"value": link["amount"], "currency": link["currency"]},
        "reference": link["wanted"].get("reference"),
        "merchantAccount": link["wanted"].get("merchantAccount"),
    }
