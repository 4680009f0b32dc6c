"""An order is found by the number that people write, and rounding is forgiven."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.payments import TransferState
from orderwright.domain.transfers import matched, number_in, tolerance


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("ORD-10001", "ORD-10001"),
        ("Invoice for ord 10001, thanks", "ORD-10001"),
        ("ORD10001/ORD-10001", "ORD-10001"),
        ("ORD-010001", "ORD-10001"),
        ("RECORD 10001", None),
        ("ORD-10001 and ORD-10002", None),
        ("10001", None),
        ("", None),
    ],
)
def test_the_number_in_a_reference(reference: str, number: str | None) -> None:
    assert number_in(reference) == number


@pytest.mark.parametrize(
    ("owed", "amount", "state", "used", "excess", "missing", "rounding"),
    [
        (3000, 3000, TransferState.MATCHED, 3000, 0, 0, 0),
        (3000, 2996, TransferState.MATCHED, 2996, 0, 0, 4),
        (3000, 2900, TransferState.SHORT, 2900, 0, 100, 0),
        (3000, 3100, TransferState.OVER, 3000, 100, 0, 0),
        (0, 50, TransferState.OVER, 0, 50, 0, 0),
    ],
)
def test_exact_short_and_over(
    owed: int, amount: int, state: TransferState, used: int, excess: int, missing: int, rounding: int
) -> None:
    found = matched(owed, amount, "EUR")

    assert (found.state, found.used, found.excess) == (state, used, excess)
    assert (found.missing, found.rounding) == (missing, rounding)


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.sampled_from(["JPY", "EUR", "KWD"]))
def test_nothing_of_a_transfer_is_lost(owed: int, amount: int, currency: str) -> None:
    found = matched(owed, amount, currency)

    assert found.used + found.excess == amount
    assert found.used + found.missing + found.rounding == owed
    assert found.rounding <= tolerance(currency) == {"JPY": 0, "EUR": 5, "KWD": 50}[currency]
