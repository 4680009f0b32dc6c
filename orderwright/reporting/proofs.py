"""Which orders are proven? All figures of all orders by one statement, judged by `domain/books/proof.py`."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.proof import Figures, Proof, prove
from orderwright.domain.failures import NotFound

_FIGURES = """
WITH o AS (SELECT id, number, currency, settled_at IS NOT NULL AS settled, total,
                  shipping + shipping_tax_added + fees + fees_tax_added AS charges
             FROM orders WHERE {which}),
line AS (
  SELECT order_id, sum(total) AS lines, sum(canceled - removed) AS canceled,
         sum(ordered - canceled) AS wanted
    FROM order_lines WHERE order_id IN (SELECT id FROM o) GROUP BY order_id),
held AS (
  SELECT f.order_id, sum(l.units - l.free) AS units
    FROM fulfillment_orders f JOIN fulfillment_lines l ON l.fulfillment_id = f.id
   WHERE f.state <> 'canceled' AND f.order_id IN (SELECT id FROM o) GROUP BY f.order_id),
part AS (
  SELECT order_id, sum(captured) AS charged,
         sum(amount) FILTER (WHERE state = 'closed') AS shipped,
         sum(amount) FILTER (WHERE state NOT IN ('closed', 'canceled')) AS open,
         sum(amount - captured) FILTER (
           WHERE state = 'closed' AND captured < amount
             AND NOT EXISTS (SELECT FROM exchanges x
                              WHERE x.order_id = fulfillment_orders.order_id AND x.decided_at IS NULL)
             AND shipped_at < clock_timestamp() - make_interval(mins => :minutes)) AS late
    FROM fulfillment_orders WHERE order_id IN (SELECT id FROM o) GROUP BY order_id),
paid AS (
  SELECT order_id, sum(captured) AS charged, sum(refunded) AS refunded
    FROM payments WHERE order_id IN (SELECT id FROM o) GROUP BY order_id),
back AS (
  SELECT order_id, sum(amount) FILTER (WHERE state IN ('processing', 'succeeded')) AS given,
         sum(amount) FILTER (WHERE state IN ('requested', 'approved', 'manual_required')) AS promised
    FROM refunds WHERE order_id IN (SELECT id FROM o) GROUP BY order_id),
book AS (
  SELECT t.order_id,
         sum(e.amount) FILTER (WHERE t.kind = 'capture' AND e.amount > 0) AS charged,
         sum(e.amount) FILTER (WHERE t.kind = 'refund' AND e.amount > 0) AS refunded,
         sum(e.amount) FILTER (WHERE e.account IN ('receivable', 'cod_receivable')) AS receivable,
         -sum(e.amount) FILTER (WHERE e.account = 'deposits') AS on_account
    FROM ledger_transactions t JOIN o ON o.id = t.order_id
    JOIN ledger_entries e ON e.transaction_id = t.id AND e.currency = o.currency
   WHERE t.state = 'posted' AND t.reverses_id IS NULL
     AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.reverses_id = t.id)
   GROUP BY t.order_id)
SELECT o.number, o.currency, o.settled, o.total AS ordered, coalesce(line.lines, 0) AS lines, o.charges,
       coalesce(line.canceled, 0) AS canceled,
       coalesce(line.wanted, 0) - coalesce(held.units, 0) AS without_part,
       coalesce(part.shipped, 0) AS shipped, coalesce(part.open, 0) AS open, coalesce(part.late, 0) AS late,
       coalesce(paid.charged, 0) AS charged, coalesce(part.charged, 0) AS charged_parts,
       coalesce(book.charged, 0) AS booked_charged,
       coalesce(paid.refunded, 0) AS refunded, coalesce(back.given, 0) AS refunds,
       coalesce(book.refunded, 0) AS booked_refunded, coalesce(back.promised, 0) AS promised,
       coalesce(book.receivable, 0) AS receivable, coalesce(book.on_account, 0) AS on_account
  FROM o
  LEFT JOIN line ON line.order_id = o.id
  LEFT JOIN held ON held.order_id = o.id
  LEFT JOIN part ON part.order_id = o.id
  LEFT JOIN paid ON paid.order_id = o.id
  LEFT JOIN back ON back.order_id = o.id
  LEFT JOIN book ON book.order_id = o.id
 ORDER BY o.number"""
# The columns are those of `Figures`, in its order.

_ALL = text(_FIGURES.format(which="true"))
_BY_NUMBER = text(_FIGURES.format(which="number = :number"))
_BY_ID = text(_FIGURES.format(which="id = :id"))


async def unproven(session: AsyncSession, *, minutes: int) -> AsyncIterator[Proof]:
    """Every order that is not proven; what left less than `minutes` ago may still be charged."""
    for row in await session.execute(_ALL, {"minutes": minutes}):
        proof = prove(_figures(row))
        if not proof.proven:
            yield proof


async def of_number(session: AsyncSession, number: str, *, minutes: int = 10) -> Proof:
    """One order's proof, by the number that people know. Raises NotFound."""
    return _one((await session.execute(_BY_NUMBER, {"number": number, "minutes": minutes})).first())


async def of_order(session: AsyncSession, order_id: UUID, *, minutes: int = 10) -> Proof:
    """The same by its id. Raises NotFound."""
    return _one((await session.execute(_BY_ID, {"id": order_id, "minutes": minutes})).first())


def _one(row: Row[Any] | None) -> Proof:  # Any: columns of several types
    if row is None:
        raise NotFound("no such order")
    return prove(_figures(row))


def _figures(row: Row[Any]) -> Figures:  # Any: as above
    number, currency, settled, *figures = tuple(row)
    return Figures(number, currency, settled, *map(int, figures))
