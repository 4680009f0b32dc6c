"""How is an amount held, split and shown?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from orderwright.domain.failures import CurrencyMismatch, InvalidAmount

ZERO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def decimals(currency: str) -> int:
    """Digits after the point of an ISO 4217 currency: 0, 2 or 3."""
    if currency in ZERO_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in integer minor units of one currency; never a float."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise InvalidAmount(f"{self.amount!r} is not an integer of minor units")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, value: Decimal | str, currency: str) -> Self:
        """The amount in major units; more digits than the currency has are refused, not rounded."""
        scaled = Decimal(value).scaleb(decimals(currency))
        if scaled != scaled.to_integral_value():
            raise InvalidAmount(f"{value} has more digits than {currency} has")
        return cls(int(scaled), currency)

    def _same(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} against {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, units: int) -> "Money":
        return Money(self.amount * units, self.currency)

    def major(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount).scaleb(-decimals(self.currency))

    def __str__(self) -> str:
        return f"{self.major():.{decimals(self.currency)}f} {self.currency}"


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` by `weights` with the largest remainder; the parts always sum to the whole.

    Ties go to the earlier part. All weights zero: everything to the first. Source: Hamilton's method.
    """
    if not weights:
        raise InvalidAmount("nothing to split among")
    if amount < 0:
        return [-part for part in share(-amount, weights)]
    total = sum(weights)
    if total == 0:
        return [amount, *([0] * (len(weights) - 1))]
    parts = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def rated(amount: int, rate_ppm: int) -> int:
    """`amount` times a rate in millionths, rounded half up to a minor unit (tax, fees)."""
    return int((Decimal(amount) * rate_ppm / 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
