"""The simulated world's memory: one SQLite file, one transaction per request, survives kill -9."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orderwright.simulator.types import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
  n INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, created REAL NOT NULL,
  parent TEXT, order_id TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, n);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_by_order ON objects (order_id) WHERE order_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS tags (kind TEXT, tag TEXT, id TEXT, PRIMARY KEY (kind, tag, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  object_id TEXT, created REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
  n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, provider TEXT NOT NULL, operation TEXT NOT NULL,
  key TEXT, reference TEXT, outcome TEXT NOT NULL, status INTEGER, object_id TEXT, amount INTEGER,
  currency TEXT, order_id TEXT);
CREATE TABLE IF NOT EXISTS timers (
  id INTEGER PRIMARY KEY, due_at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS timers_due ON timers (due_at, id);
CREATE INDEX IF NOT EXISTS timers_subject ON timers (subject);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, state TEXT NOT NULL, provider TEXT NOT NULL,
  kind TEXT NOT NULL, event_id TEXT NOT NULL, url TEXT, lane TEXT,
  attempt INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at, id);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
TABLES = ("objects", "tags", "keys", "calls", "timers", "deliveries", "notes")
PUT = """
INSERT INTO objects (kind, id, created, parent, order_id, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET body = excluded.body"""


def dump(document: Any) -> str:
    """Compact JSON text. `Any`: JSON."""
    return json.dumps(document, separators=(",", ":"))


class Store:
    """All access is from the event loop's thread, so a synchronous block is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA wal_autocheckpoint = 4000")
        self.db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept or nothing is; nested blocks belong to the outermost."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def put(
        self,
        kind: str,
        body: Json,
        *,
        parent: str | None = None,
        order: str | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        """Keep an object under body["id"]; parent and order are taken from the first time only."""
        self.db.execute(PUT, (kind, body["id"], time.time(), parent, order, dump(body)))
        for tag in tags:
            self.db.execute("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", (kind, tag, body["id"]))

    def get(self, object_id: str | None) -> Json | None:
        """The object of that id, or None."""
        row = self.db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def children(self, parent: str, kind: str) -> list[Json]:
        """The objects of a kind that belong to another, oldest first."""
        found = self.db.execute(
            "SELECT body FROM objects WHERE parent = ? AND kind = ? ORDER BY n", (parent, kind)
        )
        return [json.loads(row[0]) for row in found]

    def tagged(self, kind: str, tag: str) -> list[Json]:
        """The objects of a kind that carry a tag, newest first."""
        found = self.db.execute(
            "SELECT o.body FROM tags t JOIN objects o ON o.id = t.id WHERE t.kind = ? AND t.tag = ? "
            "ORDER BY o.n DESC",
            (kind, tag),
        )
        return [json.loads(row[0]) for row in found]

    def newest(self, kind: str, *, before: str | None = None, since: float = 0.0) -> Iterator[Json]:
        """The objects of a kind, newest first, from the one before `before` on."""
        below = 1 << 62
        if before and (row := self.db.execute("SELECT n FROM objects WHERE id = ?", (before,)).fetchone()):
            below = row[0]
        found = self.db.execute(
            "SELECT body FROM objects WHERE kind = ? AND n < ? AND created >= ? ORDER BY n DESC",
            (kind, below, since),
        )
        return (json.loads(row[0]) for row in found)

    def of_order(self, kind: str, order: str | None) -> list[Json]:
        """The objects of a kind that belong to an order (to any, where none is named), oldest first."""
        if order is None:
            found = self.db.execute("SELECT body FROM objects WHERE kind = ? ORDER BY n", (kind,))
        else:
            found = self.db.execute(
                "SELECT body FROM objects WHERE order_id = ? AND kind = ? ORDER BY n", (order, kind)
            )
        return [json.loads(row[0]) for row in found]

    def note(self, name: str, body: Any = None) -> Any:
        """A small document by name: switches and targets. `Any`: each has its own shape."""
        if body is not None:
            self.db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, dump(body)))
            return body
        row = self.db.execute("SELECT body FROM notes WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def forget(self) -> None:
        """An empty world, for the next test."""
        with self.transaction():
            for table in TABLES:
                self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the tuple above
            self.db.execute("DELETE FROM sqlite_sequence WHERE name = 'calls'")
