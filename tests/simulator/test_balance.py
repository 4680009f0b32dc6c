"""What Stripe keeps, and what it pays out, through its own SDK."""

import pytest
from stripe import Charge, InvalidRequestError, Refund, StripeClient

from tests.simulator.conftest import Process, Shop
from tests.simulator.test_stripe import authorize


def test_each_capture_and_refund_moves_the_balance(stripe: StripeClient, shop: Shop) -> None:
    options = {"card": {"request_multicapture": "if_available"}}
    intent = authorize(stripe, payment_method_options=options)
    for amount in (1000, 500):
        stripe.v1.payment_intents.capture(intent.id, {"amount_to_capture": amount, "final_capture": False})
    stripe.v1.refunds.create({"payment_intent": intent.id, "amount": 200})

    moved = list(
        stripe.v1.balance_transactions.list({"expand": ["data.source"], "limit": 1}).auto_paging_iter()
    )

    assert [(one.type, one.amount, one.fee, one.net) for one in moved] == [
        ("refund", -200, 0, -200), ("charge", 500, 45, 455), ("charge", 1000, 59, 941)
    ]  # fmt: skip
    assert isinstance(moved[0].source, Refund)
    assert isinstance(moved[1].source, Charge)
    assert moved[1].source.payment_intent == intent.id


def test_a_payout_bundles_what_was_not_paid_out(world: Process, stripe: StripeClient, shop: Shop) -> None:
    world.http.put("/_sim/stripe/fee", json={"ppm": 10_000, "fixed": 0}).raise_for_status()
    stripe.v1.payment_intents.capture(authorize(stripe).id)
    sent = world.http.post("/_sim/stripe/payouts").json()["payouts"]
    stripe.v1.payment_intents.capture(authorize(stripe, key="o-1:authorize:2").id)

    (payout,) = stripe.v1.payouts.list().data
    bundle = stripe.v1.balance_transactions.list({"payout": payout.id}).data

    assert (payout.id, payout.amount, payout.status) == (sent[0]["id"], 1980, "paid")
    assert sorted((one.type, one.net) for one in bundle) == [("charge", 1980), ("payout", -1980)]
    assert stripe.v1.payouts.list({"created": {"lt": payout.created}}).data == []


def test_what_is_planted_is_told_and_what_is_lost_is_not_there(
    world: Process, stripe: StripeClient, shop: Shop
) -> None:
    intent = authorize(stripe)
    world.http.patch(f"/_sim/stripe/{intent.id}", json={"captured": 7}).raise_for_status()
    changed = stripe.v1.payment_intents.retrieve(intent.id)
    world.http.delete(f"/_sim/stripe/{intent.id}").raise_for_status()

    assert changed.amount_received == 7
    with pytest.raises(InvalidRequestError):
        stripe.v1.payment_intents.retrieve(intent.id)
    assert world.http.patch("/_sim/stripe/pi_404", json={}).status_code == 404


@pytest.mark.parametrize(
    ("currency", "rate", "settled"), [("eur", "0.84", 1680), ("jpy", "0.0053", 1060), ("kwd", "2.5", 500)]
)
def test_an_account_kept_in_another_currency_says_at_which_rate(
    world: Process, stripe: StripeClient, shop: Shop, currency: str, rate: str, settled: int
) -> None:
    body = {"currency": "gbp", "rates": {currency: rate}}
    world.http.put("/_sim/stripe/settlement", json=body).raise_for_status()
    world.http.put("/_sim/stripe/fee", json={"ppm": 10_000, "fixed": 0}).raise_for_status()
    intent = stripe.v1.payment_intents.capture(authorize(stripe, amount=2000, currency=currency).id)

    (moved,) = stripe.v1.balance_transactions.list({"expand": ["data.source"]}).data
    world.http.put("/_sim/stripe/settlement", json={"currency": currency, "rates": {}}).raise_for_status()

    assert (moved.currency, moved.amount, moved.fee) == ("gbp", settled, (settled + 50) // 100)
    assert moved.exchange_rate == float(rate)
    assert isinstance(moved.source, Charge)
    assert (moved.source.currency, moved.source.amount_captured) == (currency, intent.amount_received)
