"""Money is exact: nothing is lost in a split, nothing is rounded by accident."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.failures import CurrencyMismatch, InvalidAmount
from orderwright.domain.money import Money, decimals, rated, share

amounts = st.integers(-(10**15), 10**15)
currencies = st.sampled_from(["EUR", "JPY", "KWD"])


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_the_parts_of_a_split_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    parts = share(amount, weights)

    assert sum(parts) == amount
    assert len(parts) == len(weights)


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_no_part_is_a_whole_unit_away_from_its_exact_share(amount: int, weights: list[int]) -> None:
    total = sum(weights)

    parts = share(amount, weights)

    if total:
        assert all(abs(part * total - amount * w) < total for part, w in zip(parts, weights, strict=True))
        assert all(part == 0 for part, w in zip(parts, weights, strict=True) if w == 0)


@given(amounts, currencies)
def test_major_units_and_back_is_the_same_amount(amount: int, currency: str) -> None:
    assert Money.of(Money(amount, currency).major(), currency) == Money(amount, currency)


def test_currencies_have_zero_two_or_three_decimals() -> None:
    assert (decimals("JPY"), decimals("EUR"), decimals("KWD")) == (0, 2, 3)
    assert [str(Money(1234, code)) for code in ("JPY", "EUR", "KWD")] == [
        "1234 JPY",
        "12.34 EUR",
        "1.234 KWD",
    ]


def test_more_digits_than_the_currency_has_are_refused() -> None:
    with pytest.raises(InvalidAmount):
        Money.of("12.345", "EUR")
    with pytest.raises(InvalidAmount):
        Money.of("1.5", "JPY")


@pytest.mark.parametrize("wrong", [1.5, True, Decimal(1)])
def test_an_amount_is_an_integer_of_minor_units(wrong: object) -> None:
    with pytest.raises(InvalidAmount):
        Money(wrong, "EUR")  # type: ignore[arg-type]  # the mistake that is tested


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize(
    ("amount", "ppm", "tax"), [(250, 200_000, 50), (2, 250_000, 1), (1, 499_999, 0), (0, 1, 0)]
)
def test_a_rate_rounds_half_up(amount: int, ppm: int, tax: int) -> None:
    assert rated(amount, ppm) == tax
