"""What is each piece of a refund worth, to the last minor unit?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orderwright.domain.failures import Conflict
from orderwright.domain.money import share
from orderwright.domain.payments import RefundKind
from orderwright.domain.shares import drain, spread


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that was paid for: units of a line, the shipping, fees, or (ad hoc) none of these.

    Amounts in minor units; `amount` holds its `tax`. Of what is left to give back, or of what is given back.
    """

    kind: RefundKind
    amount: int
    tax: int = 0
    units: int = 0
    line_id: str | None = None


def of_units(left: Piece, units: int) -> Piece:
    """So many units of what is left of a line; the last ones get all that is left, so that nothing is lost.

    Raises Conflict where fewer are left, or they are worth nothing.
    """
    if units > left.units:
        raise Conflict("fewer units than that were paid for and not given back", refundable_units=left.units)
    weights = [units, left.units - units]
    given = replace(left, units=units, amount=share(left.amount, weights)[0], tax=share(left.tax, weights)[0])
    if given.amount == 0:
        raise Conflict("nothing is left to give back of these units", refundable=left.amount)
    return given


def of_amount(left: Piece, amount: int, units: int = 0) -> Piece:
    """An amount of what is left, with its share of the tax. Raises Conflict where less is left."""
    if amount > left.amount or amount <= 0:
        raise Conflict("less than that was paid for it and not given back", refundable=left.amount)
    return replace(left, units=units, amount=amount, tax=share(left.tax, [amount, left.amount - amount])[0])


def of_everything(left: Sequence[Piece], amount: int) -> list[Piece]:
    """All that is left; where something was given back ad hoc, `amount` by the largest remainder."""
    there = [piece for piece in left if piece.amount]
    amounts = share(amount, [piece.amount for piece in there]) if there else []
    pieces = [
        of_amount(piece, given, piece.units) for piece, given in zip(there, amounts, strict=True) if given
    ]
    return pieces or [Piece(RefundKind.AD_HOC, amount)]


def within_tax(pieces: Sequence[Piece], tax: int) -> list[Piece]:
    """No more tax is given back than was charged: what is given ad hoc has taken its share before."""
    kept = []
    for piece in pieces:
        kept.append(replace(piece, tax=min(piece.tax, tax)))
        tax -= kept[-1].tax
    return kept


def with_tax(pieces: Sequence[Piece], tax: int) -> list[Piece]:
    """Exactly so much tax in all: what rounding has left over, or taken, goes where most tax is."""
    kept = list(pieces)
    off = tax - sum(piece.tax for piece in kept)
    for i in sorted(range(len(kept)), key=lambda i: -kept[i].tax):
        step = max(-kept[i].tax, min(off, kept[i].amount - kept[i].tax))
        kept[i] = replace(kept[i], tax=kept[i].tax + step)
        off -= step
    return kept


def across(pieces: Sequence[Piece], amounts: Sequence[int]) -> list[list[Piece]]:
    """The pieces of each payment's amount, which sum to all pieces; units count where the first money is."""
    cells = spread(amounts, [piece.amount for piece in pieces])
    divided: list[list[Piece]] = [[] for _ in amounts]
    for column, piece in enumerate(pieces):
        units = piece.units
        taxes = spread([row[column] for row in cells], [piece.tax, piece.amount - piece.tax])
        for row, (tax, net) in enumerate(taxes):
            if tax + net:
                divided[row].append(replace(piece, amount=tax + net, tax=tax, units=units))
                units = 0
    return divided


def from_payments(amount: int, left: Sequence[tuple[int, int]]) -> list[int]:
    """What each payment gives back, from its (instrument, rest): instruments by the largest remainder.

    Of several payments of one instrument the one with just enough gives all, else one after the other: a
    customer sees one refund per card, and each costs a call.
    """
    instruments = sorted({instrument for instrument, _ in left})
    wholes = [sum(max(rest, 0) for of, rest in left if of == instrument) for instrument in instruments]
    parts = dict(zip(instruments, share(amount, wholes), strict=True))
    given = [0] * len(left)
    for instrument, part in parts.items():
        rows = [row for row, (of, _) in enumerate(left) if of == instrument]
        enough = [row for row in rows if left[row][1] >= part]
        if part and enough:
            given[min(enough, key=lambda row: left[row][1])] = part
        elif part:
            for row, taken in zip(rows, drain(part, [left[row][1] for row in rows]), strict=True):
                given[row] = taken
    return given
