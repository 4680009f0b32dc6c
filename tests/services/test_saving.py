"""Cards that the provider keeps for a customer: saved with an order, paid with again, forgotten."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest
from temporalio.exceptions import ApplicationError

from activities.payments import PaymentActivities
from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.orders import HoldType, OrderState
from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.messages.orders import PaymentRef
from orderwright.persistence import holds, inbox
from orderwright.persistence.effects import Effects
from orderwright.persistence.tables import Payment, SavedMethod
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.services import customers, events
from orderwright.services.customers import CustomerData
from orderwright.services.payments import paying
from orderwright.services.payments.instruments import Named
from orderwright.services.portal.links import Links
from orderwright.services.wallet import saving, tending
from orderwright.services.wallet.saving import UnknownSavedMethod
from orderwright.services.wallet.tending import Tended
from tests.adapters.world import World
from tests.shop import NOW, Shop

CARD = PaymentMethod.CARD
WANTS_CUSTOMER = "pm_card_authenticationRequired"
_ids = itertools.count(1)


@dataclass
class Counter:
    """A shop with one known customer, whose cards are charged at a simulated provider."""

    shop: Shop
    world: World
    gateway: StripeGateway | AdyenGateway
    customer: UUID

    @property
    def provider(self) -> str:
        return "stripe" if isinstance(self.gateway, StripeGateway) else "adyen"

    def token(self, stripe: str = "pm_card_visa", adyen: str = "visa") -> str:
        return stripe if self.provider == "stripe" else f"{self.customer}/{adyen}"

    async def order(self, named: Named, customer: UUID | None = None) -> UUID:
        """Placed, and its money asked for."""
        order_id = await self.shop.order(("MUG", 1), customer=customer or self.customer, payments=[named])
        await self.shop.verify(order_id)
        await self.shop.reserve(order_id)
        await self.ask(order_id)
        return order_id

    async def ask(self, order_id: UUID) -> Payment:
        """What is to be asked for is asked for, as the order's run does; the newest payment as it is then."""
        pay = PaymentActivities(
            self.shop.db, Effects(self.shop.db), {CARD: self.gateway}, Links("k" * 32, "http://s")
        )
        for payment in await self.shop.payments(order_id):
            if payment.state is PaymentState.CREATED:
                await pay.authorize(PaymentRef(order_id=order_id, payment_id=payment.id, at=NOW))
        return (await self.shop.payments(order_id))[-1]

    async def paid_on_the_page(self, order_id: UUID) -> None:
        """The customer pays there, and the provider's event comes."""
        payment = (await self.shop.payments(order_id))[-1]
        httpx2.post(payment.action_url or "", data={"action": "complete"}, timeout=5)
        held = [one for one in self.world.books()["payments"] if one["capturable"]]
        event = ProviderEvent(
            source=self.provider, event_id=f"evt_{next(_ids)}", kind=EventKind.PAYMENT_AUTHORIZED,
            reference=held[-1]["id"], occurred_at=NOW, data={"payment_id": str(payment.id)},
        )  # fmt: skip
        async with self.shop.db.transaction() as session:
            assert await inbox.store(session, event)
            row = await inbox.take(session, self.provider, event.event_id)
            assert row is not None
            await events.apply(session, row)

    async def saved(self) -> list[SavedMethod]:
        return list(await self.shop.do(lambda s: saving.listed(s, self.customer, after=None, limit=50)))

    async def tend(self) -> Tended:
        return await tending.tend(self.shop.db, Effects(self.shop.db), self.gateway.vault)

    async def forget(self, saved_id: UUID) -> None:
        await self.shop.do(lambda s: saving.forget(s, self.customer, saved_id))

    async def hold_types(self, order_id: UUID) -> list[HoldType]:
        return [one.type for one in await self.shop.do(lambda s: holds.active(s, order_id))]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture(params=["stripe", "adyen"])
async def counter(request: pytest.FixtureRequest, shop: Shop, sim: str, pool: ThreadPoolExecutor) -> Counter:
    """At each provider in turn."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 20)
    async with shop.db.transaction() as session:
        ana = await customers.create(session, CustomerData("Ana", external_id="ana"))
    gateway: StripeGateway | AdyenGateway = (
        StripeGateway("sk_test_x", f"{sim}/stripe", pool=pool, timeout=2, return_url="http://s/back")
        if request.param == "stripe"
        else AdyenGateway("key", f"{sim}/adyen", merchant_account="Shop", pool=pool, timeout=2)
    )
    return Counter(shop, World(sim), gateway, ana.id)


async def test_a_card_is_saved_with_an_order_and_pays_the_next_one(counter: Counter) -> None:
    first = await counter.order(Named(CARD, counter.token(), keep=True))

    [saved] = await counter.saved()
    assert (saved.provider, saved.brand, len(saved.last4)) == (counter.provider, "visa", 4)
    assert saved.exp_month in range(1, 13)
    second = await counter.order(Named(CARD, saved=saved.id))
    payments = [*await counter.shop.payments(first), *await counter.shop.payments(second)]
    assert [(one.state, one.source, one.saved_id) for one in payments] == [
        (PaymentState.AUTHORIZED, saved.reference, saved.id)
    ] * 2
    assert "payment.method_saved" in await counter.shop.events(first)
    assert "payment.method_saved" not in await counter.shop.events(second)
    assert len(await counter.saved()) == 1
    assert [one["amount"] for one in counter.world.books()["payments"]] == [payments[0].amount] * 2


async def test_an_answer_that_is_lost_saves_one_card_and_charges_once(counter: Counter) -> None:
    operation = "payment_intents.create" if counter.provider == "stripe" else "payments.create"
    counter.world.switch(counter.provider, "answer_lost", operation=operation, times=1)
    order_id = await counter.shop.order(
        ("MUG", 1), customer=counter.customer, payments=[Named(CARD, counter.token(), keep=True)]
    )
    await counter.shop.verify(order_id)
    await counter.shop.reserve(order_id)

    with pytest.raises(ApplicationError):
        await counter.ask(order_id)
    payment = await counter.ask(order_id)

    assert payment.state is PaymentState.AUTHORIZED
    assert [one.reference for one in await counter.saved()] == [payment.source]
    assert len(counter.world.books()["payments"]) == 1


async def test_what_is_not_to_be_saved_is_not(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token()))

    assert await counter.tend() == Tended()
    assert await counter.saved() == []


async def test_another_customers_card_is_unknown(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token(), keep=True))
    [saved] = await counter.saved()
    async with counter.shop.db.transaction() as session:
        ben = await customers.create(session, CustomerData("Ben", external_id="ben"))

    with pytest.raises(UnknownSavedMethod):
        await counter.order(Named(CARD, saved=saved.id), customer=ben.id)
    with pytest.raises(NotFound):
        await counter.shop.do(lambda s: saving.forget(s, ben.id, saved.id))

    assert await counter.shop.count("SELECT count(*) FROM orders") == 1
    assert len(await counter.saved()) == 1


async def test_what_is_paid_on_a_page_is_saved_by_the_sweep(counter: Counter) -> None:
    order_id = await counter.shop.order(
        ("MUG", 1), customer=counter.customer, payments=[Named(CARD, counter.token(), keep=True)]
    )
    await counter.shop.verify(order_id)
    await counter.shop.reserve(order_id)
    await counter.shop.execute("UPDATE payments SET source = NULL")  # as after a decline
    await counter.ask(order_id)

    assert await counter.tend() == Tended()
    await counter.paid_on_the_page(order_id)
    first, second = await counter.tend(), await counter.tend()

    assert (first, second) == (Tended(settled=1), Tended())
    [saved] = await counter.saved()
    assert (saved.brand, len(saved.last4)) == ("visa", 4)
    assert (await counter.shop.events(order_id)).count("payment.method_saved") == 1
    again = await counter.order(Named(CARD, saved=saved.id))
    assert [one.state for one in await counter.shop.payments(again)] == [PaymentState.AUTHORIZED]


async def test_a_bank_that_wants_the_customer_sends_him_to_the_page(counter: Counter) -> None:
    saved_id = await _wants_customer(counter)

    order_id = await counter.order(Named(CARD, saved=saved_id))

    failed, asked = await counter.shop.payments(order_id)
    assert (failed.state, failed.failure) == (PaymentState.FAILED, paying.NOBODY_THERE)
    assert (asked.state, asked.source, asked.saved_id) == (PaymentState.CREATED, None, None)
    assert (await counter.shop.get(order_id)).state is OrderState.SUBMITTED
    assert (await counter.ask(order_id)).state is PaymentState.ACTION_REQUIRED
    assert await counter.hold_types(order_id) == [HoldType.PAYMENT]
    await counter.paid_on_the_page(order_id)
    assert [one.state for one in await counter.shop.payments(order_id)] == [
        PaymentState.FAILED,
        PaymentState.AUTHORIZED,
    ]
    assert await counter.hold_types(order_id) == []


async def test_another_decline_of_a_saved_card_rejects_the_order(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token(), keep=True))
    [saved] = await counter.saved()
    await counter.shop.execute(
        "UPDATE saved_methods SET reference = :r",
        r=counter.token("cus_none/pm_card_chargeDeclined", "refused"),
    )

    order_id = await counter.order(Named(CARD, saved=saved.id))

    assert (await counter.shop.get(order_id)).state is OrderState.REJECTED


async def test_a_forgotten_card_is_given_up_at_the_provider_once(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token(), keep=True))
    [saved] = await counter.saved()

    await counter.forget(saved.id)
    await counter.forget(saved.id)
    with pytest.raises(UnknownSavedMethod):
        await counter.order(Named(CARD, saved=saved.id))
    first, second = await counter.tend(), await counter.tend()

    assert (first, second) == (Tended(settled=1), Tended())
    assert await counter.saved() == []
    assert list(await counter.gateway.vault.kept(str(counter.customer))) == []
    assert counter.world.outcomes(counter.provider, _forgets(counter)) == ["effective"]


async def test_an_unknown_outcome_is_tried_again_until_it_is_known(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token(), keep=True))
    [saved] = await counter.saved()
    await counter.forget(saved.id)
    counter.world.switch(counter.provider, "answer_lost", operation=_forgets(counter), times=1)

    first, second = await counter.tend(), await counter.tend()

    assert (first, second) == (Tended(waiting=1), Tended(settled=1))
    assert await counter.shop.count("SELECT count(*) FROM saved_methods WHERE detached_at IS NOT NULL") == 1
    assert list(await counter.gateway.vault.kept(str(counter.customer))) == []


async def test_a_provider_that_will_not_let_go_is_asked_again_after_an_hour(counter: Counter) -> None:
    await counter.order(Named(CARD, counter.token(), keep=True))
    [saved] = await counter.saved()
    await counter.forget(saved.id)
    counter.world.switch(counter.provider, "refuse", operation=_forgets(counter), times=1)

    first, second = await counter.tend(), await counter.tend()
    await counter.shop.execute("UPDATE saved_methods SET refused_at = refused_at - interval '2 hours'")
    third = await counter.tend()

    assert (first, second, third) == (Tended(refused=1), Tended(), Tended(settled=1))


async def test_only_a_known_customer_saves_a_card(counter: Counter) -> None:
    for named in (Named(CARD, counter.token(), keep=True), Named(CARD, saved=counter.customer)):
        with pytest.raises(Invalid) as no:
            await counter.shop.order(("MUG", 1), payments=[named])
        assert no.value.code == "invalid"
    with pytest.raises(Invalid):
        await counter.shop.order(
            ("MUG", 1), customer=counter.customer, payments=[Named(PaymentMethod.MANUAL, keep=True)]
        )

    assert await counter.shop.count("SELECT count(*) FROM orders") == 0


async def test_the_renewal_of_a_saved_card_is_charged_to_it(counter: Counter) -> None:
    order_id = await counter.order(Named(CARD, counter.token(), keep=True))
    [old] = await counter.shop.payments(order_id)

    await counter.shop.do(lambda s: paying.renew(s, old.id))
    renewed = await counter.ask(order_id)

    assert (renewed.state, renewed.source, renewed.keep) == (PaymentState.AUTHORIZED, old.source, False)
    assert len(await counter.saved()) == 1


def _forgets(counter: Counter) -> str:
    return "payment_methods.detach" if counter.provider == "stripe" else "stored.delete"


async def _wants_customer(counter: Counter) -> UUID:
    """A saved card whose bank asks the customer each time; Stripe keeps it once he has answered."""
    token = counter.token(WANTS_CUSTOMER, "visa")
    order_id = await counter.order(Named(CARD, token, keep=True))
    if counter.provider == "stripe":
        assert await counter.saved() == []
        await counter.paid_on_the_page(order_id)
        assert await counter.tend() == Tended(settled=1)
        assert "payment.method_saved" in await counter.shop.events(order_id)
    [saved] = await counter.saved()
    if counter.provider == "adyen":
        await counter.shop.execute(
            "UPDATE saved_methods SET reference = :r", r=f"{counter.customer}/wants_customer"
        )
    return saved.id
