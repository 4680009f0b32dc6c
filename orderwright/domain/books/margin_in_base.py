"""What did an order earn in the base currency, whichever currencies it was sold, shipped and bought in?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from orderwright.domain.books.exchange import NoExchangeRate, Rate, found
from orderwright.domain.books.margin import OrderCosts, ShippedLine
from orderwright.domain.money import Money


@dataclass(frozen=True, slots=True)
class OrderRates:
    """An order's currency, the rate to the base that it keeps, and what was known when it was placed."""

    currency: str
    own: Rate | None
    known: Mapping[tuple[str, str], Decimal]

    def into(self, currency: str, base: str) -> Rate | None:
        """The order's own rate first, for what is in its currency. None: there is no rate."""
        if self.own is not None and currency == self.own.base:
            return self.own
        try:
            return found(self.known, currency, base)
        except NoExchangeRate:
            return None


Bought = Iterable[tuple[str, int, int]]
"""Units bought in another currency than the order's: the currency, how many, and their cost."""


def line_in_base(line: ShippedLine, bought: Bought, base: str, rates: OrderRates) -> ShippedLine:
    """The same in the base currency, with the cost of what was bought in others as far as a rate is known.

    Without a rate for the order's own currency the line stays as it is.
    """
    own = rates.into(line.currency, base)
    if own is None:
        return line
    cost, foreign = _at(own, line.cost), line.foreign
    for currency, units, amount in bought:
        rate = rates.into(currency, base)
        if rate is not None:
            cost, foreign = cost + _at(rate, amount), foreign - units
    return replace(
        line, currency=base, revenue=_at(own, line.revenue), cost=cost, foreign=foreign,
        refunds=_at(own, line.refunds),
    )  # fmt: skip


def costs_in_base(costs: OrderCosts, base: str, rates: OrderRates) -> OrderCosts:
    """The same of what belongs to a whole order."""
    own = rates.into(rates.currency, base)
    if own is None:
        return costs
    labels, other_labels = _into(costs.other_labels, base, rates)
    fees, other_fees = _into(costs.other_fees, base, rates)
    return OrderCosts(
        _at(own, costs.shipping), _at(own, costs.labels) + labels, _at(own, costs.fees) + fees,
        _at(own, costs.refunds), other_labels, other_fees,
    )  # fmt: skip


def _into(amounts: Mapping[str, int], base: str, rates: OrderRates) -> tuple[int, dict[str, int]]:
    """What could be converted, and what could not."""
    worth, left = 0, {}
    for currency, amount in amounts.items():
        rate = rates.into(currency, base)
        if rate is None:
            left[currency] = amount
        else:
            worth += _at(rate, amount)
    return worth, left


def _at(rate: Rate, amount: int) -> int:
    return rate.convert(Money(amount, rate.base)).amount
