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
          LEFT JOIN (SELECT fl.line_id, sum(fl.amount) AS amount, sum(fl.tax) AS tax,
                            sum(fl.units - fl.free) AS units
                       FROM fulfillment_lines fl JOIN fulfillment_orders f ON f.id = fl.fulfillment_id
                      WHERE f.captured = f.amount AND f.state = 'closed' GROUP BY fl.line_id) p
                 ON p.line_id = l.id
         WHERE b.amount > coalesce(p.amount, 0) OR b.tax > coalesce(p.tax, 0)
            OR b.units > coalesce(p.units, 0) OR b.units <> l.refunded""",
    "a part is paid by its shares, and they have captured what it has": """
        SELECT o.number, 'part ' || f.number || ' is worth ' || f.amount || ' and has ' || f.captured
               || ', its shares ' || coalesce(sum(s.amount), 0) || ' and ' || coalesce(sum(s.captured), 0)
          FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id
          LEFT JOIN payment_shares s ON s.fulfillment_id = f.id
         GROUP BY o.number, f.id
        HAVING coalesce(sum(s.amount), 0) <> f.amount OR coalesce(sum(s.captured), 0) <> f.captured""",
    "a gift card or store credit is the sum of its moves": """
        SELECT b.kind || ' in ' || b.currency, b.balance || ' (held ' || b.held || '), its moves '
               || coalesce(sum(e.amount), 0) || ' (' || coalesce(sum(e.held), 0) || ')'
          FROM balances b LEFT JOIN balance_entries e ON e.balance_id = b.id
         GROUP BY b.id
        HAVING coalesce(sum(e.amount), 0) <> b.balance OR coalesce(sum(e.held), 0) <> b.held""",
    "gift cards and store credit are what the ledger owes": """
        SELECT coalesce(b.kind, l.account) || ' in ' || currency,
               'balances ' || coalesce(b.amount, 0) || ', the ledger owes ' || coalesce(l.amount, 0)
          FROM (SELECT kind, CASE kind WHEN 'gift_card' THEN 'gift_cards' ELSE 'store_credit' END AS account,
                       currency, sum(balance) AS amount FROM balances GROUP BY kind, currency) b
          FULL JOIN (SELECT e.account, e.currency, -sum(e.amount) AS amount
                       FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
                      WHERE t.state = 'posted' AND e.account IN ('gift_cards', 'store_credit')
                      GROUP BY e.account, e.currency) l USING (account, currency)
         WHERE coalesce(b.amount, 0) <> coalesce(l.amount, 0)""",
    "what is held of gift cards and store credit is for payments that stand": """
        SELECT o.number, 'payment is ' || p.state || ' with ' || p.amount - p.captured || ' to take, holds '
               || sum(e.held)
          FROM balance_entries e JOIN payments p ON p.id = e.payment_id JOIN orders o ON o.id = p.order_id
         GROUP BY o.number, p.id
        HAVING sum(e.held) <> CASE WHEN p.state IN ('authorized', 'partly_captured')
                                   THEN p.amount - p.captured ELSE 0 END
           AND p.state NOT IN ('created', 'action_required')""",
    "a bank transfer is booked once, at its amount": """
        SELECT coalesce(o.number, b.bank_id), 'transfer of ' || b.amount || ', booked '
               || coalesce(sum(e.amount), 0)
          FROM bank_transfers b LEFT JOIN orders o ON o.id = b.order_id
          LEFT JOIN ledger_transactions t ON t.source = 'transfer/' || b.id
          LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.account = 'bank'
         GROUP BY o.number, b.id HAVING coalesce(sum(e.amount), 0) <> b.amount""",
    "a line of a remittance is booked once, at its amount": """
        SELECT m.carrier || ' ' || m.reference, l.named || ': ' || l.amount || ', booked '
               || coalesce(sum(e.amount), 0)
          FROM remittance_lines l JOIN remittances m ON m.id = l.remittance_id
          LEFT JOIN ledger_transactions t ON t.source = 'remittance/' || l.id
          LEFT JOIN ledger_entries e ON e.transaction_id = t.id AND e.account = 'bank'
         GROUP BY m.id, l.id HAVING coalesce(sum(e.amount), 0) <> l.amount""",
    "what customers and carriers owe is what is open of the parts they owe it for": """
        SELECT o.number, 'open ' || s.open || ', the ledger says ' || coalesce(l.amount, 0)
          FROM orders o
          JOIN (SELECT p.order_id, sum(s.captured - s.settled) AS open
                  FROM payments p JOIN payment_shares s ON s.payment_id = p.id
                 WHERE p.method IN ('manual', 'cash_on_delivery') GROUP BY p.order_id) s
            ON s.order_id = o.id
          LEFT JOIN (SELECT t.order_id, sum(e.amount) AS amount FROM ledger_entries e
                       JOIN ledger_transactions t ON t.id = e.transaction_id
                      WHERE e.account IN ('receivable', 'cod_receivable') AND t.state = 'posted'
                      GROUP BY t.order_id) l ON l.order_id = o.id
         WHERE s.open <> coalesce(l.amount, 0)""",
    "a settled order leaves no deposit": """
        SELECT o.number, -sum(e.amount) || ' of its deposit is neither captured nor owed back'
          FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
          JOIN orders o ON o.id = t.order_id AND o.settled_at IS NOT NULL
         WHERE e.account = 'deposits' AND t.state = 'posted'
         GROUP BY o.number, e.currency HAVING sum(e.amount) <> 0""",
    "disputed money is that of the open disputes": """
        SELECT o.number, 'open disputes of ' || coalesce(d.amount, 0) || ', the ledger says '
               || coalesce(l.amount, 0)
          FROM orders o
          LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM disputes WHERE state = 'open'
                      GROUP BY order_id) d ON d.order_id = o.id
          LEFT JOIN (SELECT t.order_id, sum(e.amount) AS amount FROM ledger_entries e
                       JOIN ledger_transactions t ON t.id = e.transaction_id
                      WHERE e.account = 'disputed' AND t.state = 'posted' GROUP BY t.order_id) l
                 ON l.order_id = o.id
         WHERE coalesce(d.amount, 0) <> coalesce(l.amount, 0)""",
}
