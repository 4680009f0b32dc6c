"""The shapes every provider shares: JSON, a call on its way through the gate, its answer, its refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]  # provider objects are open-ended JSON documents; Any is what JSON is
Fields = dict[str, set[str]]  # field name (leaf and dotted path) -> the values it has in a request


class Outcome(StrEnum):
    """What became of a call, as the ledger says it."""

    EFFECTIVE = "effective"
    REPLAYED = "replayed"
    REFUSED = "refused"
    ERROR = "error"
    LOST = "lost"
    READ = "read"


@dataclass
class Call:
    """One request to a provider: what the switches match on and what the ledger keeps."""

    provider: str
    operation: str
    key: str | None = None
    reference: str | None = None
    order: str | None = None
    amount: int | None = None
    currency: str | None = None
    object_id: str | None = None
    base: str = ""
    fields: Callable[[], Fields] = field(default=dict)

    @property
    def is_read(self) -> bool:
        """Reads change nothing and are listed apart in the ledger."""
        return self.operation.rsplit(".", 1)[-1] in {"retrieve", "list", "search", "label"}


@dataclass
class Answer:
    """An answer in the provider's own form."""

    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.EFFECTIVE
    is_kept: bool = True  # whether the provider remembers it under the idempotency key


class Refused(Exception):
    """The provider says no, in its own form."""

    def __init__(self, status: int, body: Json, *, is_kept: bool = True) -> None:
        super().__init__(status)
        self.answer = Answer(body, status, outcome=Outcome.REFUSED, is_kept=is_kept)


def flatten(document: Any, path: str = "", into: Fields | None = None) -> Fields:
    """Every leaf of a request by its name and by its dotted path, so that a switch may name either.

    `Any`, because a request is any JSON.
    """
    fields: Fields = {} if into is None else into
    if isinstance(document, dict):
        for name, value in document.items():
            flatten(value, f"{path}.{name}" if path else str(name), fields)
    elif isinstance(document, list):
        for value in document:
            flatten(value, path, fields)
    elif document is not None and path:
        text = str(document)
        fields.setdefault(path, set()).add(text)
        fields.setdefault(path.rsplit(".", 1)[-1], set()).add(text)
    return fields
