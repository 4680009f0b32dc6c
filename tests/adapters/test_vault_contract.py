"""Every provider keeps the instruments that it was asked to keep, and forgets them when it is told to."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2
import pytest

from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.money import Money
from orderwright.ports.failures import Refused, Unreachable
from orderwright.ports.payments import Authorization, Context, InstrumentVault
from tests.adapters.world import World

CONTEXT = Context(order_id="0192", payment_id="p1", order_number="ORD-1001")
TEN = Money(1000, "EUR")
OWNER = "0192-ann"


@dataclass
class Safe:
    """One provider, tokens of the storefront, and the operation that forgets."""

    gateway: StripeGateway | AdyenGateway
    visa: str
    wants_customer: str
    forgets: str

    @property
    def vault(self) -> InstrumentVault:
        return self.gateway.vault

    @property
    def provider(self) -> str:
        return "stripe" if isinstance(self.gateway, StripeGateway) else "adyen"

    async def pay(self, source: str, n: int, *, keep_for: str | None = None) -> Authorization:
        key = f"0192:authorize/p{n}:1"
        return await self.gateway.authorize(TEN, source=source, context=CONTEXT, key=key, keep_for=keep_for)


@pytest.fixture(params=["stripe", "adyen"])
def safe(request: pytest.FixtureRequest, world: World, pool: ThreadPoolExecutor) -> Safe:
    """Each provider in turn."""
    if request.param == "adyen":
        adyen = AdyenGateway("key", f"{world.url}/adyen", merchant_account="ShopCOM", pool=pool, timeout=2)
        return Safe(adyen, f"{OWNER}/visa", f"{OWNER}/wants_customer", "stored.delete")
    stripe = StripeGateway("sk_test_x", f"{world.url}/stripe/", pool=pool, timeout=2)
    return Safe(stripe, "pm_card_visa", "pm_card_authenticationRequired", "payment_methods.detach")


async def test_what_is_to_be_kept_is_paid_with_again_by_its_reference(safe: Safe, world: World) -> None:
    first = await safe.pay(safe.visa, 1, keep_for=OWNER)

    kept = first.kept
    assert kept is not None
    assert await safe.vault.kept(OWNER) == [kept]
    assert (kept.provider, kept.brand) == (safe.provider, "visa")
    assert (len(kept.last4), kept.exp_month is not None, kept.exp_year is not None) == (4, True, True)
    again = await safe.pay(kept.reference, 2)
    assert again.kept is None
    assert sorted(
        one["status"].replace("requires_capture", "authorised") for one in world.books()["payments"]
    ) == [
        "authorised",
        "authorised",
    ]


async def test_the_same_key_twice_keeps_one_instrument(safe: Safe) -> None:
    first = await safe.pay(safe.visa, 1, keep_for=OWNER)
    second = await safe.pay(safe.visa, 1, keep_for=OWNER)

    assert first == second
    assert len(await safe.vault.kept(OWNER)) == 1


async def test_of_somebody_unknown_nothing_is_kept(safe: Safe) -> None:
    assert list(await safe.vault.kept("nobody")) == []


async def test_what_is_not_to_be_kept_is_not_named(safe: Safe) -> None:
    held = await safe.pay(safe.visa, 1)

    assert held.kept is None


async def test_what_is_forgotten_cannot_be_paid_with(safe: Safe, world: World) -> None:
    held = await safe.pay(safe.visa, 1, keep_for=OWNER)
    assert held.kept is not None

    await safe.vault.forget(held.kept.reference, key="m1:forget:1")

    assert list(await safe.vault.kept(OWNER)) == []
    with pytest.raises(Refused):
        await safe.pay(held.kept.reference, 2)
    assert len(world.books()["payments"]) == 1 + (safe.provider == "stripe")  # Stripe notes the attempt


async def test_forgotten_already_is_success(safe: Safe, world: World) -> None:
    held = await safe.pay(safe.visa, 1, keep_for=OWNER)
    assert held.kept is not None

    first = await safe.vault.forget(held.kept.reference, key="m1:forget:1")
    second = await safe.vault.forget(held.kept.reference, key="m1:forget:2")

    assert first == second
    assert world.outcomes(safe.provider, safe.forgets) == ["effective", "refused"]


async def test_a_lost_answer_is_unknown_and_the_repeat_finds_it_forgotten(safe: Safe, world: World) -> None:
    held = await safe.pay(safe.visa, 1, keep_for=OWNER)
    assert held.kept is not None
    world.switch(safe.provider, "answer_lost", operation=safe.forgets, times=1)

    with pytest.raises(Unreachable):
        await safe.vault.forget(held.kept.reference, key="m1:forget:1")
    again = await safe.vault.forget(held.kept.reference, key="m1:forget:1")

    assert again.reference == held.kept.reference
    assert list(await safe.vault.kept(OWNER)) == []


async def test_a_bank_that_wants_the_customer_declines_what_is_kept(safe: Safe) -> None:
    reference = await _kept(safe, safe.wants_customer)

    with pytest.raises(Refused) as no:
        await safe.pay(reference, 2)

    assert no.value.code == "authentication_required"


async def test_what_was_paid_with_on_the_page_is_kept(safe: Safe) -> None:
    page = await safe.gateway.request_payment(
        TEN,
        context=CONTEXT,
        return_url="https://shop.example/back",
        key="0192:authorize/p1:1",
        keep_for=OWNER,
    )

    _post(page.action_url, "complete")

    [kept] = await safe.vault.kept(OWNER)
    assert (await safe.pay(kept.reference, 2)).action_url is None


async def _kept(safe: Safe, source: str) -> str:
    """Stripe keeps it once the customer has proven himself; Adyen has had it before."""
    if safe.provider == "adyen":
        return source
    safe.gateway._return_url = "https://shop.example/back"
    held = await safe.pay(source, 1, keep_for=OWNER)
    _post(held.action_url, "complete")
    [kept] = await safe.vault.kept(OWNER)
    return kept.reference


def _post(page: str | None, action: str) -> None:
    assert page is not None
    httpx2.post(page, data={"action": action}, timeout=5)
