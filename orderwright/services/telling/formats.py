"""How are amounts, days and moments written in English?"""

from datetime import UTC, date, datetime

from orderwright.domain.money import Money, decimals


def money(amount: Money) -> str:
    """`1,234.50 EUR`: the currency's own decimals."""
    return f"{amount.major():,.{decimals(amount.currency)}f} {amount.currency}"


def day(moment: date) -> str:
    """`Friday, 13 November`."""
    return f"{moment:%A}, {moment.day} {moment:%B}"


def clock(moment: datetime) -> str:
    """`Friday, 13 November, 16:30 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{day(utc)}, {utc:%H:%M} UTC"
