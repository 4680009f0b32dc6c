"""The append-only ledger of calls: the oracle that tests read. No names, no addresses."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from orderwright.simulator.store import Store
from orderwright.simulator.types import Call, Json, Outcome

INSERT = """
INSERT INTO calls (
  at, provider, operation, key, reference, outcome, status, object_id, amount, currency, order_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
SELECT = """
SELECT n, at, provider, operation, key, reference, outcome, status, object_id, amount, currency, order_id
FROM calls
WHERE n > :after AND (:provider IS NULL OR provider = :provider)
  AND (:operation IS NULL OR operation = :operation)
  AND (:order IS NULL OR order_id = :order)
ORDER BY n LIMIT :limit"""


def record(store: Store, call: Call, outcome: Outcome, status: int) -> None:
    """Append one call."""
    store.db.execute(
        INSERT,
        (
            time.time(),
            call.provider,
            call.operation,
            call.key,
            call.reference,
            outcome.value,
            status,
            call.object_id,
            call.amount,
            call.currency,
            call.order,
        ),
    )


def calls(
    store: Store,
    *,
    provider: str | None = None,
    operation: str | None = None,
    order: str | None = None,
    after: int = 0,
    limit: int = 1000,
) -> Json:
    """A page of the ledger, oldest first; `next` is the `after` of the next page, None at the end."""
    wanted = {"provider": provider, "operation": operation, "order": order, "after": after, "limit": limit}
    rows = []
    for row in store.db.execute(SELECT, wanted):
        entry = dict(row)
        entry["at"] = datetime.fromtimestamp(entry["at"], UTC).isoformat()
        entry["order"] = entry.pop("order_id")
        rows.append(entry)
    return {"calls": rows, "next": rows[-1]["n"] if len(rows) == limit else None}


def latest(store: Store, limit: int = 60) -> list[Json]:
    """The newest calls first, for the page people read."""
    found = store.db.execute("SELECT * FROM calls ORDER BY n DESC LIMIT ?", (limit,))
    return [dict(row) for row in found]
