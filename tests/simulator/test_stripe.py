"""Payments through Stripe's own SDK."""

import threading
import time
from typing import Any

import pytest
from stripe import (
    APIConnectionError,
    APIError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    PaymentIntent,
    StripeClient,
    Webhook,
)

from tests.simulator.conftest import Process, Shop, eventually


def authorize(stripe: StripeClient, key: str = "o-1:authorize:1", **more: Any) -> PaymentIntent:
    """An authorization of 20.00. `Any`: Stripe's parameters."""
    wanted: Any = {
        "amount": 2000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "capture_method": "manual",
        "confirm": True,
        "metadata": {"order_id": "o-1", "effect_key": key},
        "expand": ["latest_charge"],
        **more,
    }
    return stripe.v1.payment_intents.create(wanted, {"idempotency_key": key})


def test_an_authorization_is_captured_and_told(world: Process, stripe: StripeClient, shop: Shop) -> None:
    intent = authorize(stripe)

    captured = stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})

    assert (intent.status, intent.amount_capturable) == ("requires_capture", 2000)
    assert (captured.status, captured.amount_received) == ("succeeded", 1500)
    eventually(lambda: len(shop.received) == 2)
    assert shop.types("/stripe") == ["payment_intent.amount_capturable_updated", "payment_intent.succeeded"]
    first = shop.received[0]
    event = Webhook.construct_event(first.raw, first.headers["stripe-signature"], "whsec_orderwright")
    assert event.data.object["id"] == intent.id
    assert world.books("o-1")["payments"][0]["captured"] == 1500


def test_the_charge_says_until_when_it_can_be_captured(stripe: StripeClient) -> None:
    intent = authorize(stripe)

    charge: Any = intent.latest_charge
    assert charge.payment_method_details.card.capture_before == pytest.approx(time.time() + 7 * 86400, abs=5)


def test_the_same_key_gives_the_same_answer(world: Process, stripe: StripeClient) -> None:
    first, second = authorize(stripe), authorize(stripe)

    assert first.id == second.id
    assert second.last_response is not None
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert [call["outcome"] for call in world.ledger(provider="stripe")] == ["effective", "replayed"]
    assert len(world.books("o-1")["payments"]) == 1


def test_the_same_key_for_another_amount_is_refused(world: Process, stripe: StripeClient) -> None:
    authorize(stripe)

    with pytest.raises(IdempotencyError):
        authorize(stripe, amount=2100)

    assert len(world.books("o-1")["payments"]) == 1


def test_a_key_in_progress_conflicts(world: Process, stripe: StripeClient) -> None:
    world.switch("stripe", "delay", operation="payment_intents.create", value=0.5, times=1)
    slow = threading.Thread(target=authorize, args=(stripe,))
    slow.start()
    time.sleep(0.2)

    with pytest.raises(APIError) as conflict:
        authorize(stripe)

    slow.join()
    assert conflict.value.http_status == 409
    assert len(world.books("o-1")["payments"]) == 1


@pytest.mark.parametrize(
    ("method", "decline"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_card_is_declined(stripe: StripeClient, shop: Shop, method: str, decline: str) -> None:
    with pytest.raises(CardError) as refused:
        authorize(stripe, payment_method=method)

    assert refused.value.http_status == 402
    assert refused.value.error is not None
    assert refused.value.error.decline_code == decline
    eventually(lambda: shop.types("/stripe") == ["payment_intent.payment_failed"])


def test_a_customer_proves_who_they_are(world: Process, stripe: StripeClient, shop: Shop) -> None:
    intent = authorize(stripe, payment_method="pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None

    page = world.http.post(str(intent.next_action.redirect_to_url.url), data={"action": "complete"})

    assert page.status_code == 200
    assert stripe.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    eventually(lambda: "payment_intent.amount_capturable_updated" in shop.types("/stripe"))


def test_more_than_authorized_is_not_captured(world: Process, stripe: StripeClient) -> None:
    intent = authorize(stripe)

    with pytest.raises(InvalidRequestError):
        stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2001})

    assert world.books("o-1")["payments"][0]["captured"] == 0


def test_a_second_capture_needs_multicapture(stripe: StripeClient) -> None:
    intent = authorize(stripe)
    stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500})

    with pytest.raises(InvalidRequestError) as refused:
        stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500})

    assert refused.value.code == "payment_intent_unexpected_state"


def test_multicapture_takes_several_parts(stripe: StripeClient) -> None:
    options = {"card": {"request_multicapture": "if_available"}}
    intent = authorize(stripe, payment_method_options=options)

    part = stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500, "final_capture": False})
    last = stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 700})

    assert (part.status, part.amount_capturable) == ("requires_capture", 1500)
    assert (last.status, last.amount_received, last.amount_capturable) == ("succeeded", 1200, 0)


def test_refunds_never_exceed_what_was_captured(world: Process, stripe: StripeClient, shop: Shop) -> None:
    intent = authorize(stripe)
    with pytest.raises(InvalidRequestError):
        stripe.v1.refunds.create({"payment_intent": intent.id})
    stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})

    part = stripe.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 600, "metadata": {"effect_key": "o-1:refund/1:1"}},
        {"idempotency_key": "o-1:refund/1:1"},
    )
    with pytest.raises(InvalidRequestError):
        stripe.v1.refunds.create({"payment_intent": intent.id, "amount": 901})
    rest = stripe.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(InvalidRequestError) as refused:
        stripe.v1.refunds.create({"payment_intent": intent.id})

    assert (part.amount, rest.amount, refused.value.code) == (600, 900, "charge_already_refunded")
    assert world.books("o-1")["payments"][0]["refunded"] == 1500
    listed = stripe.v1.refunds.list({"payment_intent": intent.id}).data
    assert [back.id for back in listed] == [rest.id, part.id]
    eventually(lambda: shop.types("/stripe").count("charge.refunded") == 2)


def test_an_unknown_outcome_is_found_by_its_reference(world: Process, stripe: StripeClient) -> None:
    world.switch(
        "stripe", "answer_lost", operation="payment_intents.create", match={"order_id": "o-1"}, times=1
    )
    with pytest.raises(APIConnectionError):
        authorize(stripe)

    found = stripe.v1.payment_intents.search({"query": "metadata['effect_key']:'o-1:authorize:1'"}).data

    assert [intent.status for intent in found] == ["requires_capture"]
    assert authorize(stripe).id == found[0].id
    assert [call["outcome"] for call in world.ledger(provider="stripe")] == ["lost", "read", "replayed"]


def test_without_keys_the_money_is_taken_twice(world: Process, stripe: StripeClient) -> None:
    world.switch("stripe", "ignore_idempotency")

    authorize(stripe)
    authorize(stripe)

    assert len(world.books("o-1")["payments"]) == 2


def test_a_server_error_changes_nothing(world: Process, stripe: StripeClient) -> None:
    world.switch("stripe", "server_error", times=1)
    with pytest.raises(APIError):
        authorize(stripe)

    assert world.books("o-1")["payments"] == []
    assert authorize(stripe).status == "requires_capture"


def test_an_authorization_ends(world: Process, stripe: StripeClient, shop: Shop) -> None:
    world.switch("stripe", "authorization_seconds", value=0)

    intent = authorize(stripe)

    eventually(lambda: "payment_intent.canceled" in shop.types("/stripe"))
    ended = stripe.v1.payment_intents.retrieve(intent.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")


def test_payments_are_listed_newest_first(stripe: StripeClient) -> None:
    ids = [authorize(stripe, key=f"o-{n}:authorize:1").id for n in range(3)]

    first = stripe.v1.payment_intents.list({"limit": 2, "created": {"gte": int(time.time()) - 60}})
    second = stripe.v1.payment_intents.list({"limit": 2, "starting_after": first.data[-1].id})

    assert [intent.id for intent in first.data] == [ids[2], ids[1]]
    assert [intent.id for intent in second.data] == [ids[0]]
    assert (first.has_more, second.has_more) == (True, False)
