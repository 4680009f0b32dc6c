"""Which earlier sale does a credit in the file belong to, and what is given back for it?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from orderwright.cli.importing.retail import CURRENCY, Listed, Reason, Row, Sale, moment, sku
from orderwright.domain.failures import InvalidAmount
from orderwright.domain.money import Money


@dataclass
class Credit:
    """What one credit invoice gives back of one sale: units by the line's place in it.

    `amount` is what the file has for them, in pence.
    """

    invoice: str
    sale: str
    units: Counter[int] = field(default_factory=Counter)
    amount: int = 0


@dataclass
class _Left:
    """Units of a line of a sale that no credit has taken back yet."""

    sale: Sale
    place: int
    units: int


def matched(sales: Iterable[Sale], listed: Sequence[Listed]) -> tuple[list[Credit], list[Listed]]:
    """Credits by (credit invoice, sale), and all of `listed` with what became of the credits' rows.

    A row belongs to the newest sales before it of the same customer, product and price that have its units
    left: all of its units, or the row stays as it was. Sales are in their order of time.
    """
    left = _by_goods(sales)
    credits: dict[tuple[str, str], Credit] = {}
    said = []
    for one in listed:
        taken = _take(left, one.row) if one.reason is Reason.CREDIT else []
        for line, units in taken:
            key = (one.row.invoice, line.sale.invoice)
            credit = credits.setdefault(key, Credit(*key))
            credit.units[line.place] += units
            credit.amount += units * line.sale.lines[line.place].price
        said.append(replace(one, reason=Reason.GIVEN_BACK) if taken else one)
    return list(credits.values()), said


_Goods = tuple[str, str, int]
"""Customer, SKU, price in pence."""


def _by_goods(sales: Iterable[Sale]) -> dict[_Goods, list[_Left]]:
    left: dict[_Goods, list[_Left]] = defaultdict(list)
    for sale in sales:
        for place, line in enumerate(sale.lines):
            if sale.customer and line.price:
                left[sale.customer, line.sku, line.price].append(_Left(sale, place, line.units))
    return left


def _take(left: dict[_Goods, list[_Left]], row: Row) -> list[tuple[_Left, int]]:
    """Where the row's units come from; empty where not all of them are found, or it cannot be read."""
    try:
        wanted, when = -int(row.quantity), moment(row)
        goods = (row.customer, sku(row.code), Money.of(Decimal(row.price), CURRENCY).amount)
    except (ValueError, InvalidOperation, InvalidAmount):
        return []
    before = [one for one in left.get(goods, ()) if one.units and one.sale.placed_at <= when]
    if wanted <= 0 or sum(one.units for one in before) < wanted:
        return []
    taken = []
    for one in reversed(before):
        units = min(wanted, one.units)
        if units:
            one.units -= units
            wanted -= units
            taken.append((one, units))
    return taken
