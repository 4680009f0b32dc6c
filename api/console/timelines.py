"""What of a timeline is told to a customer, and in which words?"""

import re
from collections.abc import Sequence
from datetime import datetime

from api.console.words import Words
from orderwright.persistence.tables import OrderEvent


def moments(events: Sequence[OrderEvent], words: Words) -> list[tuple[datetime, str]]:
    """What happened that a customer has words for, the newest first; a thing told twice is told once."""
    told = [(event.at, f"moments.{_key(event.kind)}") for event in events]
    named = [(at, words.say(key)) for at, key in told if words.has(key)]
    return [one for one, before in zip(reversed(named), [*reversed(named[:-1]), None], strict=True)
            if before is None or before[1] != one[1]]  # fmt: skip


def _key(kind: str) -> str:
    return re.sub(r"[^a-z_]", "_", kind)
