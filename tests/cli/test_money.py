"""`orderwright gift-cards`, `credit`, `transfers` and `orders refund` against the running API."""

import json

from sqlalchemy import create_engine, text

from tests.cli.conftest import Run, Served
from tests.cli.test_orders import ADA, taken


def test_a_gift_card_is_issued_checked_and_pays(at_shop: Run) -> None:
    issued = at_shop("gift-cards", "issue", "1000", "GBP", "--reason", "till", "--once", "c1", "--json")
    code = json.loads(issued.stdout)["code"]

    again = at_shop("gift-cards", "issue", "1000", "GBP", "--reason", "till", "--once", "c1")
    checked = at_shop("gift-cards", "check", code)
    moves = at_shop("gift-cards", "moves", json.loads(issued.stdout)["card"]["id"])
    listed = at_shop("gift-cards", "list", "--last4", code[-4:])
    order = at_shop("orders", "create", "--line", "MUG=2", *ADA, "--gift-card", code, "--json")

    assert "was shown before" in again.stdout
    assert "10.00 GBP" in checked.stdout
    assert "sold" in moves.stdout
    assert code[-4:] in listed.stdout
    assert json.loads(order.stdout)["payment_method"] == "card"


def test_credit_is_granted_and_shown(at_shop: Run, served: Served) -> None:
    order = served.get(f"/v1/orders/{taken(at_shop)}")

    granted = at_shop("credit", "grant", order["customer_id"], "500", "GBP", "--reason", "late")
    shown = at_shop("credit", "show", order["customer_id"], "--json")

    assert granted.exit_code == 0
    assert [one["available"] for one in json.loads(shown.stdout)["data"]] == [500]


def test_a_transfer_of_nobody_is_assigned_or_returned(at_shop: Run) -> None:
    number = taken(at_shop, "--by-transfer")
    first = json.loads(at_shop("transfers", "receive", "b1", "100", "GBP", "hello", "--json").stdout)
    second = json.loads(at_shop("transfers", "receive", "b2", "200", "GBP", "hello", "--json").stdout)

    waits = at_shop("transfers", "list", "--state", "unmatched")
    assigned = at_shop("transfers", "assign", first["id"], number)
    returned = at_shop("transfers", "return", second["id"], "--json")

    assert ("b1" in waits.stdout, "b2" in waits.stdout) == (True, True)
    assert assigned.exit_code == 1  # the order has not come to its payment yet: no worker runs here
    assert json.loads(returned.stdout)["state"] == "returned"


def test_nothing_is_refunded_that_was_not_taken(at_shop: Run) -> None:
    number = taken(at_shop)

    refused = at_shop("orders", "refund", number, "--line", "MUG=1", "--shipping", "all")
    typed = at_shop("orders", "refund", number, "--line", "MUG")

    assert refused.exit_code == 1
    assert typed.exit_code == 2


def test_a_customers_saved_cards_are_listed_and_forgotten(
    at_shop: Run, served: Served, module_database_url: str
) -> None:
    customer = served.get(f"/v1/orders/{taken(at_shop)}")["customer_id"]
    engine = create_engine(module_database_url)
    with engine.begin() as connection:
        saved = connection.execute(
            text(
                "INSERT INTO saved_methods (id, customer_id, provider, reference, brand, last4, exp_month,"
                " exp_year) VALUES (gen_random_uuid(), :c, 'stripe', 'cus_1/pm_1', 'visa', '4242', 3, 2034)"
                " RETURNING id"
            ),
            {"c": customer},
        ).scalar_one()
    engine.dispose()

    listed = at_shop("customers", "payment-methods", "list", customer)
    forgotten = at_shop("customers", "payment-methods", "forget", customer, saved, "--json")
    nobody = at_shop("customers", "payment-methods", "forget", customer, customer)

    assert [word in listed.stdout for word in (str(saved), "visa", "4242", "03/2034")] == [True] * 4
    assert json.loads(forgotten.stdout) == {"forgotten": str(saved)}
    assert served.get(f"/v1/customers/{customer}/payment-methods")["data"] == []
    assert nobody.exit_code == 4
