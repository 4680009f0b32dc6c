"""Carriers are asked about parcels of which nothing was heard; the answer comes in as a webhook does."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from orderwright.domain.delivery.promise import ASKED_EVERY, SILENT_FOR
from orderwright.persistence import inbox
from orderwright.persistence.database import Database
from orderwright.ports.carriers import Carrier
from orderwright.ports.failures import ProviderFailure

BATCH = 200

_SILENT = text("""
    UPDATE shipments SET asked_at = :at WHERE id IN (
      SELECT s.id FROM shipments s JOIN fulfillment_orders f ON f.id = s.fulfillment_id
       WHERE s.state IN ('handed_over', 'in_transit', 'exception', 'out_for_delivery')
         AND f.needs_label AND s.tracking_code IS NOT NULL AND f.shipped_at < :silent
         AND (s.asked_at IS NULL OR s.asked_at < :asked)
         AND NOT EXISTS (SELECT FROM shipment_scans c WHERE c.shipment_id = s.id AND c.received_at >= :silent)
       ORDER BY s.asked_at NULLS FIRST, s.id LIMIT :batch FOR UPDATE OF s SKIP LOCKED)
    RETURNING tracking_code""")


async def ask(db: Database, carrier: Carrier, at: datetime) -> tuple[int, int]:
    """How many parcels were asked about, and how many scans are new. Told twice, they count once."""
    codes = await _silent(db, at)
    heard = 0
    for code in codes:
        try:
            events = await carrier.track(code)
        except ProviderFailure:
            continue  # asked again in half a day
        async with db.transaction() as session:
            heard += sum([await inbox.store(session, event) for event in events])
    return len(codes), heard


async def _silent(db: Database, at: datetime) -> Sequence[str]:
    """Taken before they are asked about, so that two workers do not ask twice."""
    async with db.transaction() as session:
        rows = await session.scalars(
            _SILENT, {"at": at, "silent": at - SILENT_FOR, "asked": at - ASKED_EVERY, "batch": BATCH}
        )
        return sorted(rows.all())
