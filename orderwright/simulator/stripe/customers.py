"""Customers and the payment methods that are kept for them."""

from __future__ import annotations

import re
import time

from orderwright.simulator.http import whole
from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.errors import invalid, missing
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

BY_METADATA = re.compile(
    r"\s*metadata\[['\"](?P<name>[^'\"\]]+)['\"]\]\s*:\s*['\"](?P<value>[^'\"]*)['\"]\s*"
)


class Customers:
    """Kept as small records. A kept method's `alias` is the test card that it was made of."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, wanted: Json) -> Json:
        """customers.create."""
        metadata = dict(wanted.get("metadata") or {})
        customer: Json = {
            "id": self._world.new_id("cus_", 14), "created": int(time.time()), "metadata": metadata,
        }  # fmt: skip
        self._world.store.put("cus", customer, tags=[f"{name}={value}" for name, value in metadata.items()])
        return render.customer(customer)

    def search(self, wanted: Json) -> Json:
        """customers.search: by one clause of metadata."""
        clause = BY_METADATA.fullmatch(str(wanted.get("query") or ""))
        if clause is None:
            raise invalid("We were unable to parse your search query.", param="query", is_kept=False)
        found = self._world.store.tagged("cus", f"{clause['name']}={clause['value']}")
        bodies = [render.customer(one) for one in found]
        return render.page(bodies, "/v1/customers/search", has_more=False, kind="search_result")

    def methods(self, wanted: Json) -> Json:
        """payment_methods.list of one customer, newest first."""
        customer = str(wanted.get("customer") or "")
        found = [pm for pm in self._world.store.tagged("pm", f"customer:{customer}") if pm["customer"]]
        if after := wanted.get("starting_after"):
            found = found[next((n for n, pm in enumerate(found) if pm["id"] == after), len(found)) + 1 :]
        limit = min(100, max(1, whole(wanted.get("limit"), 10)))
        bodies = [render.method(pm) for pm in found[:limit]]
        return render.page(bodies, "/v1/payment_methods", has_more=len(found) > limit)

    def load(self, method_id: str) -> Json:
        """A kept method's record; raises Stripe's 404."""
        found = self._world.store.get(method_id)
        if found is None or not method_id.startswith("pm_"):
            raise missing("PaymentMethod", method_id, "payment_method")
        return found

    def detach(self, method: Json) -> Json:
        """payment_methods.detach: for good."""
        if method["customer"] is None:
            raise invalid(
                "The payment method you provided is not attached to a customer so detachment is impossible."
            )
        method["customer"] = None
        self._world.store.put("pm", method)
        return method

    def attach(self, pay: Json) -> None:
        """What an intent was paid with is kept for its customer from now on."""
        customer = pay.get("customer")
        if not customer or not pay.get("setup_future_usage") or self.is_kept(pay["payment_method"]):
            return
        method: Json = {
            "id": self._world.new_id("pm_1"), "alias": pay["payment_method"], "customer": customer,
            "created": int(time.time()),
        }  # fmt: skip
        self._world.store.put("pm", method, tags=[f"customer:{customer}"])
        pay["payment_method"] = method["id"]

    def is_kept(self, method: str) -> bool:
        """Whether it is one of these, and no test card."""
        return self._world.store.get(method) is not None

    def card_of(self, pay: Json) -> str:
        """The test card behind what an intent is paid with; raises where it is not the customer's."""
        method = str(pay.get("payment_method") or "")
        kept = self._world.store.get(method)
        if kept is None:
            return method
        if kept["customer"] is None:
            raise invalid(
                "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
                "attachment, or was detached from a Customer, and may not be used again."
            )
        if kept["customer"] != pay.get("customer"):
            raise invalid(
                f"The PaymentMethod {method} belongs to a Customer. Please include the Customer in the "
                "`customer` parameter on the PaymentIntent."
            )
        return str(kept["alias"])
