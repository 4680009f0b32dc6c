"""A fee in euros that is valued in pounds, and what may be wrong with such values."""

VALUED = (
    "INSERT INTO ledger_transactions (id, order_id, kind, source, state, posted_at) "
    "SELECT gen_random_uuid(), id, 'fee', 'fee/1', 'posted', '2026-01-01' FROM orders",
    "INSERT INTO ledger_entries (transaction_id, account, amount, currency) "
    "SELECT t.id, a.account, a.amount, 'EUR' FROM ledger_transactions t, "
    "(VALUES ('payment_fees', 100), ('clearing', -100)) a (account, amount) WHERE t.source = 'fee/1'",
    "INSERT INTO ledger_valuations (transaction_id, base_currency, rates) "
    "SELECT id, 'GBP', '{}' FROM ledger_transactions",
    "INSERT INTO ledger_values (transaction_id, account, currency, amount, base) "
    "SELECT e.transaction_id, e.account, e.currency, e.amount, "
    "CASE e.currency WHEN 'EUR' THEN e.amount * 85 / 100 ELSE e.amount END "
    "FROM ledger_entries e WHERE e.currency <> 'GBP'",
    "INSERT INTO exchange_positions (account, currency, amount, base) "
    "SELECT account, currency, sum(amount), sum(base) FROM ledger_values "
    "WHERE account IN ('clearing', 'carrier_payable') GROUP BY account, currency",
)
PLANTED = {
    "a booking in another currency is valued in the base currency": [
        *VALUED,
        "DELETE FROM ledger_valuations WHERE transaction_id IN "
        "(SELECT id FROM ledger_transactions WHERE source = 'fee/1')",
    ],
    "values are of what was booked, and sum to zero": [
        *VALUED,
        "UPDATE ledger_values SET amount = -99 WHERE account = 'clearing'",
    ],
    "what is closed in its currency is closed in the base currency": [
        *VALUED,
        "UPDATE exchange_positions SET amount = 0 WHERE account = 'clearing'",
    ],
    "a position is the sum of its values": [
        *VALUED,
        "UPDATE exchange_positions SET base = -80 WHERE account = 'clearing'",
    ],
}
