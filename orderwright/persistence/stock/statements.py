"""The statements that hold and end reservations: levels, lots, quotas and moves change at once, or nothing.

Every one locks in the ranking's order: levels by SKU and location, then their lots, then quotas. A later
lock waits for the earlier ones through `(SELECT yes FROM ...)`, which PostgreSQL answers in full before it
looks at the first row. What was locked is the newest row, even where others changed it while we waited. A lot
is good until the end of its last day in UTC.
`LATERAL` looks each place up by its key, in the order of `wanted`, where a join would read all levels.
Demand is one JSON text: eight arrays cost the driver a third of the time of an attempt.
"""

from sqlalchemy import text

_DEMAND = """
WITH line AS (
  SELECT * FROM json_to_recordset(CAST(:demand AS json))
      AS l (id uuid, line uuid, sku text, location text, units int)),
wanted AS (
  SELECT sku, location, sum(units)::int AS units FROM line
   GROUP BY sku, location ORDER BY sku COLLATE "C", location COLLATE "C"),
enough AS (
  SELECT l.sku, l.location, w.units, l.tracked, l.kept
    FROM wanted w CROSS JOIN LATERAL (
         SELECT l.sku, l.location, p.tracking <> 'none' AS tracked, l.safety + coalesce(b.units, 0) AS kept
           FROM stock_levels l JOIN products p ON p.sku = l.sku
           LEFT JOIN channel_buffers b
                  ON b.channel = CAST(:channel AS text) AND b.sku = l.sku AND b.location = l.location
          WHERE l.sku = w.sku AND l.location = w.location
            AND l.on_hand - l.reserved - l.safety - coalesce(b.units, 0) >= w.units
            FOR UPDATE OF l) l),
there AS (SELECT (SELECT count(*) FROM enough) = (SELECT count(*) FROM wanted) AS yes)"""

_QUOTA = """,
quota AS (
  SELECT q.sku, w.units
    FROM channel_quotas q
    JOIN (SELECT sku, sum(units)::int AS units FROM wanted GROUP BY sku) w ON w.sku = q.sku
   WHERE q.channel = CAST(:channel AS text) AND q.taken + w.units <= q.at_most AND (SELECT yes FROM {after})
   ORDER BY q.sku COLLATE "C" FOR UPDATE OF q),
allowed AS (
  SELECT (SELECT yes FROM {after}) AND (SELECT count(*) FROM quota) =
         (SELECT count(*) FROM channel_quotas WHERE channel = CAST(:channel AS text)
             AND sku IN (SELECT sku FROM wanted)) AS yes),
counted AS (
  UPDATE channel_quotas q SET taken = q.taken + u.units FROM quota u
   WHERE q.channel = CAST(:channel AS text) AND q.sku = u.sku AND (SELECT yes FROM allowed)),
held AS (
  UPDATE stock_levels l SET reserved = l.reserved + e.units FROM enough e
   WHERE l.sku = e.sku AND l.location = e.location AND (SELECT yes FROM allowed)
  RETURNING l.sku, l.location, e.units, e.tracked),
kept AS (
  INSERT INTO reservations (id, order_id, line_id, sku, location, units, expires_at, channel)
  SELECT n.id, :order_id, n.line, n.sku, n.location, n.units, CAST(:expires_at AS timestamptz),
         (SELECT CAST(:channel AS text) FROM quota WHERE sku = n.sku)
    FROM line n WHERE (SELECT yes FROM allowed))"""

_ANSWER = """
SELECT yes FROM allowed"""

RESERVE = text(
    _DEMAND  # noqa: S608 - constants
    + """,
plain AS (
  SELECT yes AND NOT EXISTS (SELECT FROM enough WHERE tracked) AS yes FROM there)"""
    + _QUOTA.format(after="plain")
    + """,
noted AS (
  INSERT INTO stock_moves (sku, location, kind, reserved, order_id)
  SELECT h.sku, h.location, 'reserve', h.units, :order_id FROM held h
   ORDER BY h.sku COLLATE "C", h.location COLLATE "C")
SELECT CASE WHEN EXISTS (SELECT FROM enough WHERE tracked) THEN NULL ELSE yes END FROM allowed"""
)
"""Hold all lines or none. Null, and nothing done: there are tracked goods among them, see RESERVE_LOTS."""

RESERVE_LOTS = text(
    _DEMAND  # noqa: S608 - constants
    + """,
shelf AS (
  SELECT t.sku, t.location, t.lot, t.expires_on, t.on_hand - t.reserved AS free
    FROM stock_lots t JOIN enough e ON e.sku = t.sku AND e.location = t.location
   WHERE e.tracked AND t.on_hand > t.reserved AND (t.expires_on IS NULL OR t.expires_on >= current_date)
     AND (SELECT yes FROM there)
   FOR UPDATE OF t),
stocked AS (
  SELECT yes AND NOT EXISTS (
           SELECT FROM enough e WHERE e.tracked AND e.units + e.kept >
             (SELECT coalesce(sum(s.free), 0) FROM shelf s WHERE s.sku = e.sku AND s.location = e.location)
         ) AS yes FROM there)"""
    + _QUOTA.format(after="stocked")
    + """,
asked AS (
  SELECT id, sku, location, units, sum(units) OVER (PARTITION BY sku, location ORDER BY id) AS upto
    FROM line WHERE (SELECT yes FROM allowed)),
first_out AS (
  SELECT *, sum(free) OVER (PARTITION BY sku, location
                            ORDER BY expires_on NULLS LAST, lot COLLATE "C") AS upto
    FROM shelf),
picked AS (
  SELECT a.id, a.sku, a.location, f.lot,
         (least(a.upto, f.upto) - greatest(a.upto - a.units, f.upto - f.free))::int AS units
    FROM asked a JOIN first_out f ON f.sku = a.sku AND f.location = a.location
   WHERE a.upto - a.units < f.upto AND f.upto - f.free < a.upto),
by_lot AS (SELECT sku, location, lot, sum(units)::int AS units FROM picked GROUP BY sku, location, lot),
marked AS (
  UPDATE stock_lots t SET reserved = t.reserved + b.units FROM by_lot b
   WHERE t.sku = b.sku AND t.location = b.location AND t.lot = b.lot),
named AS (
  INSERT INTO reservation_lots (reservation_id, sku, location, lot, units)
  SELECT id, sku, location, lot, units FROM picked),
noted AS (
  INSERT INTO stock_moves (sku, location, lot, kind, reserved, order_id)
  SELECT m.sku, m.location, m.lot, 'reserve', m.units, :order_id
    FROM (SELECT sku, location, NULL AS lot, units FROM held WHERE NOT tracked
          UNION ALL SELECT sku, location, lot, units FROM by_lot) m
   ORDER BY m.sku COLLATE "C", m.location COLLATE "C", m.lot COLLATE "C")"""
    + _ANSWER
)
"""The same where goods are told apart: the lot that expires first goes first, an expired one never."""

_END = """
WITH ended AS (
  UPDATE reservations SET state = :state WHERE {which} AND state = 'active'
  RETURNING id, sku, location, units, channel),
back AS (SELECT sku, location, sum(units)::int AS units FROM ended GROUP BY sku, location),
shelf AS (
  SELECT l.sku, l.location, b.units
    FROM stock_levels l JOIN back b ON b.sku = l.sku AND b.location = l.location
   ORDER BY l.sku COLLATE "C", l.location COLLATE "C" FOR UPDATE OF l),
locked AS (SELECT count(*) > 0 AS yes FROM shelf),
by_lot AS (
  SELECT n.sku, n.location, n.lot, sum(n.units)::int AS units
    FROM reservation_lots n JOIN ended e ON e.id = n.reservation_id GROUP BY n.sku, n.location, n.lot),
quota AS (
  SELECT q.channel, q.sku, c.units
    FROM channel_quotas q
    JOIN (SELECT channel, sku, sum(units)::int AS units FROM ended GROUP BY channel, sku) c
      ON c.channel = q.channel AND c.sku = q.sku
   WHERE CAST(:kind AS text) = 'free' AND (SELECT yes FROM locked)
   ORDER BY q.channel COLLATE "C", q.sku COLLATE "C" FOR UPDATE OF q),
moved AS (
  UPDATE stock_levels l
     SET on_hand = l.on_hand + CAST(:on_hand AS int) * s.units, reserved = l.reserved - s.units
    FROM shelf s WHERE l.sku = s.sku AND l.location = s.location),
unmarked AS (
  UPDATE stock_lots t
     SET on_hand = t.on_hand + CAST(:on_hand AS int) * b.units, reserved = t.reserved - b.units
    FROM by_lot b
   WHERE t.sku = b.sku AND t.location = b.location AND t.lot = b.lot AND (SELECT yes FROM locked)),
uncounted AS (
  UPDATE channel_quotas q SET taken = q.taken - u.units FROM quota u
   WHERE q.channel = u.channel AND q.sku = u.sku)
INSERT INTO stock_moves (sku, location, lot, kind, on_hand, reserved, order_id)
SELECT m.sku, m.location, m.lot, :kind, CAST(:on_hand AS int) * m.units, -m.units, :order_id
  FROM (SELECT s.sku, s.location, NULL AS lot, s.units FROM shelf s
         WHERE NOT EXISTS (SELECT FROM by_lot b WHERE b.sku = s.sku AND b.location = s.location)
        UNION ALL SELECT sku, location, lot, units FROM by_lot) m
 ORDER BY m.sku COLLATE "C", m.location COLLATE "C", m.lot COLLATE "C" """

FREE = text(_END.format(which="id = ANY(CAST(:ids AS uuid[]))"))
"""Give those of `ids` back that are active still; quotas get their units back too."""

SHIP = text(_END.format(which="fulfillment_id = :fulfillment_id"))
"""What a fulfillment order holds has left."""

COSTS = text("""
UPDATE fulfillment_lines l SET unit_cost = c.unit_cost, cost_currency = c.currency
  FROM (SELECT f.id AS fulfillment_id, p.sku, s.unit_cost, p.currency
          FROM fulfillment_orders f
          JOIN stock_levels s ON s.location = f.location AND s.unit_cost > 0
          JOIN products p ON p.sku = s.sku
         WHERE f.id = :fulfillment_id
           AND NOT EXISTS (SELECT FROM purchase_orders o WHERE o.fulfillment_id = f.id)
        UNION ALL
        SELECT o.fulfillment_id, n.sku, n.unit_cost, o.currency
          FROM purchase_orders o JOIN purchase_lines n ON n.purchase_id = o.id
         WHERE o.fulfillment_id = :fulfillment_id AND n.unit_cost > 0) c
 WHERE l.fulfillment_id = c.fulfillment_id AND l.sku = c.sku""")
"""What a shipped unit had cost: as its level says, or as its supplier asks. A cost of 0 is not known."""
