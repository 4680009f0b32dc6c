"""Promotions, tax, fees and quotes from the command line."""

import json
from typing import Any

from tests.cli.conftest import Run


def test_a_promotion_is_made_tried_used_shown_and_ended(at_shop: Run) -> None:
    made = at_shop("promotions", "create", "Autumn", "--percent", "10", "--code", "fall", "--limit", "5")
    tried = at_shop("quote", "--line", "MUG=2", "--code", "fall")
    exact = json.loads(at_shop("quote", "--line", "MUG=2", "--code", "fall", "--json").stdout)
    order = at_shop(
        "orders", "create", "--line", "MUG=2", "--name", "Ada", "--street", "1 Road", "--city", "London",
        "--postal-code", "SW1Y 4JH", "--code", "FALL", "--json",
    )  # fmt: skip
    shown = at_shop("orders", "show", json.loads(order.stdout)["number"])
    listed = at_shop("promotions", "list")
    ended = at_shop("promotions", "end", "FALL")
    late = at_shop("quote", "--line", "MUG=2", "--code", "fall")

    assert made.exit_code == 0, made.output
    assert "FALL is in force: 10 % off" in made.stdout
    assert "FALL takes" in tried.stdout
    assert json.loads(order.stdout)["total"] == exact["total"]
    assert "discount" in shown.stdout
    assert "FALL" in shown.stdout
    row = next(line.split() for line in listed.stdout.splitlines() if line.startswith("FALL"))
    assert row[-4:-2] == ["1", "5"]
    assert "FALL has ended" in ended.stdout
    assert late.exit_code == 1
    assert "no code FALL is valid here and now" in late.stderr


def test_steps_are_written_as_people_say_them(at_shop: Run) -> None:
    made = at_shop(
        "promotions", "create", "Steps", "--kind", "tiered", "--currency", "GBP", "--code", "steps",
        "--tier", "5000=10%", "--tier", "9000=1500", "--json",
    )  # fmt: skip
    wrong = at_shop("promotions", "create", "Steps", "--kind", "tiered", "--tier", "a lot")

    assert json.loads(made.stdout)["tiers"] == [
        {"minimum": 5000, "ppm": 100_000, "amount": 0},
        {"minimum": 9000, "ppm": 0, "amount": 1500},
    ]
    assert wrong.exit_code == 2
    assert "write 5000=10% or 5000=500" in wrong.stderr


def test_rates_and_fees_are_set_and_listed(at_shop: Run) -> None:
    rate = at_shop("tax", "rate", "wine", "8.875", "--country", "US", "--region", "NY", "--postal", "100")
    regime = at_shop("tax", "regime", "US", "--region", "NY", "--shipping", "goods")
    rates = at_shop("tax", "rates")
    fee = at_shop("fees", "set", "fuel", "fuel", "--percent", "12.5", "--currency", "CHF")
    fees = at_shop("fees", "list")

    assert "wine is taxed at 8.875 % from" in rate.stdout
    assert "in US tax is counted by destination, shipping goods" in regime.stdout
    assert ["US", "NY", "100", "wine", "8.875", "%"] in [
        line.split()[:6] for line in rates.stdout.splitlines()
    ]
    assert ["GB", "*", "standard", "20", "%", "in", "prices", "always"] in [
        line.split() for line in rates.stdout.splitlines()
    ]
    assert "fuel is charged in CHF" in fee.stdout
    assert "12.5 %" in fees.stdout


def test_a_certificate_is_kept_counts_and_is_revoked(at_shop: Run) -> None:
    def order() -> dict[str, Any]:
        made = at_shop(
            "orders", "create", "--line", "MUG=1", "--name", "Museum", "--street", "1 Road",
            "--city", "London", "--postal-code", "SW1Y 4JH", "--email", "museum@customer.example", "--json",
        )  # fmt: skip
        found: dict[str, Any] = json.loads(made.stdout)
        return found

    before = order()
    customer = before["customer_id"]

    made = at_shop("tax", "exemptions", "add", customer, "EX-7", "GB", "--from", "2026-01-01", "--json")
    old = at_shop(
        "tax", "exemptions", "add", customer, "EX-1", "GB", "--from", "2020-01-01", "--to", "2021-01-01"
    )
    free = order()
    revoked = at_shop("tax", "exemptions", "revoke", json.loads(made.stdout)["id"])
    after = order()
    listed = at_shop("tax", "exemptions", "list", customer)
    unknown = at_shop("tax", "exemptions", "revoke", customer)

    assert old.exit_code == 0, old.output
    assert before["tax"] == after["tax"] > 0
    assert (free["tax"], free["tax_evidence"]) == (0, "EX-7")
    assert "EX-7 counts until before" in revoked.stdout
    rows = [line.split()[1:] for line in listed.stdout.splitlines() if "EX-" in line]
    assert [(row[0], row[-1]) for row in rows] == [("EX-7", "ended"), ("EX-1", "ended")]
    assert (unknown.exit_code, "no such certificate" in unknown.stderr) == (4, True)


def test_a_contract_s_penalty_is_set_for_its_customer(at_shop: Run) -> None:
    made = at_shop(
        "orders", "create", "--line", "MUG=1", "--name", "Hotel", "--street", "1 Road", "--city", "London",
        "--postal-code", "SW1Y 4JH", "--email", "hotel@customer.example", "--json",
    )  # fmt: skip
    customer = json.loads(made.stdout)["customer_id"]
    terms = ("fees", "set", "terms", "contract_penalty", "--amount", "500", "--currency", "GBP")

    put = at_shop(*terms, "--below-units", "10", "--customer", customer, "--json")
    nobody_s = at_shop(*terms, "--below-units", "10")

    one = json.loads(put.stdout)
    assert (one["below_units"], one["customers"], one["amount"]) == (10, [customer], 500)
    assert nobody_s.exit_code != 0
    assert "needs customers" in nobody_s.stderr
