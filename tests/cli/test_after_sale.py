"""`orderwright claims` and `appeasements`: filed, answered, given within a limit, and told in JSON."""

import json
from typing import Any

import httpx2
import psycopg
import pytest
from uuid_utils.compat import uuid7

from tests.cli.conftest import Run, Served

NOBODY = "0199a7b2-0000-7000-8000-000000000000"
HOME = {"name": "Ann", "line1": "1 High St", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
ORDER = {
    "channel": "web", "customer": {"name": "Ann", "email": "ann@customer.example"}, "ship_to": HOME,
    "lines": [{"sku": "MUG", "quantity": 1}], "payment": {"method": "card", "source": "pm_card_visa"},
}  # fmt: skip


def placed(served: Served) -> dict[str, Any]:
    """An order that nobody drives. Any: JSON."""
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    answer = httpx2.post(f"{served.url}/v1/orders", json=ORDER, headers=headers, timeout=20)
    return dict(answer.raise_for_status().json())


@pytest.fixture
def case(served: Served, module_database_url: str) -> str:
    """Of a parcel that DHL has lost. Its rows alone: no worker drives this shop."""
    order = placed(served)["id"]
    part, parcel, made = uuid7(), uuid7(), uuid7()
    with psycopg.connect(module_database_url.replace("+psycopg", "")) as record:
        record.execute(
            "INSERT INTO fulfillment_orders (id, order_id, number, location, state, amount, tax, shipped_at)"
            " VALUES (%s, %s, 1, 'LON', 'closed', 1750, 0, now())",
            (part, order),
        )
        record.execute(
            "INSERT INTO shipments (id, order_id, fulfillment_id, state, carrier, grams, length_mm, width_mm,"
            " height_mm) VALUES (%s, %s, %s, 'lost', 'DHL', 300, 1, 1, 1)",
            (parcel, order, part),
        )
        record.execute(
            "INSERT INTO delivery_cases (id, order_id, fulfillment_id, shipment_id, kind, origin, deadline,"
            " opened_by, ways)"
            " VALUES (%s, %s, %s, %s, 'lost', 'carrier', now() + interval '1 day', 'carrier', '{reship}')",
            (made, order, part, parcel),
        )
    return str(made)


def told(run: Run, *arguments: object) -> Any:  # Any: JSON
    """What the command says for scripts."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_claim_is_filed_once_and_answered(at_shop: Run, case: str) -> None:
    filed = told(at_shop, "claims", "file", case, 1750)
    again = at_shop("claims", "file", case, 1750)
    accepted = told(at_shop, "claims", "accept", filed["id"], "--amount", 1500, "--reference", "C-4711")
    paid = at_shop("claims", "paid", filed["id"])
    late = at_shop("claims", "reject", filed["id"])

    assert (filed["state"], filed["carrier"], filed["amount"]) == ("filed", "DHL", 1750)
    assert again.exit_code == 1
    assert (accepted["state"], accepted["amount"], accepted["reference"]) == ("accepted", 1500, "C-4711")
    assert paid.stdout.startswith("DHL: 1500 GBP paid")
    assert late.exit_code == 1


def test_a_claim_that_is_not_there_is_told(at_shop: Run) -> None:
    answers = [
        at_shop("claims", "file", NOBODY, 100), at_shop("claims", "accept", NOBODY),
        at_shop("claims", "reject", NOBODY), at_shop("claims", "paid", NOBODY),
    ]  # fmt: skip

    assert [one.exit_code for one in answers] == [4, 4, 4, 4]


def test_a_limit_is_the_admins_and_holds_for_everybody_without_one(
    at_shop: Run, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = at_shop("appeasements", "limit", "GBP", 5000)
    monkeypatch.setenv("ORDERWRIGHT_KEY", served.keys["admin"])

    made = told(at_shop, "appeasements", "limit", "gbp", 5000)
    listed = told(at_shop, "appeasements", "limits")

    assert forbidden.exit_code == 5
    assert (made["agent"], made["currency"], made["per_day"]) == ("", "GBP", 5000)
    assert [(one["agent"], one["per_day"]) for one in listed["data"] if one["currency"] == "GBP"] == [
        ("", 5000)
    ]
    assert "everybody" in at_shop("appeasements", "limits").stdout


def test_nothing_is_given_of_what_was_not_paid(at_shop: Run, served: Served) -> None:
    order = placed(served)["number"]

    answer = at_shop("appeasements", "give", order, 100, "--reason", "late")

    assert answer.exit_code == 1
    assert at_shop("appeasements", "give", order, 0, "--reason", "late").exit_code == 2
