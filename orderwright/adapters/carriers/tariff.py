"""What does the own carrier cost? A table by zone, weight step and service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Zone(StrEnum):
    """How far."""

    DOMESTIC = "domestic"
    EU = "eu"
    WORLD = "world"


@dataclass(frozen=True, slots=True)
class Step:
    """Up to `grams`, `amount` in minor units of the carrier's currency."""

    grams: int
    amount: int


@dataclass(frozen=True, slots=True)
class Column:
    """One service into one zone: its working days and its steps, light to heavy."""

    days: int
    steps: Sequence[Step]


Tariff = Mapping[str, Mapping[Zone, Column]]

EU = frozenset(
    ("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE",
     "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE")
)  # fmt: skip


def _column(days: int, *amounts: int) -> Column:
    return Column(days, [Step(grams, amount) for grams, amount in zip(GRAMS, amounts, strict=True)])


GRAMS = (1_000, 2_000, 5_000, 10_000, 31_500)
STANDARD_TARIFF: Tariff = {
    "standard": {
        Zone.DOMESTIC: _column(2, 449, 549, 699, 949, 1699),
        Zone.EU: _column(4, 949, 1149, 1499, 1999, 3499),
        Zone.WORLD: _column(9, 1749, 2249, 3499, 5499, 10999),
    },
    "express": {
        Zone.DOMESTIC: _column(1, 999, 1149, 1399, 1799, 2999),
        Zone.EU: _column(2, 2499, 2799, 3499, 4499, 7999),
        Zone.WORLD: _column(4, 4499, 5299, 7499, 10999, 21999),
    },
}


def zone_of(origin: str, destination: str) -> Zone:
    """The zone between two countries (ISO 3166-1 alpha-2)."""
    if origin == destination:
        return Zone.DOMESTIC
    return Zone.EU if {origin, destination} <= EU else Zone.WORLD


def price(column: Column, grams: int) -> int | None:
    """The first step that holds the weight; None where it is too heavy."""
    return next((step.amount for step in column.steps if grams <= step.grams), None)
