"""What is a booking in another currency worth in the base currency, and what was won or lost by the rate?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from orderwright.domain.failures import Conflict
from orderwright.domain.money import Money, decimals, share
from orderwright.domain.payments import Account

HELD = frozenset(
    {
        Account.CLEARING,
        Account.BANK,
        Account.RECEIVABLE,
        Account.COD_RECEIVABLE,
        Account.CARRIER_RECEIVABLE,
        Account.DISPUTED,
        Account.TAX,
        Account.GIFT_CARDS,
        Account.STORE_CREDIT,
        Account.EXCHANGED,
        Account.DEPOSITS,
        Account.UNMATCHED,
        Account.CARRIER_PAYABLE,
    }
)
"""Accounts of money that is had or owed: what leaves them leaves at the value it has there."""


class NoExchangeRate(Conflict):
    """A rate is needed and none is known for that moment; it is never taken to be 1."""

    code = "no_exchange_rate"


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is worth `value` units of `quote`, both major; exact, however it was found."""

    base: str
    quote: str
    value: Fraction

    @property
    def words(self) -> str:
        """To ten digits, for people: 0.85, 188.6792453."""
        exact = Decimal(self.value.numerator) / Decimal(self.value.denominator)
        return f"{exact:.10g}"

    @property
    def minor(self) -> Fraction:
        """The same between minor units: 1 JPY (no decimals) is 100 times a hundredth of a GBP."""
        return self.value * Fraction(10) ** (decimals(self.quote) - decimals(self.base))

    def convert(self, amount: Money) -> Money:
        """The amount in `quote`, rounded half up. Raises CurrencyMismatch."""
        same = amount + Money.zero(self.base)
        return Money(rounded(same.amount * self.minor), self.quote)


def rounded(amount: Fraction) -> int:
    """Half up, away from zero: what is owed and what is had round alike."""
    whole = math.floor(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def found(known: Mapping[tuple[str, str], Decimal], base: str, quote: str) -> Rate:
    """The rate by what is quoted: as it is, turned round, or through a currency quoted against both.

    Of several such currencies the first by name counts. Raises NoExchangeRate.
    """
    if base == quote:
        return Rate(base, quote, Fraction(1))
    straight = _leg(known, base, quote)
    if straight is None:
        middles = sorted({currency for pair in known for currency in pair} - {base, quote})
        legs = [(_leg(known, base, one), _leg(known, one, quote)) for one in middles]
        straight = next((a * b for a, b in legs if a is not None and b is not None), None)
    if straight is None:
        raise NoExchangeRate(f"no exchange rate from {base} to {quote} is known", base=base, quote=quote)
    return Rate(base, quote, straight)


def _leg(known: Mapping[tuple[str, str], Decimal], base: str, quote: str) -> Fraction | None:
    if (base, quote) in known:
        return Fraction(known[base, quote])
    return 1 / Fraction(known[quote, base]) if (quote, base) in known else None


@dataclass(frozen=True, slots=True)
class NewRate:
    """One unit of `base` is `rate` units of `quote`, both major, from `valid_from` on."""

    base: str
    quote: str
    valid_from: datetime
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """What an account holds of one currency, and what that is worth in the books of the base currency."""

    amount: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True)
class Value:
    """What one account's part of a booking is worth. Without an `amount`: a difference of the rates."""

    account: Account
    currency: str
    amount: int
    base: int


def valued(
    entries: Mapping[Account, int],
    rate: Rate,
    held: Mapping[Account, Position],
) -> Sequence[Value]:
    """The entries of one booking in one currency, summing to zero as they do.

    What comes in (more of what is there already) is worth the rate. What goes out is worth the share of what
    is there; the rest of its worth by the rate is the realized difference (a debit is a loss), so that
    an account that is empty in its currency is empty in the base currency as well.
    """
    worth = _at_rate(entries, rate)
    values = [
        Value(account, rate.base, entries[account], _worth(entries[account], at, held.get(account), rate))
        if account in HELD
        else Value(account, rate.base, entries[account], at)
        for account, at in worth.items()
    ]
    difference = -sum(value.base for value in values)
    if difference:
        values.append(Value(Account.EXCHANGE, rate.base, 0, difference))
    return values


def _at_rate(entries: Mapping[Account, int], rate: Rate) -> dict[Account, int]:
    """Each entry at the rate: both sides are the rounded whole, split by largest remainder."""
    worth: dict[Account, int] = {}
    for sign in (1, -1):
        side = {account: amount for account, amount in entries.items() if amount * sign > 0}
        if side:
            whole = rounded(sum(side.values()) * rate.minor)
            worth |= zip(side, share(whole, [abs(amount) for amount in side.values()]), strict=True)
    return worth


def _worth(amount: int, at_rate: int, held: Position | None, rate: Rate) -> int:
    if held is None or held.amount * amount >= 0:
        return at_rate
    if abs(amount) < abs(held.amount):
        return -rounded(Fraction(held.base * abs(amount), abs(held.amount)))
    beyond = at_rate - rounded(-held.amount * rate.minor) if amount != -held.amount else 0
    return beyond - held.base


def moved(held: Mapping[Account, Position], values: Sequence[Value]) -> dict[Account, Position]:
    """What the accounts hold of one currency after these values."""
    after = dict(held)
    for value in values:
        if value.account in HELD:
            before = after.get(value.account, Position())
            after[value.account] = Position(before.amount + value.amount, before.base + value.base)
    return after
