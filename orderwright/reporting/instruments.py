"""What must be true of refunds and of money kept for customers: a rule, and SQL as in questions.py."""

from collections.abc import Mapping

OF_INSTRUMENTS: Mapping[str, str] = {
    "a refund is worth what it is for, and its tax is owed no longer": """
        SELECT o.number, 'a refund of ' || r.amount || ' for ' || coalesce(l.amount, 0) || ' (tax '
               || coalesce(l.tax, 0) || '), booked ' || coalesce(b.amount, 0) || ' (tax '
               || coalesce(b.tax, 0) || ')'
          FROM refunds r JOIN orders o ON o.id = r.order_id
          LEFT JOIN (SELECT refund_id, sum(amount) AS amount, sum(tax) AS tax FROM refund_lines
                      GROUP BY refund_id) l ON l.refund_id = r.id
          LEFT JOIN (SELECT t.source, sum(e.amount) FILTER (WHERE e.amount > 0) AS amount,
                            coalesce(sum(e.amount) FILTER (WHERE e.account = 'tax_payable'), 0) AS tax
                       FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE t.kind = 'refund' GROUP BY t.source) b ON b.source = 'refund/' || r.id
         WHERE r.amount IS DISTINCT FROM l.amount
            OR (r.state IN ('processing', 'succeeded')
                AND (r.amount IS DISTINCT FROM b.amount OR l.tax IS DISTINCT FROM b.tax))""",
    "no line gives back more than was paid for it": """
        SELECT o.number, 'line ' || l.position || ' was paid with ' || coalesce(p.amount, 0) || ' for '
               || coalesce(p.units, 0) || ', gives back ' || b.amount || ' for ' || b.units
               || ', counts ' || l.refunded
          FROM (SELECT r.line_id, sum(r.amount) AS amount, sum(r.tax) AS tax, sum(r.units) AS units
                  FROM refund_lines r JOIN refunds f ON f.id = r.refund_id AND f.state <> 'failed'
                 WHERE r.line_id IS NOT NULL GROUP BY r.line_id) b
          JOIN order_lines l ON l.id = b.line_id JOIN orders o ON o.id = l.order_id
          LEFT JOIN (SELECT fl.line_id, sum(fl.amount) AS amount, sum(fl.tax) AS tax, sum(fl.units) AS units
                       FROM fulfillment_lines fl JOIN fulfillment_orders f ON f.id = fl.fulfillment_id
                      WHERE f.captured = f.amount AND f.state = 'closed' GROUP BY fl.line_id) p
                 ON p.line_id = l.id
         WHERE b.amount > coalesce(p.amount, 0) OR b.tax > coalesce(p.tax, 0)
            OR b.units > coalesce(p.units, 0) OR b.units <> l.refunded""",
}
