"""The post: webhooks and call-backs waiting to be delivered, at least once each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from orderwright.simulator.store import Store, dump
from orderwright.simulator.switches import Mode, Switches
from orderwright.simulator.types import Fields, Json

WAREHOUSE_SECRET = "whsec_b3JkZXJ3cmlnaHQtd2FyZWhvdXNl"  # noqa: S105 - the demo's, public
ADYEN_KEY = "61" * 32
SUPPLIER_SECRET = "whsec_b3JkZXJ3cmlnaHQtc3VwcGxpZXI="  # noqa: S105 - the demo's, public
INSERT = """
INSERT INTO deliveries (due_at, state, provider, kind, event_id, url, lane, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
RELEASE = """
UPDATE deliveries SET state = 'due', due_at = ? WHERE state = 'held' AND (? IS NULL OR provider = ?)"""


def _targets(env: Mapping[str, str]) -> Json:
    """Where each provider posts to, as the environment says."""
    return {
        "stripe": {
            "url": env.get("SIM_STRIPE_WEBHOOK_URL"),
            "secret": env.get("SIM_STRIPE_WEBHOOK_SECRET", "whsec_orderwright"),
        },
        "adyen": {
            "url": env.get("SIM_ADYEN_WEBHOOK_URL"),
            "secret": env.get("SIM_ADYEN_WEBHOOK_SECRET", ADYEN_KEY),
        },
        "easypost": {
            "url": env.get("SIM_EASYPOST_WEBHOOK_URL"),
            "secret": env.get("SIM_EASYPOST_WEBHOOK_SECRET", "easypost_orderwright"),
        },
        "twilio": {"url": None, "secret": env.get("SIM_TWILIO_AUTH_TOKEN", "twilio_orderwright")},
        "warehouse": {"url": None, "secret": env.get("SIM_WAREHOUSE_SECRET", WAREHOUSE_SECRET)},
        "supplier": {"url": None, "secret": env.get("SIM_SUPPLIER_SECRET", SUPPLIER_SECRET)},
    }


class Post:
    """Takes events, applies the webhook switches, and keeps them until the courier has delivered them."""

    def __init__(self, store: Store, switches: Switches, env: Mapping[str, str]) -> None:
        self._store = store
        self._switches = switches
        self.changed = asyncio.Event()
        self.targets = _targets(env)
        known = store.note("targets")
        if known:
            self.set_targets(known)

    def set_targets(self, wanted: Json) -> Json:
        """Change some targets; a provider that is not named keeps its own."""
        for name, target in wanted.items():
            if name == "warehouse_secret":
                self.targets["warehouse"]["secret"] = target
            elif name in self.targets and isinstance(target, dict):
                self.targets[name].update(target)
        self._store.note("targets", self.targets)
        return self.targets

    def secret(self, provider: str) -> str:
        """What a provider signs with."""
        return str(self.targets[provider]["secret"])

    def send(
        self,
        provider: str,
        kind: str,
        event: Json,
        *,
        event_id: str,
        lane: str | None = None,
        url: str | None = None,
        fields: Callable[[], Fields] = dict,
    ) -> None:
        """Post an event. One lane is delivered in order (first attempts); shuffled ones have no lane."""
        if not (url or self.targets[provider]["url"]):
            return
        now, state, copies, spread = time.time(), "due", 1, 0.0
        if self._switches.take(Mode.WEBHOOK_HOLD, provider, kind, fields):
            state = "held"
        if rule := self._switches.take(Mode.WEBHOOK_DUPLICATE, provider, kind, fields):
            copies = max(1, int(rule.value or 2))
        if rule := self._switches.take(Mode.WEBHOOK_SHUFFLE, provider, kind, fields):
            spread, lane = float(rule.value or 0.5), None
        body = dump(event)
        for copy in range(copies):
            # the later half of a shuffled stream overtakes the earlier one: due times fall back and forth
            due_at = now + (spread * ((event_id_weight(event_id) + copy * 37) % 100) / 100 if spread else 0)
            row = (due_at, state, provider, kind, event_id, url, lane if copy == 0 else None, body)
            self._store.db.execute(INSERT, row)
        self.changed.set()

    def release(self, provider: str | None = None) -> int:
        """Let everything held go."""
        with self._store.transaction():
            moved = self._store.db.execute(
                RELEASE,
                (time.time(), provider, provider),
            ).rowcount
        self.changed.set()
        return moved

    def waiting(self) -> Json:
        """How many wait, by provider and state."""
        found = self._store.db.execute("SELECT provider, state, count(*) FROM deliveries GROUP BY 1, 2")
        counts: Json = {}
        for provider, state, count in found:
            counts.setdefault(provider, {})[state] = count
        return counts


def event_id_weight(event_id: str) -> int:
    """A number that looks random and is the same on every run of the same id."""
    return sum(ord(letter) * place for place, letter in enumerate(event_id, 1))
