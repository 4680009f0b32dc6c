"""What was paid for each line of an order, and not given back yet?"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.money import share
from orderwright.domain.payments import RefundKind
from orderwright.domain.refunds import Piece

# A part counts once its money was taken in full. Amounts of a refund that failed are there again.
_LINES = text("""
    SELECT l.id::text AS line_id, coalesce(p.units, 0) - coalesce(b.units, 0) AS units,
           coalesce(p.amount, 0) - coalesce(b.amount, 0) AS amount,
           coalesce(p.tax, 0) - coalesce(b.tax, 0) AS tax,
           coalesce(p.units, 0) AS paid_units, coalesce(p.amount, 0) AS paid, coalesce(k.amount, 0) AS kept
      FROM order_lines l
      LEFT JOIN (SELECT fl.line_id, sum(fl.units - fl.free)::int AS units, sum(fl.amount)::bigint AS amount,
                        sum(fl.tax)::bigint AS tax
                   FROM fulfillment_lines fl JOIN fulfillment_orders f ON f.id = fl.fulfillment_id
                  WHERE f.order_id = :id AND f.state = 'closed' AND f.captured = f.amount
                  GROUP BY fl.line_id) p ON p.line_id = l.id
      LEFT JOIN (SELECT r.line_id, sum(r.units)::int AS units, sum(r.amount)::bigint AS amount,
                        sum(r.tax)::bigint AS tax
                   FROM refund_lines r JOIN refunds f ON f.id = r.refund_id AND f.state <> 'failed'
                  WHERE f.order_id = :id GROUP BY r.line_id) b ON b.line_id = l.id
      LEFT JOIN (SELECT r.line_id, sum(r.value - r.refund)::bigint AS amount
                   FROM return_lines r JOIN returns o ON o.id = r.return_id
                  WHERE o.order_id = :id AND r.refunded_units > 0
                    AND EXISTS (SELECT FROM refunds f WHERE f.return_id = o.id AND f.state <> 'failed')
                  GROUP BY r.line_id) k ON k.line_id = l.id
     WHERE l.order_id = :id ORDER BY l.position""")

_REST = text("""
    SELECT coalesce(sum(shipping), 0)::bigint AS shipping,
           coalesce(sum(shipping_tax), 0)::bigint AS shipping_tax,
           coalesce(sum(fees), 0)::bigint AS fees, coalesce(sum(fees_tax), 0)::bigint AS fees_tax,
           coalesce(sum(amount), 0)::bigint AS amount, coalesce(sum(tax), 0)::bigint AS all_tax
      FROM fulfillment_orders
     WHERE order_id = :id AND state = 'closed' AND captured = amount""")

_BACK = text("""
    SELECT r.kind, sum(r.amount)::bigint AS amount, sum(r.tax)::bigint AS tax
      FROM refund_lines r JOIN refunds f ON f.id = r.refund_id AND f.state <> 'failed'
     WHERE f.order_id = :id GROUP BY r.kind""")


class Refundable:
    """What is left to give back: piece by piece, and in all with its tax.

    What is given back ad hoc is in no piece: they may come to more than the whole.
    """

    def __init__(
        self, lines: dict[UUID, Piece], kept: dict[UUID, int], shipping: Piece, fees: Piece, whole: Piece
    ) -> None:
        self.lines, self.shipping, self.fees, self.whole = lines, shipping, fees, whole
        self._kept = kept

    def of_units(self, line_id: UUID) -> Piece:
        """The line's units that are left, without what returns have kept of others: that is not theirs."""
        piece = self.lines[line_id]
        kept = self._kept.get(line_id, 0)
        if not kept:
            return piece
        theirs = piece.amount - kept
        return replace(piece, amount=theirs, tax=share(piece.tax, [theirs, kept])[0])

    def tax_of(self, amount: int) -> int:
        """The tax in so much of the whole; in all of it, all that is left."""
        taken = min(amount, self.whole.amount)
        return share(self.whole.tax, [taken, self.whole.amount - taken])[0]

    @property
    def pieces(self) -> list[Piece]:
        """Lines by position, then shipping and fees."""
        return [*self.lines.values(), self.shipping, self.fees]


async def read(session: AsyncSession, order_id: UUID) -> Refundable:
    """Of an order that is locked already."""
    rows = (await session.execute(_LINES, {"id": order_id})).all()
    lines = {
        UUID(row.line_id): Piece(RefundKind.LINE, row.amount, row.tax, row.units, row.line_id) for row in rows
    }
    paid = (await session.execute(_REST, {"id": order_id})).one()
    back = {row.kind: (row.amount, row.tax) for row in await session.execute(_BACK, {"id": order_id})}
    return Refundable(
        lines,
        {UUID(row.line_id): _kept(row) for row in rows if row.kept},
        _left(RefundKind.SHIPPING, paid.shipping, paid.shipping_tax, back),
        _left(RefundKind.FEE, paid.fees, paid.fees_tax, back),
        Piece(
            RefundKind.AD_HOC,
            paid.amount - sum(amount for amount, _ in back.values()),
            paid.all_tax - sum(tax for _, tax in back.values()),
        ),
    )


def _kept(row: Row[Any]) -> int:  # Any: the columns of _LINES
    """What returns have kept of units given back, as far as it was not given back after all."""
    worth = share(row.paid, [row.units, row.paid_units - row.units])[0]
    return max(0, min(int(row.kept), int(row.amount) - worth))


def _left(kind: RefundKind, amount: int, tax: int, back: dict[str, tuple[int, int]]) -> Piece:
    given, taxed = back.get(kind.value, (0, 0))
    return Piece(kind, amount - given, tax - taxed)
