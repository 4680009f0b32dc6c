"""Two who touch the same money at once, or hear of it in the wrong order: it happens once, books agree."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from orderwright.domain.failures import Conflict, PastPivot
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import CancelState, OrderState
from orderwright.domain.payments import PaymentState
from orderwright.persistence import inbox
from orderwright.persistence.effects import NotWanted, Step
from orderwright.ports.failures import Unreachable
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.payments import Authorization, Capture, Context, Refunded
from orderwright.services import events
from orderwright.services.orders import cancellation
from orderwright.services.payments import capturing, giving_back, paying, refunding
from orderwright.services.payments.giving_back import Wanted
from tests.services.documents.books import faults, take
from tests.services.test_giving_back import ask, settle
from tests.services.till import Till
from tests.shop import NOW, STAFF, Shop, all_try

COPIES = 20
_ids = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def counter(till: Till) -> AsyncIterator[Till]:
    """The till, after which every rule of the books holds."""
    yield till
    assert await faults(till.shop) == []


async def told(shop: Shop, payment_id: UUID, kind: EventKind, reference: str, amount: int = 0) -> None:
    """Stripe's own event, stored and applied as the relay does."""
    event = ProviderEvent(
        source="stripe", event_id=f"evt_race_{next(_ids)}", kind=kind, reference=reference, occurred_at=NOW,
        data={"payment_id": str(payment_id), "amount": amount, "currency": "EUR"},
    )  # fmt: skip
    async with shop.db.transaction() as session:
        assert await inbox.store(session, event)
        row = await inbox.take(session, "stripe", event.event_id)
        assert row is not None
        await events.apply(session, row)


async def booked(shop: Shop, kind: str) -> int:
    """How often something of that kind stands in the ledger."""
    return await shop.count("SELECT count(*) FROM ledger_transactions WHERE kind = :kind", kind=kind)


def there(till: Till, order_id: UUID) -> list[tuple[int, int, int]]:
    """Authorized, captured and refunded of each payment of the order, as the provider has it."""
    answer = httpx2.get(f"{till.sim}/_sim/books", params={"order_id": str(order_id)}, timeout=5)
    payments = answer.raise_for_status().json()["payments"]
    return [(one["amount"], one["captured"], one["refunded"]) for one in payments]


async def test_twenty_refunds_of_sixty_on_a_hundred_at_once_give_sixty_at_the_provider_too(
    counter: Till,
) -> None:
    """Asked for twenty times with the intent of twenty: one fits."""
    shop = counter.shop
    await shop.execute("UPDATE products SET price = 10000")
    order_id = await counter.paid()
    (payment,) = await shop.payments(order_id)
    assert payment.captured == 10_000

    outcomes = await all_try([lambda: counter.refund(order_id, 6000)] * COPIES, at_once=COPIES)

    assert [type(one) for one in outcomes].count(Conflict) == COPIES - 1
    assert there(counter, order_id) == [(10_000, 10_000, 6000)]
    assert await booked(shop, "refund") == 1


async def test_two_equal_refunds_that_are_meant_are_both_given(counter: Till) -> None:
    """Two of the same amount are no copies of each other: see medusa#16681 for keys that do not say so."""
    order_id = await counter.paid(2)

    given = await all_try([lambda: counter.refund(order_id, 500)] * 2, at_once=2)

    assert len({str(reference) for reference in given}) == 2
    ((_, _, refunded),) = there(counter, order_id)
    assert refunded == 1000
    assert await booked(counter.shop, "refund") == 2


async def test_a_refund_whose_answer_was_lost_is_asked_again_by_the_same_key_and_given_once(
    counter: Till,
) -> None:
    """Learned from medusa#16681: a retry under a fresh key pays the customer twice."""
    order_id = await counter.paid(2)
    shop = counter.shop
    (asked,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, Wanted("late", 500)))
    reference, keys = await counter.reference(order_id), list[str]()

    async def give(*, lost: bool) -> Refunded:
        async def call(key: str) -> Refunded:
            keys.append(key)
            answer = await counter.gateway.refund(reference, Money(500, "EUR"), key=key)
            if lost:
                raise Unreachable("no answer")
            return answer

        return await counter.effects.once(
            Step(order_id, f"refund/{asked.id}"), into=Refunded, call=call,
            record=lambda session, answer: refunding.refunded(session, asked.id, answer),
        )  # fmt: skip

    with pytest.raises(Unreachable):
        await give(lost=True)
    await all_try([lambda: give(lost=False)] * COPIES, at_once=COPIES)

    assert len(set(keys)) == 1
    ((_, _, refunded),) = there(counter, order_id)
    assert refunded == 500
    assert await booked(shop, "refund") == 1
    assert [one.refunded for one in await shop.payments(order_id)] == [500]


async def authorize(till: Till, order_id: UUID, *, meanwhile: Callable[[str], Awaitable[Any]]) -> None:
    """As the payment's step does; `meanwhile` happens between the provider's yes and our record of it. Any:
    its result is of no interest."""
    (payment,) = await till.shop.payments(order_id)
    order = await till.shop.get(order_id)

    async def call(key: str) -> Authorization:
        answer = await till.gateway.authorize(
            Money(payment.amount, payment.currency), source="pm_card_visa", key=key,
            context=Context(str(order_id), str(payment.id), order.number),
        )  # fmt: skip
        await meanwhile(answer.reference)
        return answer

    await till.effects.once(
        Step(order_id, f"authorize/{payment.id}"), into=Authorization, call=call,
        record=lambda session, answer: paying.authorized(session, payment.id, answer, NOW),
    )  # fmt: skip


async def unpaid(till: Till) -> UUID:
    order_id = await till.shop.order(("MUG", 1))
    await till.shop.verify(order_id)
    await till.shop.reserve(order_id)
    return order_id


async def test_a_webhook_that_is_before_our_own_answer_is_the_same_authorization(counter: Till) -> None:
    """Learned from statamic-cargo#190: the event came first, was taken for a stranger's and dropped."""
    shop = counter.shop
    order_id = await unpaid(counter)
    (payment,) = await shop.payments(order_id)
    assert payment.reference is None  # what the event names is not known here yet

    await authorize(
        counter, order_id,
        meanwhile=lambda reference: all_try(
            [lambda: told(shop, payment.id, EventKind.PAYMENT_AUTHORIZED, reference)] * 5, at_once=5
        ),
    )  # fmt: skip

    (payment,) = await shop.payments(order_id)
    assert payment.state is PaymentState.AUTHORIZED
    assert there(counter, order_id) == [(payment.amount, 0, 0)]
    assert await booked(shop, "authorization") == 1
    assert (await shop.events(order_id)).count("payment.authorized") == 1


async def test_webhooks_and_our_own_answer_at_the_same_moment_authorize_once(counter: Till) -> None:
    """Learned from woocommerce-payments PR#3520: both completed the order, which was then told of twice."""
    shop = counter.shop
    orders = [await unpaid(counter) for _ in range(8)]
    racing: list[asyncio.Task[Any]] = []  # Any: as in `authorize`

    async def one(order_id: UUID) -> None:
        (payment,) = await shop.payments(order_id)

        async def begin(reference: str) -> None:
            for _ in range(3):
                said = told(shop, payment.id, EventKind.PAYMENT_AUTHORIZED, reference)
                racing.append(asyncio.create_task(said))

        await authorize(counter, order_id, meanwhile=begin)

    await asyncio.gather(*map(one, orders))
    await asyncio.gather(*racing)

    assert len(racing) == 24
    assert await booked(shop, "authorization") == 8
    for order_id in orders:
        assert (await shop.events(order_id)).count("payment.authorized") == 1


async def test_a_capture_by_webhook_and_by_twenty_of_us_at_once_is_one(counter: Till) -> None:
    """Learned from medusa#13301: the webhook and the checkout captured the same payment each."""
    shop = counter.shop
    order_id = await counter.held()
    await shop.plan(order_id)
    (part,) = await shop.parts(order_id)
    await shop.hand_over(part.id)
    await shop.ship(part.id)
    (due,) = await shop.do(lambda session: capturing.due(session, part.id))
    reference, amount = due.payment.reference or "", Money(due.amount, due.payment.currency)

    async def ours() -> Capture:
        return await counter.effects.once(
            Step(order_id, due.step), into=Capture, intend=lambda s: capturing.still_due(s, due),
            call=lambda key: counter.gateway.capture(reference, amount, final=True, key=key),
            record=lambda session, answer: capturing.captured(session, due, answer),
        )  # fmt: skip

    async def theirs() -> None:
        await told(shop, due.payment.id, EventKind.PAYMENT_CAPTURED, reference, due.amount)

    outcomes = await all_try([ours, ours, ours, ours, theirs] * (COPIES // 4), at_once=25)

    failures = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, NotWanted)]
    assert failures == []
    assert there(counter, order_id) == [(due.amount, due.amount, 0)]
    assert await booked(shop, "capture") == 1
    assert await shop.count("SELECT count(*) FROM money_documents WHERE kind = 'invoice'") == 1


async def test_cancel_against_capture_has_one_winner_and_no_money_is_taken_from_a_canceled_order(
    shop: Shop,
) -> None:
    """Learned from woocommerce-payments#5605: what was canceled could still be captured."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 24)
    orders = [await shop.planned(("MUG", 1)) for _ in range(12)]
    orders += [await shop.released(("MUG", 1)) for _ in range(12)]  # canceled only if the warehouse agrees

    async def leave(order_id: UUID) -> int:
        (part,) = await shop.parts(order_id)
        if part.state is FulfillmentState.OPEN and not await shop.hand_over(part.id):
            return 0
        await shop.ship(part.id)
        return await shop.do(lambda session: take(session, part))

    async def cancel(order_id: UUID) -> CancelState:
        return await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "changed_mind"))

    tries: list[Callable[[], Awaitable[Any]]] = []  # Any: each has its own answer
    for order_id in orders:
        tries += [partial(leave, order_id), partial(cancel, order_id)]
    outcomes = await all_try(tries, at_once=16)

    ends = []
    for order_id in orders:
        order, (payment,) = await shop.get(order_id), await shop.payments(order_id)
        ends.append(order.state)
        assert payment.captured == (0 if order.state is OrderState.CANCELED else payment.amount)
        papers = "SELECT count(*) FROM money_documents WHERE order_id = :id AND kind = 'invoice'"
        assert await shop.count(papers, id=order_id) == (0 if order.state is OrderState.CANCELED else 1)
    assert set(ends) == {OrderState.CANCELED, OrderState.IN_FULFILLMENT}
    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {PastPivot}
    assert await faults(shop) == []


async def test_twenty_who_give_everything_back_at_once_give_it_back_once(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    order_id = await shop.released(("MUG", 2))
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    captured = await shop.do(lambda session: take(session, part))

    outcomes = await all_try([lambda: ask(shop, order_id)] * COPIES, at_once=COPIES)
    await settle(shop, order_id)

    assert [type(one) for one in outcomes].count(Conflict) == COPIES - 1
    assert [one.refunded for one in await shop.payments(order_id)] == [captured]
    assert await faults(shop) == []
