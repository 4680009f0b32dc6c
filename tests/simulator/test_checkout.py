"""The hosted payment page."""

from typing import Any

import httpx2
import pytest
from stripe import InvalidRequestError, StripeClient
from stripe.checkout import Session

from tests.simulator.conftest import Process, Shop, eventually


def opened(stripe: StripeClient, shop: Shop) -> Session:
    """A page for 2 mugs at 12.50."""
    price = {"currency": "eur", "unit_amount": 1250, "product_data": {"name": "Mug"}}
    wanted: Any = {
        "mode": "payment",
        "line_items": [{"price_data": price, "quantity": 2}],
        "payment_intent_data": {
            "capture_method": "manual",
            "metadata": {"order_id": "o-7", "effect_key": "o-7:link:1"},
        },
        "metadata": {"order_id": "o-7"},
        "success_url": f"{shop.url}/thanks?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop.url}/cart",
    }
    return stripe.v1.checkout.sessions.create(wanted)


def press(url: str | None, action: str) -> httpx2.Response:
    """A customer's button, redirects not followed."""
    assert url is not None
    return httpx2.post(url, data={"action": action}, trust_env=False)


def test_a_customer_pays_on_the_page(world: Process, stripe: StripeClient, shop: Shop) -> None:
    session = opened(stripe, shop)
    page = world.http.get(str(session.url))
    assert "25.00 EUR" in page.text
    assert session.amount_total == 2500

    answer = press(session.url, "pay")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{shop.url}/thanks?session={session.id}"
    eventually(lambda: "checkout.session.completed" in shop.types("/stripe"))
    paid = stripe.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    intent: Any = paid.payment_intent
    assert (intent.status, intent.metadata["order_id"]) == ("requires_capture", "o-7")
    assert world.books("o-7")["payments"][0]["amount"] == 2500


def test_a_declined_customer_tries_again(stripe: StripeClient, shop: Shop, world: Process) -> None:
    session = opened(stripe, shop)

    declined = press(session.url, "decline")
    paid = press(session.url, "pay")
    again = press(session.url, "pay")

    assert (declined.status_code, paid.status_code, again.status_code) == (402, 303, 409)
    assert "Your card was declined." in declined.text
    assert [pay["status"] for pay in world.books("o-7")["payments"]] == ["requires_capture"]


def test_an_expired_page_takes_no_money(stripe: StripeClient, shop: Shop, world: Process) -> None:
    session = opened(stripe, shop)

    expired = stripe.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    assert press(session.url, "pay").status_code == 409
    assert world.books("o-7")["payments"] == []
    eventually(lambda: shop.types("/stripe") == ["checkout.session.expired"])
    with pytest.raises(InvalidRequestError):
        stripe.v1.checkout.sessions.expire(session.id)
