"""Every payment gateway keeps the port's promises."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.exchanged import ExchangeGateway
from orderwright.adapters.payments.manual import ManualGateway
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.money import Money
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Context, Increase, PaymentGateway
from tests.adapters.world import World

CONTEXT = Context(order_id="0192", payment_id="p1", order_number="OW-1001", metadata={"channel": "web"})
MORE = Context(order_id="0192", payment_id="p2", order_number="OW-1001")
TEN, TWELVE = Money(1000, "EUR"), Money(1200, "EUR")


class Way(NamedTuple):
    """One gateway and an instrument it takes."""

    gateway: PaymentGateway
    source: str
    raises: bool = True


@pytest.fixture(params=["stripe", "adyen", "manual", "exchange"])
def way(request: pytest.FixtureRequest, world: World, pool: ThreadPoolExecutor) -> Way:
    """Each gateway in turn."""
    if request.param == "manual":
        return Way(ManualGateway(), "transfer", raises=False)
    if request.param == "exchange":
        return Way(ExchangeGateway(), "", raises=False)
    if request.param == "adyen":
        url = f"{world.url}/adyen"
        adyen = AdyenGateway("key", url, merchant_account="ShopCOM", pool=pool, preauthorize=True)
        return Way(adyen, "shopper-1/visa")
    stripe = StripeGateway("sk_test_x", f"{world.url}/stripe/", pool=pool, incremental=True)
    return Way(stripe, "pm_card_visa")


async def test_the_same_key_twice_is_one_authorization(way: Way) -> None:
    first = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")
    second = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")

    assert first == second
    assert first.amount == TEN
    assert first.action_url is None


async def test_what_was_never_asked_for_is_not_found(way: Way) -> None:
    held = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")

    assert await way.gateway.find_authorization("0192:authorize/p9:1") is None
    assert await way.gateway.find_capture(held.reference, TEN, key="0192:capture/s9:1") is None
    assert await way.gateway.find_refund(held.reference, key="0192:refund/r9:1") is None
    assert await way.gateway.find_increase(held.reference, TWELVE, key="0192:increase/p9:1") is None


async def test_the_same_key_twice_is_one_capture(way: Way) -> None:
    held = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")

    first = await way.gateway.capture(held.reference, TEN, final=True, key="0192:capture/s1:1")
    second = await way.gateway.capture(held.reference, TEN, final=True, key="0192:capture/s1:1")

    assert first == second
    assert first.amount == TEN


async def test_void_already_is_success(way: Way) -> None:
    held = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")

    first = await way.gateway.void(held.reference, key="0192:void/p1:1")
    second = await way.gateway.void(held.reference, key="0192:void/p1:2")

    assert first == second


async def test_what_may_be_raised_is_raised_once_per_key_and_other_ways_say_so_before(way: Way) -> None:
    held = await way.gateway.authorize(TEN, source=way.source, context=CONTEXT, key="0192:authorize/p1:1")
    assert held.raisable is way.raises

    async def raise_it() -> Increase:
        return await way.gateway.increase(held.reference, TWELVE, context=MORE, key="0192:increase/p2:1")

    if not way.raises:
        with pytest.raises(Refused):
            await raise_it()
        return
    first, second = await raise_it(), await raise_it()

    assert first == second
    assert first.amount == TWELVE
    taken = await way.gateway.capture(held.reference, TWELVE, final=True, key="0192:capture/s1:1")
    assert taken.amount == TWELVE


async def test_a_return_pays_another_order_at_once_and_what_that_took_a_person_sends() -> None:
    gateway = ExchangeGateway()
    held = await gateway.authorize(TEN, source="", context=CONTEXT, key="0192:authorize/p1:1")

    given = await gateway.refund("pi_of_the_returned_order", TEN, key="0192:refund/r1:1")

    assert (given.reference, given.amount, given.settled) == ("exchanged:0192:refund/r1:1", TEN, True)
    with pytest.raises(Refused):
        await gateway.refund(held.reference, TEN, key="0192:refund/r2:1")
