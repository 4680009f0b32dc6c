"""However an amount is given back bit by bit, net and tax of every rate come out to the minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.documents.crediting import likeliest_rate, portion, rest
from orderwright.domain.documents.papers import RateSum, TaxCategory, by_rate
from orderwright.domain.money import Money, decimals
from orderwright.domain.pricing import Rate, price_line

RATES = [0, 50_000, 70_000, 88_750, 190_000, 200_000]
PRICES = {"JPY": 1_999, "EUR": 1_999, "KWD": 12_345}


def billed(price: int, units: list[int], rates: list[int], *, inclusive: bool) -> list[RateSum]:
    """As lines of an order are priced."""
    lines = [
        price_line(price + n, count, Rate(ppm, inclusive))
        for n, (count, ppm) in enumerate(zip(units, rates, strict=True))
    ]
    return list(
        by_rate(
            RateSum(
                line.rate.ppm,
                TaxCategory.STANDARD if line.rate.ppm else TaxCategory.ZERO,
                line.total - line.tax,
                line.tax,
            )
            for line in lines
        )
    )


@st.composite
def bills(draw: st.DrawFn) -> tuple[str, list[RateSum]]:
    """What was billed in one of three currencies, at up to four rates."""
    currency = draw(st.sampled_from(sorted(PRICES)))
    units = draw(st.lists(st.integers(1, 20), min_size=1, max_size=4))
    rates = [draw(st.sampled_from(RATES)) for _ in units]
    price = draw(st.integers(0, PRICES[currency]))
    return currency, billed(price, units, rates, inclusive=draw(st.booleans()))


@given(bills(), st.data())
def test_refunds_of_any_size_credit_exactly_what_was_billed(
    bill: tuple[str, list[RateSum]], data: st.DataObject
) -> None:
    currency, sums = bill
    left, credited = sum(one.total for one in sums), list[RateSum]()

    while left:
        amount = data.draw(st.integers(1, left)) if len(credited) < 12 else left
        bit = portion(amount, rest(sums, credited))
        assert sum(one.total for one in bit) == amount
        assert all(one.net >= 0 and one.tax >= 0 for one in bit)
        credited += bit
        left -= amount
        assert all(one.net >= 0 and one.tax >= 0 for one in rest(sums, credited))

    assert [one for one in by_rate(credited) if one.total] == [one for one in sums if one.total]
    assert Money(sum(one.total for one in credited), currency).major() == sum(
        Money(one.total, currency).major() for one in sums
    )
    assert decimals(currency) in (0, 2, 3)


@given(bills(), st.integers(1, 10_000))
def test_more_than_was_billed_is_untaxed_beyond_it(bill: tuple[str, list[RateSum]], more: int) -> None:
    _, sums = bill
    total = sum(one.total for one in sums)

    found = portion(total + more, sums)

    assert sum(one.total for one in found) == total + more
    assert sum(one.tax for one in found) == sum(one.tax for one in sums)


@pytest.mark.parametrize(
    ("amount", "net", "tax"),
    [(1, 1, 0), (100, 83, 17), (5_999, 4_999, 1_000), (6_000, 5_000, 1_000)],
)
def test_a_part_of_what_was_billed_at_one_rate(amount: int, net: int, tax: int) -> None:
    (found,) = portion(amount, [RateSum(200_000, TaxCategory.STANDARD, 5_000, 1_000)])

    assert (found.net, found.tax) == (net, tax)


def test_two_rates_share_by_what_the_customer_paid_at_each() -> None:
    sums = [
        RateSum(190_000, TaxCategory.STANDARD, 10_000, 1_900),
        RateSum(70_000, TaxCategory.STANDARD, 5_000, 350),
    ]

    found = portion(1_000, sums)

    assert [(one.rate_ppm, one.net, one.tax) for one in found] == [(190_000, 580, 110), (70_000, 290, 20)]


def test_the_rate_of_a_tax_is_the_one_that_gives_it() -> None:
    sums = [RateSum(190_000, TaxCategory.STANDARD, 1, 0), RateSum(70_000, TaxCategory.STANDARD, 1, 0)]

    assert likeliest_rate(500, 35, sums) == (70_000, TaxCategory.STANDARD)
    assert likeliest_rate(500, 94, sums) == (190_000, TaxCategory.STANDARD)
    assert likeliest_rate(500, 0, sums) == (0, TaxCategory.ZERO)
