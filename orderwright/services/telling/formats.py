"""How are amounts, days and moments written in each language?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from orderwright.domain.money import Money, decimals


@dataclass(frozen=True, slots=True)
class Locale:
    """Separators of numbers, names of days and months, and how these make a day. Source: Unicode CLDR."""

    thousands: str
    point: str
    days: Sequence[str]
    months: Sequence[str]
    day: str
    dated: str


def _names(text: str) -> Sequence[str]:
    return tuple(text.split())


LOCALES: Mapping[str, Locale] = {
    "en": Locale(
        ",", ".", _names("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        _names("January February March April May June July August September October November December"),
        "{weekday}, {day} {month}", "{day} {month} {year}",
    ),
    "de": Locale(
        ".", ",", _names("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
        _names("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        "{weekday}, {day}. {month}", "{day}. {month} {year}",
    ),
    "es": Locale(
        ".", ",", _names("lunes martes miércoles jueves viernes sábado domingo"),
        _names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        "{weekday}, {day} de {month}", "{day} de {month} de {year}",
    ),
    "fr": Locale(
        "\u202f", ",", _names("lundi mardi mercredi jeudi vendredi samedi dimanche"),
        _names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        "{weekday} {day} {month}", "{day} {month} {year}",
    ),
}  # fmt: skip


def _locale(language: str) -> Locale:
    return LOCALES.get(language.lower().partition("-")[0], LOCALES["en"])


def money(amount: Money, language: str = "en") -> str:
    """`1,234.50 EUR`, in German `1.234,50 EUR`: the currency's own decimals."""
    return f"{number(amount.major(), decimals(amount.currency), language)} {amount.currency}"


def number(value: Decimal | float, digits: int, language: str = "en") -> str:
    """`1,234.50` with two digits, in German `1.234,50`."""
    used = _locale(language)
    whole, point, rest = f"{value:,.{digits}f}".partition(".")
    return whole.replace(",", used.thousands) + (used.point if point else "") + rest


def day(moment: date, language: str = "en") -> str:
    """`Friday, 13 November`."""
    return _written(_locale(language).day, moment, language)


def date_of(moment: date, language: str = "en") -> str:
    """`13 November 2026`."""
    return _written(_locale(language).dated, moment, language)


def _written(pattern: str, moment: date, language: str) -> str:
    used = _locale(language)
    numbered = "1er" if used is LOCALES["fr"] and moment.day == 1 else moment.day
    return pattern.format(
        weekday=used.days[moment.weekday()],
        day=numbered,
        month=used.months[moment.month - 1],
        year=moment.year,
    )


def clock(moment: datetime, language: str = "en") -> str:
    """`Friday, 13 November, 16:30 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{day(utc, language)}, {utc:%H:%M} UTC"
