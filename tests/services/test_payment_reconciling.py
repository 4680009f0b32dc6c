"""Reconciliation with the provider, over HTTP: what is planted there is found, named, and decided."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import pytest_asyncio
from sqlalchemy import select

from orderwright.domain.failures import AlreadyDecided, Conflict
from orderwright.domain.orders import Decision, TaskState
from orderwright.domain.payments import PaymentState
from orderwright.persistence.tables import Payment, Task
from orderwright.reporting import books, proofs
from orderwright.services.orders import decisions, reading
from orderwright.services.payments import raising
from orderwright.services.reconciliation import reconciling, unmatched
from tests.services.till import Till
from tests.shop import STAFF, STORE, Shop, all_try


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest_asyncio.fixture(loop_scope="session")
async def till(shop: Shop, sim: str, pool: ThreadPoolExecutor) -> AsyncIterator[Till]:
    """A shop with mugs at 10.00, and a simulated Stripe with nothing in it."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 50)
    yield Till(shop, sim, pool)
    await shop.check_books()


async def tasks(till: Till) -> list[Task]:
    query = select(Task).order_by(Task.id)
    return list((await till.shop.do(lambda session: session.scalars(query))).all())


async def test_two_sides_that_agree_have_no_difference(till: Till) -> None:
    order = await till.paid(2)
    await till.refund(order, 500)

    done = await till.run()

    assert (done.payments, done.refunds, done.new, done.open) == (1, 1, 0, 0)
    assert await till.found() == []


async def test_what_is_planted_at_the_provider_is_found_and_named(till: Till) -> None:
    """Show 5: a payment made only there, a missing refund on each side, a wrong amount."""
    whole, wrong, back, lost = [await till.paid(units) for units in (1, 2, 3, 4)]
    total = (await till.payment_of(wrong)).captured
    stranger = till.charge_elsewhere(4200)
    till.change(await till.reference(wrong), captured=total - 1)
    unasked = till.refund_elsewhere(await till.reference(back), 700)
    missing = await till.refund(lost, 900)
    till.lose(missing)

    done = await till.run()
    again = await till.run()

    assert (done.new, done.open, again.new, again.gone, again.open) == (4, 4, 0, 0, 4)
    found = {row.kind.value: row for row in await till.rows()}
    assert set(found) == {"money_without_order", "amount", "refund_missing_here", "refund_missing_there"}
    assert (found["money_without_order"].reference, found["money_without_order"].theirs) == (stranger, 4200)
    assert (found["amount"].ours, found["amount"].theirs, found["amount"].order_id) == (
        total,
        total - 1,
        wrong,
    )
    assert (found["refund_missing_here"].reference, found["refund_missing_here"].order_id) == (unasked, back)
    assert (found["refund_missing_there"].reference, found["refund_missing_there"].order_id) == (
        missing,
        lost,
    )
    assert found["amount"].words.startswith("we took ")
    assert whole not in {row.order_id for row in found.values()}
    (asked,) = await tasks(till)
    assert (asked.order_id, asked.kind.value, asked.state) == (None, "unmatched_money", TaskState.OPEN)
    assert asked.question.startswith("the provider took 42.00 EUR that we know nothing of.")


async def test_a_difference_is_gone_when_both_sides_agree_again(till: Till) -> None:
    order = await till.paid()
    taken = (await till.payment_of(order)).captured
    till.change(await till.reference(order), captured=taken - 1)
    await till.run()

    till.change(await till.reference(order), captured=taken)
    done = await till.run()
    till.change(await till.reference(order), captured=1)
    await till.run()

    assert (done.gone, done.open) == (1, 0)
    assert await till.found() == [
        ("amount", "gone", taken, taken - 1), ("amount", "open", taken, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({"currency": "usd"}, "currency"), ({"status": "canceled"}, "state")],
)
async def test_another_currency_or_state_is_a_difference(
    till: Till, fields: dict[str, str], kind: str
) -> None:
    order = await till.paid()
    till.change(await till.reference(order), **fields)

    await till.run()

    assert [row.kind.value for row in await till.rows()] == [kind]


async def test_a_payment_that_the_provider_does_not_know_is_found(till: Till) -> None:
    order = await till.paid()
    till.lose(await till.reference(order))

    await till.run()

    (row,) = await till.rows()
    assert (row.kind.value, row.order_id, row.theirs) == ("payment_missing", order, None)


async def test_a_call_that_is_under_way_is_no_difference(till: Till) -> None:
    order = await till.paid()
    await till.shop.execute(
        "UPDATE effects SET state = 'unknown', ended_at = NULL WHERE step LIKE 'capture/%'"
    )
    till.change(await till.reference(order), captured=1)

    done = await till.run()

    assert (done.new, await till.found()) == (0, [])


async def test_the_next_run_begins_where_the_last_one_ended(till: Till) -> None:
    first = await till.run()
    second = await till.run()

    assert second.since == first.until - reconciling.OVERLAP
    assert first.until - first.since == reconciling.FIRST


async def test_what_is_older_than_the_window_and_may_still_change_is_asked_for(till: Till) -> None:
    held, taken = await till.held(), await till.paid()
    await till.run()
    till.change(await till.reference(taken), captured=1)
    await till.run()
    await till.shop.execute("UPDATE reconciliations SET until = now() + interval '30 days'")
    till.change(await till.reference(held), status="canceled", capturable=0)
    till.change(await till.reference(taken), captured=(await till.payment_of(taken)).captured)

    done = await till.run()

    assert done.since > done.until
    assert [(row.kind.value, row.state.value, row.order_id) for row in await till.rows()] == [
        ("amount", "gone", taken), ("state", "open", held)
    ]  # fmt: skip


# --- money without an order


async def test_money_without_an_order_is_owed_to_somebody_until_it_is_decided(till: Till) -> None:
    till.charge_elsewhere(4200)

    await till.run()

    assert await till.balance("unmatched") == -4200


async def test_approved_money_is_held_for_the_order_that_the_provider_names(till: Till) -> None:
    order = await till.paid()
    number = (await till.shop.get(order)).number
    till.charge_elsewhere(4200, {"order_number": number})
    await till.run()
    (asked,) = await tasks(till)

    await till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.APPROVE, STAFF, "paid twice"))
    with pytest.raises(AlreadyDecided):
        await till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.REJECT, STAFF))
    await till.run()

    assert await till.found() == [("money_without_order", "settled", None, 4200)]
    assert (await till.balance("unmatched"), await till.balance("deposits")) == (0, -4200)
    assert (await tasks(till))[0].state is TaskState.DECIDED
    assert "money.adopted" in await till.shop.events(order)
    proof = await till.shop.do(lambda session: proofs.of_order(session, order))
    assert (proof.proven, proof.figures.on_account) == (True, 4200)


async def test_money_that_names_no_order_is_kept_as_unmatched(till: Till) -> None:
    till.charge_elsewhere(4200)
    await till.run()
    (asked,) = await tasks(till)

    await till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.APPROVE, STAFF))
    done = await till.run()

    assert (done.open, await till.balance("unmatched")) == (0, -4200)


async def test_rejected_money_is_given_back_once(till: Till) -> None:
    reference = till.charge_elsewhere(4200)
    await till.run()
    (asked,) = await tasks(till)
    await till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.REJECT, STAFF, "not ours"))

    given = [(await till.give_back()).given for _ in range(2)]
    done = await till.run()

    assert given == [1, 0]
    assert await till.found() == [("money_without_order", "settled", None, 4200)]
    assert (done.refunds, done.open, await till.balance("unmatched")) == (1, 0, 0)
    (back,) = await till.statements.refunds(done.since, done.until)
    assert (back.payment_reference, back.amount.amount) == (reference, 4200)


async def test_a_refund_that_the_provider_refuses_is_asked_about_again(till: Till) -> None:
    reference = till.charge_elsewhere(4200)
    await till.run()
    (asked,) = await tasks(till)
    await till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.REJECT, STAFF))
    till.change(reference, captured=100)

    done = await till.give_back()

    assert (done.given, done.refused) == (0, 1)
    first, second = await tasks(till)
    assert (first.state, second.state) == (TaskState.DECIDED, TaskState.OPEN)
    assert second.question.startswith("The refund of 42.00 EUR was refused")
    assert await till.found() == [("money_without_order", "open", None, 4200)]


async def test_money_that_is_given_back_there_needs_no_decision(till: Till) -> None:
    reference = till.charge_elsewhere(4200)
    await till.run()
    till.refund_elsewhere(reference, 1200)
    await till.run()
    part = (await till.found(), await till.balance("unmatched"))
    till.refund_elsewhere(reference, 3000)
    await till.run()

    assert part == ([("money_without_order", "open", None, 3000)], -3000)
    assert await till.found() == [("money_without_order", "gone", None, 3000)]
    assert await till.balance("unmatched") == 0
    assert (await tasks(till))[0].state is TaskState.WITHDRAWN


async def test_only_money_without_an_order_is_decided(till: Till) -> None:
    order = await till.paid()
    till.change(await till.reference(order), captured=1)
    await till.run()
    (row,) = await till.rows()

    with pytest.raises(Conflict, match="only money without an order"):
        await till.shop.do(lambda s: unmatched.adopt(s, row.id, STAFF, order_id=None))

    assert await till.found() == [("amount", "open", row.ours, 1)]


async def test_money_of_another_currency_is_not_put_on_an_order(till: Till) -> None:
    order = await till.paid()
    till.change(till.charge_elsewhere(4200), currency="usd")
    await till.run()
    (row,) = await till.rows()

    with pytest.raises(Conflict, match="the order is in EUR, the money in USD"):
        await till.shop.do(lambda s: unmatched.adopt(s, row.id, STAFF, order_id=order))

    assert await till.found() == [("money_without_order", "open", None, 4200)]
    assert await till.balance("deposits") == 0


async def test_a_task_about_no_order_is_listed_and_not_for_everybody(till: Till) -> None:
    till.charge_elsewhere(4200)
    await till.run()
    (row,) = await till.shop.do(
        lambda s: reading.tasks(s, state=None, kind=None, order_id=None, after=None, limit=9)
    )

    with pytest.raises(Exception, match="may not"):
        await till.shop.do(lambda s: decisions.decide(s, row[0].id, Decision.APPROVE, STORE))

    assert row[1:] == ("", "")
    assert (await tasks(till))[0].state is TaskState.OPEN


# --- races


async def test_two_runs_at_once_find_a_difference_once(till: Till) -> None:
    till.charge_elsewhere(4200)

    outcomes = await all_try([till.run] * 4, at_once=4)

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert await till.found() == [("money_without_order", "open", None, 4200)]
    assert (len(await tasks(till)), await till.balance("unmatched")) == (1, -4200)


async def test_twenty_people_decide_once_and_it_is_given_back_once(till: Till) -> None:
    till.charge_elsewhere(4200)
    await till.run()
    (asked,) = await tasks(till)

    def decide() -> Awaitable[Task]:
        return till.shop.do(lambda s: decisions.decide(s, asked.id, Decision.REJECT, STAFF))

    decided = await all_try([decide] * 20, at_once=8)
    await all_try([till.give_back] * 6, at_once=6)

    assert sum(isinstance(one, Task) for one in decided) == 1
    assert {type(one) for one in decided if not isinstance(one, Task)} == {AlreadyDecided}
    done = await till.run()
    assert (done.refunds, done.open, await till.balance("unmatched")) == (1, 0, 0)


# --- fees and payouts


async def test_fees_and_payouts_are_booked_once(till: Till) -> None:
    order = await till.paid(2)
    taken = (await till.payment_of(order)).captured
    await till.refund(order, 500)
    (payout,) = till.pay_out()

    booked = [(await till.run()).booked for _ in range(2)]

    fee = (taken * 29_000 + 500_000) // 1_000_000 + 30
    assert booked == [2, 0]
    assert await till.balance("payment_fees") == fee
    assert await till.balance("bank") == payout["amount"] == taken - 500 - fee
    assert await till.balance("clearing") == 0
    of_order = await till.shop.count(
        "SELECT count(*) FROM ledger_transactions WHERE kind = 'fee' AND order_id = :order", order=order
    )
    assert of_order == 1
    assert books.off(await till.shop.do(books.trial)) == {}


async def test_a_payout_that_the_bank_sends_back_is_taken_back(till: Till) -> None:
    await till.paid()
    (payout,) = till.pay_out()
    await till.run()
    till.change(payout["id"], status="failed")

    booked = [(await till.run()).booked for _ in range(2)]

    assert (booked, await till.balance("bank")) == ([1, 0], 0)


async def test_more_than_a_page_is_read(till: Till) -> None:
    for _ in range(103):
        till.charge_elsewhere(100)

    done = await till.run()

    assert (done.payments, done.new, await till.balance("unmatched")) == (103, 103, -10300)


async def test_what_is_reserved_is_compared_with_all_that_raised_it(till: Till) -> None:
    order_id = await till.held(1)
    payment = await till.payment_of(order_id)
    till.change(payment.reference or "", amount=payment.amount + 1000, capturable=payment.amount + 1000)

    behind_our_back = await till.run()
    further = Payment(
        order_id=order_id, method=payment.method, source=None, state=PaymentState.CREATED, amount=1000,
        currency=payment.currency, instrument=payment.instrument, raises_id=payment.id,
    )  # fmt: skip
    async with till.shop.db.transaction() as session:
        session.add(further)
        await session.flush()
        await raising.done(session, further.id)
    after = await till.run()

    assert (behind_our_back.open, after.open, after.gone) == (1, 0, 1)
    assert await till.found() == [("reserved", "gone", payment.amount, payment.amount + 1000)]
