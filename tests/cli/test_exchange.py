"""`orderwright money rates …`, `books exchange` and `books value`."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from orderwright.domain.books.exchange import NewRate
from orderwright.domain.payments import Account
from orderwright.persistence.money import ledger, rates
from tests.cli.conftest import Run
from tests.cli.test_ledger import on

DAILY = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
 <gesmes:subject>Reference rates</gesmes:subject>
 <Cube><Cube time='2024-06-28'><Cube currency='USD' rate='1.0705'/><Cube currency='GBP' rate='0.84638'/>
 </Cube></Cube>
</gesmes:Envelope>
"""


def test_rates_are_set_read_from_the_ecbs_file_and_listed(at_shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "eurofxref-daily.xml"
    file.write_text(DAILY)

    made = at_shop("money", "rates", "set", "kwd", "gbp", "2.55", "--from", "2026-01-01")
    read = [at_shop("money", "rates", "import", file) for _ in range(2)]
    listed = json.loads(at_shop("money", "rates", "list", "--base", "EUR", "--json").stdout)["data"]
    table = at_shop("money", "rates", "list", "--at", "2024-06-28T15:00Z")

    assert "1 KWD is 2.55 GBP from" in made.stdout
    assert [one.stdout.strip() for one in read] == [
        "2 rates read, 2 recorded; the others were known",
        "2 rates read, 0 recorded; the others were known",
    ]
    assert [(one["quote"], one["rate"], one["valid_from"], one["source"]) for one in listed] == [
        ("USD", "1.0705", "2024-06-28T15:00:00Z", "ecb"), ("GBP", "0.84638", "2024-06-28T15:00:00Z", "ecb")
    ]  # fmt: skip
    assert "0.84638" in table.stdout
    assert "2.55" not in table.stdout


def test_a_file_of_something_else_is_refused(at_shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Order,Total\n1,2\n")

    answer = at_shop("money", "rates", "import", file)

    assert answer.exit_code == 1
    assert "neither the ECB's XML nor its CSV" in answer.stderr


def test_bookings_wait_for_a_rate_and_are_then_in_the_report(
    on_record: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = on_record("books", "exchange")
    monkeypatch.setenv("ORDERWRIGHT_BASE_CURRENCY", "GBP")
    on(
        database_url,
        lambda session: ledger.book(
            session, "fee", {Account.PAYMENT_FEES: 30, Account.CLEARING: -30}, currency="EUR",
            source="fee/txn_1", order_id=None,
        ),
    )  # fmt: skip

    waiting, report = on_record("books", "value"), on_record("books", "exchange")
    new = [NewRate("EUR", "GBP", datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.85"))]
    on(database_url, lambda session: rates.record(session, new, source="test", by="ann"))
    done, then = on_record("books", "value"), on_record("books", "exchange")
    exact = json.loads(on_record("books", "exchange", "--json").stdout)

    assert unset.exit_code == 1
    assert "set ORDERWRIGHT_BASE_CURRENCY" in unset.stderr
    assert waiting.exit_code == 1
    assert "0 bookings valued; 1 wait for a rate of EUR" in waiting.stdout
    assert "1 bookings are not valued yet" in report.stdout
    assert (done.exit_code, done.stdout.strip()) == (0, "1 bookings valued")
    assert "payment_fees  0.26 GBP" in then.stdout
    assert "realized 0.00 GBP, unrealized 0.00 GBP" in then.stdout
    assert exact["trial"] == [["clearing", -26], ["payment_fees", 26]]
    assert exact["positions"][0]["unrealized"] == 0
