"""What bookings in other currencies are worth, and what is won or lost: examples, then any sequence."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.books.exchange import (
    NoExchangeRate,
    Position,
    Rate,
    Value,
    found,
    moved,
    rounded,
    valued,
)
from orderwright.domain.failures import CurrencyMismatch
from orderwright.domain.money import Money
from orderwright.domain.payments import Account

CLEARING, REVENUE, TAX, REFUNDS = Account.CLEARING, Account.REVENUE, Account.TAX, Account.REFUNDS


def eur(value: str) -> Rate:
    return Rate("EUR", "GBP", Fraction(value))


def of(values: Sequence[Value]) -> list[tuple[Account, int, int]]:
    return [(one.account, one.amount, one.base) for one in values]


def test_what_comes_in_is_worth_the_rate_and_nothing_is_won() -> None:
    values = valued({CLEARING: 10_000, REVENUE: -8_333, TAX: -1_667}, eur("0.85"), {})

    assert of(values) == [(CLEARING, 10_000, 8_500), (REVENUE, -8_333, -7_083), (TAX, -1_667, -1_417)]


def test_what_goes_out_has_the_worth_that_it_had_there() -> None:
    held = {CLEARING: Position(10_000, 8_500)}

    values = valued({REFUNDS: 4_000, CLEARING: -4_000}, eur("0.90"), held)

    assert of(values) == [(REFUNDS, 4_000, 3_600), (CLEARING, -4_000, -3_400), (Account.EXCHANGE, 0, -200)]
    assert moved(held, values) == {CLEARING: Position(6_000, 5_100)}


def test_what_goes_beyond_what_is_there_is_worth_the_rate_from_there_on() -> None:
    held = {CLEARING: Position(1_000, 850)}

    values = valued({REFUNDS: 4_000, CLEARING: -4_000}, eur("0.90"), held)

    assert of(values) == [(REFUNDS, 4_000, 3_600), (CLEARING, -4_000, -3_550), (Account.EXCHANGE, 0, -50)]
    assert moved(held, values) == {CLEARING: Position(-3_000, -2_700)}


def test_minor_units_of_currencies_with_other_decimals() -> None:
    assert Rate("JPY", "GBP", Fraction("0.005")).convert(Money(1_000, "JPY")) == Money(500, "GBP")
    assert Rate("KWD", "GBP", Fraction("2.5")).convert(Money(1_000, "KWD")) == Money(250, "GBP")
    assert Rate("GBP", "JPY", Fraction(200)).convert(Money(1, "GBP")) == Money(2, "JPY")
    with pytest.raises(CurrencyMismatch):
        eur("0.85").convert(Money(1, "USD"))


def test_a_rate_is_taken_as_quoted_turned_round_or_through_what_both_are_quoted_against() -> None:
    known = {("EUR", "GBP"): Decimal("0.8"), ("EUR", "JPY"): Decimal(160)}

    assert found(known, "EUR", "GBP").value == Fraction(4, 5)
    assert found(known, "GBP", "EUR").value == Fraction(5, 4)
    assert found(known, "JPY", "GBP").value == Fraction(1, 200)
    assert found({}, "GBP", "GBP").value == 1


@pytest.mark.parametrize("known", [{}, {("EUR", "USD"): Decimal(1)}])
def test_a_rate_that_is_not_known_is_refused_and_never_one(known: Mapping[tuple[str, str], Decimal]) -> None:
    with pytest.raises(NoExchangeRate, match="from KWD to GBP"):
        found(known, "KWD", "GBP")


# --- any sequence

RATES = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=10_000)
STEPS = st.lists(
    st.tuples(st.sampled_from(["capture", "refund", "settle"]), st.integers(1, 10**7), RATES),
    min_size=1, max_size=30,
)  # fmt: skip


def _booking(kind: str, amount: int, left: int) -> dict[Account, int]:
    if kind == "capture":
        tax = amount // 6
        return {one: part for one, part in ((CLEARING, amount), (REVENUE, tax - amount), (TAX, -tax)) if part}
    amount = min(amount, left) or amount
    against = REFUNDS if kind == "refund" else Account.EXCHANGE
    return {against: amount, CLEARING: -amount}


@given(currency=st.sampled_from(["JPY", "EUR", "KWD"]), steps=STEPS, last=RATES)
def test_any_captures_refunds_and_settlements_leave_nothing_in_a_closed_position(
    currency: str, steps: Sequence[tuple[str, int, Fraction]], last: Fraction
) -> None:
    """Every booking sums to zero in the base too, and what was won is what the rates differ by."""
    held: dict[Account, Position] = {}
    differences, by_the_rates = 0, 0
    bookings = list(steps)
    while bookings or held[CLEARING].amount:
        left = held.get(CLEARING, Position()).amount
        if bookings:
            kind, amount, value = bookings.pop(0)
            entries = _booking(kind, amount, max(left, 0))
        else:  # what is left over is settled, whichever side it is on
            value, entries = last, {Account.EXCHANGE: left, CLEARING: -left}
        rate = Rate(currency, "GBP", value)

        values = valued(entries, rate, held)
        held = moved(held, values)

        assert sum(one.base for one in values) == 0
        assert {one.account: one.amount for one in values if one.amount} == entries
        assert all(one.amount or not one.base for one in held.values())
        worth = rounded(entries[CLEARING] * rate.minor)
        booked = sum(one.base for one in values if one.account is Account.EXCHANGE and not one.amount)
        assert booked == worth - sum(one.base for one in values if one.account is CLEARING)
        differences, by_the_rates = differences + booked, by_the_rates + worth
    assert held[CLEARING] == Position(0, 0)
    assert differences == by_the_rates
