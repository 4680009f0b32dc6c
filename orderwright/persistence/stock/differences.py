"""Which figures of stock that must be one are not? Each question is one statement, and so one picture."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Uuid, any_, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.stock.supply import DifferenceKind, DifferenceState
from orderwright.persistence.tables import StockDifference

_RECONCILING = 0x5708  # the advisory lock behind which differences are noted

_LEVELS = """
    SELECT sku, location, '' AS subject, coalesce(m.units, 0) AS expected, coalesce(l.{figure}, 0) AS found
      FROM stock_levels l
      FULL JOIN (SELECT sku, location, sum({figure}) AS units FROM stock_moves GROUP BY sku, location) m
     USING (sku, location)"""

_LOTS = """
    SELECT sku, location, '' AS subject, CASE WHEN p.tracking = 'none' THEN 0 ELSE l.{figure} END AS expected,
           coalesce(t.units, 0) AS found
      FROM stock_levels l JOIN products p USING (sku)
      LEFT JOIN (SELECT sku, location, sum({figure}) AS units FROM stock_lots GROUP BY sku, location) t
     USING (sku, location)"""

_LOT = """
    SELECT sku, location, lot AS subject, coalesce(m.units, 0) AS expected, coalesce(t.{figure}, 0) AS found
      FROM stock_lots t
      FULL JOIN (SELECT sku, location, lot, sum({figure}) AS units FROM stock_moves
                  WHERE lot IS NOT NULL GROUP BY sku, location, lot) m
     USING (sku, location, lot)"""

_MOVED = """
    SELECT sku, location, reference AS subject, coalesce(t.units, 0) AS expected,
           coalesce(m.units, 0) AS found
      FROM (SELECT l.sku, t.{place} AS location, 'transfer/' || t.id AS reference, {units} AS units
              FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id) t
      FULL JOIN (SELECT sku, location, reference, abs(sum(on_hand)) AS units FROM stock_moves
                  WHERE kind = '{kind}' GROUP BY sku, location, reference) m
     USING (sku, location, reference)"""

QUESTIONS: Mapping[DifferenceKind, str] = {
    DifferenceKind.ON_HAND: _LEVELS.format(figure="on_hand"),
    DifferenceKind.RESERVED: _LEVELS.format(figure="reserved"),
    DifferenceKind.RESERVATIONS: """
    SELECT sku, location, '' AS subject, coalesce(r.units, 0) AS expected, coalesce(l.reserved, 0) AS found
      FROM stock_levels l
      FULL JOIN (SELECT sku, location, sum(units) AS units FROM reservations
                  WHERE state = 'active' GROUP BY sku, location) r
     USING (sku, location)""",
    DifferenceKind.LOTS_ON_HAND: _LOTS.format(figure="on_hand"),
    DifferenceKind.LOTS_RESERVED: _LOTS.format(figure="reserved"),
    DifferenceKind.LOT_ON_HAND: _LOT.format(figure="on_hand"),
    DifferenceKind.LOT_RESERVED: _LOT.format(figure="reserved"),
    DifferenceKind.LOT_RESERVATIONS: """
    SELECT sku, location, lot AS subject, coalesce(r.units, 0) AS expected, t.reserved AS found
      FROM stock_lots t
      LEFT JOIN (SELECT n.sku, n.location, n.lot, sum(n.units) AS units
                   FROM reservation_lots n JOIN reservations r ON r.id = n.reservation_id
                  WHERE r.state = 'active' GROUP BY n.sku, n.location, n.lot) r
     USING (sku, location, lot)""",
    DifferenceKind.TRANSFER_SHIPPED: _MOVED.format(
        place="origin",
        kind="transfer_out",
        units="CASE WHEN t.state IN ('shipped', 'closed') THEN l.units ELSE 0 END",
    ),
    DifferenceKind.TRANSFER_RECEIVED: _MOVED.format(
        place="destination", kind="transfer_in", units="l.received"
    ),
    DifferenceKind.EXPECTED: """
    SELECT sku, location, reference AS subject, coalesce(t.units, 0) AS expected,
           coalesce(e.units, 0) AS found
      FROM (SELECT l.sku, t.destination AS location, 'transfer/' || t.id AS reference, l.units
              FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
             WHERE t.state = 'shipped' AND l.state = 'open') t
      FULL JOIN (SELECT sku, location, reference, sum(units - received) AS units FROM expected_receipts
                  WHERE kind = 'transfer' AND state = 'open' GROUP BY sku, location, reference) e
     USING (sku, location, reference)""",
}
"""Rows of sku, location, subject (a lot, a transfer, or empty), what it should be and what it is."""

Key = tuple[str, str, str]
"""SKU, location, subject."""


_GONE = (  # as one array: ten thousand parameters are more than PostgreSQL's parser takes
    update(StockDifference)
    .where(StockDifference.id == any_(bindparam("gone", type_=ARRAY(Uuid))))
    .values(state=DifferenceState.GONE, gone_at=func.clock_timestamp())
)


@dataclass(frozen=True, slots=True)
class Noted:
    """How many differences were found for the first time, and how many were not found any more."""

    new: int
    gone: int


async def alone(session: AsyncSession) -> None:
    """Wait for whoever else reconciles; long questions are allowed from here on."""
    await session.execute(text("SET LOCAL statement_timeout = '10min'"))
    await session.execute(select(func.pg_advisory_xact_lock(_RECONCILING)))


async def ask(session: AsyncSession, what: DifferenceKind) -> dict[Key, tuple[int, int]]:
    """What should be and what is, where they differ."""
    rows = await session.execute(text(f"SELECT * FROM ({QUESTIONS[what]}) q WHERE expected <> found"))  # noqa: S608 - our own
    return {(sku, place, subject): (int(should), int(found)) for sku, place, subject, should, found in rows}


async def note(session: AsyncSession, what: DifferenceKind, found: Mapping[Key, tuple[int, int]]) -> Noted:
    """One open row per difference: made, kept with its newest figures, or marked gone."""
    rows = await session.scalars(
        select(StockDifference).where(
            StockDifference.what == what, StockDifference.state == DifferenceState.OPEN
        )
    )
    known = {(row.sku, row.location, row.subject): row for row in rows}
    gone = [known[key].id for key in known.keys() - found.keys()]
    new = [_row(what, key, found[key]) for key in sorted(found.keys() - known.keys())]
    await session.execute(_GONE, {"gone": gone})
    for key in sorted(known.keys() & found.keys()):
        if (known[key].expected, known[key].found) != found[key]:
            await session.execute(
                update(StockDifference)
                .where(StockDifference.id == known[key].id)
                .values(expected=found[key][0], found=found[key][1])
            )
    if new:
        await session.execute(insert(StockDifference), new)
    return Noted(len(new), len(gone))


def _row(what: DifferenceKind, key: Key, figures: tuple[int, int]) -> dict[str, object]:
    sku, location, subject = key
    expected, found = figures
    return {"what": what, "sku": sku, "location": location, "subject": subject,
            "expected": expected, "found": found}  # fmt: skip
