"""What must be true of invoices, credit memos and receipts, asked as `questions.py` asks it."""

from collections.abc import Sequence

from orderwright.reporting.question import Question

DOCUMENTS: Sequence[Question] = (
    Question(
        "every captured part has its invoice, for the same amount and tax",
        """
        SELECT o.number, 'part ' || f.number || ' of ' || f.amount || ' (tax ' || f.tax || ') is billed '
               || coalesce(b.amount || ' (tax ' || b.tax || ') on ' || d.number, 'nowhere')
          FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id
          LEFT JOIN billed_parts b ON b.fulfillment_id = f.id
          LEFT JOIN money_documents d ON d.id = b.document_id
         WHERE f.captured > 0 AND f.captured = f.amount
           AND (b.amount <> f.amount OR b.tax <> f.tax OR d.order_id <> f.order_id
                OR (b.document_id IS NULL
                    AND (o.settled_at IS NOT NULL OR 'order' IS DISTINCT FROM
                         (SELECT s.invoice_per FROM sellers s WHERE s.channel IN (o.channel, '*')
                           ORDER BY s.channel = '*' LIMIT 1))))""",
    ),
    Question(
        "an invoice bills its parts, and nothing else",
        """
        SELECT d.number, 'says ' || d.total || ' (tax ' || d.tax || '), its parts '
               || coalesce(sum(b.amount), 0) || ' (tax ' || coalesce(sum(b.tax), 0) || ')'
          FROM money_documents d LEFT JOIN billed_parts b ON b.document_id = d.id
         WHERE d.kind = 'invoice' GROUP BY d.id
        HAVING d.total <> coalesce(sum(b.amount), 0) OR d.tax <> coalesce(sum(b.tax), 0)""",
    ),
    Question(
        "every refund that was given has its credit memo, for the same amount",
        """
        SELECT o.number, 'a refund of ' || r.amount || ' ' || r.currency || ' is '
               || coalesce('credited ' || d.total || ' ' || d.currency || ' on ' || d.number, 'not credited')
          FROM refunds r JOIN orders o ON o.id = r.order_id
          LEFT JOIN money_documents d ON d.refund_id = r.id
         WHERE (r.state IN ('processing', 'succeeded') AND d.id IS NULL)
            OR d.total <> r.amount OR d.currency <> r.currency""",
    ),
    Question(
        "no more is credited than was billed, of net and of tax",
        """
        SELECT o.number, 'billed ' || s.net || ' + ' || s.tax || ', credited ' || s.less_net || ' + '
               || s.less_tax
          FROM (SELECT order_id,
                       coalesce(sum(net) FILTER (WHERE kind = 'invoice'), 0) AS net,
                       coalesce(sum(tax) FILTER (WHERE kind = 'invoice'), 0) AS tax,
                       coalesce(sum(net) FILTER (WHERE kind = 'credit_memo'), 0) AS less_net,
                       coalesce(sum(tax) FILTER (WHERE kind = 'credit_memo'), 0) AS less_tax
                  FROM money_documents GROUP BY order_id) s
          JOIN orders o ON o.id = s.order_id
         WHERE s.less_net + s.less_tax > s.net + s.tax OR s.less_tax > s.tax""",
    ),
    Question(
        "documents are numbered without a gap in every series and year",
        """
        SELECT coalesce(d.series || '-' || d.year, n.kind),
               coalesce(d.found, 0) || ' documents, the highest is ' || coalesce(d.highest, 0)
               || ', the last number given ' || coalesce(n.last, 0)
          FROM (SELECT series, year, count(*) AS found, max(nth) AS highest FROM money_documents
                 GROUP BY series, year) d
          FULL JOIN (SELECT kind, last FROM document_numbers WHERE kind ~ '^(INV|CRM|RCT)-') n
                 ON n.kind = d.series || '-' || d.year
         WHERE d.found IS DISTINCT FROM d.highest OR d.highest IS DISTINCT FROM n.last""",
    ),
    Question(
        "a document's total is the sum of its lines and their tax",
        """
        SELECT d.number, 'says ' || d.net || ' + ' || d.tax || ' = ' || d.total || ', its lines ' || l.net
               || ' + ' || l.tax
          FROM money_documents d
         CROSS JOIN LATERAL (SELECT coalesce(sum((x ->> 'net')::bigint), 0) AS net,
                                    coalesce(sum((x ->> 'tax')::bigint), 0) AS tax
                               FROM jsonb_array_elements(d.content -> 'lines') x) l
         WHERE d.total <> d.net + d.tax OR d.net <> l.net OR d.tax <> l.tax
            OR d.content ->> 'number' IS DISTINCT FROM d.number""",
    ),
)
