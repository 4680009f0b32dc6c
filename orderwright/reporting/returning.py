"""What must be true of returns: a rule, and SQL as in questions.py."""

from collections.abc import Mapping

OF_RETURNS: Mapping[str, str] = {
    "units on their way back, and returned, are those of the returns": """
        SELECT o.number, 'line ' || l.position || ' says ' || l.coming_back || ' returning and ' || l.returned
               || ' returned, its returns ' || coalesce(r.open, 0) || ' and ' || coalesce(r.received, 0)
          FROM order_lines l JOIN orders o ON o.id = l.order_id
          LEFT JOIN (SELECT line_id, sum(units - received - missing) AS open, sum(received) AS received
                       FROM return_lines GROUP BY line_id) r ON r.line_id = l.id
         WHERE l.coming_back <> coalesce(r.open, 0) OR l.returned <> coalesce(r.received, 0)""",
    "a return gives back what it was reckoned, for no more units than came": """
        SELECT o.number, r.number || ' (' || r.state || ') was reckoned '
               || coalesce(l.refund, 0) || ' for ' || coalesce(l.units, 0) || ' units, its refunds say '
               || coalesce(b.lines, 0) || ' for ' || coalesce(b.units, 0) || ', ' || l.received || ' came'
          FROM returns r JOIN orders o ON o.id = r.order_id
          JOIN (SELECT return_id, sum(refund) AS refund, sum(refunded_units) AS units,
                       sum(received) AS received
                  FROM return_lines GROUP BY return_id) l ON l.return_id = r.id
          LEFT JOIN (SELECT f.return_id, sum(p.amount) AS lines, sum(p.units) AS units
                       FROM refunds f JOIN refund_lines p ON p.refund_id = f.id AND p.line_id IS NOT NULL
                      WHERE f.return_id IS NOT NULL AND f.state <> 'failed' GROUP BY f.return_id) b
                 ON b.return_id = r.id
         WHERE (r.reckoned_at IS NOT NULL
                AND (coalesce(b.lines, 0) <> l.refund OR coalesce(b.units, 0) <> l.units))
            OR (r.reckoned_at IS NULL AND b.return_id IS NOT NULL)
            OR (NOT r.instant AND l.units > l.received)""",
    "a return is resolved once its money is through": """
        SELECT o.number, r.number || ' is resolved, ' || count(f.id) || ' refunds are not given'
          FROM returns r JOIN orders o ON o.id = r.order_id
          LEFT JOIN refunds f ON f.return_id = r.id
                AND f.state IN ('requested', 'approved', 'manual_required')
         WHERE r.state = 'resolved' AND r.why = 'resolved'
         GROUP BY o.number, r.id HAVING count(f.id) > 0 OR r.reckoned_at IS NULL""",
    "what an order took of a return that pays for it, the return has given": """
        SELECT o.number, r.number || ' (' || r.state || ') pays ' || x.credit || ' of it, '
               || coalesce(p.captured, 0) || ' is taken, ' || coalesce(b.given, 0) || ' given, '
               || coalesce(g.borne, 0) || ' borne'
          FROM exchanges x JOIN orders o ON o.id = x.order_id JOIN returns r ON r.id = x.return_id
          LEFT JOIN (SELECT order_id, sum(captured) AS captured FROM payments
                      WHERE method = 'exchange' GROUP BY order_id) p ON p.order_id = x.order_id
          LEFT JOIN (SELECT return_id, sum(amount) AS given FROM refunds
                      WHERE destination = 'exchange' AND state <> 'failed' GROUP BY return_id) b
                 ON b.return_id = x.return_id
          LEFT JOIN (SELECT t.source, sum(e.amount) AS borne FROM ledger_transactions t
                       JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE t.kind = 'exchange' AND e.account = 'goodwill' GROUP BY t.source) g
                 ON g.source = 'exchange/' || r.id
         WHERE coalesce(p.captured, 0) > CASE WHEN x.decided_at IS NULL THEN 0 ELSE x.credit END
            OR (r.reckoned_at IS NOT NULL
                AND coalesce(p.captured, 0) <> coalesce(b.given, 0) + coalesce(g.borne, 0))
            OR (r.reckoned_at IS NULL AND (b.given IS NOT NULL OR g.borne IS NOT NULL))""",
    "goods given in exchange cost what their returns have given": """
        SELECT 'exchanged_goods in ' || l.currency, 'the ledger says ' || l.amount || ', taken and not given '
               || coalesce(x.amount, 0)
          FROM (SELECT e.currency, sum(e.amount) AS amount FROM ledger_entries e
                  JOIN ledger_transactions t ON t.id = e.transaction_id
                 WHERE e.account = 'exchanged_goods' AND t.state = 'posted' GROUP BY e.currency) l
          LEFT JOIN (SELECT currency, sum(amount) AS amount FROM (
                       SELECT p.currency, p.captured AS amount FROM payments p WHERE p.method = 'exchange'
                       UNION ALL
                       SELECT f.currency, -f.amount FROM refunds f
                        WHERE f.destination = 'exchange' AND f.state IN ('processing', 'succeeded')
                       UNION ALL
                       SELECT e.currency, -e.amount FROM ledger_transactions t
                         JOIN ledger_entries e ON e.transaction_id = t.id
                        WHERE t.kind = 'exchange' AND e.account = 'goodwill') m GROUP BY currency) x
                 ON x.currency = l.currency
         WHERE l.amount <> coalesce(x.amount, 0)""",
    "inspected units are those that came": """
        SELECT o.number, r.number || ': ' || l.received || ' of ' || l.sku || ' came, '
               || coalesce(i.units, 0) || ' are inspected'
          FROM return_lines l JOIN returns r ON r.id = l.return_id JOIN orders o ON o.id = r.order_id
          LEFT JOIN (SELECT return_line_id, sum(units) AS units FROM return_inspections
                      GROUP BY return_line_id) i ON i.return_line_id = l.id
         WHERE coalesce(i.units, 0) <> CASE WHEN r.inspected_at IS NULL THEN 0 ELSE l.received END""",
    "a return's label is booked at its price, and given back only where it was voided": """
        SELECT o.number, r.number || ': a ' || p.state || ' label of ' || p.amount || ', booked '
               || coalesce(b.amount, 0) || ', given back ' || coalesce(v.amount, 0)
          FROM return_parcels p JOIN returns r ON r.id = p.return_id JOIN orders o ON o.id = p.order_id
          LEFT JOIN (SELECT t.source, sum(e.amount) AS amount FROM ledger_transactions t
                       JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE e.account = 'label_cost' AND t.state = 'posted' GROUP BY t.source) b
                 ON b.source = 'label/' || p.id
          LEFT JOIN (SELECT t.source, -sum(e.amount) AS amount FROM ledger_transactions t
                       JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE e.account = 'label_cost' AND t.state = 'posted' GROUP BY t.source) v
                 ON v.source = 'label.void/' || p.id
         WHERE p.amount IS NOT NULL
           AND (b.amount IS DISTINCT FROM p.amount
                OR (v.amount IS NOT NULL AND (v.amount <> p.amount OR p.state <> 'voided')))""",
    "returned units are on one vendor return at most, and on one that took them": """
        SELECT o.number, r.number || ': ' || i.gathered || ' of ' || l.sku || ' are gathered for a vendor,'
               || ' on vendor returns are ' || coalesce(v.units, 0)
          FROM return_inspections i JOIN return_lines l ON l.id = i.return_line_id
          JOIN returns r ON r.id = l.return_id JOIN orders o ON o.id = r.order_id
          LEFT JOIN (SELECT p.inspection_id, sum(p.units) AS units
                       FROM vendor_return_lines p JOIN vendor_returns b ON b.id = p.vendor_return_id
                      WHERE b.state <> 'canceled' GROUP BY p.inspection_id) v ON v.inspection_id = i.id
         WHERE i.gathered <> coalesce(v.units, 0)""",
    "a vendor's credit is that of the lines of his return": """
        SELECT min(o.number), v.number || ' is credited with ' || v.credit || ' ' || v.currency
               || ', its lines with ' || sum(p.credit)
          FROM vendor_returns v JOIN vendor_return_lines p ON p.vendor_return_id = v.id
          JOIN return_inspections i ON i.id = p.inspection_id JOIN return_lines l ON l.id = i.return_line_id
          JOIN returns r ON r.id = l.return_id JOIN orders o ON o.id = r.order_id
         GROUP BY v.id HAVING sum(p.credit) <> coalesce(v.credit, 0)""",
}
