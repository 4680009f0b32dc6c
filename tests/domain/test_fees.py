"""Fees by rule: each counts what it says, and only where it applies."""

import pytest

from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.fees import FeeKind, FeeRule, Load, fees

LOAD = Load(goods=1500, shipping=500, hazardous=3, method=PaymentMethod.MANUAL, units=7)


@pytest.mark.parametrize(
    ("rule", "amount"),
    [
        (FeeRule("a", "A", FeeKind.SMALL_ORDER, amount=300, below=1501), 300),
        (FeeRule("a", "A", FeeKind.SMALL_ORDER, amount=300, below=1500), 0),
        (FeeRule("a", "A", FeeKind.SMALL_ORDER, ppm=100_000, below=9999), 150),
        (FeeRule("a", "A", FeeKind.FUEL, ppm=125_000), 63),  # 62.5, half up
        (FeeRule("a", "A", FeeKind.HAZMAT, amount=700), 700),
        (FeeRule("a", "A", FeeKind.HAZMAT, amount=700, per_unit=True), 2100),
        (FeeRule("a", "A", FeeKind.PAYMENT_METHOD, ppm=20_000, amount=25, method=PaymentMethod.MANUAL), 65),
        (FeeRule("a", "A", FeeKind.PAYMENT_METHOD, ppm=20_000, method=PaymentMethod.CARD), 0),
        (FeeRule("a", "A", FeeKind.CONTRACT_PENALTY, amount=500, below=1501), 500),
        (FeeRule("a", "A", FeeKind.CONTRACT_PENALTY, amount=500, below=1500), 0),
        (FeeRule("a", "A", FeeKind.CONTRACT_PENALTY, ppm=50_000, below_units=8), 75),
        (FeeRule("a", "A", FeeKind.CONTRACT_PENALTY, ppm=50_000, below_units=7), 0),
        (FeeRule("a", "A", FeeKind.CONTRACT_PENALTY, amount=5, below=1500, below_units=8), 5),
    ],
)
def test_a_fee_counts_what_it_says(rule: FeeRule, amount: int) -> None:
    assert [fee.amount for fee in fees([rule], LOAD)] == ([amount] if amount else [])


def test_fees_come_by_code_and_an_order_of_nothing_bears_none() -> None:
    rules = [FeeRule(code, code, FeeKind.HAZMAT, amount=1) for code in "ba"]

    assert [fee.rule.code for fee in fees(rules, LOAD)] == ["a", "b"]
    assert fees(rules, Load(0, 0, 1, PaymentMethod.CARD)) == []
