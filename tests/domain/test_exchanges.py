"""Of any exchange nothing is lost: what the return is worth is paid, given back, or held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.returns.exchanges import Bargain, bargain, divide

AMOUNT = st.integers(0, 10**12)


@given(AMOUNT, AMOUNT, st.booleans())
def test_an_exchange_balances(worth: int, price: int, ship_first: bool) -> None:
    made = bargain(worth, price, ship_first=ship_first)

    assert made.worth + made.owed == made.price + made.back
    assert 0 in (made.owed, made.back)
    assert min(made.owed, made.back, made.credit) >= 0
    assert made.security == (made.credit if ship_first else 0)


@pytest.mark.parametrize(
    ("worth", "price", "owed", "back"), [(1000, 1000, 0, 0), (1000, 1300, 300, 0), (1000, 700, 0, 300)]
)
def test_even_dearer_and_cheaper(worth: int, price: int, owed: int, back: int) -> None:
    assert bargain(worth, price, ship_first=False) == Bargain(worth, price, min(worth, price), owed, back, 0)


def test_amounts_are_not_below_zero() -> None:
    with pytest.raises(ValueError, match="below zero"):
        bargain(-1, 5, ship_first=True)


@given(st.lists(AMOUNT, max_size=6), AMOUNT)
def test_what_is_missing_is_taken_from_the_last_parts_and_never_more_than_they_have(
    shares: list[int], short: int
) -> None:
    taken = divide(shares, short)

    assert sum(taken) == min(short, sum(shares))
    assert all(0 <= part <= share for part, share in zip(taken, shares, strict=True))
    untouched = [nth for nth, (part, share) in enumerate(zip(taken, shares, strict=True)) if part < share]
    assert all(taken[nth] == 0 for nth in untouched[:-1])
