"""A settlement file, line by line: what matches, what does not and why; read twice it changes nothing."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
import pytest_asyncio

from orderwright.adapters.payments.stripe_settlement import FACING, NEEDED, StripeSettlements
from orderwright.domain.failures import Invalid
from orderwright.domain.money import Money
from orderwright.reporting import books
from orderwright.services.reconciliation import settlement
from orderwright.services.reconciliation.settlement import Settled
from tests.services.till import Till
from tests.shop import Shop

Row = dict[str, str]


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


def report(till: Till) -> list[Row]:
    """The file that the provider would give us for what he has paid out."""
    headers = {"Authorization": "Bearer sk_test_x"}
    url = f"{till.sim}/stripe/v1/balance_transactions?limit=100&expand[]=data.source"
    rows = []
    for txn in httpx2.get(url, headers=headers, timeout=5).json()["data"]:
        source, currency = txn["source"], txn["currency"].upper()
        if txn["type"] == "payout":
            payout = source["id"]
            continue
        amounts = {
            name: str(Money(txn[field], currency).major())
            for name, field in (("gross", "amount"), ("fee", "fee"), ("net", "net"))
        }
        rows.append({
            "automatic_payout_id": payout, "balance_transaction_id": txn["id"], "currency": txn["currency"],
            "reporting_category": txn["reporting_category"], "source_id": source["id"],
            "payment_intent_id": source["payment_intent"], **amounts,
            "customer_facing_amount": str(Money(source["amount"], source["currency"].upper()).major()),
            "customer_facing_currency": source["currency"],
        })  # fmt: skip
    return rows[::-1]


def as_file(rows: list[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, (*NEEDED, *FACING))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def settled(till: Till, rows: list[Row]) -> Settled:
    lines = StripeSettlements().read(as_file(rows))
    return await till.shop.do(lambda session: settlement.settle(session, lines))


async def test_a_file_that_fits_is_matched_and_booked_once(till: Till) -> None:
    first, second = await till.paid(), await till.paid(2)
    await till.refund(second, 500)
    (payout,) = till.pay_out()

    done = [await settled(till, report(till)) for _ in range(2)]
    reconciled = await till.run()

    assert [(one.lines, one.matched, one.booked, list(one.unmatched)) for one in done] == [
        (3, 3, 3, []), (3, 3, 0, [])
    ]  # fmt: skip
    assert (await till.balance("bank"), await till.balance("clearing")) == (payout["amount"], 0)
    assert (reconciled.booked, reconciled.open) == (0, 0)
    fees = "SELECT count(*) FROM ledger_transactions WHERE kind = 'fee' AND order_id = :order"
    assert [await till.shop.count(fees, order=order) for order in (first, second)] == [1, 1]
    assert books.off(await till.shop.do(books.trial)) == {}


async def test_every_line_that_does_not_match_is_listed_with_its_reason(till: Till) -> None:
    order = await till.paid()
    stranger = till.charge_elsewhere(4200)
    unasked = till.refund_elsewhere(await till.reference(order), 100)
    till.pay_out()
    rows = report(till)
    ours, theirs, back = rows
    rows += [
        ours,
        {**ours, "balance_transaction_id": "txn_x", "gross": "1.00", "fee": "0", "net": "1.00"},
        {**ours, "balance_transaction_id": "txn_y", "net": "99.00", "automatic_payout_id": "po_torn"},
        {**ours, "balance_transaction_id": "txn_z", "gross": "1.005", "automatic_payout_id": "po_torn"},
        {**ours, "balance_transaction_id": "txn_d", "reporting_category": "dispute"},
        {**ours, "balance_transaction_id": "txn_o", "reporting_category": "anticipation_repayment"},
        {**ours, "balance_transaction_id": "txn_n", "payment_intent_id": ""},
        {**ours, "balance_transaction_id": "txn_f", "reporting_category": "fee", "gross": "-2.00", "fee": "0",
         "net": "-2.00"},
    ]  # fmt: skip
    taken = Money((await till.payment_of(order)).captured, "EUR")

    done = await settled(till, rows)

    assert [(one.line, one.reference, one.reason) for one in done.unmatched] == [
        (3, theirs["balance_transaction_id"], f"we know no payment {stranger}"),
        (4, back["balance_transaction_id"], f"we know no refund {unasked}"),
        (5, ours["balance_transaction_id"], "the same movement is on line 2"),
        (6, "txn_x", f"we took {taken} with {await till.reference(order)}, not 1.00 EUR"),
        (7, "txn_y", "gross less fee is not net"),
        (8, "txn_z", "its amounts are no amounts of its currency"),
        (9, "txn_d", f"we know no dispute of {taken} about {await till.reference(order)}"),
        (10, "txn_o", "what anticipation_repayment means to our books is for a person to say"),
        (11, "txn_n", "it names no payment"),
        (0, "po_torn", "not booked: not all of its lines are readable"),
    ]
    assert (done.lines, done.matched) == (11, 2)


async def test_money_that_a_person_has_decided_is_matched(till: Till) -> None:
    till.charge_elsewhere(4200)
    await till.run()
    till.pay_out()
    before = await settled(till, report(till))
    await till.shop.execute("UPDATE payment_differences SET state = 'settled', decision = 'adopt'")

    after = await settled(till, report(till))

    assert [one.reason.partition(" ")[2] for one in before.unmatched] == [
        "is money without an order, undecided"
    ]
    assert list(after.unmatched) == []


async def test_a_payout_that_was_booked_otherwise_is_named(till: Till) -> None:
    await till.paid()
    (payout,) = till.pay_out()
    till.change(payout["id"], amount=payout["amount"] - 1)
    await till.run()

    done = await settled(till, report(till))

    (wrong,) = done.unmatched
    paid, sent = Money(payout["amount"] - 1, "EUR"), Money(payout["amount"], "EUR")
    assert wrong.reason == f"the bank got {paid} by our books, its lines sum to {sent}"
    assert await till.balance("bank") == payout["amount"] - 1


def test_another_file_is_refused_with_the_columns_it_lacks() -> None:
    with pytest.raises(Invalid, match="it lacks automatic_payout_id, balance_transaction_id, gross"):
        StripeSettlements().read(
            "currency,fee,net,reporting_category,source_id,payment_intent_id\neur,1,1,charge,a,b\n"
        )


async def test_lines_settled_in_another_currency_match_what_was_paid_and_are_exchanged_once(
    till: Till,
) -> None:
    """The file and the lists tell of the same exchanges: whichever comes first books them."""
    url = f"{till.sim}/_sim/stripe/settlement"
    httpx2.put(url, json={"currency": "gbp", "rates": {"eur": "0.84"}}).raise_for_status()
    order = await till.paid(2)
    await till.refund(order, 500)
    till.pay_out()
    rows = report(till)
    strange = [rows[0] | {"customer_facing_amount": "1.00"}, rows[1]]

    unlike = await settled(till, strange)
    done = await settled(till, rows)
    later = await till.run()
    httpx2.put(url, json={"currency": "eur", "rates": {}}).raise_for_status()

    assert [one.reason.endswith("not 1.00 EUR") for one in unlike.unmatched] == [True]
    assert (done.matched, done.unmatched) == (2, [])
    assert (later.booked, later.open) == (0, 0)
    trial = await till.shop.do(books.trial)
    assert {one.currency: one.amount for one in trial if one.account == "clearing" and one.amount} == {}
