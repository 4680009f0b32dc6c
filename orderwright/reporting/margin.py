"""What did orders earn? Rows of what has shipped, of what it cost, of what was given back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import Rate
from orderwright.domain.books.margin import Margin, MarginBy, OrderCosts, ShippedLine, margins
from orderwright.domain.books.margin_in_base import OrderRates, costs_in_base, line_in_base
from orderwright.persistence.money import rates as money_rates

_WHICH = """
WITH o AS (SELECT id, number, currency, customer_id FROM orders
            WHERE (CAST(:since AS timestamptz) IS NULL OR placed_at >= :since)
              AND (CAST(:until AS timestamptz) IS NULL OR placed_at < :until))"""

_CREDITS = """
SELECT l.line_id, v.currency, sum(p.credit) AS amount, sum(p.units - p.refused) AS units
  FROM vendor_returns v JOIN vendor_return_lines p ON p.vendor_return_id = v.id AND p.credit > 0
  JOIN return_inspections i ON i.id = p.inspection_id JOIN return_lines l ON l.id = i.return_line_id
 WHERE v.state = 'settled' GROUP BY l.line_id, v.currency"""

_LINES = text(f"""{_WHICH},
back AS (SELECT r.line_id, sum(r.amount - r.tax) AS amount
           FROM refund_lines r JOIN refunds f ON f.id = r.refund_id AND f.state IN ('processing', 'succeeded')
          WHERE r.line_id IS NOT NULL GROUP BY r.line_id),
credits AS ({_CREDITS})
SELECT o.number, coalesce(c.external_id, c.id::text) AS customer, l.position, l.sku, o.currency,
       sum(p.units - p.free)::bigint AS units, sum(p.amount - p.tax)::bigint AS revenue,
       (coalesce(sum(p.units * p.unit_cost) FILTER (WHERE p.cost_currency = o.currency), 0)
        - coalesce((SELECT c.amount FROM credits c
                     WHERE c.line_id = l.id AND c.currency = o.currency), 0))::bigint AS cost,
       coalesce(sum(p.units) FILTER (WHERE p.unit_cost IS NULL), 0)::bigint AS unknown,
       (coalesce(sum(p.units) FILTER (WHERE p.cost_currency <> o.currency), 0)
        + coalesce((SELECT sum(c.units) FROM credits c
                     WHERE c.line_id = l.id AND c.currency <> o.currency), 0))::bigint AS other,
       coalesce(min(back.amount), 0)::bigint AS refunds
  FROM o JOIN customers c ON c.id = o.customer_id
  JOIN fulfillment_orders f ON f.order_id = o.id AND f.state = 'closed'
  JOIN fulfillment_lines p ON p.fulfillment_id = f.id
  JOIN order_lines l ON l.id = p.line_id
  LEFT JOIN back ON back.line_id = l.id
 GROUP BY o.number, o.currency, c.id, l.id ORDER BY o.number, l.position""")  # noqa: S608 - constants

_COSTS = text(f"""{_WHICH},
shipping AS (
  SELECT f.order_id, sum(f.shipping - (f.tax - coalesce(p.tax, 0))) AS amount
    FROM fulfillment_orders f JOIN o ON o.id = f.order_id
    LEFT JOIN (SELECT fulfillment_id, sum(tax) AS tax FROM fulfillment_lines GROUP BY fulfillment_id) p
           ON p.fulfillment_id = f.id
   WHERE f.state = 'closed' GROUP BY f.order_id),
booked AS (
  SELECT t.order_id, e.account, e.currency, sum(e.amount) AS amount
    FROM ledger_transactions t JOIN o ON o.id = t.order_id JOIN ledger_entries e ON e.transaction_id = t.id
   WHERE t.state = 'posted' AND e.account IN ('payment_fees', 'label_cost')
   GROUP BY t.order_id, e.account, e.currency),
back AS (
  SELECT r.order_id, sum(r.amount - coalesce(n.amount, 0)) AS amount
    FROM refunds r JOIN o ON o.id = r.order_id
    LEFT JOIN (SELECT refund_id, sum(CASE WHEN line_id IS NULL THEN tax ELSE amount END) AS amount
                 FROM refund_lines GROUP BY refund_id) n ON n.refund_id = r.id
   WHERE r.state IN ('processing', 'succeeded') GROUP BY r.order_id)
SELECT o.number, o.currency, 'shipping' AS what, o.currency AS of, s.amount::bigint
  FROM o JOIN shipping s ON s.order_id = o.id
UNION ALL SELECT o.number, o.currency, 'refunds', o.currency, b.amount::bigint
  FROM o JOIN back b ON b.order_id = o.id
UNION ALL SELECT o.number, o.currency, CASE b.account WHEN 'payment_fees' THEN 'fees' ELSE 'labels' END,
                 b.currency, b.amount::bigint
  FROM o JOIN booked b ON b.order_id = o.id""")  # noqa: S608 - constants


_FOREIGN = text(f"""{_WHICH}
SELECT o.number, l.position, p.cost_currency, sum(p.units)::bigint, sum(p.units * p.unit_cost)::bigint
  FROM o JOIN fulfillment_orders f ON f.order_id = o.id AND f.state = 'closed'
  JOIN fulfillment_lines p ON p.fulfillment_id = f.id AND p.cost_currency <> o.currency
  JOIN order_lines l ON l.id = p.line_id
 GROUP BY o.number, l.position, p.cost_currency
UNION ALL
SELECT o.number, l.position, c.currency, c.units::bigint, -c.amount::bigint
  FROM o JOIN order_lines l ON l.order_id = o.id
  JOIN ({_CREDITS}) c ON c.line_id = l.id AND c.currency <> o.currency
 ORDER BY 1, 2, 3""")  # noqa: S608 - constants

_PLACED = text(f"""{_WHICH}
SELECT o.number, o.currency, d.placed_at, r.numerator, r.denominator
  FROM o JOIN orders d ON d.id = o.id
  LEFT JOIN order_rates r ON r.order_id = o.id AND r.base = o.currency AND r.quote = :base
 ORDER BY d.placed_at DESC""")  # noqa: S608 - constants


async def earned(
    session: AsyncSession,
    by: MarginBy,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    base: str = "",
) -> Sequence[Margin]:
    """Of what has shipped of orders placed from `since` to before `until`. Refunds and revenue without tax.

    A refund that does not say what it is for counts with the tax in it. What a vendor credits for units that
    came back lowers the cost of the line they were sold on; in another currency than the order's its units
    count as of unknown cost. With a `base` currency all is in it:
    an order's own currency at the rate that it was placed at, other costs at the rate of that day; what no
    rate is known for stays as it is.
    """
    window = {"since": since, "until": until}
    lines = [ShippedLine(*row) for row in await session.execute(_LINES, window)]
    costs = await _costs(session, window)
    if base:
        lines, costs = await _in_base(session, window, base, lines, costs)
    return margins(lines, costs, by)


async def _in_base(
    session: AsyncSession,
    window: Mapping[str, datetime | None],
    base: str,
    lines: Sequence[ShippedLine],
    costs: Mapping[str, OrderCosts],
) -> tuple[list[ShippedLine], dict[str, OrderCosts]]:
    foreign: dict[tuple[str, int], list[tuple[str, int, int]]] = {}
    for number, position, currency, units, cost in await session.execute(_FOREIGN, window):
        foreign.setdefault((number, position), []).append((currency, units, cost))
    rates = await _rates(session, window, base)
    return (
        [
            line_in_base(line, foreign.get((line.order, line.position), ()), base, rates[line.order])
            for line in lines
        ],
        {number: costs_in_base(one, base, rates[number]) for number, one in costs.items()},
    )


async def _rates(
    session: AsyncSession, window: Mapping[str, datetime | None], base: str
) -> Mapping[str, OrderRates]:
    """By order: its currency, what it was placed at, and what was known on that day (read once a day)."""
    days: dict[date, money_rates.Pairs] = {}
    found: dict[str, OrderRates] = {}
    for number, currency, placed_at, top, bottom in await session.execute(_PLACED, {**window, "base": base}):
        day = placed_at.date()
        if day not in days:
            days[day] = await money_rates.known(session, placed_at)
        own = None if top is None else Rate(currency, base, Fraction(top) / Fraction(bottom))
        found[number] = OrderRates(currency, own, days[day])
    return found


async def _costs(session: AsyncSession, window: Mapping[str, datetime | None]) -> Mapping[str, OrderCosts]:
    found: dict[str, OrderCosts] = {}
    for number, currency, what, of, amount in await session.execute(_COSTS, window):
        costs = found.get(number, OrderCosts())
        if of == currency:
            found[number] = replace(costs, **{what: getattr(costs, what) + amount})
        elif what == "labels" and amount:
            found[number] = replace(costs, other_labels={**costs.other_labels, of: amount})
        elif what == "fees" and amount:
            found[number] = replace(costs, other_fees={**costs.other_fees, of: amount})
        else:
            found[number] = costs
    return found
