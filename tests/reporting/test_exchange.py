"""What the books say where values of other currencies are not what they must be."""

import pytest

from tests.reporting.conftest import NUMBER, Record
from tests.reporting.valuations import VALUED


async def test_values_that_are_right_are_proven(record: Record) -> None:
    await record.spoil(*VALUED)

    assert (await record.check()).faults == []


@pytest.mark.parametrize(
    ("spoiled", "subject", "reason"),
    [
        (
            "DELETE FROM ledger_valuations WHERE transaction_id IN "
            "(SELECT id FROM ledger_transactions WHERE source = 'fee/1')",
            NUMBER,
            "fee/1 of EUR is not valued: no rate is known, or nobody has valued it yet",
        ),
        (
            "UPDATE ledger_values SET amount = -99 WHERE account = 'clearing'",
            NUMBER,
            "fee/1: values of -99, booked -100 EUR on clearing",
        ),
        (
            "UPDATE ledger_values SET base = -84 WHERE account = 'clearing'",
            "fee/1",
            "its values sum to 1",
        ),
        (
            "UPDATE exchange_positions SET amount = 0 WHERE account = 'clearing'",
            "clearing in EUR",
            "nothing is left, and it is worth -85",
        ),
        (
            "UPDATE exchange_positions SET base = -80 WHERE account = 'clearing'",
            "clearing in EUR",
            "says -100 worth -80, its values -100 worth -85",
        ),
    ],
)
async def test_what_is_spoiled_is_found(record: Record, spoiled: str, subject: str, reason: str) -> None:
    await record.spoil(*VALUED, spoiled)

    assert (subject, reason) in [(one.subject, one.reason) for one in (await record.check()).faults]
