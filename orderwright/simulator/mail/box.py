"""What was mailed: kept raw, found by its headers, counted by Message-ID."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from sqlite3 import Row

from orderwright.simulator.store import Store
from orderwright.simulator.types import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
  n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, message_id TEXT NOT NULL, sender TEXT NOT NULL,
  recipients TEXT NOT NULL, subject TEXT NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS mails_by_id ON mails (message_id);
"""
INSERT = """
INSERT INTO mails (at, message_id, sender, recipients, subject, raw) VALUES (?, ?, ?, ?, ?, ?)"""
COLUMNS = "n, at, message_id, sender, recipients, subject, raw"
KEPT_HEADERS = (
    "List-Unsubscribe",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Content-Language",
)


class Box:
    """One row per mail received; the same Message-ID twice is one mail in two copies."""

    def __init__(self, data_dir: Path) -> None:
        self.store = Store(data_dir / "mail.sqlite3")
        self.store.db.executescript(SCHEMA)

    def receive(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Keep one mail; its number."""
        headers = BytesHeaderParser(policy=policy.default).parsebytes(raw)
        named = getaddresses([str(headers.get("To", "")), str(headers.get("Cc", ""))])
        addresses = [address for _, address in named if address] + recipients
        everyone = sorted({address.lower() for address in addresses})
        row = (
            time.time(),
            str(headers.get("Message-ID", "")).strip(),
            str(headers.get("From", sender)),
            " ".join(everyone),
            str(headers.get("Subject", "")),
            raw,
        )
        with self.store.transaction():
            cursor = self.store.db.execute(
                INSERT,
                row,
            )
        return int(cursor.lastrowid or 0)

    def find(self, *, to: str = "", subject: str = "", after: int = 0, limit: int = 200) -> list[Json]:
        """Mails to an address (or a part of one) with words in the subject, oldest first."""
        found = self.store.db.execute(
            f"SELECT {COLUMNS} FROM mails WHERE n > ? AND instr(recipients, ?) > 0 "  # noqa: S608 - a constant
            "AND instr(lower(subject), ?) > 0 ORDER BY n LIMIT ?",
            (after, to.lower(), subject.lower(), limit),
        )
        return [self._shown(row) for row in found.fetchall()]

    def one(self, number: int) -> Json | None:
        """One mail, or None."""
        row = self.store.db.execute(
            f"SELECT {COLUMNS} FROM mails WHERE n = ?",  # noqa: S608 - a constant
            (number,),
        ).fetchone()
        return self._shown(row) if row else None

    def attached(self, number: int, nth: int) -> tuple[str, bytes] | None:
        """An attachment's media type and its bytes; None where there is no such."""
        row = self.store.db.execute("SELECT raw FROM mails WHERE n = ?", (number,)).fetchone()
        parsed = message_from_bytes(row["raw"], policy=policy.default) if row else EmailMessage()
        for at, part in enumerate(parsed.iter_attachments()):
            if at == nth:
                return part.get_content_type(), bytes(part.get_payload(decode=True) or b"")
        return None

    def latest(self, limit: int = 100) -> list[Json]:
        """Headers of the newest, newest first, each Message-ID once, with its copies."""
        found = self.store.db.execute(
            "SELECT max(n) AS n, max(at) AS at, sender, recipients, subject, count(*) AS copies FROM mails "
            "GROUP BY CASE message_id WHEN '' THEN n ELSE message_id END ORDER BY 1 DESC LIMIT ?",
            (limit,),
        )
        return [dict(row) for row in found]

    def count(self) -> Json:
        """All copies and distinct mails."""
        row = self.store.db.execute(
            "SELECT count(*), count(DISTINCT CASE message_id WHEN '' THEN n ELSE message_id END) FROM mails"
        ).fetchone()
        return {"received": row[0], "distinct": row[1]}

    def empty(self) -> None:
        """Throw every mail away; numbers go on."""
        with self.store.transaction():
            self.store.db.execute("DELETE FROM mails")

    def _shown(self, row: Row) -> Json:
        parsed = message_from_bytes(row["raw"], policy=policy.default)
        copies = 1
        if row["message_id"]:
            copies = self.store.db.execute(
                "SELECT count(*) FROM mails WHERE message_id = ?", (row["message_id"],)
            ).fetchone()[0]
        shown: Json = {
            "n": row["n"],
            "at": datetime.fromtimestamp(row["at"], UTC).isoformat(),
            "message_id": row["message_id"],
            "from": row["sender"],
            "to": row["recipients"].split(),
            "subject": row["subject"],
            "text": _body(parsed, "plain"),
            "html": _body(parsed, "html"),
            "attachments": [
                part.get_filename() or part.get_content_type() for part in parsed.iter_attachments()
            ],
            "headers": {name: str(parsed[name]) for name in KEPT_HEADERS if parsed[name]},
            "copies": copies,
        }
        return shown


def _body(parsed: EmailMessage, kind: str) -> str | None:
    part = parsed.get_body(preferencelist=(kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else None
