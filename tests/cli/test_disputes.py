"""`orderwright disputes` against the running API."""

import json
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text

from tests.cli.conftest import Run
from tests.cli.test_orders import taken

PAYMENT = """
    INSERT INTO payments (id, order_id, method, state, amount, currency, captured, reference)
    SELECT :payment, id, 'card', 'captured', 2500, 'GBP', 2500, :reference
      FROM orders WHERE number = :order"""
DISPUTE = """
    INSERT INTO disputes (id, order_id, payment_id, reference, amount, currency, reason, evidence_due)
    SELECT CAST(:dispute AS uuid), order_id, id, CAST(:dispute AS text), 2500, 'GBP', 'fraudulent',
           now() + interval '9 days'
      FROM payments WHERE id = :payment"""


def disputed(at_shop: Run, url: str) -> str:
    """A dispute's id, of an order of its own."""
    values = {"payment": uuid4(), "dispute": uuid4(), "reference": f"pi_{uuid4()}", "order": taken(at_shop)}
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(PAYMENT), values)
        connection.execute(text(DISPUTE), {**values, "dispute": str(values["dispute"])})
    engine.dispose()
    return str(values["dispute"])


def test_a_dispute_is_listed_defended_with_a_file_and_shown(
    at_shop: Run, module_database_url: str, tmp_path: Path
) -> None:
    dispute = disputed(at_shop, module_database_url)
    (tmp_path / "signed.pdf").write_bytes(b"%PDF-1.7 signed")

    listed = at_shop("disputes", "list", "--state", "open", "--json")
    file = f"delivery={tmp_path / 'signed.pdf'}"
    said = at_shop("disputes", "defend", dispute, "--text", "Signed for.", "--file", file)
    again = at_shop("disputes", "defend", dispute, "--text", "Again.")
    shown = at_shop("disputes", "show", dispute, "--json")

    assert dispute in [one["id"] for one in json.loads(listed.stdout)["data"]]
    assert (said.exit_code, "signed.pdf" in said.stdout, again.exit_code) == (0, True, 1)
    [answer] = json.loads(shown.stdout)["answers"]
    assert (answer["kind"], answer["said"], answer["files"][0]["size"]) == ("defend", "Signed for.", 15)


def test_a_dispute_is_accepted_and_a_file_that_is_not_there_is_told(
    at_shop: Run, module_database_url: str
) -> None:
    dispute = disputed(at_shop, module_database_url)

    missing = at_shop("disputes", "defend", dispute, "--file", "delivery=/nowhere.pdf")
    accepted = at_shop("disputes", "accept", dispute, "--note", "cheaper")

    assert (missing.exit_code, accepted.exit_code) == (2, 0)
    assert "accept" in accepted.stdout
