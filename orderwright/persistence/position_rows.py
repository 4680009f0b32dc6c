"""The rows that an order's position is made from, in two statements: first the lock, then one look at all.

It is read after every step: as ORM queries this was nine statements and a quarter of an order's cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.changes.wishes import ChangeState
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentState, PartnerState
from orderwright.domain.orders import AtDeadline, CancelState, HoldState, HoldType, OrderState
from orderwright.domain.payments import PaymentState, RefundState
from orderwright.domain.stock.backorders import BACKORDER_WAIT
from orderwright.persistence.stock.queue import stands


@dataclass(frozen=True, slots=True)
class OrderRow:
    """The order, locked; `reads` counts the positions read."""

    id: UUID
    number: str
    channel: str
    state: OrderState
    cancel: CancelState
    verified_at: datetime | None
    reserved_at: datetime | None
    planned_at: datetime | None
    settled_at: datetime | None
    promises: int
    reads: int


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold, active or released."""

    id: UUID
    type: HoldType
    state: HoldState
    deadline: datetime | None
    at_deadline: AtDeadline
    fulfillment_id: UUID | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment. `deposit_due`: of a deposit by card, reserved and still to be taken. `withheld`: of an
    exchange that is not decided, nothing is taken of it yet.
    """

    id: UUID
    state: PaymentState
    amount: int
    multicapture: bool
    authorized_at: datetime | None
    expires_at: datetime | None
    replaces_id: UUID | None
    raises_id: UUID | None
    unwanted: bool
    deposit_due: bool
    withheld: bool


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What a part takes from a payment."""

    payment_id: UUID
    amount: int
    captured: int


@dataclass(frozen=True, slots=True)
class PartRow:
    """A fulfillment order, and its parcel that is not voided."""

    id: UUID
    number: int
    location: str
    state: FulfillmentState
    partner: PartnerState
    shares: Sequence[ShareRow]
    amount: int
    captured: int
    recall_sent_at: datetime | None
    shipment_id: UUID | None
    shipment: ShipmentState | None
    method: DeliveryMethod
    needs_label: bool
    ready_at: datetime | None
    collect_by: datetime | None
    told_on: date | None


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund."""

    id: UUID
    state: RefundState


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of the order, by its number."""

    number: int
    state: ChangeState


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything beside the order. `asked`: subjects of open questions; `told`: stages with no message due.

    `idle` counts reservations; `idle_canceled` those of them whose fulfillment order is canceled. `fillable`
    of the backordered units nobody else may have before; they are given up after `waits_until`.
    """

    holds: Sequence[HoldRow]
    payments: Sequence[PaymentRow]
    parts: Sequence[PartRow]
    unallocated: int
    unplanned: int
    backordered: int
    fillable: bool
    waits_until: datetime | None
    asked: Sequence[str]
    idle: int
    idle_canceled: int
    refunds: Sequence[RefundRow]
    invoices: Sequence[UUID]
    changes: Sequence[ChangeRow]
    told: Sequence[str]


_LOCK = text("""
    UPDATE orders SET woken = false, reads = reads + 1 WHERE id = :id
    RETURNING id, number, channel, state, cancel, verified_at, reserved_at, planned_at, settled_at,
              promises, reads""")

_LOOK = text(f"""
    SELECT
      (SELECT coalesce(json_agg(h ORDER BY id), '[]')
         FROM (SELECT id, type, state, deadline, at_deadline, fulfillment_id
                 FROM holds WHERE order_id = :id) h) AS holds,
      (SELECT coalesce(json_agg(p ORDER BY id), '[]')
         FROM (SELECT id, state, amount, multicapture, authorized_at, expires_at, replaces_id, raises_id,
                      unwanted,
                      deposit AND method = 'card' AND deposited_at IS NULL AND state = 'authorized'
                        AS deposit_due,
                      (security OR method = 'exchange') AND EXISTS (SELECT FROM exchanges
                        WHERE order_id = :id AND decided_at IS NULL) AS withheld
                 FROM payments WHERE order_id = :id) p) AS payments,
      (SELECT coalesce(json_agg(f ORDER BY number), '[]')
         FROM (SELECT f.id, f.number, f.location, f.state, f.partner, f.amount, f.captured,
                      (SELECT coalesce(json_agg(m ORDER BY payment_id), '[]')
                         FROM (SELECT payment_id, amount, captured FROM payment_shares
                                WHERE fulfillment_id = f.id) m) AS shares,
                      f.recall_sent_at, s.id AS shipment_id, s.state AS shipment, f.method, f.needs_label,
                      f.ready_at, f.collect_by, s.told_on
                 FROM fulfillment_orders f
                 LEFT JOIN shipments s ON s.fulfillment_id = f.id AND s.state <> 'voided'
                WHERE f.order_id = :id) f) AS parts,
      l.unallocated, l.backordered, l.waits_until,
      l.backordered > 0 AND r.unplanned = 0 AND EXISTS (
        SELECT FROM order_lines w JOIN orders o ON o.id = w.order_id JOIN products p ON p.sku = w.sku
         WHERE w.order_id = :id AND w.backordered > 0
           AND (p.release_on IS NULL OR p.release_on <= current_date)
           AND (SELECT sum(s.on_hand - s.reserved - s.safety) FROM stock_levels s
                  JOIN locations c ON c.code = s.location AND c.active WHERE s.sku = w.sku)
             > (SELECT coalesce(sum(a.unallocated + a.backordered), 0)
                  FROM order_lines a JOIN orders b ON b.id = a.order_id
                 WHERE a.sku = w.sku AND a.waiting_since IS NOT NULL AND a.order_id <> w.order_id
                   AND {stands("a", "b", "clock_timestamp()")}
                   AND (b.priority > o.priority OR (b.priority = o.priority AND
                        (a.waiting_since, a.order_id) < (w.waiting_since, w.order_id))))) AS fillable,
      r.unplanned, r.idle, r.idle_canceled,
      (SELECT coalesce(json_agg(subject), '[]') FROM tasks
        WHERE order_id = :id AND state = 'open' AND hold_id IS NULL) AS asked,
      (SELECT coalesce(json_agg(b ORDER BY id), '[]')
         FROM (SELECT id, state FROM refunds WHERE order_id = :id) b) AS refunds,
      (SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM money_documents
        WHERE order_id = :id AND kind = 'invoice') AS invoices,
      (SELECT coalesce(json_agg(e ORDER BY number), '[]')
         FROM (SELECT number, state FROM order_changes
                WHERE order_id = :id AND delta -> 'hurried' IS NULL) e) AS changes,
      (SELECT coalesce(json_agg(CASE subject WHEN '' THEN stage ELSE stage || ':' || subject END), '[]')
         FROM (SELECT stage, subject FROM notifications WHERE order_id = :id
                GROUP BY stage, subject HAVING bool_and(state <> 'intended')) n) AS told
      FROM (SELECT coalesce(sum(r.units) FILTER (WHERE r.fulfillment_id IS NULL), 0)::int AS unplanned,
                   count(*)::int AS idle,
                   count(*) FILTER (WHERE f.state = 'canceled')::int AS idle_canceled
              FROM reservations r LEFT JOIN fulfillment_orders f ON f.id = r.fulfillment_id
             WHERE r.order_id = :id AND r.state = 'active') r,
           (SELECT coalesce(sum(unallocated), 0)::int AS unallocated,
                   coalesce(sum(backordered), 0)::int AS backordered,
                   min(greatest(waiting_since, promised_on) + make_interval(days => :patience))
                     FILTER (WHERE backordered > 0) AS waits_until
              FROM order_lines WHERE order_id = :id) l""")  # noqa: S608 - our own names

_ORDER, _ROWS = TypeAdapter(OrderRow), TypeAdapter(Rows)


async def take(session: AsyncSession, order_id: UUID) -> OrderRow:
    """The order, locked and its wake flag taken back. Raises LookupError.

    A statement of its own: what the next one sees is then as new as the lock.
    """
    row = (await session.execute(_LOCK, {"id": order_id})).mappings().one_or_none()
    if row is None:
        raise LookupError(str(order_id))
    return _ORDER.validate_python(dict(row))


async def look(session: AsyncSession, order_id: UUID) -> Rows:
    """All the rest at once."""
    rows = await session.execute(_LOOK, {"id": order_id, "patience": BACKORDER_WAIT.days})
    return _ROWS.validate_python(dict(rows.mappings().one()))
