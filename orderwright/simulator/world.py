"""The world one simulator process holds: its store, switches, post, clock and base settings."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orderwright.simulator.posting.post import Post
from orderwright.simulator.posting.timers import Timers
from orderwright.simulator.store import Store
from orderwright.simulator.switches import Mode, Switches
from orderwright.simulator.types import Fields

TIMING = {
    "accepted": 0.2,
    "picking_started": 1.0,
    "shipped": 1.6,
    "recall": 0.1,
    "in_transit": 0.3,
    "out_for_delivery": 0.6,
    "delivered": 1.0,
    "refund": 0.5,
    "sms": 0.2,
}


@dataclass
class Options:
    """How a simulator is started."""

    data_dir: Path
    is_instant: bool = False
    timing: dict[str, float] = field(default_factory=dict)
    public_url: str = ""


class World:
    """Everything a provider needs; the providers register what their timers do."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = Store(options.data_dir / "simulator.sqlite3")
        self.switches = Switches(self.store)
        self.post = Post(self.store, self.switches, os.environ)
        self.timers = Timers(self.store)
        self.busy_keys: set[str] = set()

    def new_id(self, prefix: str, length: int = 24) -> str:
        """An id that no restart can repeat."""
        return prefix + secrets.token_hex((length + 1) // 2)[:length]

    def new_digits(self, length: int) -> str:
        """Random digits, of a tracking number."""
        return str(secrets.randbelow(10**length)).zfill(length)

    def timing(self, provider: str, fields: Callable[[], Fields]) -> dict[str, float]:
        """Seconds to each step of what the world does by itself."""
        base = dict.fromkeys(TIMING, 0.0) if self.options.is_instant else dict(TIMING)
        base.update(self.options.timing)
        if rule := self.switches.take(Mode.TIMING, provider, fields=fields):
            base.update({name: float(seconds) for name, seconds in (rule.value or {}).items()})
        return base

    def after(self, seconds: float, kind: str, subject: str, **detail: object) -> None:
        """Let something happen later; `kind` names who knows what."""
        self.timers.arm(time.time() + seconds, kind, subject, detail)

    def forget(self) -> None:
        """Start anew: calls, objects, events and switches are gone."""
        targets = self.post.targets
        self.store.forget()
        self.switches.remove()
        self.post.set_targets(targets)
        self.busy_keys.clear()
