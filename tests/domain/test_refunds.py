"""Whatever is given back in whatever order, the pieces of a line sum to what was paid for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.failures import Conflict
from orderwright.domain.money import Money
from orderwright.domain.payments import RefundKind
from orderwright.domain.refunds import (
    Piece,
    across,
    from_payments,
    of_amount,
    of_everything,
    of_units,
    with_tax,
    within_tax,
)
from orderwright.domain.shares import drain, spread

currencies = st.sampled_from(["JPY", "EUR", "KWD"])


def line(units: int, amount: int, tax: int = 0) -> Piece:
    return Piece(RefundKind.LINE, amount, tax, units, "1")


def rest(left: Piece, given_back: Piece) -> Piece:
    return line(left.units - given_back.units, left.amount - given_back.amount, left.tax - given_back.tax)


@given(currencies, st.integers(1, 10**9), st.integers(0, 10**9), st.lists(st.integers(1, 9), min_size=1))
def test_any_partial_refunds_of_a_line_sum_to_what_was_paid_for_it(
    currency: str, amount: int, tax: int, steps: list[int]
) -> None:
    units = sum(steps)
    left = line(units, amount + units, min(tax, amount))
    paid, back = Money(left.amount, currency), Money.zero(currency)
    tax_paid, tax_back = left.tax, 0

    for step in steps:
        piece = of_units(left, step)
        assert 0 <= piece.tax <= piece.amount
        back, tax_back = back + Money(piece.amount, currency), tax_back + piece.tax
        left = rest(left, piece)

    assert (back, tax_back, left.units) == (paid, tax_paid, 0)


@given(st.integers(50, 10**9), st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=8))
def test_units_and_amounts_mixed_sum_too(amount: int, steps: list[tuple[bool, int]]) -> None:
    left = line(50, amount, amount // 5)
    back = 0

    for by_units, size in steps:
        try:
            piece = of_units(left, size) if by_units else of_amount(left, size)
        except Conflict:  # not so much is left
            continue
        back += piece.amount
        left = rest(left, piece)
    if left.amount:
        back += of_amount(left, left.amount).amount

    assert back == amount


def test_a_third_of_a_cent_goes_to_nobody_twice() -> None:
    left = line(3, 100)

    given_back = []
    for _ in range(3):
        piece = of_units(left, 1)
        given_back.append(piece.amount)
        left = rest(left, piece)

    assert given_back == [33, 34, 33]


@pytest.mark.parametrize(("units", "left"), [(3, line(2, 100)), (1, line(3, 1)), (1, line(2, 0))])
def test_units_that_are_not_left_or_worth_nothing_are_refused(units: int, left: Piece) -> None:
    with pytest.raises(Conflict):
        of_units(left, units)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.data())
def test_everything_is_exactly_what_is_left_in_all(amounts: list[int], data: st.DataObject) -> None:
    left = [line(2, amount, amount // 6) for amount in amounts]
    available = data.draw(st.integers(0, sum(amounts)))

    pieces = of_everything(left, available) if available else []

    assert sum(piece.amount for piece in pieces) == available
    if available == sum(amounts):
        assert sum(piece.tax for piece in pieces) == sum(piece.tax for piece in left)


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1), st.data())
def test_all_of_the_tax_goes_back_with_all_of_the_money(
    parts: list[tuple[int, int]], data: st.DataObject
) -> None:
    pieces = [line(1, amount, min(tax, amount)) for amount, tax in parts]
    tax = data.draw(st.integers(0, sum(piece.amount for piece in pieces)))

    given_back = with_tax(pieces, tax)

    assert sum(piece.tax for piece in given_back) == tax
    assert [piece.amount for piece in given_back] == [amount for amount, _ in parts]
    assert all(0 <= piece.tax <= piece.amount for piece in given_back)


def test_no_more_tax_goes_back_than_was_charged() -> None:
    kept = within_tax([line(1, 100, 20), line(1, 100, 20)], 25)

    assert [piece.tax for piece in kept] == [20, 5]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6), st.data())
def test_rows_and_columns_of_a_spread_come_out_exactly(columns: list[int], data: st.DataObject) -> None:
    rows: list[int] = []
    while sum(rows) < sum(columns) and len(rows) < 6:
        rows.append(data.draw(st.integers(0, sum(columns) - sum(rows))))
    rows.append(sum(columns) - sum(rows))

    table = spread(rows, columns)

    assert [sum(cells) for cells in table] == rows
    assert [sum(cells) for cells in zip(*table, strict=True)] == columns
    assert all(cell >= 0 for cells in table for cell in cells)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), max_size=6))
def test_purses_are_emptied_one_after_the_other(amount: int, purses: list[int]) -> None:
    taken = drain(amount, purses)

    assert sum(taken) == min(amount, sum(purses))
    touched = [index for index, one in enumerate(taken) if one]
    assert all(taken[index] == purses[index] for index in range(max(touched, default=0)))


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 5)), min_size=1, max_size=5), st.data())
def test_what_several_payments_give_back_is_every_piece_once(
    lines: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Learned from vendure#1753: what the first payment could not give was given by none."""
    pieces = [line(units, amount, amount // 6) for amount, units in lines]
    total = sum(piece.amount for piece in pieces)
    first = data.draw(st.integers(0, total))

    divided = across(pieces, [first, total - first])

    assert [sum(piece.amount for piece in one) for one in divided] == [first, total - first]
    everything = [piece for one in divided for piece in one]
    for name in ("tax", "units"):
        assert sum(getattr(one, name) for one in everything) == sum(getattr(one, name) for one in pieces)
    assert all(0 <= one.tax <= one.amount for one in everything)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**6)), min_size=1, max_size=6), st.data())
def test_no_payment_gives_back_more_than_it_has_and_all_give_the_amount(
    left: list[tuple[int, int]], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(rest for _, rest in left)))

    given_back = from_payments(amount, left)

    assert sum(given_back) == amount
    assert all(0 <= one <= rest for one, (_, rest) in zip(given_back, left, strict=True))


def test_instruments_share_and_payments_of_one_do_not() -> None:
    assert from_payments(1000, [(0, 1000), (1, 500), (1, 2500)]) == [250, 0, 750]
    assert from_payments(3600, [(0, 1000), (1, 500), (1, 2500)]) == [900, 500, 2200]
