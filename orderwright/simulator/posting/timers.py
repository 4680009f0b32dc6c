"""What the world does by itself, later: persisted timers, fired in order of their due time."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping

from orderwright.simulator.store import Store, dump
from orderwright.simulator.types import Json

Handler = Callable[[str, Json], None]
LOG = logging.getLogger("simulator.timers")


class Timers:
    """Each kind has one handler; a timer and what it does are one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._handlers: dict[str, Handler] = {}
        self.changed = asyncio.Event()

    def on(self, kind: str, handler: Handler) -> None:
        """Name what a kind of timer does."""
        self._handlers[kind] = handler

    def arm(self, due_at: float, kind: str, subject: str, detail: Mapping[str, object]) -> None:
        """Fire `kind` for `subject` at that time."""
        self._store.db.execute(
            "INSERT INTO timers (due_at, kind, subject, detail) VALUES (?, ?, ?, ?)",
            (due_at, kind, subject, dump(detail)),
        )
        self.changed.set()

    def disarm(self, subject: str) -> None:
        """Drop every timer of a subject."""
        self._store.db.execute("DELETE FROM timers WHERE subject = ?", (subject,))

    def fire(self) -> bool:
        """Fire what is due, oldest first, a hundred at most; says whether anything was."""
        due = self._store.db.execute(
            "SELECT id, kind, subject, detail FROM timers WHERE due_at <= ? ORDER BY due_at, id LIMIT 100",
            (time.time(),),
        ).fetchall()
        if not due:
            return False
        with self._store.transaction():
            for row in due:
                if self._store.db.execute("DELETE FROM timers WHERE id = ?", (row["id"],)).rowcount == 0:
                    continue  # an earlier one of this batch disarmed it
                try:
                    self._handlers[row["kind"]](row["subject"], json.loads(row["detail"]))
                except Exception:  # one broken timer must not stop the world
                    LOG.exception("timer %s of %s failed", row["kind"], row["subject"])
        return True

    def next_due(self) -> float | None:
        """When the next one is due, or None."""
        row = self._store.db.execute("SELECT min(due_at) FROM timers").fetchone()
        return float(row[0]) if row[0] is not None else None
