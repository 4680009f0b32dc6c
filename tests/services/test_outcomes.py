"""A charge whose answer is lost at the simulated Stripe: shown as unknown, looked up, and made once."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError

from activities.payments import PaymentActivities
from api.schemas.orders import OrderView
from orderwright.cli import sight
from orderwright.domain.payments import PaymentMethod
from orderwright.messages.orders import PartRef, PaymentRef, RefundRef
from orderwright.persistence.tables import OrderEvent
from orderwright.services.orders import reading
from orderwright.services.payments import giving_back
from orderwright.services.payments.giving_back import Wanted
from orderwright.services.payments.instruments import Deposit
from orderwright.services.portal.links import Links
from tests.services.till import Till
from tests.shop import NOW, STAFF, Shop

Json = dict[str, Any]  # Any: JSON
INTENTS = "payment_intents.create"


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest_asyncio.fixture(loop_scope="session")
async def till(shop: Shop, sim: str, pool: ThreadPoolExecutor) -> AsyncIterator[Till]:
    await shop.catalog("MUG")
    await shop.receive("MUG", 50)
    yield Till(shop, sim, pool)
    await shop.check_books()


@pytest.fixture
def steps(till: Till) -> PaymentActivities:
    """The run's own steps, at the simulated Stripe."""
    gateways: Any = {PaymentMethod.CARD: till.gateway}  # Any: the one that is used here
    return PaymentActivities(
        till.shop.db, till.effects, gateways, Links("a key of the tests", "https://shop.example")
    )


def lose(till: Till, operation: str, mode: str = "answer_lost") -> None:
    """The next such call there is carried out (or, with `server_error`, not), and not answered."""
    switch = {"provider": "stripe", "mode": mode, "operation": operation, "times": 1}
    httpx2.post(f"{till.sim}/_sim/switches", json=switch, timeout=5).raise_for_status()


async def seen(till: Till, order_id: Any) -> Json:  # Any: the order's id
    """As the API answers."""
    record = await till.shop.do(lambda session: reading.order(session, order_id))
    return OrderView.of(record, staff=True).model_dump(mode="json")


async def doubts(till: Till, order_id: Any) -> list[tuple[str, str, str | None]]:  # Any: as above
    """What the timeline says of unknown outcomes."""
    rows = await till.shop.do(lambda session: reading.timeline(session, order_id, after=0, limit=200))
    return [_doubt(row) for row in rows if row.kind.startswith("payment.outcome")]


def _doubt(row: OrderEvent) -> tuple[str, str, str | None]:
    return row.kind.removeprefix("payment.outcome_"), row.data["call"], row.data.get("how")


def charged(till: Till) -> list[Json]:
    """Every payment that the provider has."""
    found: list[Json] = httpx2.get(f"{till.sim}/_sim/books", timeout=5).json()["payments"]
    return found


async def test_an_authorization_without_an_answer_is_shown_as_unknown_then_adopted(
    till: Till, steps: PaymentActivities
) -> None:
    order_id = await till.shop.order(("MUG", 1))
    await till.shop.verify(order_id)
    await till.shop.reserve(order_id)
    (payment,) = await till.shop.payments(order_id)
    ref = PaymentRef(order_id=order_id, payment_id=payment.id, at=NOW)
    lose(till, INTENTS)

    with pytest.raises(ApplicationError):
        await steps.authorize(ref)
    between = await seen(till, order_id)
    await steps.authorize(ref)
    after = await seen(till, order_id)

    [shown] = between["payments"]
    assert (shown["outcome"], shown["state"]) == ("unknown", "created")
    assert [call["call"] for call in shown["unknown_calls"]] == ["authorize"]
    assert between["status"]["payment"] == {
        "authorize": "none", "charge": "none", "refund": "none", "unknown": True,
    }  # fmt: skip
    assert sight.payment(between) == "none, unknown"
    assert sight.outcome(shown).startswith("unknown: authorize since ")
    assert (after["payments"][0]["outcome"], after["payments"][0]["state"]) == ("known", "authorized")
    assert (after["status"]["payment"]["authorize"], after["status"]["payment"]["unknown"]) == ("full", False)
    assert await doubts(till, order_id) == [
        ("unknown", "authorize", None), ("known", "authorize", "adopted"),
    ]  # fmt: skip
    assert [one["amount"] for one in charged(till)] == [after["total"]]


async def test_one_that_never_happened_is_made_again_and_unknown_since_the_first_try(
    till: Till, steps: PaymentActivities
) -> None:
    order_id = await till.shop.order(("MUG", 1))
    await till.shop.verify(order_id)
    await till.shop.reserve(order_id)
    (payment,) = await till.shop.payments(order_id)
    ref = PaymentRef(order_id=order_id, payment_id=payment.id, at=NOW)

    since = []
    for _ in range(2):
        lose(till, INTENTS, "server_error")
        with pytest.raises(ApplicationError):
            await steps.authorize(ref)
        since.append((await seen(till, order_id))["payments"][0]["unknown_calls"][0]["since"])
    await steps.authorize(ref)

    assert since[0] == since[1]
    assert await doubts(till, order_id) == [
        ("unknown", "authorize", None), ("known", "authorize", "repeated"),
    ]  # fmt: skip
    assert len(charged(till)) == 1


async def test_a_capture_and_a_refund_without_answers_are_shown_of_their_payment(
    till: Till, steps: PaymentActivities
) -> None:
    order_id = await till.held()
    await till.shop.plan(order_id)
    (part,) = await till.shop.parts(order_id)
    await till.shop.hand_over(part.id)
    await till.shop.ship(part.id)
    ref = PartRef(order_id=order_id, fulfillment_id=part.id, at=NOW)

    lose(till, "payment_intents.capture")
    with pytest.raises(ApplicationError):
        await steps.capture(ref)
    capturing = await seen(till, order_id)
    await steps.capture(ref)
    (asked,) = await till.shop.do(lambda s: giving_back.request(s, order_id, STAFF, Wanted("late", 300)))
    lose(till, "refunds.create")
    with pytest.raises(ApplicationError):
        await steps.refund(RefundRef(order_id=order_id, refund_id=asked.id))
    refunding = await seen(till, order_id)
    await steps.refund(RefundRef(order_id=order_id, refund_id=asked.id))
    after = await seen(till, order_id)

    assert [call["call"] for call in capturing["payments"][0]["unknown_calls"]] == ["capture"]
    assert capturing["status"]["payment"]["charge"] == "none"
    assert [call["call"] for call in refunding["payments"][0]["unknown_calls"]] == ["refund"]
    assert refunding["status"]["payment"]["refund"] == "none"
    assert after["status"]["payment"] == {
        "authorize": "full", "charge": "full", "refund": "partial", "unknown": False,
    }  # fmt: skip
    assert [how for _, _, how in await doubts(till, order_id)] == [None, "adopted", None, "adopted"]
    [there] = charged(till)
    assert (there["captured"], there["refunded"]) == (after["total"], 300)


async def test_a_deposit_is_one_charge_and_one_refund_at_the_provider_and_both_sides_agree(
    till: Till, steps: PaymentActivities
) -> None:
    deposit = Deposit(PaymentMethod.CARD, "pm_card_visa", amount=400)
    order_id = await till.shop.order(("MUG", 1), deposit=deposit)
    await till.shop.verify(order_id)
    await till.shop.reserve(order_id)
    refs = [
        PaymentRef(order_id=order_id, payment_id=payment.id, at=NOW)
        for payment in await till.shop.payments(order_id)
    ]
    lose(till, "payment_intents.capture")

    with pytest.raises(ApplicationError):
        await steps.authorize(refs[0])
    between = await seen(till, order_id)
    for ref in refs:
        await steps.authorize(ref)
    taken = sorted((one["captured"], one["refunded"]) for one in charged(till))
    paid = await till.run()
    for ref in refs:
        await steps.void(ref)
    back = await till.run()

    [unknown] = [one for one in between["payments"] if one["outcome"] == "unknown"]
    assert (unknown["deposit"], unknown["deposited_at"], unknown["unknown_calls"][0]["call"]) == (
        True, None, "capture",
    )  # fmt: skip
    assert taken == [(0, 0), (400, 0)]
    assert sorted((one["captured"], one["refunded"]) for one in charged(till)) == [(0, 0), (400, 400)]
    assert (paid.open, back.open) == (0, 0)
    assert await till.balance("deposits") == 0


async def test_a_decline_whose_answer_was_lost_is_found_as_one(till: Till, steps: PaymentActivities) -> None:
    order_id = await till.shop.order(("MUG", 1), payment_source="pm_card_chargeDeclined")
    await till.shop.verify(order_id)
    await till.shop.reserve(order_id)
    (payment,) = await till.shop.payments(order_id)
    ref = PaymentRef(order_id=order_id, payment_id=payment.id, at=NOW)
    lose(till, INTENTS)

    with pytest.raises(ApplicationError):
        await steps.authorize(ref)
    await steps.authorize(ref)
    after = await seen(till, order_id)

    assert (after["state"], after["payments"][0]["state"]) == ("rejected", "failed")
    assert after["payments"][0]["outcome"] == "known"
    assert [how for _, _, how in await doubts(till, order_id)] == [None, "adopted"]
    assert len(charged(till)) == 1
