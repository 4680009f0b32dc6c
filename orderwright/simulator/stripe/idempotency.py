"""Idempotency-Key exactly as Stripe honors it."""

from __future__ import annotations

import hashlib
import json
import time

from orderwright.simulator.http import Params
from orderwright.simulator.store import dump
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Outcome
from orderwright.simulator.world import World

KEPT_SECONDS = 24 * 3600


class KeyGuard:
    """Same key and parameters: the kept answer. Other parameters: 400. Still in progress: 409."""

    def __init__(self, world: World, call: Call, path: str, params: Params) -> None:
        self._world = world
        self._call = call
        self._key = call.key or ""
        self._fingerprint = hashlib.sha256(f"{path}?{sorted(params)}".encode()).hexdigest()

    def before(self) -> Answer | None:
        """The kept answer or a refusal; None: nobody has used this key."""
        if not self._key:
            return None
        if self._world.switches.take(
            Mode.IGNORE_IDEMPOTENCY, "stripe", self._call.operation, self._call.fields
        ):
            self._key = ""
            return None
        if self._key in self._world.busy_keys:
            return self._conflict()
        row = self._world.store.db.execute("SELECT * FROM keys WHERE key = ?", (self._key,)).fetchone()
        if row is None or row["created"] < time.time() - KEPT_SECONDS:
            self._world.busy_keys.add(self._key)
            return None
        if row["fingerprint"] != self._fingerprint:
            return self._mismatch()
        self._call.object_id = row["object_id"]
        headers = {"Idempotent-Replayed": "true", "Idempotency-Key": self._key}
        return Answer(json.loads(row["body"]), row["status"], headers, Outcome.REPLAYED)

    def after(self, answer: Answer) -> None:
        """Keep the answer, refusals included, as Stripe does once it has begun to work."""
        if not self._key:
            return
        answer.headers["Idempotency-Key"] = self._key
        if answer.is_kept:
            self._world.store.db.execute(
                "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._key,
                    self._fingerprint,
                    answer.status,
                    dump(answer.body),
                    self._call.object_id,
                    time.time(),
                ),
            )

    def leave(self) -> None:
        """The request is over."""
        self._world.busy_keys.discard(self._key)

    def _conflict(self) -> Answer:
        message = (
            "There is currently another in-progress request using this Idempotent Key (that probably means "
            f"you submitted twice, and the other request is still going through): {self._key}. "
            "Please try again later."
        )
        error = {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message}
        return Answer({"error": error}, 409, outcome=Outcome.REFUSED)

    def _mismatch(self) -> Answer:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used "
            f"with. Try using a key other than '{self._key}' if you meant to execute a different request."
        )
        return Answer(
            {"error": {"type": "idempotency_error", "message": message}}, 400, outcome=Outcome.REFUSED
        )
