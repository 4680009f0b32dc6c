"""Components share a kit's price and tax exactly, whatever the currency, and nothing is left over."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.money import Money
from orderwright.domain.pricing import LARGEST_TOTAL, PricedLine, Rate, price_line, totals
from orderwright.domain.stock.kits import Component, explode, weights

# A mug, a pot and a gift in minor units: of a currency without decimals, with two, with three.
PRICES = {"JPY": (1200, 3500, 0), "EUR": (1250, 3999, 0), "KWD": (4125, 12_750, 0)}
components = st.lists(
    st.builds(Component, st.just("A"), st.integers(1, 20), st.integers(0, 100_000)), min_size=1, max_size=8
)
rates = st.builds(Rate, st.integers(0, 300_000), st.booleans())


@st.composite
def _kits(draw: st.DrawFn) -> PricedLine:
    price, units = draw(st.integers(0, 10**7)), draw(st.integers(1, 500))
    return price_line(price, units, draw(rates), draw(st.integers(0, price * units)))


kits = _kits()


@given(kits, components)
def test_components_sum_to_the_kit_in_amount_tax_and_total(kit: PricedLine, parts: list[Component]) -> None:
    lines = explode(kit, parts)

    assert sum(line.amount for line in lines) == kit.amount
    assert sum(line.tax for line in lines) == kit.tax
    assert sum(line.total for line in lines) == kit.total
    assert [line.units for line in lines] == [kit.units * one.units for one in parts]
    assert all(line.amount >= 0 and line.tax >= 0 for line in lines)


@given(kits, components)
def test_no_component_is_a_minor_unit_away_from_its_exact_share(
    kit: PricedLine, parts: list[Component]
) -> None:
    weighed = weights(parts)

    for line, weight in zip(explode(kit, parts), weighed, strict=True):
        assert abs(line.amount - Fraction(kit.amount * weight, sum(weighed))) < 1


@given(st.sampled_from(sorted(PRICES)), st.integers(1, 999), st.integers(0, 20_000), rates, rates)
def test_an_order_with_kits_totals_what_the_kit_prices_say(
    currency: str, units: int, price: int, kit_rate: Rate, other: Rate
) -> None:
    parts = [Component(f"C{nth}", nth + 1, one) for nth, one in enumerate(PRICES[currency])]
    kit, alone = price_line(price, units, kit_rate), price_line(PRICES[currency][0], 3, other)

    asked, booked = totals([kit, alone]), totals([*explode(kit, parts), alone])

    assert booked == asked
    assert Money(booked.total, currency).major() == Money(asked.total, currency).major()
    assert booked.total <= LARGEST_TOTAL


@pytest.mark.parametrize(
    ("parts", "amounts", "taxes"),
    [
        ([Component("MUG", 2, 1000), Component("TEA", 1, 500)], [2399, 600], [400, 100]),
        ([Component("MUG", 2, 0), Component("TEA", 1, 0)], [1999, 1000], [333, 167]),
        ([Component("MUG", 1, 900), Component("GIFT", 4, 0)], [2999, 0], [500, 0]),
    ],
)
def test_own_prices_weigh_and_units_where_all_are_free(
    parts: list[Component], amounts: list[int], taxes: list[int]
) -> None:
    kit = price_line(2999, 1, Rate(200_000, inclusive=True))

    lines = explode(kit, parts)

    assert [line.amount for line in lines] == amounts
    assert [line.tax for line in lines] == taxes
