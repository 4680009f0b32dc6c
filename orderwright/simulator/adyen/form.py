"""Adyen's manners: error bodies, refusals, and how it honors an idempotency key."""

from __future__ import annotations

import json

from orderwright.simulator.store import dump
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Json, Outcome, Refused
from orderwright.simulator.world import World

REFUSALS = {
    "refused": ("Refused", "2"),
    "expired": ("Expired Card", "6"),
    "insufficient": ("Not enough balance", "12"),
    "fraud": ("FRAUD", "20"),
    "wants_customer": ("Authentication required", "38"),
}
AUTHENTICATION = "authentication"


def error(status: int, code: str, message: str, kind: str = "validation") -> Refused:
    """A service error."""
    body = {"status": status, "errorCode": code, "message": message, "errorType": kind}
    return Refused(status, body, is_kept=False)


class AdyenForm:
    """What the switches `refuse` and `server_error` answer here."""

    def refusal(self, call: Call, message: str) -> Answer:
        """A refused payment, else an unprocessable request."""
        if call.operation == "payments.create":
            return Answer({"pspReference": "", "resultCode": "Refused", "refusalReason": message}, 200)
        return error(422, "167", message).answer

    def server_error(self) -> Answer:
        """A 500 that nothing remembers."""
        return error(500, "905", "Payment details are not supported", "internal").answer


class Keys:
    """The same key: the kept answer, whatever is asked for. Still in progress: 422 with code 704."""

    def __init__(self, world: World, call: Call) -> None:
        self._world, self._call = world, call
        self._key = f"adyen:{call.key}" if call.key else ""

    def before(self) -> Answer | None:
        """The kept answer or a refusal; None: nobody has used this key."""
        if not self._key or self._world.switches.take(
            Mode.IGNORE_IDEMPOTENCY, "adyen", self._call.operation, self._call.fields
        ):
            self._key = ""
            return None
        if self._key in self._world.busy_keys:
            return error(422, "704", "request already processed or in progress").answer
        row = self._world.store.db.execute("SELECT * FROM keys WHERE key = ?", (self._key,)).fetchone()
        if row is None:
            self._world.busy_keys.add(self._key)
            return None
        self._call.object_id = row["object_id"]
        return Answer(json.loads(row["body"]), row["status"], outcome=Outcome.REPLAYED)

    def after(self, answer: Answer) -> None:
        """Keep what was answered."""
        if self._key and answer.is_kept:
            row = (self._key, "", answer.status, dump(answer.body), self._call.object_id, 0.0)
            self._world.store.db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", row)

    def leave(self) -> None:
        """The request is over."""
        self._world.busy_keys.discard(self._key)


def amount_of(wanted: Json) -> tuple[int, str]:
    """Minor units and currency; raises what Adyen says where there are none."""
    found = wanted.get("amount")
    if not isinstance(found, dict) or not isinstance(found.get("value"), int) or not found.get("currency"):
        raise error(422, "100", "No amount specified")
    if found["value"] < 1:
        raise error(422, "137", "Invalid amount specified")
    return found["value"], str(found["currency"])
