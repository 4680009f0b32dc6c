"""What does an order earn, and each of its lines, products and customers with it?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from orderwright.domain.money import share


class MarginBy(StrEnum):
    """What earnings are summed up by."""

    ORDER = "order"
    LINE = "line"
    CUSTOMER = "customer"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """Units of one order line that have shipped: `revenue` without tax, `cost` as far as it is known.

    `unknown` units have no known cost, `foreign` ones one in another currency than the order's, or a vendor's
    credit in one. `cost` is less what vendors have credited in the order's.
    """

    order: str
    customer: str
    position: int
    sku: str
    currency: str
    units: int
    revenue: int
    cost: int
    unknown: int = 0
    foreign: int = 0
    refunds: int = 0


@dataclass(frozen=True, slots=True)
class OrderCosts:
    """What belongs to a whole order, without tax; in other currencies: `other_labels`, `other_fees`."""

    shipping: int = 0
    labels: int = 0
    fees: int = 0
    refunds: int = 0
    other_labels: Mapping[str, int] = field(default_factory=dict)
    other_fees: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Margin:
    """Earnings of one order, line, customer or product, in minor units of `currency`.

    `unknown_units`: units whose cost, or vendor's credit, is not in `product_cost`; `other_labels` and
    `other_fees`: what was paid in other currencies, which is not in `label_cost` and `fees`. With any,
    `margin` is not all.
    """

    key: str
    currency: str
    units: int
    revenue: int
    product_cost: int
    label_cost: int
    fees: int
    refunds: int
    unknown_units: int = 0
    other_labels: Mapping[str, int] = field(default_factory=dict)
    other_fees: Mapping[str, int] = field(default_factory=dict)

    @property
    def margin(self) -> int:
        """What is left of the revenue."""
        return self.revenue - self.product_cost - self.label_cost - self.fees - self.refunds

    @property
    def complete(self) -> bool:
        """Whether every cost is known in this currency."""
        return not (self.unknown_units or self.other_labels or self.other_fees)

    def __add__(self, other: "Margin") -> "Margin":
        return replace(
            self, units=self.units + other.units, revenue=self.revenue + other.revenue,
            product_cost=self.product_cost + other.product_cost,
            label_cost=self.label_cost + other.label_cost, fees=self.fees + other.fees,
            refunds=self.refunds + other.refunds, unknown_units=self.unknown_units + other.unknown_units,
            other_labels=_sum(self.other_labels, other.other_labels),
            other_fees=_sum(self.other_fees, other.other_fees),
        )  # fmt: skip


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    currencies = [*one, *(currency for currency in other if currency not in one)]
    return {currency: one.get(currency, 0) + other.get(currency, 0) for currency in currencies}


_KEYS: Mapping[MarginBy, Callable[[ShippedLine], str]] = {
    MarginBy.ORDER: lambda line: line.order,
    MarginBy.LINE: lambda line: f"{line.order}/{line.position} {line.sku}",
    MarginBy.CUSTOMER: lambda line: line.customer,
    MarginBy.PRODUCT: lambda line: line.sku,
}


def margins(lines: Iterable[ShippedLine], costs: Mapping[str, OrderCosts], by: MarginBy) -> Sequence[Margin]:
    """Sums by key and currency. What belongs to a whole order is shared by its lines' revenue, exactly."""
    orders: dict[str, list[ShippedLine]] = {}
    for line in lines:
        orders.setdefault(line.order, []).append(line)
    found: dict[tuple[str, str], Margin] = {}
    for number, group in orders.items():
        for line, earned in zip(group, _shared(group, costs.get(number, OrderCosts())), strict=True):
            key = (_KEYS[by](line), line.currency)
            mine = replace(earned, key=key[0])
            found[key] = found[key] + mine if key in found else mine
    return [found[key] for key in sorted(found)]


def _shared(group: Sequence[ShippedLine], costs: OrderCosts) -> list[Margin]:
    weights = [line.revenue for line in group]
    shipping, labels = share(costs.shipping, weights), share(costs.labels, weights)
    fees, refunds = share(costs.fees, weights), share(costs.refunds, weights)
    other_labels, other_fees = _each(costs.other_labels, weights), _each(costs.other_fees, weights)
    return [
        Margin(
            key="", currency=line.currency, units=line.units, revenue=line.revenue + shipping[n],
            product_cost=line.cost, label_cost=labels[n], fees=fees[n], refunds=line.refunds + refunds[n],
            unknown_units=line.unknown + line.foreign,
            other_labels=other_labels[n], other_fees=other_fees[n],
        )
        for n, line in enumerate(group)
    ]  # fmt: skip


def _each(amounts: Mapping[str, int], weights: Sequence[int]) -> list[dict[str, int]]:
    """Each line's part of what is in other currencies, where there is any."""
    split = {currency: share(amount, weights) for currency, amount in amounts.items()}
    return [
        {currency: parts[n] for currency, parts in split.items() if parts[n]} for n in range(len(weights))
    ]
