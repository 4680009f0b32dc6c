"""What a line costs and holds of tax; what an order sums to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.pricing import (
    LARGEST_TOTAL,
    AmountTooLarge,
    Charge,
    ChargeKind,
    Rate,
    TaxReason,
    included,
    price_line,
    totals,
)
from orderwright.domain.pricing.tax import Taxed

prices = st.integers(0, 10**9)
units = st.integers(1, 10_000)
rates = st.builds(Rate, st.integers(0, 1_000_000), st.booleans())
lines = st.lists(st.builds(price_line, prices, units, rates), min_size=1, max_size=30)


def _postage(amount: int) -> list[Charge]:
    """Untaxed shipping."""
    said = Taxed(Rate(), "", TaxReason.UNTAXED)
    return [Charge(ChargeKind.SHIPPING, "standard", "Shipping", amount, "", said)]


def test_tax_on_top_is_added_to_the_line() -> None:
    line = price_line(1000, 3, Rate(88_750))

    assert (line.amount, line.tax, line.total) == (3000, 266, 3266)  # 266.25


def test_tax_in_the_price_is_only_told() -> None:
    line = price_line(1200, 1, Rate(200_000, inclusive=True))

    assert (line.amount, line.tax, line.total) == (1200, 200, 1200)


def test_tax_is_rounded_per_line_half_up() -> None:
    assert price_line(2, 1, Rate(250_000)).tax == 1  # 0.5
    assert included(3, 1_000_000) == 2  # 1.5


@given(lines, st.integers(0, 10**6))
def test_an_order_sums_as_the_database_demands(priced: list, shipping: int) -> None:  # type: ignore[type-arg]  # PricedLine
    found = totals(priced, _postage(shipping))

    assert found.total == found.subtotal + shipping + found.tax_added
    assert found.total == sum(line.total for line in priced) + shipping
    assert 0 <= found.tax_added <= found.tax


@given(prices, st.integers(0, 1_000_000))
def test_included_tax_is_what_was_put_on_the_net_amount(net: int, ppm: int) -> None:
    gross = net + net * ppm // 1_000_000

    assert abs(included(gross, ppm) - (gross - net)) <= 1


def test_nobody_orders_more_than_can_be_booked() -> None:
    with pytest.raises(AmountTooLarge):
        totals([price_line(LARGEST_TOTAL, 1, Rate())], _postage(1))
