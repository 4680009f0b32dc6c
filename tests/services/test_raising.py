"""A dearer order raises the authorization it has: one at the provider, one sum, whatever is done to it."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.domain.failures import Failure
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.payments import Account, LedgerState, PaymentState
from orderwright.persistence import inbox, locks
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import Inbox, LedgerTransaction, Payment
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.payments import Capture
from orderwright.services import events
from orderwright.services.orders import cancellation
from orderwright.services.payments import capturing, paying, raising
from tests.services.test_changes import CUP, change, go_on, one_step, ship_all, stocked
from tests.shop import NOW, STAFF, Shop


@pytest.fixture
async def raisable(shop: Shop) -> Shop:
    """Cups and mugs, and a provider that raises what it has reserved."""
    await stocked(shop)
    shop.raisable = True
    return shop


async def sums(shop: Shop, order_id: UUID) -> list[tuple[str, int, int]]:
    """State, amount and what was taken of each payment."""
    return [(one.state.value, one.amount, one.captured) for one in await shop.payments(order_id)]


async def booked(shop: Shop, payment: Payment) -> tuple[LedgerState | None, int]:
    """The state of a payment's pending booking, and what it holds."""
    source = f"authorization/{payment.id}"
    query = select(LedgerTransaction.state).where(LedgerTransaction.source == source)
    state = await shop.do(lambda s: s.scalar(query))
    return state, await shop.do(lambda s: ledger.entry(s, source, Account.AUTHORIZED))


async def take(shop: Shop, order_id: UUID) -> None:
    """All that is due for what has left."""
    for part in await shop.parts(order_id):
        async with shop.db.transaction() as session:
            await locks.lock(session, order_id)
            for due in await capturing.due(session, part.id):
                answer = Capture("ch", Money(due.amount, due.payment.currency))
                await capturing.captured(session, due, answer)


async def test_an_added_line_raises_the_authorization_and_is_captured_with_it_at_once(
    raisable: Shop,
) -> None:
    raisable.multicapture = False
    order_id = await raisable.planned(("MUG", 1))
    (before,) = await raisable.payments(order_id)

    await change(raisable, order_id, CUP)
    await go_on(raisable, order_id)

    assert await sums(raisable, order_id) == [("authorized", 2500, 0), ("raised", 1000, 0)]
    held, by = await raisable.payments(order_id)
    assert (held.id, held.reference, held.expires_at) == (before.id, before.reference, before.expires_at)
    assert (by.raises_id, by.reference) == (held.id, None)
    assert await booked(raisable, held) == (LedgerState.PENDING, 1500)
    assert await booked(raisable, by) == (LedgerState.PENDING, 1000)
    part = await raisable.live_part(order_id)
    assert await raisable.shares(part.id) == [(held.id, 2500)]
    assert await ship_all(raisable, order_id) == [2500]
    await take(raisable, order_id)
    assert await sums(raisable, order_id) == [("captured", 2500, 2500), ("raised", 1000, 0)]
    assert [await booked(raisable, one) for one in (held, by)] == [
        (LedgerState.POSTED, 1500),
        (LedgerState.POSTED, 1000),
    ]
    assert (await raisable.events(order_id)).count("payment.raised") == 1
    await raisable.check_books()


async def test_while_it_is_raised_it_is_neither_captured_nor_renewed_nor_raised_again(
    raisable: Shop,
) -> None:
    raisable.raises = lambda: "silent"
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    await raisable.authorize(order_id)
    held, by = await raisable.payments(order_id)
    assert by.state is PaymentState.RAISING

    (waits, _) = (await raisable.position(order_id)).payments
    await raisable.do(lambda s: paying.renew(s, held.id))
    await change(raisable, order_id, CUP)

    assert waits.renew_at is None
    third = (await raisable.payments(order_id))[2]
    assert (third.raises_id, third.replaces_id, third.amount) == (None, None, 1000)
    await raisable.do(lambda s: raising.done(s, by.id))
    (after, _, _) = (await raisable.position(order_id)).payments
    assert after.renew_at == NOW + timedelta(days=7) * 6 / 10


async def test_a_renewal_is_over_the_raised_sum(raisable: Shop) -> None:
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    await go_on(raisable, order_id)
    held, _ = await raisable.payments(order_id)

    await raisable.do(lambda s: paying.renew(s, held.id))
    await raisable.authorize(order_id)
    await raisable.do(lambda s: paying.voided(s, held.id))

    assert await sums(raisable, order_id) == [
        ("voided", 2500, 0),
        ("raised", 1000, 0),
        ("authorized", 2500, 0),
    ]
    await raisable.check_books()
    await ship_all(raisable, order_id)
    await take(raisable, order_id)
    assert (await sums(raisable, order_id))[-1] == ("captured", 2500, 2500)
    await raisable.check_books()


async def test_one_that_is_renewed_is_not_raised_and_one_that_was_is(raisable: Shop) -> None:
    order_id = await raisable.planned(("MUG", 1))
    (held,) = await raisable.payments(order_id)
    await raisable.do(lambda s: paying.renew(s, held.id))

    await change(raisable, order_id, CUP)
    _, renewal, further = await raisable.payments(order_id)
    assert further.raises_id is None

    await raisable.authorize(order_id)
    await change(raisable, order_id, Wish(ChangeKind.ADD_LINE, sku="MUG", units=2))
    assert (await raisable.payments(order_id))[3].raises_id in {renewal.id, further.id}


@pytest.mark.parametrize("said", ["refused", "refused_later"])
async def test_what_the_provider_does_not_raise_is_reserved_by_itself_and_not_tried_again(
    raisable: Shop, said: str
) -> None:
    raisable.raises = lambda: said
    order_id = await raisable.planned(("MUG", 1))

    await change(raisable, order_id, CUP)
    await go_on(raisable, order_id)
    await go_on(raisable, order_id)

    held, further = await raisable.payments(order_id)
    assert [(one.state.value, one.amount) for one in (held, further)] == [
        ("authorized", 1500),
        ("authorized", 1000),
    ]
    assert (held.raisable, further.raises_id, further.reference is not None) == (False, None, True)
    assert "payment.not_raised" in await raisable.events(order_id)
    await raisable.check_books()


async def test_a_provider_that_stays_silent_is_not_waited_for_longer_than_a_day(raisable: Shop) -> None:
    raisable.raises = lambda: "silent"
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    await raisable.authorize(order_id)
    _, by = await raisable.payments(order_id)
    await raisable.execute(
        "INSERT INTO effects (order_id, step, n, request_hash, state, ended_at)"
        " VALUES (:o, :s, 1, 'x', 'done', clock_timestamp() - interval '23 hours')",
        o=order_id, s=f"increase/{by.id}",
    )  # fmt: skip

    assert await raising.give_up(raisable.db) == 0
    await raisable.execute("UPDATE effects SET ended_at = clock_timestamp() - interval '25 hours'")
    assert await raising.give_up(raisable.db) == 1

    _, further = await raisable.payments(order_id)
    assert (further.state, further.raises_id) == (PaymentState.CREATED, None)
    await raisable.do(lambda s: raising.done(s, by.id))  # the late word changes nothing
    assert await sums(raisable, order_id) == [("authorized", 1500, 0), ("created", 1000, 0)]


async def test_an_event_that_overtakes_the_answer_counts_once(raisable: Shop) -> None:
    raisable.raises = lambda: "later"
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    _, by = await raisable.payments(order_id)
    told = ProviderEvent(
        source="adyen", event_id="A:AUTHORISATION_ADJUSTMENT:True", kind=EventKind.PAYMENT_RAISED,
        reference="P", occurred_at=NOW, data={"payment_id": str(by.id), "amount": 2500, "currency": "EUR"},
    )  # fmt: skip

    for _ in range(2):
        async with raisable.db.transaction() as session:
            await inbox.store(session, told)
            await events.apply(session, await session.get_one(Inbox, ("adyen", told.event_id)))
    await raisable.authorize(order_id)

    assert await sums(raisable, order_id) == [("authorized", 2500, 0), ("raised", 1000, 0)]
    await raisable.check_books()


async def test_an_authorization_that_runs_out_is_asked_for_anew_with_all_that_raised_it(
    raisable: Shop,
) -> None:
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    await go_on(raisable, order_id)
    held, by = await raisable.payments(order_id)

    await raisable.do(lambda s: paying.lost(s, held, PaymentState.EXPIRED))

    assert await sums(raisable, order_id) == [
        ("expired", 2500, 0),
        ("raised", 1000, 0),
        ("created", 2500, 0),
    ]
    assert [(await booked(raisable, one))[0] for one in (held, by)] == [LedgerState.VOIDED] * 2
    await raisable.check_books()


async def test_a_canceled_order_voids_the_raised_authorization_and_nothing_else(raisable: Shop) -> None:
    order_id = await raisable.planned(("MUG", 1))
    await change(raisable, order_id, CUP)
    await go_on(raisable, order_id)
    held, _ = await raisable.payments(order_id)

    await raisable.do(lambda s: cancellation.request(s, order_id, STAFF, "no"))

    undo = (await raisable.position(order_id)).undo
    assert [one.id for one in undo if one.kind.value == "payment"] == [held.id]
    await raisable.do(lambda s: paying.voided(s, held.id))
    assert await sums(raisable, order_id) == [("voided", 2500, 0), ("raised", 1000, 0)]
    await raisable.check_books()


@pytest.mark.parametrize("multicapture", [True, False])
@pytest.mark.parametrize("seed", range(4))
async def test_any_changes_raises_refusals_and_captures_sum_to_the_minor_unit(
    raisable: Shop, seed: int, *, multicapture: bool
) -> None:
    dice = random.Random(f"raising {seed}")
    raisable.multicapture = multicapture
    raisable.raises = lambda: dice.choice(["raised", "raised", "later", "refused", "refused_later"])
    await raisable.catalog("PIN", price=333)
    await raisable.receive("PIN", 500)
    raised = 0
    for _ in range(4):
        order_id = await raisable.planned(("MUG", 3), ("CUP", 2), ("PIN", 7))
        for _ in range(6):
            await one_step(raisable, order_id, dice)
            if dice.random() < 0.2:
                await _renew_one(raisable, order_id)
        await go_on(raisable, order_id)
        await raisable.check_books()
        await ship_all(raisable, order_id)
        await take(raisable, order_id)

        order, payments = await raisable.get(order_id), await raisable.payments(order_id)
        gone = [part for part in await raisable.parts(order_id) if part.state is FulfillmentState.CLOSED]
        assert sum(part.amount for part in gone) == sum(one.captured for one in payments) == order.total
        raised += sum(one.state is PaymentState.RAISED for one in payments)
        for one in payments:
            by = sum(more.amount for more in payments if more.raises_id == one.id and _is_raised(more))
            assert (await booked(raisable, one))[1] + by == (one.amount if _was_reserved(one) else 0)
        await raisable.check_books()
    assert raised > 0


async def _renew_one(shop: Shop, order_id: UUID) -> None:
    """As the timer does, with the old one voided after."""
    for payment in await shop.payments(order_id):
        if payment.state is PaymentState.AUTHORIZED:
            try:
                await shop.do(lambda s, one=payment.id: paying.renew(s, one))  # type: ignore[misc]  # bound now
                await shop.authorize(order_id)
            except Failure:
                return
            new = [one for one in await shop.payments(order_id) if one.replaces_id == payment.id]
            if new and new[0].state is PaymentState.AUTHORIZED:
                await shop.do(lambda s, one=payment.id: paying.voided(s, one))  # type: ignore[misc]
            return


def _is_raised(payment: Payment) -> bool:
    return payment.state is PaymentState.RAISED


def _was_reserved(payment: Payment) -> bool:
    return payment.reference is not None or _is_raised(payment)
