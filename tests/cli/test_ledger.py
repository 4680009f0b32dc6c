"""`orderwright books …`: trial balances, proofs, corrections, differences, settlement files, margins."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.payments import Account
from orderwright.persistence.database import Database
from orderwright.persistence.money import ledger
from tests.cli.conftest import Run

ELSEWHERE = {"amount": 4200, "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}


def on(url: str, work: Callable[[AsyncSession], Awaitable[object]]) -> None:
    """One transaction on the record."""

    async def run() -> None:
        db = Database(url, pool=1)
        async with db.transaction() as session:
            await work(session)
        await db.close()

    asyncio.run(run())


@pytest.fixture
def booked(database_url: str) -> str:
    """A record with one fee of 0.30."""
    on(
        database_url,
        lambda session: ledger.book(
            session, "fee", {Account.PAYMENT_FEES: 30, Account.CLEARING: -30}, currency="EUR",
            source="fee/txn_1", order_id=None,
        ),
    )  # fmt: skip
    return database_url


def test_the_trial_balance_of_now_and_of_a_past_moment(on_record: Run, booked: str) -> None:
    now = on_record("books", "trial")
    then = json.loads(on_record("books", "trial", "--at", "2026-01-01T00:00Z", "--json").stdout)
    wrong = on_record("books", "trial", "--at", "yesterday")

    assert (now.exit_code, wrong.exit_code) == (0, 2)
    assert "payment_fees  0.30 EUR" in now.stdout
    assert "zero in every currency" in now.stdout
    assert then == {"at": "2026-01-01T00:00:00+00:00", "balances": [], "off": {}}


def test_a_booking_is_taken_back_once(on_record: Run, booked: str) -> None:
    words = ("books", "reverse", "fee/txn_1", "--why", "waived", "--by", "ann")

    first, second = on_record(*words), on_record(*words)
    unknown = on_record("books", "reverse", "fee/404", "--why", "waived", "--by", "ann")

    assert (first.exit_code, first.stdout) == (0, "fee/txn_1 is reversed by reversal/fee/txn_1\n")
    assert (second.exit_code, unknown.exit_code) == (1, 4)
    assert json.loads(on_record("books", "trial", "--json").stdout)["balances"] == [
        {"account": "clearing", "currency": "EUR", "amount": 0},
        {"account": "payment_fees", "currency": "EUR", "amount": 0},
    ]


def test_an_order_is_proven_or_not_there(on_record: Run, database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as record:
        record.execute(text("INSERT INTO customers (id, name) VALUES (gen_random_uuid(), 'Ada')"))
        record.execute(
            text(
                "INSERT INTO orders (id, number, channel, state, customer_id, ship_to, currency, subtotal, "
                "shipping, tax, tax_added, total, payment_method) SELECT gen_random_uuid(), 'ORD-1', 'web', "
                "'submitted', id, '{}', 'EUR', 0, 500, 0, 0, 500, 'card' FROM customers"
            )
        )

    shown = on_record("books", "prove", "ord-1")
    found = json.loads(on_record("books", "prove", "ORD-1", "--json").stdout)
    missing = on_record("books", "prove", "ORD-404")

    assert shown.exit_code == 1
    reason = "ordered for 5.00 EUR and nothing canceled, its parts come to 0.00 EUR only"
    assert f"not proven: {reason}" in shown.stdout
    assert (found["proven"], found["reasons"], found["figures"]["ordered"]) == (False, [reason], 500)
    assert missing.exit_code == 4


def test_the_provider_is_compared_and_what_differs_is_listed(
    on_record: Run, sim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_STRIPE_API_BASE", f"{sim}/stripe")
    url, headers = f"{sim}/stripe/v1/payment_intents", {"Authorization": "Bearer sk"}
    made = httpx2.post(url, data=ELSEWHERE, headers=headers, timeout=5).json()

    none = on_record("books", "differences")
    done = on_record("books", "reconcile", "--minutes", "0")
    listed = on_record("books", "differences")
    found = json.loads(on_record("books", "differences", "--json").stdout)["differences"]

    assert (none.exit_code, done.exit_code, listed.exit_code) == (0, 0, 1)
    assert "1 payments, 0 refunds" in done.stdout
    assert "1 new differences, 0 gone, 1 open; 1 fees and payouts booked, 0 given back" in done.stdout
    assert made["id"] in listed.stdout
    assert [(one["reference"], one["kind"], one["theirs"]) for one in found] == [
        (made["id"], "money_without_order", 4200)
    ]


def test_a_provider_that_is_away_is_not_reachable(on_record: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERWRIGHT_STRIPE_API_BASE", "http://127.0.0.1:1")

    gone = on_record("books", "reconcile")

    assert gone.exit_code == 3
    assert "the provider does not answer as expected" in gone.stderr


def test_a_gateway_without_lists_is_not_compared_with_anothers(
    on_record: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_CARD_GATEWAY", "adyen")

    refused = on_record("books", "reconcile")

    assert refused.exit_code == 1
    assert "gives no lists to compare with" in refused.stderr


def test_a_settlement_file_is_read_and_its_strangers_are_named(on_record: Run, tmp_path: Path) -> None:
    file = tmp_path / "payout.csv"
    file.write_text(
        "automatic_payout_id,balance_transaction_id,currency,gross,fee,net,reporting_category,source_id,"
        "payment_intent_id\npo_1,txn_1,eur,42.00,1.52,40.48,charge,ch_1,pi_1\n"
    )
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")

    first, second, refused = [on_record("books", "settle", one) for one in (file, file, other)]

    assert (first.exit_code, second.exit_code, refused.exit_code) == (1, 1, 1)
    assert "txn_1      we know no payment pi_1" in first.stdout
    assert "1 lines, 0 matched, 2 fees and payouts booked" in first.stdout
    assert "1 lines, 0 matched, 0 fees and payouts booked" in second.stdout
    assert "it lacks automatic_payout_id" in refused.stderr


def test_margins_of_nothing(on_record: Run) -> None:
    found = on_record("books", "margin", "--by", "product", "--from", "2026-11-01", "--json")

    assert json.loads(found.stdout) == {"by": "product", "margins": []}


def test_money_without_an_order_is_decided_over_the_api(at_shop: Run, module_database_url: str) -> None:
    ids = {}
    with create_engine(module_database_url, poolclass=NullPool).begin() as on_it:
        for name in ("pi_kept", "pi_back"):
            ids[name] = on_it.scalar(
                text(
                    "INSERT INTO payment_differences (id, provider, key, kind, reference, words, theirs, "
                    "currency) VALUES (gen_random_uuid(), 'stripe', :name, 'money_without_order', :name, "
                    "'taken', 4200, 'EUR') RETURNING id"
                ),
                {"name": name},
            )

    kept = at_shop("books", "adopt", ids["pi_kept"], "--note", "paid by phone")
    again = at_shop("books", "give-back", ids["pi_kept"])
    back = at_shop("books", "give-back", ids["pi_back"])

    assert (kept.exit_code, kept.stdout) == (0, "pi_kept: 42.00 EUR, adopt by local operations\n")
    assert (again.exit_code, back.exit_code) == (1, 0)
    assert back.stdout == "pi_back: 42.00 EUR, refund by local operations\n"
