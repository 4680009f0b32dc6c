"""The ECB's files as they are published, and what is none."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orderwright.adapters.ecb import EcbRates
from orderwright.domain.books.exchange import NewRate
from orderwright.domain.failures import Invalid

THEN = datetime(2026, 11, 12, 15, tzinfo=UTC)
DAILY = "Date, USD, JPY, GBP, \n12 November 2026, 1.0705, 171.94, 0.84638, \n"
HISTORY = "Date,USD,CYP,\n2026-11-12,1.0705,N/A,\n2026-11-11,1.0699,N/A,\n"


def test_the_daily_csv() -> None:
    assert EcbRates().read(DAILY) == [
        NewRate("EUR", "GBP", THEN, Decimal("0.84638")),
        NewRate("EUR", "JPY", THEN, Decimal("171.94")),
        NewRate("EUR", "USD", THEN, Decimal("1.0705")),
    ]


def test_the_history_oldest_first_without_currencies_that_are_no_more() -> None:
    found = EcbRates().read("\ufeff" + HISTORY)

    assert [(one.quote, one.rate, one.valid_from.day) for one in found] == [
        ("USD", Decimal("1.0699"), 11), ("USD", Decimal("1.0705"), 12)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "neither"),
        ("Date,USD\n", "no rate in it"),
        ("Date,USD\nyesterday,1\n", "line 2: USD 1 is no rate of a day"),
        ("Date,USD\n2026-11-12,0\n", "line 2: USD 0 is no rate of a currency"),
        ("Date,USD\n2026-11-12,NaN\n", "is no rate"),
        ("<Envelope>", "no XML"),
        ("<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>", "document type"),
    ],
)
def test_what_is_no_such_file_is_refused(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        EcbRates().read(text)
