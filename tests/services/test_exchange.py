"""Euros are taken, pounds are kept: over HTTP, to the penny, against what the simulator says it did."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from activities.reconciliation import ReconciliationActivities
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.books.exchange import NewRate, Rate
from orderwright.domain.failures import Conflict
from orderwright.domain.money import Money
from orderwright.domain.payments import Account
from orderwright.persistence.money import ledger, rates
from orderwright.persistence.money.ledger import Entry
from orderwright.persistence.tables import ExchangePosition, LedgerValue
from orderwright.reporting import books, exchange, proofs
from orderwright.services.exchange import valuing
from orderwright.services.exchange.valuing import Valued
from orderwright.services.reconciliation import exchanging
from tests.services.till import Till
from tests.shop import Shop

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest_asyncio.fixture(loop_scope="session")
async def till(shop: Shop, sim: str, pool: ThreadPoolExecutor) -> AsyncIterator[Till]:
    """A shop with mugs at 10.00 EUR whose account at the provider is kept in GBP, without fees."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 50)
    httpx2.put(f"{sim}/_sim/stripe/fee", json={"ppm": 0, "fixed": 0}).raise_for_status()
    settle(sim, eur="0.84")
    yield Till(shop, sim, pool)
    httpx2.put(f"{sim}/_sim/stripe/settlement", json={"currency": "eur", "rates": {}}).raise_for_status()
    await shop.check_books()


def settle(sim: str, **by_currency: str) -> None:
    body = {"currency": "gbp", "rates": by_currency}
    httpx2.put(f"{sim}/_sim/stripe/settlement", json=body).raise_for_status()


async def quoted(shop: Shop, value: str, *, base: str = "EUR", since: datetime = LONG_AGO) -> None:
    new = [NewRate(base, "GBP", since, Decimal(value))]
    await shop.do(lambda session: rates.record(session, new, source="test", by="ann"))


async def balances(shop: Shop) -> Mapping[tuple[str, str], int]:
    trial = await shop.do(books.trial)
    return {(one.account, one.currency): one.amount for one in trial if one.amount}


async def worth(shop: Shop) -> Mapping[str, int]:
    """What is on each account in the base currency, from values alone: of currencies other than it."""
    query = text(
        "SELECT account, sum(base)::bigint FROM ledger_values GROUP BY account HAVING sum(base) <> 0"
    )
    rows = await shop.do(lambda session: session.execute(query))
    return {account: base for account, base in rows}


async def test_what_is_settled_in_pounds_leaves_no_euros_and_the_difference_is_realized(till: Till) -> None:
    """Taken at 0.85, exchanged at 0.84, refunded at 0.85, and the refund exchanged at 0.90."""
    await quoted(till.shop, "0.85")
    order = await till.paid(3)
    taken = (await till.payment_of(order)).captured
    settle(till.sim, eur="0.90")
    await till.refund(order, 1_000)
    (payout,) = till.pay_out()

    first, again = await till.run(), await till.run()
    done = [await valuing.value(till.shop.db, "GBP") for _ in range(2)]

    assert (first.new, first.open, again.booked) == (0, 0, 0)
    txns = [one for one in theirs(till) if one["type"] != "payout"]
    assert [(one["currency"], one["amount"], one["exchange_rate"]) for one in txns] == [
        ("gbp", -900, 0.9), ("gbp", taken * 84 // 100, 0.84)
    ]  # fmt: skip
    assert payout["amount"] == taken * 84 // 100 - 900
    account = await balances(till.shop)
    assert ("clearing", "EUR") not in account
    assert ("clearing", "GBP") not in account
    assert account["bank", "GBP"] == payout["amount"]
    assert account["exchange_difference", "EUR"] == taken - 1_000
    assert done[0].valued > 0
    assert done[1] == Valued(0, 0, [])
    differences = select(func.sum(LedgerValue.base)).where(LedgerValue.amount == 0)
    lost_taking, lost_giving = taken * 85 // 100 - taken * 84 // 100, 900 - 850
    assert await till.shop.do(lambda session: session.scalar(differences)) == lost_taking + lost_giving
    positions = await till.shop.do(lambda session: session.scalars(select(ExchangePosition)))
    assert [(p.amount, p.base) for p in positions if p.account is Account.CLEARING] == [(0, 0)]
    assert (await till.shop.do(lambda session: proofs.of_order(session, order))).reasons == []


def theirs(till: Till) -> list[dict[str, object]]:
    headers = {"Authorization": "Bearer sk_test_x"}
    answer = httpx2.get(f"{till.sim}/stripe/v1/balance_transactions?limit=100", headers=headers)
    found: list[dict[str, object]] = answer.raise_for_status().json()["data"]
    return found


async def test_captures_in_steps_are_exchanged_one_by_one_to_the_last_cent(
    till: Till, pool: ThreadPoolExecutor
) -> None:
    """Each balance transaction names the whole charge: its own amount is told by the rate, not exactly."""
    await till.shop.catalog("PIN", price=766)
    await till.shop.receive("PIN", 9, at="LON")
    await till.shop.catalog("CAP", price=1234, at=("PAR",))
    await till.shop.receive("CAP", 9, at="PAR")
    till.gateway = StripeGateway("sk_test_x", f"{till.sim}/stripe", pool=pool, multicapture=True)
    order = await till.shop.order(("PIN", 1), ("CAP", 1))
    await till.hold(order)
    await till.charge(order)

    await till.run()

    account = await balances(till.shop)
    payment = await till.payment_of(order)
    assert payment.multicapture
    assert len(await till.shop.parts(order)) == 2
    assert ("clearing", "EUR") not in account
    assert account["exchange_difference", "EUR"] == payment.captured


async def test_without_a_rate_bookings_wait_and_are_never_worth_one(till: Till) -> None:
    """What comes later in the same currency waits too: in another order it would be worth another sum."""
    order = await till.paid()

    waiting = await valuing.value(till.shop.db, "GBP")
    nothing = await worth(till.shop)
    await quoted(till.shop, "0.85")
    done = await valuing.value(till.shop.db, "GBP")

    assert (waiting.valued, waiting.missing, nothing) == (0, ["EUR"], {})
    assert (done.valued, done.waiting) == (waiting.waiting, 0)
    taken = (await till.payment_of(order)).captured
    assert (await worth(till.shop))["clearing"] == taken * 85 // 100


async def test_a_rate_is_read_as_of_the_booking_and_corrected_by_a_later_row(shop: Shop) -> None:
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    for value, since in (("0.80", LONG_AGO), ("0.85", at), ("0.86", at)):
        await quoted(shop, value, since=since)
    await quoted(shop, "0.86", since=at)

    before = await shop.do(lambda session: rates.rate(session, "EUR", "GBP", at - timedelta(seconds=1)))
    after = await shop.do(lambda session: rates.rate(session, "EUR", "GBP", at))
    rows = await shop.do(lambda session: rates.listed(
        session, base="EUR", quote=None, at=None, after=None, limit=10))  # fmt: skip

    assert (float(before.value), float(after.value)) == (0.80, 0.86)
    assert [str(row.rate) for row in rows] == ["0.86", "0.85", "0.80"]
    with pytest.raises(IntegrityError, match="append-only"):
        await shop.do(lambda session: session.execute(text("UPDATE exchange_rates SET rate = 1")))


async def test_a_reversed_booking_is_valued_as_what_it_reverses(till: Till) -> None:
    await quoted(till.shop, "0.85")
    await till.shop.do(lambda session: ledger.book(
        session, "fee", {Account.PAYMENT_FEES: 100, Account.CLEARING: -100}, currency="EUR",
        source="fee/x", order_id=None))  # fmt: skip
    await valuing.value(till.shop.db, "GBP")
    await quoted(till.shop, "0.95", since=datetime(2026, 1, 2, tzinfo=UTC))
    await till.shop.do(lambda session: ledger.reverse(session, "fee/x", by="ann", why="waived"))

    await valuing.value(till.shop.db, "GBP")

    assert await worth(till.shop) == {}


async def test_the_hourly_run_values_bookings_where_there_is_a_base_currency(till: Till) -> None:
    await quoted(till.shop, "0.85")
    order = await till.paid()
    with_base, without = (
        ReconciliationActivities(till.shop.db, till.effects, till.gateway, None, base_currency=base)
        for base in ("GBP", "")
    )

    await without.compare()
    before = await worth(till.shop)
    await with_base.compare()

    taken = (await till.payment_of(order)).captured
    assert (before, (await worth(till.shop))["clearing"]) == ({}, taken * 85 // 100)


async def test_an_exchange_is_booked_once_whoever_tells_it(shop: Shop) -> None:
    given, got = Money(1_000, "EUR"), Money(840, "GBP")

    done = [
        await shop.do(lambda session: exchanging.book(session, "txn_1", given, got, None)) for _ in range(2)
    ]

    assert done == [True, False]


async def test_books_kept_in_one_base_currency_are_not_valued_in_another(till: Till) -> None:
    await quoted(till.shop, "0.85")
    await till.paid()
    await valuing.value(till.shop.db, "GBP")

    with pytest.raises(Conflict, match="kept in GBP"):
        await valuing.value(till.shop.db, "USD")


FROM = {"JPY": 0.0053, "EUR": 0.85, "KWD": 2.55}


@pytest.mark.parametrize("seed", range(3))
async def test_any_bookings_at_any_rates_close_to_nothing_and_the_books_prove_it(
    shop: Shop, seed: int
) -> None:
    """Yen, euros and dinars: taken, given back, exchanged for pounds, each at a rate of its own."""
    chance = random.Random(seed)
    held: Counter[str] = Counter()
    for _ in range(40):
        currency = chance.choice(list(FROM))
        await quoted(shop, f"{FROM[currency] * chance.uniform(0.7, 1.4):.6f}", base=currency, since=LONG_AGO)
        amount = chance.randint(1, 100_000)
        await move(shop, chance.choice(["capture", "capture", "refund", "exchange"]), currency, amount, held)
        if chance.random() < 0.4:
            await valuing.value(shop.db, "GBP")
    for currency, amount in held.items():
        await move(shop, "exchange", currency, amount, held)

    done = await valuing.value(shop.db, "GBP")

    assert done.waiting == 0
    found = await shop.do(lambda session: exchange.report(session, "GBP"))
    assert [one for one in found.positions if one.account == "clearing"] == []
    assert sum(amount for _, amount in found.trial) == 0
    brought = sum(amount for account, amount in found.trial if account == "bank")
    earned = -sum(amount for account, amount in found.trial if account in {"revenue", "refunds"})
    assert found.realized == brought - earned
    books_now = await shop.do(lambda session: books.examine(session, minutes=0))
    assert books_now.faults == []


async def move(shop: Shop, kind: str, currency: str, amount: int, held: "Counter[str]") -> None:
    """Book it; what is exchanged comes to the bank in pounds, at a rate that nobody had quoted."""
    sign = -1 if kind == "capture" else 1
    if kind == "exchange" and not held[currency]:
        return
    given = min(abs(amount), abs(held[currency])) if kind == "exchange" else amount
    given *= 1 if kind != "exchange" or held[currency] > 0 else -1
    entries = [Entry(Account.CLEARING, -sign * given, currency)]
    if kind == "exchange":
        pounds = Rate(currency, "GBP", Fraction(str(FROM[currency])) * Fraction(11, 10)).convert(
            Money(given, currency)
        )
        entries += [
            Entry(Account.EXCHANGE, given, currency), Entry(Account.EXCHANGE, -pounds.amount, "GBP"),
            Entry(Account.BANK, pounds.amount, "GBP"),
        ]  # fmt: skip
    else:
        against = Account.REVENUE if kind == "capture" else Account.REFUNDS
        entries.append(Entry(against, sign * given, currency))
    held[currency] -= sign * given
    source = f"{kind}/{uuid4()}"
    await shop.do(lambda session: ledger.book_entries(session, kind, entries, source=source, order_id=None))
