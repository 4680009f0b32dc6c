"""What is owed, given back and held where other goods are given for those of a return?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bargain:
    """In minor units: of new goods for `price` the return, worth `worth`, pays `credit`.

    worth + owed = price + back, and only one of `owed` and `back` is not 0. `security`: what is held while
    new goods are out and the old ones are not in.
    """

    worth: int
    price: int
    credit: int
    owed: int
    back: int
    security: int


def bargain(worth: int, price: int, *, ship_first: bool) -> Bargain:
    """Even, dearer or cheaper. Raises ValueError for amounts below zero."""
    if min(worth, price) < 0:
        raise ValueError("amounts are not below zero")
    credit = min(worth, price)
    return Bargain(worth, price, credit, price - credit, worth - credit, credit if ship_first else 0)


def divide(shares: list[int], shortfall: int) -> list[int]:
    """What of each share, the last one first, another payment bears: `shortfall` in all, or all there is."""
    taken = [0] * len(shares)
    for nth in reversed(range(len(shares))):
        taken[nth] = min(shares[nth], shortfall - sum(taken))
    return taken
