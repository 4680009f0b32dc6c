"""How are amounts divided among the things they pay for, or the instruments they come from?"""

from collections.abc import Sequence

from orderwright.domain.money import share


def spread(rows: Sequence[int], columns: Sequence[int]) -> list[list[int]]:
    """Each row divided among what is left of the columns, by the largest remainder.

    Rows come out exactly, and columns where both have the same sum; no cell is below zero or over its column.
    """
    left = list(columns)
    table = []
    for amount in rows:
        cells = share(amount, left) if amount else [0] * len(left)
        left = [rest - taken for rest, taken in zip(left, cells, strict=True)]
        table.append(cells)
    return table


def drain(amount: int, purses: Sequence[int]) -> list[int]:
    """Take `amount` from the purses one after the other, each until it is empty."""
    taken = []
    for purse in purses:
        taken.append(min(amount, max(purse, 0)))
        amount -= taken[-1]
    return taken
