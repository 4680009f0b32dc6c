"""What must be true of the record, each as SQL that returns what is not: whose it is, and why."""

from collections.abc import Sequence

from orderwright.reporting.instruments import OF_INSTRUMENTS
from orderwright.reporting.papers import DOCUMENTS
from orderwright.reporting.question import Question
from orderwright.reporting.returning import OF_RETURNS
from orderwright.reporting.valuations import VALUATIONS

_AUTHORIZED = """
    SELECT CASE r.state WHEN 'raised' THEN r.raises_id ELSE r.id END AS id, sum(e.amount) AS amount
      FROM payments r
      JOIN ledger_transactions t ON t.source = 'authorization/' || r.id
      JOIN ledger_entries e ON e.transaction_id = t.id
     WHERE e.account = 'authorized' GROUP BY 1"""
_CASH = """
  SELECT t.order_id, sum(e.amount) FILTER (WHERE t.kind = 'capture') AS captured
    FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
   WHERE t.state = 'posted' AND e.amount > 0
     AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.reverses_id = t.id) GROUP BY t.order_id"""

QUESTIONS: Sequence[Question] = (
    Question(
        "every booking sums to zero",
        """
        SELECT coalesce(o.number, t.source), t.kind || ' is off by ' || sum(e.amount) || ' ' || e.currency
          FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
          LEFT JOIN orders o ON o.id = t.order_id
         GROUP BY t.id, o.number, e.currency HAVING sum(e.amount) <> 0""",
    ),
    Question(
        "an order's total is the sum of its lines, shipping, fees and tax, less discounts",
        """
        SELECT o.number, 'the order says ' || o.total || ', its lines and charges '
               || sum(l.total) + o.shipping + o.shipping_tax_added + o.fees + o.fees_tax_added
          FROM orders o JOIN order_lines l ON l.order_id = o.id
         GROUP BY o.id
        HAVING o.subtotal <> sum(l.amount) OR o.discount <> sum(l.discount)
            OR o.tax <> sum(l.tax) + o.shipping_tax + o.fees_tax
            OR o.total <> sum(l.total) + o.shipping + o.shipping_tax_added + o.fees + o.fees_tax_added""",
    ),
    Question(
        "a line is worth its amount less its discount, and the tax that is not in it",
        """
        SELECT o.number, 'line ' || l.position || ' says ' || l.total || ' for ' || l.amount || ' less '
               || l.discount || ' with tax of ' || l.tax
          FROM order_lines l JOIN orders o ON o.id = l.order_id
         WHERE l.total <> l.amount - l.discount + CASE WHEN l.tax_inclusive THEN 0 ELSE l.tax END""",
    ),
    Question(
        "shipping and fees are their charges, to the last minor unit",
        """
        SELECT o.number, 'shipping ' || o.shipping || ' (tax ' || o.shipping_tax || '), fees ' || o.fees
               || ' (tax ' || o.fees_tax || '), charges ' || c.shipping || ' (' || c.shipping_tax || '), '
               || c.fees || ' (' || c.fees_tax || ')'
          FROM orders o
         CROSS JOIN LATERAL
               (SELECT count(*) AS rows,
                       coalesce(sum(amount) FILTER (WHERE kind = 'shipping'), 0) AS shipping,
                       coalesce(sum(tax) FILTER (WHERE kind = 'shipping'), 0) AS shipping_tax,
                       coalesce(sum(amount) FILTER (WHERE kind = 'fee'), 0) AS fees,
                       coalesce(sum(tax) FILTER (WHERE kind = 'fee'), 0) AS fees_tax,
                       coalesce(sum(total), 0) AS total
                  FROM order_charges WHERE order_id = o.id) c
         WHERE (c.rows > 0 OR o.fees > 0 OR o.shipping_tax > 0)
           AND ((o.shipping, o.shipping_tax, o.fees, o.fees_tax)
                <> (c.shipping, c.shipping_tax, c.fees, c.fees_tax)
                OR c.total <> o.shipping + o.shipping_tax_added + o.fees + o.fees_tax_added)""",
    ),
    Question(
        "an order's discount is what its promotions gave",
        """
        SELECT o.number, 'the order says ' || o.discount || ', its promotions ' || coalesce(sum(u.lines), 0)
          FROM orders o LEFT JOIN promotion_uses u ON u.order_id = o.id
         GROUP BY o.id HAVING o.discount <> coalesce(sum(u.lines), 0)""",
    ),
    Question(
        "a limited promotion counts the uses that stand",
        """
        SELECT coalesce(p.code, p.name), p.used || ' used, orders hold ' || count(u.order_id)
          FROM promotions p
          LEFT JOIN promotion_uses u ON u.promotion_id = p.id AND u.given_back_at IS NULL
         WHERE p.limit_total IS NOT NULL
         GROUP BY p.id HAVING p.used <> count(u.order_id)""",
    ),
    Question(
        "a kit is worth its components, to the last minor unit",
        """
        SELECT o.number, 'kit ' || k.sku || ' says ' || k.total || ' (tax ' || k.tax || '), its components '
               || coalesce(sum(l.total), 0) || ' (tax ' || coalesce(sum(l.tax), 0) || ')'
          FROM order_kits k JOIN orders o ON o.id = k.order_id LEFT JOIN order_lines l ON l.kit_id = k.id
         GROUP BY o.number, k.id
        HAVING k.amount <> coalesce(sum(l.amount), 0) OR k.tax <> coalesce(sum(l.tax), 0)
            OR k.discount <> coalesce(sum(l.discount), 0) OR k.total <> coalesce(sum(l.total), 0)""",
    ),
    Question(
        "a part is worth its lines and its share of shipping and fees",
        """
        SELECT o.number, 'part ' || f.number || ' says ' || f.amount || ' (tax ' || f.tax || '), its lines '
               || 'and charges ' || coalesce(sum(l.amount), 0) + f.shipping + f.fees || ' (tax '
               || coalesce(sum(l.tax), 0) + f.shipping_tax + f.fees_tax || ')'
          FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id
          LEFT JOIN fulfillment_lines l ON l.fulfillment_id = f.id
         GROUP BY o.number, f.id
        HAVING f.amount <> coalesce(sum(l.amount), 0) + f.shipping + f.fees
            OR f.tax <> coalesce(sum(l.tax), 0) + f.shipping_tax + f.fees_tax""",
    ),
    Question(
        "parts hold no more of shipping and fees than their order has",
        """
        SELECT o.number, 'shipping ' || o.shipping + o.shipping_tax_added || ', fees '
               || o.fees + o.fees_tax_added || '; parts hold ' || sum(f.shipping) || ', ' || sum(f.fees)
          FROM orders o JOIN fulfillment_orders f ON f.order_id = o.id AND f.state <> 'canceled'
         GROUP BY o.id
        HAVING sum(f.shipping) > o.shipping + o.shipping_tax_added OR sum(f.fees) > o.fees + o.fees_tax_added
            OR sum(f.shipping_tax) > o.shipping_tax OR sum(f.fees_tax) > o.fees_tax""",
    ),
    Question(
        "parts hold no more units than were ordered",
        """
        SELECT o.number,
               'line ' || l.position || ' wants ' || l.ordered - l.canceled || ', parts hold '
               || sum(p.units - p.free)
          FROM order_lines l JOIN orders o ON o.id = l.order_id
          JOIN fulfillment_lines p ON p.line_id = l.id
          JOIN fulfillment_orders f ON f.id = p.fulfillment_id AND f.state <> 'canceled'
         GROUP BY o.number, l.id HAVING sum(p.units - p.free) > l.ordered - l.canceled""",
    ),
    Question(
        "payments, ledger and fulfillment orders have captured the same",
        f"""
        SELECT o.number,
               'payments ' || p.captured || ', ledger ' || coalesce(c.captured, 0) || ', parts ' || f.captured
          FROM orders o
         CROSS JOIN LATERAL
               (SELECT coalesce(sum(captured), 0) AS captured FROM payments WHERE order_id = o.id) p
         CROSS JOIN LATERAL
               (SELECT coalesce(sum(captured), 0) AS captured FROM fulfillment_orders WHERE order_id = o.id) f
          LEFT JOIN ({_CASH}) c ON c.order_id = o.id
         WHERE p.captured <> coalesce(c.captured, 0) OR p.captured <> f.captured""",  # noqa: S608 - constants
    ),
    Question(
        "no more is captured than was authorized",
        f"""
        SELECT o.number, p.captured || ' captured, ' || coalesce(a.amount, 0) || ' authorized by the ledger'
          FROM payments p JOIN orders o ON o.id = p.order_id
          LEFT JOIN ({_AUTHORIZED}) a ON a.id = p.id
         WHERE p.captured > coalesce(a.amount, 0) OR p.captured > p.amount""",  # noqa: S608 - constants
    ),
    Question(
        "what is authorized is booked once, with all that has raised it",
        f"""
        SELECT o.number, p.amount || ' authorized, ' || coalesce(a.amount, 0) || ' booked'
          FROM payments p JOIN orders o ON o.id = p.order_id
          LEFT JOIN ({_AUTHORIZED}) a ON a.id = p.id
         WHERE p.state = 'authorized' AND p.amount <> coalesce(a.amount, 0)""",  # noqa: S608 - constants
    ),
    Question(
        "the authorized money of the ledger is that of the payments",
        """
        SELECT o.number, 'payment is ' || p.state || ', its booking ' || coalesce(t.state, 'missing')
          FROM payments p JOIN orders o ON o.id = p.order_id
          LEFT JOIN ledger_transactions t ON t.source = 'authorization/' || p.id
          LEFT JOIN ledger_transactions b ON p.state = 'raised' AND b.source = 'authorization/' || p.raises_id
         WHERE (p.state = 'authorized' AND t.state IS DISTINCT FROM 'pending')
            OR (p.state IN ('partly_captured', 'captured') AND t.state IS DISTINCT FROM 'posted')
            OR (p.state = 'raised' AND t.state IS DISTINCT FROM b.state)
            OR (p.state IN ('voided', 'expired', 'failed', 'created', 'action_required', 'raising')
                AND t.state <> 'voided')""",
    ),
    Question(
        "a completed order has charged what was shipped, to the last minor unit",
        """
        SELECT o.number, 'shipped for ' || coalesce(sum(f.amount) FILTER (WHERE f.state = 'closed'), 0)
               || ', captured ' || coalesce(sum(f.captured), 0)
          FROM orders o LEFT JOIN fulfillment_orders f ON f.order_id = o.id
         WHERE o.state = 'completed' GROUP BY o.id
        HAVING coalesce(sum(f.amount) FILTER (WHERE f.state = 'closed'), 0) <> coalesce(sum(f.captured), 0)
            OR (coalesce(sum(f.captured), 0) <> o.total AND NOT EXISTS
                 (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.canceled > 0))""",
    ),
    Question(
        "an ended order leaves no money reserved",
        """
        SELECT o.number, 'the order is ' || o.state || ', a payment of ' || p.amount || ' still ' || p.state
          FROM orders o JOIN payments p ON p.order_id = o.id
         WHERE o.state IN ('completed', 'rejected', 'canceled', 'expired')
           AND p.state IN ('created', 'action_required', 'raising', 'authorized', 'partly_captured')
           AND (o.settled_at IS NOT NULL
                OR o.updated_at < clock_timestamp() - make_interval(mins => :minutes))""",
    ),
    Question(
        "every order that has ended is settled",
        """
        SELECT number,
               'ended as ' || state || ' at ' || updated_at::timestamp(0) || ' and something is left to do'
          FROM orders
         WHERE state IN ('completed', 'rejected', 'canceled', 'expired') AND settled_at IS NULL
           AND updated_at < clock_timestamp() - make_interval(mins => :minutes)""",
    ),
    Question(
        "every label is booked at its price, and given back only where it was voided",
        """
        SELECT o.number, 'a ' || s.state || ' label of ' || s.amount || ' ' || s.currency || ': booked '
               || coalesce(b.amount, 0) || ', given back ' || coalesce(v.amount, 0)
          FROM shipments s JOIN orders o ON o.id = s.order_id
          LEFT JOIN (SELECT t.source, sum(e.amount) AS amount FROM ledger_transactions t
                       JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE e.account = 'label_cost' AND t.state = 'posted' GROUP BY t.source) b
                 ON b.source = 'label/' || s.id
          LEFT JOIN (SELECT t.source, -sum(e.amount) AS amount FROM ledger_transactions t
                       JOIN ledger_entries e ON e.transaction_id = t.id
                      WHERE e.account = 'label_cost' AND t.state = 'posted' GROUP BY t.source) v
                 ON v.source = 'label.void/' || s.id
         WHERE s.amount IS NOT NULL
           AND (b.amount IS DISTINCT FROM s.amount OR (v.amount IS NOT NULL AND v.amount <> s.amount)
                OR (v.amount IS NOT NULL AND s.state <> 'voided')
                OR (v.amount IS NULL AND s.state = 'voided' AND NOT EXISTS
                     (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.kind = 'label.voided'
                         AND e.data ->> 'shipment' = s.id::text AND e.data ->> 'money_back' = 'false')))""",
    ),
    Question(
        "what has shipped had one label, or needed none",
        """
        SELECT o.number, 'part ' || f.number || ' has ' || count(s.id) || ' standing labels'
          FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id
          LEFT JOIN shipments s ON s.fulfillment_id = f.id AND s.amount IS NOT NULL AND s.state <> 'voided'
         WHERE f.state = 'closed' GROUP BY o.number, f.id
        HAVING count(s.id) <> CASE WHEN f.needs_label THEN 1 ELSE 0 END""",
    ),
    Question(
        "what a supplier has shipped was ordered from him, for the sum of its lines",
        """
        SELECT o.number, 'part ' || f.number || ': ' || coalesce(p.number || ' says ' || p.total
               || ', its lines ' || coalesce(sum(l.units * l.unit_cost), 0), 'no purchase order')
          FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id
          LEFT JOIN purchase_orders p ON p.fulfillment_id = f.id
          LEFT JOIN purchase_lines l ON l.purchase_id = p.id
         WHERE f.method = 'shipping' AND NOT f.needs_label
         GROUP BY o.number, f.id, p.id
        HAVING (p.id IS NULL AND f.state = 'closed') OR p.total <> coalesce(sum(l.units * l.unit_cost), 0)""",
    ),
    Question(
        "stock is the sum of its moves",
        """
        SELECT coalesce(s.sku, m.sku) || ' at ' || coalesce(s.location, m.location),
               'level ' || coalesce(s.on_hand, 0) || '/' || coalesce(s.reserved, 0)
               || ' on hand/reserved, moves ' || coalesce(m.on_hand, 0) || '/' || coalesce(m.reserved, 0)
          FROM stock_levels s
          FULL JOIN (SELECT sku, location, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                       FROM stock_moves GROUP BY sku, location) m USING (sku, location)
         WHERE coalesce(s.on_hand, 0) <> coalesce(m.on_hand, 0)
            OR coalesce(s.reserved, 0) <> coalesce(m.reserved, 0)""",
    ),
    Question(
        "reserved stock is the sum of the active reservations",
        """
        SELECT coalesce(s.sku, r.sku) || ' at ' || coalesce(s.location, r.location),
               coalesce(s.reserved, 0) || ' reserved, reservations hold ' || coalesce(r.units, 0)
          FROM stock_levels s
          FULL JOIN (SELECT sku, location, sum(units) AS units FROM reservations
                      WHERE state = 'active' GROUP BY sku, location) r USING (sku, location)
         WHERE coalesce(s.reserved, 0) <> coalesce(r.units, 0)""",
    ),
    Question(
        "the lots of a tracked product are its stock, and others have none",
        """
        SELECT s.sku || ' at ' || s.location,
               'level ' || s.on_hand || '/' || s.reserved || ' on hand/reserved, lots '
               || coalesce(t.on_hand, 0) || '/' || coalesce(t.reserved, 0)
          FROM stock_levels s JOIN products p ON p.sku = s.sku
          LEFT JOIN (SELECT sku, location, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                       FROM stock_lots GROUP BY sku, location) t
                 ON t.sku = s.sku AND t.location = s.location
         WHERE coalesce(t.on_hand, 0) <> CASE WHEN p.tracking = 'none' THEN 0 ELSE s.on_hand END
            OR coalesce(t.reserved, 0) <> CASE WHEN p.tracking = 'none' THEN 0 ELSE s.reserved END""",
    ),
    Question(
        "a lot is the sum of its moves",
        """
        SELECT coalesce(t.sku, m.sku) || ' lot ' || coalesce(t.lot, m.lot) || ' at '
               || coalesce(t.location, m.location),
               'lot ' || coalesce(t.on_hand, 0) || '/' || coalesce(t.reserved, 0)
               || ' on hand/reserved, moves ' || coalesce(m.on_hand, 0) || '/' || coalesce(m.reserved, 0)
          FROM stock_lots t
          FULL JOIN (SELECT sku, location, lot, sum(on_hand) AS on_hand, sum(reserved) AS reserved
                       FROM stock_moves WHERE lot IS NOT NULL GROUP BY sku, location, lot) m
                 USING (sku, location, lot)
         WHERE coalesce(t.on_hand, 0) <> coalesce(m.on_hand, 0)
            OR coalesce(t.reserved, 0) <> coalesce(m.reserved, 0)""",
    ),
    Question(
        "a lot's reserved units are those of the active reservations",
        """
        SELECT t.sku || ' lot ' || t.lot || ' at ' || t.location,
               t.reserved || ' reserved, reservations hold ' || coalesce(r.units, 0)
          FROM stock_lots t
          LEFT JOIN (SELECT n.sku, n.location, n.lot, sum(n.units) AS units
                       FROM reservation_lots n JOIN reservations r ON r.id = n.reservation_id
                      WHERE r.state = 'active' GROUP BY n.sku, n.location, n.lot) r USING (sku, location, lot)
         WHERE t.reserved <> coalesce(r.units, 0)""",
    ),
    Question(
        "a channel's quota counts what it holds and what it has bought",
        """
        SELECT q.channel || ' for ' || q.sku,
               q.taken || ' taken, reservations active or shipped ' || coalesce(r.units, 0)
          FROM channel_quotas q
          LEFT JOIN (SELECT channel, sku, sum(units) AS units FROM reservations
                      WHERE state IN ('active', 'committed') GROUP BY channel, sku) r USING (channel, sku)
         WHERE q.taken <> coalesce(r.units, 0)""",
    ),
    Question(
        "what left the shelves is what orders have shipped",
        """
        SELECT o.number,
               'moves say ' || coalesce(m.units, 0) || ' units left, lines say ' || coalesce(l.units, 0)
          FROM orders o
          LEFT JOIN (SELECT order_id, -sum(on_hand) AS units FROM stock_moves WHERE kind = 'ship'
                      GROUP BY order_id) m ON m.order_id = o.id
          LEFT JOIN (SELECT order_id, sum(shipped + delivered + undelivered + coalesce(again, 0)) AS units
                       FROM order_lines w
                       LEFT JOIN (SELECT line_id, sum(replaced) AS again
                                    FROM fulfillment_lines GROUP BY line_id) r ON r.line_id = w.id
                      GROUP BY order_id) l ON l.order_id = o.id
         WHERE coalesce(m.units, 0) <> coalesce(l.units, 0)""",
    ),
    Question(
        "an order's units add up, and none is left over at the end",
        """
        SELECT o.number, 'line ' || l.position || ' of ' || l.ordered || ' units is ' || o.state
          FROM order_lines l JOIN orders o ON o.id = l.order_id
         WHERE l.ordered <> l.canceled + l.unallocated + l.backordered + l.allocated + l.released + l.shipped
                            + l.delivered + l.undelivered
            OR (o.state IN ('completed', 'rejected', 'canceled', 'expired') AND o.settled_at IS NOT NULL
                AND l.unallocated + l.backordered + l.allocated + l.released + l.shipped > 0)""",
    ),
    Question(
        "no reservation outlives its order",
        """
        SELECT o.number, 'settled as ' || o.state || ', and holds ' || sum(r.units) || ' of ' || r.sku
          FROM reservations r JOIN orders o ON o.id = r.order_id
         WHERE r.state = 'active' AND o.settled_at IS NOT NULL GROUP BY o.id, r.sku""",
    ),
    Question(
        "no call is left without an answer",
        """
        SELECT coalesce(o.number, e.order_id::text),
               e.step || ' is ' || e.state || ' since ' || e.intended_at::timestamp(0)
          FROM effects e LEFT JOIN orders o ON o.id = e.order_id
         WHERE e.state IN ('intended', 'unknown')
           AND e.intended_at < clock_timestamp() - make_interval(mins => :minutes)""",
    ),
    Question(
        "no message waits to be sent",
        """
        SELECT o.number, n.stage || ' by ' || n.channel || ' is intended since ' || n.created_at::timestamp(0)
          FROM notifications n JOIN orders o ON o.id = n.order_id
         WHERE n.state = 'intended' AND n.created_at < clock_timestamp() - make_interval(mins => :minutes)""",
    ),
    Question(
        "no provider's event is left unread",
        """
        SELECT coalesce(reference, event_id),
               source || ' ' || kind || ' waits since ' || received_at::timestamp(0)
          FROM inbox
         WHERE state = 'pending' AND received_at < clock_timestamp() - make_interval(mins => :minutes)
           AND due_at < clock_timestamp()""",
    ),
    *(Question(name, sql) for name, sql in OF_INSTRUMENTS.items()),
    *(Question(name, sql) for name, sql in OF_RETURNS.items()),
    *DOCUMENTS,
    *VALUATIONS,
)
