"""Margins from the rows: what is known is in the sum, and what is not is said."""

from datetime import UTC, datetime

import pytest

from orderwright.domain.books.margin import MarginBy
from orderwright.reporting import margin
from tests.reporting import returned
from tests.reporting.conftest import NUMBER, Record

KNOWN = "UPDATE fulfillment_lines SET unit_cost = 400, cost_currency = 'GBP'"
FEE = (
    "INSERT INTO ledger_transactions (id, order_id, kind, source, state, posted_at) "
    "SELECT gen_random_uuid(), id, 'fee', 'fee/1', 'posted', now() FROM orders",
    "INSERT INTO ledger_entries (transaction_id, account, amount, currency) "
    "SELECT t.id, a.account, a.amount, 'GBP' FROM ledger_transactions t, "
    "(VALUES ('payment_fees', 117), ('clearing', -117)) a (account, amount) WHERE t.kind = 'fee'",
)
REFUND = (
    "INSERT INTO refunds (id, order_id, payment_id, amount, currency, state, reason) "
    "SELECT gen_random_uuid(), order_id, id, 1250, 'GBP', 'succeeded', 'late' FROM payments",
    "INSERT INTO refund_lines (id, refund_id, kind, line_id, units, amount, tax) "
    "SELECT gen_random_uuid(), r.id, 'line', l.id, 1, 1250, 208 FROM refunds r, order_lines l",
)
LABEL = "UPDATE ledger_entries SET currency = 'GBP' WHERE account IN ('label_cost', 'carrier_payable')"


async def test_what_is_not_known_is_said(record: Record) -> None:
    (one,) = await margin.earned(record.session, MarginBy.ORDER)

    assert (one.key, one.currency, one.units, one.revenue) == (NUMBER, "GBP", 2, 2583)
    assert (one.unknown_units, one.other_labels, one.complete) == (2, {"USD": 1086}, False)


async def test_an_order_with_every_cost_known(record: Record) -> None:
    await record.spoil(KNOWN, LABEL, *FEE, *REFUND)

    (one,) = await margin.earned(record.session, MarginBy.PRODUCT)

    assert (one.key, one.revenue, one.product_cost, one.label_cost) == ("MUG", 2583, 800, 1086)
    assert (one.fees, one.refunds, one.margin, one.complete) == (117, 1042, -462, True)


async def test_a_cost_in_another_currency_is_not_added(record: Record) -> None:
    await record.spoil(KNOWN.replace("GBP", "USD"))

    (one,) = await margin.earned(record.session, MarginBy.LINE)

    assert (one.key, one.product_cost, one.unknown_units) == (f"{NUMBER}/1 MUG", 0, 2)


@pytest.mark.parametrize(("placed", "found"), [("2026-01-14", 0), ("2026-01-15", 1), ("2026-02-01", 0)])
async def test_orders_count_by_when_they_were_placed(record: Record, placed: str, found: int) -> None:
    await record.spoil(f"UPDATE orders SET placed_at = '{placed} 00:00+00'")  # noqa: S608 - our own text
    since, until = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)

    assert len(await margin.earned(record.session, MarginBy.CUSTOMER, since=since, until=until)) == found


RATES = (
    "INSERT INTO exchange_rates (base, quote, valid_from, rate, source, recorded_by) VALUES "
    "('GBP', 'EUR', '2020-01-01', 1.25, 'test', 'ann'), ('EUR', 'USD', '2020-01-01', 1.086, 'test', 'ann')",
    "INSERT INTO order_rates (order_id, base, quote, numerator, denominator, at) "
    "SELECT id, 'GBP', 'EUR', 6, 5, now() FROM orders",
)


async def test_in_the_base_currency_an_order_counts_at_its_own_rate_and_costs_at_that_days(
    record: Record,
) -> None:
    await record.spoil(KNOWN.replace("GBP", "USD"), *FEE, *REFUND, *RATES)

    (one,) = await margin.earned(record.session, MarginBy.ORDER, base="EUR")

    assert (one.currency, one.revenue, one.refunds, one.fees) == ("EUR", 2583 * 6 // 5 + 1, 1250, 140)
    assert (one.product_cost, one.label_cost, one.complete) == (737, 1000, True)


async def test_what_no_rate_is_known_for_is_said(record: Record) -> None:
    """Fees that the provider keeps in another currency than the order's are not forgotten either."""
    await record.spoil(KNOWN, *(part.replace("'GBP'", "'KWD'") for part in FEE), *RATES)

    (one,) = await margin.earned(record.session, MarginBy.ORDER, base="EUR")
    (as_it_is,) = await margin.earned(record.session, MarginBy.ORDER)

    assert (one.currency, one.product_cost, one.other_fees, one.complete) == ("EUR", 960, {"KWD": 117}, False)
    assert (as_it_is.other_fees, as_it_is.other_labels) == ({"KWD": 117}, {"USD": 1086})
    (without,) = await margin.earned(record.session, MarginBy.ORDER, base="CHF")
    assert without.currency == "GBP"


async def test_what_a_vendor_credits_for_returned_units_lowers_the_cost_of_their_product(
    record: Record,
) -> None:
    await record.spoil(KNOWN, *returned.CREDITED)

    (one,) = await margin.earned(record.session, MarginBy.PRODUCT)

    assert (one.key, one.product_cost, one.unknown_units) == ("MUG", 800 - 300, 0)


async def test_a_vendors_credit_in_another_currency_is_said_or_converted(record: Record) -> None:
    await record.spoil(KNOWN, *returned.CREDITED, "UPDATE vendor_returns SET currency = 'USD'", *RATES)

    (as_it_is,) = await margin.earned(record.session, MarginBy.PRODUCT)
    (one,) = await margin.earned(record.session, MarginBy.PRODUCT, base="EUR")

    assert (as_it_is.product_cost, as_it_is.unknown_units) == (800, 1)
    assert (one.product_cost, one.unknown_units) == (960 - 276, 0)
