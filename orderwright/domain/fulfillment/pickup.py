"""How long is a thing kept at the counter, and which code opens it?"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

KEPT_FOR = timedelta(days=7)
"""From ready to the collection deadline; then it is a no-show."""

KEPT_AT_MOST = timedelta(days=60)
"""The furthest day to which the counter may put a deadline off."""

TRIES = 5
"""Wrong codes until a person has to look."""

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, 1, I and L, nor U: what is read out is typed right."""

LENGTH = 6


def code(choose: Callable[[str], str]) -> str:
    """A new code of letters that `choose` draws, one of 729 million: five tries find none."""
    return "".join(choose(LETTERS) for _ in range(LENGTH))


def moved_to(ready_at: datetime, collect_by: datetime) -> str:
    """A deadline that was moved, in a word, so that each is told once; empty: it is the first one."""
    return "" if collect_by == ready_at + KEPT_FOR else f"{collect_by.timestamp():.0f}"


def opens(given: str, known: str) -> bool:
    """Whether `given` is the code, however it was typed: small letters, spaces, hyphens."""
    typed = "".join(char for char in given.upper() if char.isalnum())
    return hmac.compare_digest(typed.encode(), known.encode())
