"""Adyen: what it does with our money, and what its failures mean."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.domain.money import Money
from orderwright.ports.failures import Declined, NotSent, Refused, Unreachable
from orderwright.ports.payments import Authorization, Context
from tests.adapters.world import World

PAYMENT = "01920000-0000-7000-8000-000000000001"
CONTEXT = Context(order_id="0192", payment_id=PAYMENT, order_number="OW-1001")
TEN = Money(1000, "EUR")
KEY = f"01920000-0000-7000-8000-000000000002:authorize/{PAYMENT}:1"
CREATE = "payments.create"


@pytest.fixture
def gateway(world: World, pool: ThreadPoolExecutor) -> AdyenGateway:
    """An account that captures by hand."""
    return AdyenGateway("key", f"{world.url}/adyen", merchant_account="ShopCOM", pool=pool)


async def held(gateway: AdyenGateway, source: str = "shopper-1/visa", key: str = KEY) -> Authorization:
    """Ten euros reserved."""
    return await gateway.authorize(TEN, source=source, context=CONTEXT, key=key)


async def test_money_is_reserved_once_however_often_it_is_asked_for(
    gateway: AdyenGateway, world: World
) -> None:
    first, second = await held(gateway), await held(gateway)

    assert first == second
    assert first.expires_at is not None
    assert timedelta(days=4) <= first.expires_at - datetime.now(UTC) <= timedelta(days=5)
    assert world.outcomes("adyen", CREATE) == ["effective", "replayed"]
    [payment] = world.books()["payments"]
    assert (payment["id"], payment["order_id"]) == (first.reference, "0192")
    assert (payment["status"], payment["capturable"], payment["captured"]) == ("authorised", 1000, 0)


@pytest.mark.parametrize(
    ("token", "code"),
    [("refused", "refused"), ("insufficient", "not_enough_balance"), ("expired", "expired_card")],
)
async def test_a_refused_card_is_declined_for_good(
    gateway: AdyenGateway, world: World, token: str, code: str
) -> None:
    with pytest.raises(Declined) as refusal:
        await held(gateway, f"shopper-1/{token}")

    assert refusal.value.code == code
    assert [payment["capturable"] for payment in world.books()["payments"]] == [0]


async def test_an_instrument_without_its_shopper_is_refused_before_anybody_is_asked(
    gateway: AdyenGateway, world: World
) -> None:
    with pytest.raises(Refused) as refusal:
        await held(gateway, "visa")

    assert refusal.value.code == "source_malformed"
    assert world.calls("adyen", CREATE) == []


async def test_a_bank_that_wants_to_see_the_customer_gives_a_page(
    gateway: AdyenGateway, world: World
) -> None:
    asked = await held(gateway, "shopper-1/authentication")

    assert asked.action_url is not None
    httpx2.post(asked.action_url, data={"action": "complete"}, timeout=5)
    [payment] = world.books()["payments"]
    assert (payment["id"], payment["capturable"]) == (asked.reference, 1000)


async def test_an_answer_that_got_lost_is_given_again_to_the_same_key(
    gateway: AdyenGateway, world: World
) -> None:
    world.switch("adyen", "answer_lost", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway)
    assert await gateway.find_authorization(KEY) is None
    again = await held(gateway)

    [payment] = world.books()["payments"]
    assert payment["id"] == again.reference


async def test_a_decline_whose_answer_got_lost_is_a_decline_the_second_time(
    gateway: AdyenGateway, world: World
) -> None:
    world.switch("adyen", "answer_lost", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway, "shopper-1/refused")
    with pytest.raises(Declined):
        await held(gateway, "shopper-1/refused")

    assert len(world.books()["payments"]) == 1


async def test_a_server_error_leaves_the_outcome_unknown(gateway: AdyenGateway, world: World) -> None:
    world.switch("adyen", "server_error", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await held(gateway)


async def test_no_answer_in_time_leaves_the_outcome_unknown(world: World, pool: ThreadPoolExecutor) -> None:
    base = f"{world.url}/adyen"
    impatient = AdyenGateway("key", base, merchant_account="ShopCOM", pool=pool, timeout=0.2)
    world.switch("adyen", "delay", operation=CREATE, value=0.6, times=1)

    with pytest.raises(Unreachable):
        await held(impatient)

    await world.until_recorded("adyen", CREATE)  # it happened over there, only later


async def test_where_nobody_listens_nothing_was_sent(nobody: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(NotSent):
        await held(AdyenGateway("key", f"http://{nobody}", merchant_account="ShopCOM", pool=pool))


async def test_an_authorization_is_captured_in_parts_and_the_rest_given_back(
    gateway: AdyenGateway, world: World
) -> None:
    payment = await held(gateway)

    await gateway.capture(payment.reference, Money(600, "EUR"), final=False, key="0192:capture/s1:1")
    await gateway.capture(payment.reference, Money(300, "EUR"), final=False, key="0192:capture/s2:1")
    await gateway.capture(payment.reference, Money(300, "EUR"), final=False, key="0192:capture/s2:1")
    await gateway.void(payment.reference, key="0192:void/p1:1")

    await world.until(lambda books: books["payments"][0]["status"] == "captured")
    [kept] = world.books()["payments"]
    assert (kept["captured"], kept["capturable"]) == (900, 0)


async def test_captured_money_is_given_back_and_is_under_way_until_adyen_says_so(
    gateway: AdyenGateway, world: World
) -> None:
    payment = await held(gateway)
    await gateway.capture(payment.reference, TEN, final=True, key="0192:capture/s1:1")

    back = await gateway.refund(payment.reference, Money(250, "EUR"), key="0192:refund/r1:1")
    again = await gateway.refund(payment.reference, Money(250, "EUR"), key="0192:refund/r1:1")

    assert back == again
    assert not back.settled
    await world.until(lambda books: books["payments"][0]["refunded"] == 250)


async def test_a_link_is_paid_on_or_closed(gateway: AdyenGateway, world: World) -> None:
    async def link(key: str) -> Authorization:
        return await gateway.request_payment(
            TEN, context=CONTEXT, return_url="http://shop.example/back", key=key
        )

    paid, closed = await link("0192:link/p1:1"), await link("0192:link/p2:1")
    assert paid.action_url is not None
    with pytest.raises(Refused) as refusal:
        await gateway.capture(paid.reference, TEN, final=True, key="0192:capture/s1:1")
    assert refusal.value.code == "not_paid"

    declined = httpx2.post(paid.action_url, data={"action": "decline"}, timeout=5)
    httpx2.post(paid.action_url, data={"action": "pay"}, timeout=5)
    await gateway.void(closed.reference, key="0192:void/p2:1")

    assert declined.status_code == 402
    assert [(one["status"], one["capturable"]) for one in world.books()["payments"]] == [
        ("refused", 0), ("authorised", 1000),
    ]  # fmt: skip
    assert closed.action_url is not None
    assert "expired" in httpx2.get(closed.action_url, timeout=5).text


async def test_money_of_another_currency_is_refused_in_adyens_words(gateway: AdyenGateway) -> None:
    payment = await held(gateway)

    with pytest.raises(Refused) as refusal:
        await gateway.capture(payment.reference, Money(1000, "GBP"), final=True, key="0192:capture/s1:1")

    assert refusal.value.code == "adyen_138"
    assert "Currency" in refusal.value.words


@pytest.mark.parametrize(("token", "amount"), [("visa", 1200), ("fixed", 1000)])
async def test_a_raise_is_taken_on_at_once_and_carried_out_later_or_not(
    world: World, pool: ThreadPoolExecutor, token: str, amount: int
) -> None:
    url = f"{world.url}/adyen"
    gateway = AdyenGateway("key", url, merchant_account="ShopCOM", pool=pool, preauthorize=True)
    first = await held(gateway, f"shopper-1/{token}")
    further = Context(order_id="0192", payment_id="p2", order_number="OW-1001")

    answers = [
        await gateway.increase(first.reference, Money(1200, "EUR"), context=further, key="0192:increase/p2:1")
        for _ in range(2)
    ]

    assert first.raisable
    assert answers[0] == answers[1]
    assert not answers[0].settled
    await gateway.capture(first.reference, Money(amount, "EUR"), final=True, key="0192:capture/s1:1")
    await world.until(lambda books: books["payments"][0]["status"] == "captured")
    assert [(one["amount"], one["captured"]) for one in world.books()["payments"]] == [(amount, amount)]
    assert world.outcomes("adyen", "payments.amountUpdates") == ["effective", "replayed"]
