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

    `unknown` units have no known cost, `foreign` ones one in another currency than the order's.
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
    """What belongs to a whole order, without tax; labels in another currency are in `other_labels`."""

    shipping: int = 0
    labels: int = 0
    fees: int = 0
    refunds: int = 0
    other_labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Margin:
    """Earnings of one order, line, customer or product, in minor units of `currency`.

    `unknown_units`: units whose cost is not in `product_cost`; `other_labels`: labels paid in other
    currencies, which are not in `label_cost`. With either, `margin` is more than was earned.
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

    @property
    def margin(self) -> int:
        """What is left of the revenue."""
        return self.revenue - self.product_cost - self.label_cost - self.fees - self.refunds

    @property
    def complete(self) -> bool:
        """Whether every cost is known in this currency."""
        return not self.unknown_units and not self.other_labels

    def __add__(self, other: "Margin") -> "Margin":
        labels = dict(self.other_labels)
        for currency, amount in other.other_labels.items():
            labels[currency] = labels.get(currency, 0) + amount
        return replace(
            self, units=self.units + other.units, revenue=self.revenue + other.revenue,
            product_cost=self.product_cost + other.product_cost,
            label_cost=self.label_cost + other.label_cost, fees=self.fees + other.fees,
            refunds=self.refunds + other.refunds, unknown_units=self.unknown_units + other.unknown_units,
            other_labels=labels,
        )  # fmt: skip


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
    other = {currency: share(amount, weights) for currency, amount in costs.other_labels.items()}
    return [
        Margin(
            key="", currency=line.currency, units=line.units, revenue=line.revenue + shipping[n],
            product_cost=line.cost, label_cost=labels[n], fees=fees[n], refunds=line.refunds + refunds[n],
            unknown_units=line.unknown + line.foreign,
            other_labels={currency: parts[n] for currency, parts in other.items() if parts[n]},
        )
        for n, line in enumerate(group)
    ]  # fmt: skip
