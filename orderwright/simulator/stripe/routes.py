"""Stripe's addresses below /stripe, each one operation through the gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderwright.simulator.gate import serve
from orderwright.simulator.http import Params, base_of, is_true, nested, params_of, whole
from orderwright.simulator.store import dump
from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.checkout import Checkouts
from orderwright.simulator.stripe.disputes import Disputes
from orderwright.simulator.stripe.errors import StripeForm, missing
from orderwright.simulator.stripe.idempotency import KeyGuard
from orderwright.simulator.stripe.pages import Pages
from orderwright.simulator.stripe.payments import Payments
from orderwright.simulator.stripe.reads import Reads
from orderwright.simulator.stripe.refunds import Refunds
from orderwright.simulator.stripe.tax import Taxes
from orderwright.simulator.types import Answer, Call, Fields, Json, flatten
from orderwright.simulator.world import World

FORM = StripeForm()


@dataclass
class Asked:
    """One parsed request."""

    call: Call
    wanted: Json
    id: str

    @property
    def expand(self) -> list[str]:
        """What to show in full, list prefixes removed."""
        return [str(name).removeprefix("data.") for name in self.wanted.get("expand") or ()]

    def amount(self, name: str) -> int | None:
        """An optional amount, also written into the ledger."""
        value = self.wanted.get(name)
        self.call.amount = None if value is None else whole(value, 0)
        return self.call.amount


Operation = Callable[[Asked], Json]
Endpoint = Callable[[Request], Awaitable[Response]]


class Stripe:
    """The operations; each gets what was asked and gives a body or raises Refused."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.payments = Payments(world)
        self.refunds = Refunds(world, self.payments)
        self.disputes = Disputes(world, self.payments)
        self.checkouts = Checkouts(world, self.payments)
        self.reads = Reads(world)
        self.taxes = Taxes(world)

    def create(self, asked: Asked) -> Json:
        """payment_intents.create."""
        pay = self.payments.draft(asked.wanted, asked.call.base)
        asked.call.amount = pay["amount"]
        self.payments.describe(asked.call, pay)
        if is_true(asked.wanted.get("confirm")):
            self.payments.confirm(pay, is_off_session=is_true(asked.wanted.get("off_session")))
        return render.intent(pay, asked.expand)

    def confirm(self, asked: Asked) -> Json:
        """payment_intents.confirm."""
        pay = self._payment(asked)
        if asked.wanted.get("payment_method"):
            pay["payment_method"] = asked.wanted["payment_method"]
        self.payments.confirm(pay, is_off_session=is_true(asked.wanted.get("off_session")))
        return render.intent(pay, asked.expand)

    def _payment(self, asked: Asked) -> Json:
        pay = self.payments.load(asked.id)
        self.payments.describe(asked.call, pay)
        return pay

    def retrieve(self, asked: Asked) -> Json:
        """payment_intents.retrieve."""
        return render.intent(self._payment(asked), asked.expand)

    def capture(self, asked: Asked) -> Json:
        """payment_intents.capture."""
        pay = self._payment(asked)
        amount = asked.amount("amount_to_capture")
        if amount is None:
            asked.call.amount = pay["capturable"]
        is_final = is_true(asked.wanted.get("final_capture", True))
        self.payments.capture(pay, asked.wanted, amount=amount, is_final=is_final)
        return render.intent(pay, asked.expand)

    def increment(self, asked: Asked) -> Json:
        """payment_intents.increment_authorization."""
        pay = self._payment(asked)
        self.payments.increment(pay, asked.wanted, asked.amount("amount") or 0)
        return render.intent(pay, asked.expand)

    def cancel(self, asked: Asked) -> Json:
        """payment_intents.cancel."""
        pay = self._payment(asked)
        asked.call.amount = pay["capturable"]
        self.payments.cancel(pay, asked.wanted.get("cancellation_reason"))
        return render.intent(pay, asked.expand)

    def charge(self, asked: Asked) -> Json:
        """charges.retrieve."""
        return render.charge(self.refunds.by_charge(asked.id))

    def charges(self, asked: Asked) -> Json:
        """charges.list of one intent."""
        pay = self.payments.load(str(asked.wanted.get("payment_intent")))
        some = [render.charge(pay)] if pay.get("charge") else []
        return render.page(some, "/v1/charges", has_more=False)

    def refund(self, asked: Asked) -> Json:
        """refunds.create."""
        pay = self.refunds.payment_of(asked.wanted)
        self.payments.describe(asked.call, pay)
        back = self.refunds.create(pay, asked.wanted, asked.amount("amount"))
        asked.call.object_id, asked.call.amount = back["id"], back["amount"]
        return render.refund(back)

    def refund_read(self, asked: Asked) -> Json:
        """refunds.retrieve."""
        return render.refund(self.refunds.load(asked.id))

    def dispute_read(self, asked: Asked) -> Json:
        """disputes.retrieve."""
        return self.disputes.shown(self.disputes.load(asked.id))

    def dispute_update(self, asked: Asked) -> Json:
        """disputes.update: evidence."""
        dispute = self.disputes.load(asked.id)
        self.disputes.respond(dispute, asked.wanted)
        return self.disputes.shown(dispute)

    def file(self, asked: Asked) -> Json:
        """files.create."""
        made = self.disputes.upload(asked.wanted)
        asked.call.object_id = made["id"]
        return made

    def dispute_close(self, asked: Asked) -> Json:
        """disputes.close: given up."""
        dispute = self.disputes.load(asked.id)
        self.disputes.end(dispute, "lost")
        return self.disputes.shown(dispute)

    def customer(self, asked: Asked) -> Json:
        """customers.create."""
        made = self.payments.customers.create(asked.wanted)
        asked.call.object_id = made["id"]
        return made

    def method_detach(self, asked: Asked) -> Json:
        """payment_methods.detach."""
        customers = self.payments.customers
        return render.method(customers.detach(customers.load(asked.id)))

    def checkout(self, asked: Asked) -> Json:
        """checkout.sessions.create."""
        checkout = self.checkouts.create(asked.wanted, asked.call.base)
        asked.call.object_id, asked.call.amount = checkout["id"], checkout["amount"]
        asked.call.currency = checkout["currency"]
        return render.session(checkout)

    def tax(self, asked: Asked) -> Json:
        """tax.calculations.create."""
        made = self.taxes.create(asked.wanted)
        asked.call.object_id, asked.call.amount = made["id"], made["amount_total"]
        asked.call.currency = made["currency"]
        return made

    def checkout_read(self, asked: Asked) -> Json:
        """checkout.sessions.retrieve."""
        checkout = self.checkouts.load(asked.id)
        is_shown = any(name.startswith("payment_intent") for name in asked.expand)
        pay = self.world.store.get(checkout.get("payment_intent")) if is_shown else None
        return render.session(checkout, pay)

    def checkout_expire(self, asked: Asked) -> Json:
        """checkout.sessions.expire."""
        checkout = self.checkouts.load(asked.id)
        asked.call.object_id = asked.id
        self.checkouts.expire(checkout)
        return render.session(checkout)


def _ask(world: World, request: Request, operation: str, params: Params) -> Asked:
    wanted = nested(params)
    object_id = str(request.path_params.get("id", ""))
    found = wanted.get("metadata")
    metadata: Json = found if isinstance(found, dict) else {}

    def fields() -> Fields:
        known = world.store.get(object_id or wanted.get("payment_intent"))
        return flatten(
            wanted, into=flatten({"metadata": known.get("metadata"), "id": known["id"]} if known else {})
        )

    call = Call(
        "stripe",
        operation,
        key=request.headers.get("idempotency-key"),
        reference=metadata.get("effect_key"),
        order=metadata.get("order_id"),
        object_id=object_id or None,
        base=base_of(request),
        fields=fields,
    )
    return Asked(call, wanted, object_id)


def _endpoint(world: World, operation: str, work: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if "authorization" not in request.headers:
            return _no_key()
        params = await params_of(request)
        asked = _ask(world, request, operation, params)
        guard = KeyGuard(world, asked.call, request.url.path, params) if request.method == "POST" else None
        response = await serve(world, request, asked.call, lambda: Answer(work(asked)), FORM, guard)
        response.headers["Request-Id"] = world.new_id("req_", 14)
        return response

    return endpoint


def _no_key() -> Response:
    message = "You did not provide an API key."
    body = {"error": {"type": "invalid_request_error", "message": message}}
    return Response(dump(body), 401, media_type="application/json")


async def _unknown(request: Request) -> Response:
    refused = missing("address in this simulator", f"{request.method} {request.url.path}", "url")
    return Response(dump(refused.answer.body), 404, media_type="application/json")


Row = tuple[str, str, str, Operation]
"""Method, path, Stripe's name of the operation, and what does it."""


def _intents(stripe: Stripe) -> list[Row]:
    """What is done with payments."""
    intents = "/v1/payment_intents"
    return [
        ("POST", intents, "payment_intents.create", stripe.create),
        ("GET", intents, "payment_intents.list", lambda a: stripe.reads.payments(a.wanted, a.expand)),
        (
            "GET",
            f"{intents}/search",
            "payment_intents.search",
            lambda a: stripe.reads.search(a.wanted, a.expand),
        ),
        ("GET", f"{intents}/{{id}}", "payment_intents.retrieve", stripe.retrieve),
        ("POST", f"{intents}/{{id}}/confirm", "payment_intents.confirm", stripe.confirm),
        ("POST", f"{intents}/{{id}}/capture", "payment_intents.capture", stripe.capture),
        (
            "POST",
            f"{intents}/{{id}}/increment_authorization",
            "payment_intents.increment_authorization",
            stripe.increment,
        ),
        ("POST", f"{intents}/{{id}}/cancel", "payment_intents.cancel", stripe.cancel),
    ]


def _others(stripe: Stripe) -> list[Row]:
    """What is done with everything else."""
    refunds, sessions = "/v1/refunds", "/v1/checkout/sessions"
    customers, methods = stripe.payments.customers, "/v1/payment_methods"
    return [
        ("GET", "/v1/charges", "charges.list", stripe.charges),
        ("GET", "/v1/charges/{id}", "charges.retrieve", stripe.charge),
        ("POST", refunds, "refunds.create", stripe.refund),
        ("GET", refunds, "refunds.list", lambda a: stripe.reads.refunds(a.wanted)),
        ("GET", f"{refunds}/{{id}}", "refunds.retrieve", stripe.refund_read),
        ("POST", "/v1/files", "files.create", stripe.file),
        ("GET", "/v1/disputes/{id}", "disputes.retrieve", stripe.dispute_read),
        ("POST", "/v1/disputes/{id}", "disputes.update", stripe.dispute_update),
        ("POST", "/v1/disputes/{id}/close", "disputes.close", stripe.dispute_close),
        (
            "GET",
            "/v1/balance_transactions",
            "balance_transactions.list",
            lambda a: stripe.reads.transactions(a.wanted, a.expand),
        ),
        ("GET", "/v1/payouts", "payouts.list", lambda a: stripe.reads.payouts(a.wanted)),
        ("POST", "/v1/customers", "customers.create", stripe.customer),
        ("GET", "/v1/customers/search", "customers.search", lambda a: customers.search(a.wanted)),
        ("GET", methods, "payment_methods.list", lambda a: customers.methods(a.wanted)),
        (
            "GET",
            f"{methods}/{{id}}",
            "payment_methods.retrieve",
            lambda a: render.method(customers.load(a.id)),
        ),
        ("POST", f"{methods}/{{id}}/detach", "payment_methods.detach", stripe.method_detach),
        ("POST", "/v1/tax/calculations", "tax.calculations.create", stripe.tax),
        (
            "GET",
            "/v1/tax/calculations/{id}/line_items",
            "tax.calculations.line_items.list",
            lambda a: stripe.taxes.lines(a.id, a.wanted),
        ),
        ("POST", sessions, "checkout_sessions.create", stripe.checkout),
        ("GET", sessions, "checkout_sessions.list", lambda a: stripe.reads.sessions(a.wanted)),
        ("GET", f"{sessions}/{{id}}", "checkout_sessions.retrieve", stripe.checkout_read),
        ("POST", f"{sessions}/{{id}}/expire", "checkout_sessions.expire", stripe.checkout_expire),
    ]


def routes(world: World) -> list[Route]:
    """Everything below /stripe."""
    stripe = Stripe(world)
    pages = Pages(world, stripe.payments, stripe.checkouts)
    found = [
        Route(path, _endpoint(world, operation, work), methods=[method])
        for method, path, operation, work in [*_intents(stripe), *_others(stripe)]
    ]
    rest = Route("/{path:path}", _unknown, methods=["GET", "POST", "DELETE"])
    return [*found, *pages.routes(), rest]
