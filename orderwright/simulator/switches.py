"""Switches: how a test or a demo makes a provider slow, broken, forgetful or unkind."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from orderwright.simulator.store import Store
from orderwright.simulator.types import Fields, Json

PROVIDERS = ("stripe", "adyen", "easypost", "twilio", "warehouse", "supplier", "mail")


class Mode(StrEnum):
    """What a switch does."""

    DELAY = "delay"
    REFUSE = "refuse"
    SERVER_ERROR = "server_error"
    ANSWER_LOST = "answer_lost"
    IGNORE_IDEMPOTENCY = "ignore_idempotency"
    WEBHOOK_DUPLICATE = "webhook_duplicate"
    WEBHOOK_SHUFFLE = "webhook_shuffle"
    WEBHOOK_HOLD = "webhook_hold"
    REJECT = "reject"
    REFUSE_RECALL = "refuse_recall"
    HOLD_PICKING = "hold_picking"
    SHORT = "short"
    TRACK = "track"
    TIMING = "timing"
    AUTHORIZATION_SECONDS = "authorization_seconds"
    SEARCH_LAG = "search_lag"
    UNDELIVERED = "undelivered"


class Malformed(ValueError):
    """A switch that names no known provider or mode."""


@dataclass
class Switch:
    """One rule. `value` depends on the mode (Any: a number, a text or a table of timings)."""

    id: str
    provider: str
    mode: Mode
    operation: str | None = None
    match: dict[str, str] = field(default_factory=dict)
    value: Any = None
    times: int | None = None
    used: int = 0

    def applies(self, operation: str, fields: Callable[[], Fields]) -> bool:
        """Whether this rule speaks about that call; the fields are computed only where one is named."""
        if self.operation and not fnmatchcase(operation, self.operation):
            return False
        if not self.match:
            return True
        present = fields()
        return all(value in present.get(name, ()) for name, value in self.match.items())


class Switches:
    """All rules, kept in memory and in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids = itertools.count(1)
        self._rules: dict[tuple[str, Mode], list[Switch]] = {}
        for known in store.note("switches") or []:
            self._keep(Switch(**{**known, "mode": Mode(known["mode"])}))

    def _keep(self, rule: Switch) -> Switch:
        while not rule.id or any(rule.id == other.id for other in self.all()):
            rule.id = f"sw_{next(self._ids)}"
        self._rules.setdefault((rule.provider, rule.mode), []).append(rule)
        return rule

    def _save(self) -> None:
        self._store.note("switches", [asdict(rule) for rule in self.all()])

    def all(self) -> list[Switch]:
        """Every rule that is still there."""
        return [rule for rules in self._rules.values() for rule in rules]

    def add(self, wanted: Json) -> Switch:
        """Add one rule from its JSON form; raises Malformed."""
        provider, mode = wanted.get("provider"), wanted.get("mode")
        if provider not in PROVIDERS or mode not in set(Mode):
            raise Malformed(f"unknown provider or mode: {provider!r}, {mode!r}")
        match = {str(name): str(value) for name, value in (wanted.get("match") or {}).items()}
        rule = Switch(
            id=str(wanted.get("id") or ""),
            provider=str(provider),
            mode=Mode(str(mode)),
            operation=wanted.get("operation"),
            match=match,
            value=wanted.get("value"),
            times=wanted.get("times"),
        )
        self._keep(rule)
        self._save()
        return rule

    def remove(self, keep: Callable[[Switch], bool] = lambda _: False) -> None:
        """Remove every rule that is not to be kept."""
        kept = [rule for rule in self.all() if keep(rule)]
        self._rules.clear()
        for rule in kept:
            self._rules.setdefault((rule.provider, rule.mode), []).append(rule)
        self._save()

    def take(
        self, mode: Mode, provider: str, operation: str = "", fields: Callable[[], Fields] = dict
    ) -> Switch | None:
        """The first rule of that mode that applies, used up by one; None where there is none."""
        for rule in self._rules.get((provider, mode), ()):
            if (rule.times is None or rule.times > 0) and rule.applies(operation, fields):
                rule.used += 1
                if rule.times is not None:
                    rule.times -= 1
                    self._save()
                return rule
        return None
