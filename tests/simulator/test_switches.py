"""Webhooks that come twice, late, mixed up or not at all; a world that is killed and goes on."""

from stripe import StripeClient

from tests.simulator.conftest import Process, Shop, eventually
from tests.simulator.test_stripe import authorize
from tests.simulator.test_warehouse import JOURNEY, post, wanted


def test_a_webhook_comes_three_times(world: Process, stripe: StripeClient, shop: Shop) -> None:
    world.switch("stripe", "webhook_duplicate", value=3)

    authorize(stripe)

    eventually(lambda: len(shop.received) == 3)
    assert len({one.body["id"] for one in shop.received}) == 1


def test_webhooks_are_held_until_released(world: Process, stripe: StripeClient, shop: Shop) -> None:
    world.switch("stripe", "webhook_hold")
    intent = authorize(stripe)
    stripe.v1.payment_intents.capture(intent.id)
    assert world.http.get("/_sim/webhooks").json() == {"stripe": {"held": 2}}

    released = world.http.post("/_sim/webhooks/release").json()["released"]

    assert released == 2
    eventually(lambda: len(shop.received) == 2)
    assert world.http.get("/_sim/switches").json() == {"switches": []}


def test_webhooks_are_shuffled(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "webhook_shuffle", value=0.2)
    for number in range(6):
        post(world, "", wanted(shop, number))

    eventually(lambda: len(shop.received) == 18)

    by_request: dict[str, list[int]] = {}
    for one in shop.received:
        by_request.setdefault(one.body["request_id"], []).append(one.body["sequence"])
    assert all(sorted(order) == [1, 2, 3] for order in by_request.values())
    assert any(order != [1, 2, 3] for order in by_request.values())


def test_a_webhook_is_repeated_until_it_is_taken(world: Process, stripe: StripeClient, shop: Shop) -> None:
    shop.failures = 2

    authorize(stripe)

    eventually(lambda: shop.types("/stripe") == ["payment_intent.amount_capturable_updated"])


def test_a_refusal_counts_down(world: Process, shop: Shop) -> None:
    world.switch("warehouse", "refuse", operation="requests.create", value="closed today", times=1)

    first, second = post(world, "", wanted(shop)), post(world, "", wanted(shop))

    assert (first.status_code, second.status_code) == (422, 202)
    assert first.json()["title"] == "closed today"
    outcomes = [call["outcome"] for call in world.ledger(provider="warehouse")]
    assert outcomes == ["refused", "effective"]


def test_an_unknown_switch_is_refused(world: Process, shop: Shop) -> None:
    answer = world.http.post("/_sim/switches", json={"provider": "stripe", "mode": "explode"})

    assert answer.status_code == 422
    assert world.http.get("/_sim/switches").json() == {"switches": []}


def test_timings_are_set_per_request(world: Process, shop: Shop) -> None:
    never = {"accepted": 0, "picking_started": 3600, "shipped": 3600}
    world.switch("warehouse", "timing", match={"order_number": "M-1"}, value=never)

    post(world, "", wanted(shop, 1))
    post(world, "", wanted(shop, 2))

    eventually(lambda: len(shop.received) == 4)
    assert world.books("o-1")["handoffs"][0]["status"] == "accepted"
    assert world.books("o-2")["handoffs"][0]["status"] == "shipped"


def test_the_ledger_is_read_in_pages_without_personal_data(world: Process, shop: Shop) -> None:
    for number in range(3):
        post(world, "", wanted(shop, number))

    first = world.http.get("/_sim/ledger", params={"limit": 2}).json()
    second = world.http.get("/_sim/ledger", params={"limit": 2, "after": first["next"]}).json()

    assert [call["order"] for call in first["calls"] + second["calls"]] == ["o-0", "o-1", "o-2"]
    assert second["next"] is None
    assert "Ada" not in str(first)


def test_people_can_read_what_happened(world: Process, stripe: StripeClient) -> None:
    world.switch("stripe", "delay", value=0.01)
    authorize(stripe)

    page = world.http.get("/")

    assert "payment_intents.create" in page.text
    assert "20.00 USD" in page.text


def test_a_killed_world_goes_on(world: Process, stripe: StripeClient, shop: Shop) -> None:
    world.switch("warehouse", "timing", value={"accepted": 0.3, "picking_started": 0.4, "shipped": 0.5})
    intent = authorize(stripe)
    post(world, "", wanted(shop))

    world.restart()

    assert stripe.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert authorize(stripe).id == intent.id
    eventually(lambda: shop.types("/warehouse") == JOURNEY)
    assert len(world.http.get("/_sim/switches").json()["switches"]) == 1
