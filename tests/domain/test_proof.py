"""An order's proof: what agrees is proven, and what does not is said in words."""

from dataclasses import replace

import pytest

from orderwright.domain.books.proof import Figures, prove

WHOLE = Figures(
    number="ORD-1", currency="GBP", settled=True, ordered=3000, lines=2500, charges=500, canceled=0,
    without_part=0, shipped=3000, open=0, late=0, charged=3000, charged_parts=3000, booked_charged=3000,
    refunded=1000, refunds=1000, booked_refunded=1000, promised=0, receivable=0, on_account=0,
)  # fmt: skip
OPEN = replace(
    WHOLE, settled=False, shipped=0, open=3000, charged=0, charged_parts=0, booked_charged=0, refunded=0,
    refunds=0, booked_refunded=0,
)  # fmt: skip
CANCELED = replace(OPEN, settled=True, open=0, canceled=2)


@pytest.mark.parametrize("figures", [WHOLE, OPEN, CANCELED, replace(OPEN, open=0, without_part=2)])
def test_figures_that_agree_are_proven(figures: Figures) -> None:
    proof = prove(figures)

    assert (proof.proven, list(proof.reasons)) == (True, [])


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (replace(WHOLE, lines=2499),
         "ordered for 30.00 GBP, its lines, shipping and fees come to 29.99 GBP"),
        (replace(OPEN, open=3001), "ordered for 30.00 GBP, its parts come to 30.01 GBP"),
        (replace(OPEN, open=2999),
         "ordered for 30.00 GBP and nothing canceled, its parts come to 29.99 GBP only"),
        (replace(OPEN, settled=True), "the order is settled, and 30.00 GBP is still to be shipped"),
        (replace(WHOLE, charged_parts=2999), "payments charged 30.00 GBP, the parts say 29.99 GBP"),
        (replace(WHOLE, booked_charged=0), "payments charged 30.00 GBP, the ledger booked 0.00 GBP"),
        (replace(WHOLE, charged=3001, charged_parts=3001, booked_charged=3001),
         "charged 30.01 GBP for goods of 30.00 GBP that have left"),
        (replace(WHOLE, charged=2999, charged_parts=2999, booked_charged=2999),
         "shipped for 30.00 GBP, charged 29.99 GBP: 0.01 GBP is owed"),
        (replace(OPEN, open=0, shipped=3000, late=3000), "shipped some time ago and not charged: 30.00 GBP"),
        (replace(WHOLE, refunds=999), "payments gave back 10.00 GBP, the refunds say 9.99 GBP"),
        (replace(WHOLE, booked_refunded=0), "payments gave back 10.00 GBP, the ledger booked 0.00 GBP"),
        (replace(WHOLE, promised=2001), "charged 30.00 GBP, given back or promised 30.01 GBP"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_said(figures: Figures, reason: str) -> None:
    assert list(prove(figures).reasons) == [reason]


def test_what_has_just_left_is_owed_and_no_fault() -> None:
    proof = prove(replace(OPEN, open=0, shipped=3000))

    assert (proof.proven, proof.figures.owed) == (True, 3000)
