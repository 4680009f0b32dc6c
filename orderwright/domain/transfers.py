"""Which order is a bank transfer for, and is it enough?"""

import re
from dataclasses import dataclass

from orderwright.domain.money import decimals
from orderwright.domain.payments import TransferState

_NUMBER = re.compile(r"(?<![A-Z0-9])ORD[\s._/-]*0*([1-9]\d{0,17})(?!\d)", re.IGNORECASE)
_INVOICE = re.compile(r"(?<![A-Z0-9])INV[\s._/-]*(\d{4})[\s._/-]+(\d{1,12})(?!\d)", re.IGNORECASE)
FORGIVEN = 5
"""Hundredths of a major unit that may be missing: banks and people round. Nothing where there are none."""


@dataclass(frozen=True, slots=True)
class Match:
    """What of a transfer goes to the order, and what is left over; `rounding` is forgiven."""

    used: int
    excess: int
    missing: int
    rounding: int
    state: TransferState

    @property
    def enough(self) -> bool:
        """Whether the order may go on."""
        return self.missing == 0


def number_in(reference: str) -> str | None:
    """The order number that a customer has written; None: none, or several different ones."""
    found = {f"ORD-{digits}" for digits in _NUMBER.findall(reference)}
    return found.pop() if len(found) == 1 else None


def invoice_in(reference: str) -> str | None:
    """The invoice number that a customer has written; None: none, or several different ones."""
    found = {f"INV-{year}-{int(nth):06}" for year, nth in _INVOICE.findall(reference)}
    return found.pop() if len(found) == 1 else None


def tolerance(currency: str) -> int:
    """In minor units."""
    return FORGIVEN * 10 ** (decimals(currency) - 2) if decimals(currency) >= 2 else 0


def matched(owed: int, amount: int, currency: str) -> Match:
    """`owed` is what is still missing before this transfer."""
    used = min(owed, amount)
    rest = owed - used
    rounding = rest if rest <= tolerance(currency) else 0
    excess = amount - used
    short = TransferState.SHORT if rest > rounding else TransferState.MATCHED
    state = TransferState.OVER if excess else short
    return Match(used, excess, rest - rounding, rounding, state)
