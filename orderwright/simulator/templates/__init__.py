"""The pages people see, rendered on the server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

NO_MINOR_UNIT = {"jpy", "krw", "clp", "vnd", "isk"}
THREE_DECIMALS = {"bhd", "iqd", "jod", "kwd", "omr", "tnd"}


def money(amount: int, currency: str) -> str:
    """Minor units as people write them."""
    places = 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DECIMALS else 2
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"


def clock(at: float) -> str:
    """A moment as hours, minutes and seconds, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, enable_async=False
)
_ENVIRONMENT.filters["clock"] = clock
_ENVIRONMENT.filters["money"] = money


def page(name: str, **context: object) -> str:
    """One page as HTML."""
    return _ENVIRONMENT.get_template(name).render(**context)
