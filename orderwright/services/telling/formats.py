"""How are amounts, days and moments written in each language?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from orderwright.domain.money import Money, decimals


@dataclass(frozen=True, slots=True)
class Locale:
    """Separators of numbers, names of days and months, and how these make a day. Source: Unicode CLDR."""

    thousands: str
    point: str
    days: Sequence[str]
    months: Sequence[str]
    day: str


def _names(text: str) -> Sequence[str]:
    return tuple(text.split())


LOCALES: Mapping[str, Locale] = {
    "en": Locale(
        ",", ".", _names("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        _names("January February March April May June July August September October November December"),
        "{weekday}, {day} {month}",
    ),
    "de": Locale(
        ".", ",", _names("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
        _names("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        "{weekday}, {day}. {month}",
    ),
    "es": Locale(
        ".", ",", _names("lunes martes miércoles jueves viernes sábado domingo"),
        _names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        "{weekday}, {day} de {month}",
    ),
    "fr": Locale(
        "\u202f", ",", _names("lundi mardi mercredi jeudi vendredi samedi dimanche"),
        _names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        "{weekday} {day} {month}",
    ),
}  # fmt: skip


def _locale(language: str) -> Locale:
    return LOCALES.get(language.lower().partition("-")[0], LOCALES["en"])


def money(amount: Money, language: str = "en") -> str:
    """`1,234.50 EUR`, in German `1.234,50 EUR`: the currency's own decimals."""
    used = _locale(language)
    whole, point, rest = f"{amount.major():,.{decimals(amount.currency)}f}".partition(".")
    number = whole.replace(",", used.thousands) + (used.point if point else "") + rest
    return f"{number} {amount.currency}"


def day(moment: date, language: str = "en") -> str:
    """`Friday, 13 November`."""
    used = _locale(language)
    number = "1er" if used is LOCALES["fr"] and moment.day == 1 else moment.day
    return used.day.format(
        weekday=used.days[moment.weekday()], day=number, month=used.months[moment.month - 1]
    )


def clock(moment: datetime, language: str = "en") -> str:
    """`Friday, 13 November, 16:30 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{day(utc, language)}, {utc:%H:%M} UTC"
