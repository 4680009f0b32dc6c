"""Stripe: what it does with our money, and what its failures mean."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.money import Money
from orderwright.ports.failures import Declined, NotSent, Refused, Unreachable
from orderwright.ports.payments import Authorization, Context
from tests.adapters.world import World

CONTEXT = Context(order_id="0192", payment_id="p1", order_number="OW-1001")
TEN = Money(1000, "EUR")
KEY = "0192:authorize/p1:1"
CREATE, INCREMENT = "payment_intents.create", "payment_intents.increment_authorization"
MORE = Context(order_id="0192", payment_id="p2", order_number="OW-1001")
TWELVE, RAISE = Money(1200, "EUR"), "0192:increase/p2:1"


@pytest.fixture
def gateway(world: World, pool: ThreadPoolExecutor) -> StripeGateway:
    """An account without multicapture."""
    return StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool, return_url="http://shop.example/back")


@pytest.fixture
def multi(world: World, pool: ThreadPoolExecutor) -> StripeGateway:
    """An account that may capture more than once."""
    return StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool, multicapture=True)


@pytest.fixture
def raising(world: World, pool: ThreadPoolExecutor) -> StripeGateway:
    """An account that may raise what it has reserved."""
    return StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool, incremental=True)


async def held(gateway: StripeGateway, source: str = "pm_card_visa", key: str = KEY) -> Authorization:
    """Ten euros reserved."""
    return await gateway.authorize(TEN, source=source, context=CONTEXT, key=key)


async def test_money_is_reserved_once_and_until_a_known_time(gateway: StripeGateway, world: World) -> None:
    first, second = await held(gateway), await held(gateway)

    assert first == second
    assert first.expires_at is not None
    assert world.outcomes("stripe", CREATE) == ["effective", "replayed"]
    [payment] = world.books()["payments"]
    assert (payment["status"], payment["capturable"], payment["captured"]) == ("requires_capture", 1000, 0)
    assert (payment["order_id"], payment["effect_key"], payment["currency"]) == ("0192", KEY, "eur")


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_a_declined_card_is_declined_for_good(
    gateway: StripeGateway, world: World, source: str, code: str, words: str
) -> None:
    with pytest.raises(Declined) as refusal:
        await held(gateway, source)

    assert refusal.value.code == code
    assert words in refusal.value.words
    assert [payment["capturable"] for payment in world.books()["payments"]] == [0]


async def test_a_bank_that_wants_to_see_the_customer_gives_a_page(gateway: StripeGateway) -> None:
    asked = await held(gateway, "pm_card_authenticationRequired")

    assert asked.action_url is not None
    assert asked.action_url.endswith(asked.reference)
    assert await gateway.find_authorization(KEY) == asked


async def test_an_answer_that_got_lost_is_found_by_its_key(gateway: StripeGateway, world: World) -> None:
    world.switch("stripe", "answer_lost", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway)
    found = await gateway.find_authorization(KEY)

    assert found is not None
    assert found == await held(gateway)
    assert len(world.books()["payments"]) == 1


async def test_a_decline_whose_answer_got_lost_is_found_as_a_decline(
    gateway: StripeGateway, world: World
) -> None:
    world.switch("stripe", "answer_lost", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway, "pm_card_chargeDeclined")
    with pytest.raises(Declined) as refusal:
        await gateway.find_authorization(KEY)

    assert refusal.value.code == "card_declined"


async def test_while_the_search_lags_the_repeat_does_no_harm(gateway: StripeGateway, world: World) -> None:
    world.switch("stripe", "answer_lost", operation=CREATE, times=1)
    world.switch("stripe", "search_lag", value=60)

    with pytest.raises(Unreachable):
        await held(gateway)
    assert await gateway.find_authorization(KEY) is None
    await held(gateway)

    assert len(world.books()["payments"]) == 1


async def test_a_canceled_authorization_is_not_found_as_money(gateway: StripeGateway) -> None:
    await gateway.void((await held(gateway)).reference, key="0192:void/p1:1")

    with pytest.raises(Declined) as refusal:
        await gateway.find_authorization(KEY)

    assert refusal.value.code == "authorization_canceled"


async def test_a_server_error_leaves_the_outcome_unknown(gateway: StripeGateway, world: World) -> None:
    world.switch("stripe", "server_error", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway)


async def test_no_answer_in_time_leaves_the_outcome_unknown(world: World, pool: ThreadPoolExecutor) -> None:
    impatient = StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool, timeout=0.2)
    world.switch("stripe", "delay", operation=CREATE, value=0.6, times=1)

    with pytest.raises(Unreachable):
        await held(impatient)

    await world.until_recorded("stripe", CREATE)  # it happened over there, only later


async def test_where_nobody_listens_nothing_was_sent(nobody: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(NotSent):
        await held(StripeGateway("sk_test_x", f"http://{nobody}", pool=pool))


async def test_a_key_used_for_another_amount_is_refused(gateway: StripeGateway, world: World) -> None:
    await held(gateway)

    with pytest.raises(Refused) as refusal:
        await gateway.authorize(Money(999, "EUR"), source="pm_card_visa", context=CONTEXT, key=KEY)

    assert refusal.value.code == "idempotency_key_reused"
    assert [payment["amount"] for payment in world.books()["payments"]] == [1000]


async def test_the_capture_of_an_unknown_outcome_is_found(gateway: StripeGateway, world: World) -> None:
    reference = (await held(gateway)).reference
    world.switch("stripe", "answer_lost", operation="payment_intents.capture", times=1)

    with pytest.raises(Unreachable):
        await gateway.capture(reference, Money(600, "EUR"), final=True, key="0192:capture/s1:1")
    found = await gateway.find_capture(reference, Money(600, "EUR"), key="0192:capture/s1:1")

    assert found is not None
    assert found.amount == Money(600, "EUR")
    assert [payment["captured"] for payment in world.books()["payments"]] == [600]


async def test_with_multicapture_each_shipment_takes_its_part(multi: StripeGateway, world: World) -> None:
    reference = (await held(multi)).reference

    await multi.capture(reference, Money(300, "EUR"), final=False, key="0192:capture/s1:1")
    await multi.capture(reference, Money(300, "EUR"), final=False, key="0192:capture/s2:1")

    assert await multi.find_capture(reference, Money(300, "EUR"), key="0192:capture/s3:1") is None
    assert await multi.find_capture(reference, Money(300, "EUR"), key="0192:capture/s2:1") is not None
    assert [(p["captured"], p["capturable"]) for p in world.books()["payments"]] == [(600, 400)]


async def test_void_after_a_part_keeps_the_part_and_may_be_repeated(
    multi: StripeGateway, world: World
) -> None:
    reference = (await held(multi)).reference
    await multi.capture(reference, Money(300, "EUR"), final=False, key="0192:capture/s1:1")

    await multi.void(reference, key="0192:void/p1:1")
    await multi.void(reference, key="0192:void/p1:2")

    assert [(p["captured"], p["capturable"]) for p in world.books()["payments"]] == [(300, 0)]


async def test_what_was_taken_in_full_cannot_be_voided(gateway: StripeGateway, world: World) -> None:
    reference = (await held(gateway)).reference
    await gateway.capture(reference, TEN, final=True, key="0192:capture/s1:1")

    with pytest.raises(Refused):
        await gateway.void(reference, key="0192:void/p1:1")

    assert [payment["captured"] for payment in world.books()["payments"]] == [1000]


async def test_the_same_key_twice_is_one_refund_and_it_is_found(gateway: StripeGateway, world: World) -> None:
    reference = (await held(gateway)).reference
    await gateway.capture(reference, TEN, final=True, key="0192:capture/s1:1")

    first = await gateway.refund(reference, Money(400, "EUR"), key="0192:refund/r1:1")
    second = await gateway.refund(reference, Money(400, "EUR"), key="0192:refund/r1:1")

    assert first == second == await gateway.find_refund(reference, key="0192:refund/r1:1")
    assert first.settled
    assert [refund["amount"] for refund in world.books()["refunds"]] == [400]


async def test_more_than_was_taken_is_not_given_back(gateway: StripeGateway, world: World) -> None:
    reference = (await held(gateway)).reference
    await gateway.capture(reference, Money(500, "EUR"), final=True, key="0192:capture/s1:1")

    with pytest.raises(Refused):
        await gateway.refund(reference, Money(501, "EUR"), key="0192:refund/r1:1")

    assert world.books()["refunds"] == []


async def test_a_refund_that_takes_days_says_so(gateway: StripeGateway) -> None:
    reference = (await held(gateway, "pm_card_pendingRefund")).reference
    await gateway.capture(reference, TEN, final=True, key="0192:capture/s1:1")

    assert not (await gateway.refund(reference, TEN, key="0192:refund/r1:1")).settled


async def test_a_page_to_pay_on_is_one_page_and_its_money_can_be_taken(
    gateway: StripeGateway, world: World
) -> None:
    async def ask() -> Authorization:
        return await gateway.request_payment(
            TEN, context=CONTEXT, return_url="http://shop.example/o", key="0192:link:1"
        )

    first, second = await ask(), await ask()
    assert first == second
    assert first.action_url is not None

    httpx2.post(first.action_url, data={"action": "pay"}, timeout=5)
    paid = await gateway.find_authorization("0192:link:1")
    await gateway.capture(first.reference, TEN, final=True, key="0192:capture/s1:1")

    assert paid is not None
    assert paid.expires_at is not None
    assert [payment["captured"] for payment in world.books()["payments"]] == [1000]


async def test_a_page_that_nobody_paid_on_holds_no_money(gateway: StripeGateway, world: World) -> None:
    page = await gateway.request_payment(
        TEN, context=CONTEXT, return_url="http://shop.example/o", key="0192:link:1"
    )

    with pytest.raises(Refused) as refusal:
        await gateway.capture(page.reference, TEN, final=True, key="0192:capture/s1:1")
    await gateway.void(page.reference, key="0192:void/p1:1")

    assert refusal.value.code == "not_paid"
    assert page.action_url is not None
    assert httpx2.post(page.action_url, data={"action": "pay"}, timeout=5).status_code >= 400
    assert all(payment["captured"] == 0 for payment in world.books()["payments"])


async def test_two_at_once_with_one_key_are_one_authorization(gateway: StripeGateway, world: World) -> None:
    world.switch("stripe", "delay", operation=CREATE, value=0.2, times=1)

    outcomes = await asyncio.gather(held(gateway), held(gateway), return_exceptions=True)

    assert sum(isinstance(outcome, Authorization) for outcome in outcomes) >= 1
    assert all(isinstance(outcome, Authorization | NotSent) for outcome in outcomes)
    assert len(world.books()["payments"]) == 1


async def test_what_is_raised_is_one_authorization_that_ends_when_it_would_have_ended(
    raising: StripeGateway, world: World
) -> None:
    first = await held(raising)

    raised = await raising.increase(first.reference, TWELVE, context=MORE, key=RAISE)
    found = await raising.find_authorization(KEY)

    assert (raised.reference, raised.amount, raised.settled) == (first.reference, TWELVE, True)
    assert found is not None
    assert (found.amount, found.expires_at) == (TWELVE, first.expires_at)
    [payment] = world.books()["payments"]
    assert (payment["amount"], payment["capturable"]) == (1200, 1200)
    assert [call["amount"] for call in world.calls("stripe", INCREMENT)] == [1200]


async def test_a_raise_whose_answer_got_lost_is_found_by_its_key_and_no_other(
    raising: StripeGateway, world: World
) -> None:
    first = await held(raising)
    world.switch("stripe", "answer_lost", operation=INCREMENT, times=1)

    with pytest.raises(Unreachable):
        await raising.increase(first.reference, TWELVE, context=MORE, key=RAISE)

    found = await raising.find_increase(first.reference, TWELVE, key=RAISE)
    assert found is not None
    assert found.amount == TWELVE
    assert await raising.find_increase(first.reference, TWELVE, key="0192:increase/p3:1") is None
    assert world.outcomes("stripe", INCREMENT) == ["lost"]
    assert [one["amount"] for one in world.books()["payments"]] == [1200]


async def test_a_bank_that_raises_nothing_leaves_what_is_reserved_as_it_was(
    raising: StripeGateway, world: World
) -> None:
    first = await held(raising, "pm_sim_increment_declined")

    with pytest.raises(Declined) as no:
        await raising.increase(first.reference, TWELVE, context=MORE, key=RAISE)

    assert (first.raisable, no.value.code) == (True, "card_declined")
    assert await raising.find_increase(first.reference, TWELVE, key=RAISE) is None
    assert [one["capturable"] for one in world.books()["payments"]] == [1000]


async def test_what_stripe_does_not_raise_is_said_before_or_refused(
    raising: StripeGateway, gateway: StripeGateway
) -> None:
    of_a_network = await held(raising, "pm_card_jcb")
    of_an_account = await held(gateway, key="0192:authorize/p2:1")

    assert (of_a_network.raisable, of_an_account.raisable) == (False, False)
    for way, one in ((raising, of_a_network), (gateway, of_an_account)):
        with pytest.raises(Refused):
            await way.increase(one.reference, TWELVE, context=MORE, key=f"{RAISE}/{one.reference}")


async def test_of_what_was_taken_in_part_nothing_is_raised(world: World, pool: ThreadPoolExecutor) -> None:
    both = StripeGateway("sk", f"{world.url}/stripe", pool=pool, multicapture=True, incremental=True)
    first = await held(both)
    await both.capture(first.reference, Money(400, "EUR"), final=False, key="0192:capture/s1:1")

    with pytest.raises(Refused):
        await both.increase(first.reference, TWELVE, context=MORE, key=RAISE)
