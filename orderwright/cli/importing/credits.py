"""Which earlier sale does a credit in the file belong to, and what is given back for it?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import InvalidOperation

from orderwright.cli.importing.retail import Listed, Reason, Row, Sale, moment, pence, pseudo, sku
from orderwright.domain.failures import InvalidAmount


@dataclass
class Credit:
    """What one credit invoice gives back of one sale: units by the line's place in it.

    `amount` is what the file has for them, in pence; `rows` say so.
    """

    invoice: str
    sale: str
    units: Counter[int] = field(default_factory=Counter)
    amount: int = 0
    rows: list[Row] = field(default_factory=list, compare=False, repr=False)

    @property
    def name(self) -> str:
        """No other credit has it."""
        return f"{self.invoice}/{self.sale}"


@dataclass
class _Left:
    """Units of a line of a sale that no credit has taken back yet."""

    sale: Sale
    place: int
    units: int

    @property
    def price(self) -> int:
        """Of one, in pence."""
        return self.sale.lines[self.place].price


_Goods = tuple[str, str]
"""Customer, SKU."""


def matched(
    sales: Iterable[Sale], listed: Sequence[Listed], *, any_price: bool = False
) -> tuple[list[Credit], list[Listed]]:
    """Credits by (credit invoice, sale), and all of `listed` with what became of the credits' rows.

    A row belongs to the newest sales before it of the same customer and product that have its units left, at
    its price; where `any_price`, at whatever price once all others had their turn. All of its units, or the
    row stays as it was. Sales are in their order of time.
    """
    left = _by_goods(sales)
    credits: dict[tuple[str, str], Credit] = {}
    said = list(listed)
    for equal in (True, False)[: 1 + any_price]:
        for number, one in enumerate(said):
            taken = _take(left, one.row, equal_price=equal) if one.reason is Reason.CREDIT else []
            for line, units in taken:
                key = (one.row.invoice, line.sale.invoice)
                credit = credits.setdefault(key, Credit(*key))
                credit.units[line.place] += units
                credit.amount += units * pence(one.row)
                if one.row not in credit.rows[-1:]:
                    credit.rows.append(one.row)
            if taken:
                said[number] = replace(one, reason=Reason.GIVEN_BACK)
    return list(credits.values()), said


def explained(sales: Iterable[Sale], listed: Iterable[Listed]) -> list[Listed]:
    """`listed`; those credits that belong to no sale, with the reason why."""
    bought = _by_goods(sales)
    since: dict[str, datetime] = {}
    for (customer, _), lines in bought.items():
        since[customer] = min(since.get(customer, lines[0].sale.placed_at), lines[0].sale.placed_at)
    return [
        replace(one, reason=_why(bought, since, one.row)) if one.reason is Reason.CREDIT else one
        for one in listed
    ]


def _why(bought: Mapping[_Goods, Sequence[_Left]], since: Mapping[str, datetime], row: Row) -> Reason:
    """Why the row was not matched; `since` is when each customer bought something first."""
    try:
        when, aside = moment(row), pseudo(row)
    except (ValueError, InvalidOperation):
        return Reason.UNREADABLE
    if aside is not None:
        return Reason.POSTAGE_BACK if aside is Reason.POSTAGE else aside
    if not row.customer:
        return Reason.NO_CUSTOMER
    if row.customer not in since or since[row.customer] > when:
        return Reason.BEFORE_THE_FILE
    lines = bought.get((row.customer, sku(row.code)), ())
    if not any(one.sale.placed_at <= when for one in lines):
        return Reason.BOUGHT_LATER if lines else Reason.NEVER_BOUGHT
    return Reason.MORE_THAN_BOUGHT


def _by_goods(sales: Iterable[Sale]) -> dict[_Goods, list[_Left]]:
    left: dict[_Goods, list[_Left]] = defaultdict(list)
    for sale in sales:
        for place, line in enumerate(sale.lines):
            if sale.customer and line.price:
                left[sale.customer, line.sku].append(_Left(sale, place, line.units))
    return left


def _take(left: Mapping[_Goods, Sequence[_Left]], row: Row, *, equal_price: bool) -> list[tuple[_Left, int]]:
    """Where the row's units come from; empty where not all of them are found, or it cannot be read."""
    try:
        wanted, when, price = -int(row.quantity), moment(row), pence(row)
    except (ValueError, InvalidOperation, InvalidAmount):
        return []
    before = [
        one
        for one in left.get((row.customer, sku(row.code)), ())
        if one.units and one.sale.placed_at <= when and (one.price == price or not equal_price)
    ]
    if wanted <= 0 or not price or sum(one.units for one in before) < wanted:
        return []
    taken = []
    for one in reversed(before):
        units = min(wanted, one.units)
        if units:
            one.units -= units
            wanted -= units
            taken.append((one, units))
    return taken
