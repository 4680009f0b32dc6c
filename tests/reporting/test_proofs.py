"""Proofs from the rows: a whole order is proven, planted faults are named, and thousands are read at once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from orderwright.domain.failures import NotFound
from orderwright.reporting import books, proofs
from orderwright.reporting.books import PROOF
from tests.reporting.conftest import NUMBER, Record

REFUND = [
    "INSERT INTO refunds (id, order_id, payment_id, amount, currency, state, reason) "
    "SELECT gen_random_uuid(), order_id, id, 500, 'GBP', 'succeeded', 'late' FROM payments",
]
PLANTED = {
    "ordered for 30.00 GBP, its lines, shipping and fees come to 29.99 GBP":
        ["UPDATE order_lines SET total = total - 1"],
    "ordered for 30.00 GBP, its parts come to 30.01 GBP": ["UPDATE fulfillment_orders SET amount = 3001"],
    "payments charged 30.00 GBP, the parts say 29.99 GBP": ["UPDATE fulfillment_orders SET captured = 2999"],
    "payments charged 30.00 GBP, the ledger booked 0.00 GBP":
        ["UPDATE ledger_transactions SET kind = 'other' WHERE kind = 'capture'"],
    "payments gave back 0.00 GBP, the refunds say 5.00 GBP": REFUND,
    "payments gave back 5.00 GBP, the ledger booked 0.00 GBP":
        [*REFUND, "UPDATE payments SET refunded = 500"],
    "charged 30.00 GBP, given back or promised 30.01 GBP":
        [REFUND[0].replace("500", "3001").replace("succeeded", "requested")],
    "the order is settled, and 30.00 GBP is still to be shipped":
        ["UPDATE fulfillment_orders SET state = 'open'"],
}  # fmt: skip


async def test_a_whole_order_is_proven(record: Record) -> None:
    proof = await proofs.of_number(record.session, NUMBER)

    assert (proof.proven, list(proof.reasons)) == (True, [])
    figures = proof.figures
    assert (figures.ordered, figures.shipped, figures.charged, figures.refunded) == (3000, 3000, 3000, 0)
    assert (figures.owed, figures.dropped) == (0, 0)


@pytest.mark.parametrize("reason", PLANTED)
async def test_a_planted_fault_is_named(record: Record, reason: str) -> None:
    await record.spoil(*PLANTED[reason])

    proof = await proofs.of_number(record.session, NUMBER)
    checked = await record.check()

    assert reason in proof.reasons
    assert reason in [fault.reason for fault in checked.faults if fault.rule == PROOF]


async def test_a_reversed_charge_is_no_charge(record: Record) -> None:
    await record.spoil(
        "INSERT INTO ledger_transactions (id, order_id, kind, source, state, posted_at, reverses_id, why) "
        "SELECT gen_random_uuid(), order_id, 'reversal', 'reversal/' || source, 'posted', now(), id, 'twice' "
        "FROM ledger_transactions WHERE kind = 'capture'"
    )

    proof = await proofs.of_number(record.session, NUMBER)

    assert list(proof.reasons) == ["payments charged 30.00 GBP, the ledger booked 0.00 GBP"]


async def test_an_order_that_is_not_there_is_not_found(record: Record) -> None:
    with pytest.raises(NotFound, match="no such order"):
        await proofs.of_number(record.session, "ORD-404")


COPIES = 2500
COPY = """
INSERT INTO orders (id, number, channel, state, customer_id, ship_to, currency, subtotal, shipping, tax,
  tax_added, total, payment_method, settled_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'ORD-X' || n, channel, state,
  customer_id, ship_to, currency, subtotal, shipping, tax, tax_added, total, payment_method, settled_at,
  updated_at FROM orders, generate_series(1, :copies) n WHERE number = 'ORD-1';
INSERT INTO order_lines (id, order_id, position, sku, name, unit_price, amount, tax_class, tax_rate_ppm,
  tax_inclusive, tax, total, ordered, delivered)
SELECT gen_random_uuid(), o.id, 1, l.sku, l.name, l.unit_price, l.amount, l.tax_class, l.tax_rate_ppm,
  l.tax_inclusive, l.tax, l.total, l.ordered, l.delivered
  FROM order_lines l, orders o WHERE o.number LIKE 'ORD-X%';
INSERT INTO payments (id, order_id, method, state, amount, currency, captured)
SELECT gen_random_uuid(), o.id, 'card', 'captured', 3000, 'GBP', 3000 FROM orders o
 WHERE o.number LIKE 'ORD-X%';
INSERT INTO fulfillment_orders (id, order_id, number, location, state, amount, shipping, tax, captured)
SELECT gen_random_uuid(), o.id, 1, 'LON', 'closed', 3000, 500, 417, 3000 FROM orders o
 WHERE o.number LIKE 'ORD-X%';
INSERT INTO fulfillment_lines (fulfillment_id, line_id, sku, units, amount, tax)
SELECT f.id, l.id, 'MUG', 2, 2500, 417 FROM fulfillment_orders f JOIN order_lines l USING (order_id)
  JOIN orders o ON o.id = f.order_id WHERE o.number LIKE 'ORD-X%';
INSERT INTO ledger_transactions (id, order_id, kind, source, state, posted_at)
SELECT gen_random_uuid(), o.id, 'capture', 'x/' || o.id, 'posted', now() FROM orders o
 WHERE o.number LIKE 'ORD-X%';
INSERT INTO ledger_entries (transaction_id, account, amount, currency)
SELECT t.id, a.account, a.amount, 'GBP' FROM ledger_transactions t,
  (VALUES ('clearing', 3000), ('revenue', -3000)) a (account, amount) WHERE t.source LIKE 'x/%';
"""


async def test_thousands_of_orders_are_proven_by_one_statement(record: Record) -> None:
    await record.spoil(*COPY.replace(":copies", str(COPIES)).split(";\n")[:-1])
    await record.spoil(
        "UPDATE payments p SET captured = 2999 FROM orders o WHERE o.id = p.order_id AND o.number = 'ORD-X77'"
    )

    found = [proof async for proof in proofs.unproven(record.session, minutes=10)]
    orders = await record.session.scalar(text("SELECT count(*) FROM orders"))

    assert orders == COPIES + 1
    assert [proof.figures.number for proof in found] == ["ORD-X77"]
    assert "payments charged 29.99 GBP, the ledger booked 30.00 GBP" in found[0].reasons


async def test_a_trial_balance_of_the_past_stays_what_it_was(record: Record) -> None:
    await record.spoil(
        "UPDATE ledger_transactions SET posted_at = '2026-01-01' WHERE kind = 'label'",
        "UPDATE ledger_transactions SET posted_at = '2026-02-01' WHERE kind = 'capture'",
    )

    then = await books.trial(record.session, datetime(2026, 1, 15, tzinfo=UTC))
    now = await books.trial(record.session)

    assert {(b.account, b.amount) for b in then} == {("label_cost", 1086), ("carrier_payable", -1086)}
    assert books.off(then) == books.off(now) == {}
    assert ("clearing", 3000) in {(b.account, b.amount) for b in now}
