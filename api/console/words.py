"""How does a page speak: its words, amounts and days in the reader's language?"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from orderwright.domain.money import Money, decimals

FALLBACK = "en"
LANGUAGES = ("en", "de", "es", "fr")


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `say` finds `page.key`; a missing one is English, and a mistake that a test finds."""

    language: str
    said: Mapping[str, Any]  # Any: tables of texts in TOML

    def say(self, key: str, **values: object) -> str:
        """The text with its values put in. Raises KeyError where no language has it."""
        text = self._find(key)
        if text is None:
            raise KeyError(key)
        return text.format(**values)

    def has(self, key: str) -> bool:
        """Whether there are words for it."""
        return self._find(key) is not None

    def _find(self, key: str) -> str | None:
        found: Any = self.said  # Any: as above
        for part in key.split(".", 1):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is None and self.language != FALLBACK:
            return words(FALLBACK)._find(key)
        return found if isinstance(found, str) else None

    def money(self, amount: Money) -> str:
        """`£1,234.50`, `1.234,50 €`: the language's form, the currency's own decimals."""
        digits = decimals(amount.currency)
        pattern = "¤#,##0" + (f".{'0' * digits}" if digits else "")
        if self.language != FALLBACK:
            pattern = f"#,##0{pattern[6:]}\N{NO-BREAK SPACE}¤"
        return format_currency(
            amount.major(), amount.currency, pattern, locale=self.language, currency_digits=False
        )

    def day(self, day: date) -> str:
        """`Friday, November 13`, `Freitag, 13. November`."""
        return format_date(day, _SKELETON[self.language], locale=self.language)

    def clock(self, moment: datetime) -> str:
        """Day and time, in UTC and saying so."""
        return f"{format_datetime(moment.astimezone(UTC), 'd MMM, HH:mm', locale=self.language)} UTC"


_SKELETON = {
    "en": "EEEE, MMMM d", "de": "EEEE, d. MMMM", "es": "EEEE, d 'de' MMMM", "fr": "EEEE d MMMM",
}  # fmt: skip


@cache
def words(language: str) -> Words:
    """Those of `language` (`de-AT` reads `de`), else English."""
    base = language.lower().partition("-")[0]
    known = base if base in LANGUAGES else FALLBACK
    file = Path(__file__).parent / "words" / f"{known}.toml"
    return Words(known, tomllib.loads(file.read_text(encoding="utf-8")))


def chosen(customers: str, accepted: str) -> Words:
    """The language that the browser asks for first, where we have it; else the customer's own."""
    for part in accepted.split(","):
        base = part.partition(";")[0].strip().lower().partition("-")[0]
        if base in LANGUAGES:
            return words(base)
    return words(customers)
