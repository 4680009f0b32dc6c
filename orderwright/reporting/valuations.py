"""Are bookings in other currencies valued in the base, and do their values add up?"""

from orderwright.reporting.question import Question

VALUATIONS = (
    Question(
        "a booking in another currency is valued in the base currency",
        """
        SELECT coalesce(o.number, t.source), t.source || ' of ' || e.currency
               || ' is not valued: no rate is known, or nobody has valued it yet'
          FROM ledger_transactions t
          JOIN LATERAL (SELECT min(currency) AS currency FROM ledger_entries
                         WHERE transaction_id = t.id AND currency <>
                               (SELECT base_currency FROM ledger_valuations LIMIT 1)) e
            ON e.currency IS NOT NULL
          LEFT JOIN orders o ON o.id = t.order_id
         WHERE t.state = 'posted' AND t.posted_at < clock_timestamp() - make_interval(hours => 3)
           AND NOT EXISTS (SELECT FROM ledger_valuations v WHERE v.transaction_id = t.id)
           AND EXISTS (SELECT FROM ledger_valuations)""",
    ),
    Question(
        "values are of what was booked, and sum to zero",
        """
        SELECT coalesce(o.number, t.source), t.source || ': values of ' || coalesce(v.amount, 0)
               || ', booked ' || coalesce(e.amount, 0) || ' ' || coalesce(v.currency, e.currency)
               || ' on ' || coalesce(v.account, e.account)
          FROM (SELECT transaction_id, account, currency, sum(amount) AS amount FROM ledger_values
                 GROUP BY transaction_id, account, currency) v
          FULL JOIN (SELECT e.transaction_id, e.account, e.currency, sum(e.amount) AS amount
                       FROM ledger_entries e
                       JOIN ledger_valuations b
                         ON b.transaction_id = e.transaction_id AND b.base_currency <> e.currency
                      GROUP BY e.transaction_id, e.account, e.currency) e
                 USING (transaction_id, account, currency)
          JOIN ledger_transactions t ON t.id = transaction_id
          LEFT JOIN orders o ON o.id = t.order_id
         WHERE coalesce(v.amount, 0) <> coalesce(e.amount, 0)
        UNION ALL
        SELECT t.source, 'its values sum to ' || sum(v.base)
          FROM ledger_values v JOIN ledger_transactions t ON t.id = v.transaction_id
         GROUP BY t.id HAVING sum(v.base) <> 0""",
    ),
    Question(
        "what is closed in its currency is closed in the base currency",
        """
        SELECT account || ' in ' || currency, 'nothing is left, and it is worth ' || base
          FROM exchange_positions WHERE amount = 0 AND base <> 0""",
    ),
    Question(
        "a position is the sum of its values",
        """
        SELECT p.account || ' in ' || p.currency, 'says ' || p.amount || ' worth ' || p.base
               || ', its values ' || coalesce(v.amount, 0) || ' worth ' || coalesce(v.base, 0)
          FROM exchange_positions p
          LEFT JOIN (SELECT account, currency, sum(amount) AS amount, sum(base) AS base FROM ledger_values
                      GROUP BY account, currency) v USING (account, currency)
         WHERE p.amount <> coalesce(v.amount, 0) OR p.base <> coalesce(v.base, 0)""",
    ),
)
