"""`orderwright fulfillment`: the counter and the floor from the command line."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import create_engine, text

from tests.cli.conftest import Run, Served

Json = dict[str, Any]  # Any: JSON


@pytest.fixture
def part(served: Served, module_database_url: str) -> Iterator[str]:
    """Two mugs for a customer who comes to London, with the store."""
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    engine = create_engine(module_database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE locations SET pickup = true"))
    body = {
        "channel": "web", "customer": {"name": "Ada", "email": "ada@example.com"}, "method": "pickup",
        "pickup_at": "LON", "lines": [{"sku": "MUG", "quantity": 2}],
        "payment": {"method": "card", "source": "pm_card_visa"},
    }  # fmt: skip
    order: Json = httpx2.post(f"{served.url}/v1/orders", json=body, headers=headers, timeout=20).json()
    with engine.begin() as connection:
        made = connection.execute(
            text("""INSERT INTO fulfillment_orders (id, order_id, number, location, state, partner, amount,
                                                    method, needs_label)
                    VALUES (gen_random_uuid(), :order, 1, 'LON', 'released', 'submitted', :total, 'pickup',
                            false)
                    RETURNING id"""),
            {"order": order["id"], "total": order["total"]},
        ).scalar_one()
        line = order["lines"][0]
        connection.execute(
            text("""INSERT INTO fulfillment_lines (fulfillment_id, line_id, sku, units, amount, tax)
                    VALUES (:part, :line, 'MUG', 2, :total, :tax)"""),
            {"part": made, "line": line["id"], "total": line["total"], "tax": line["tax"]},
        )
        connection.execute(
            text("UPDATE order_lines SET unallocated = 0, released = 2 WHERE id = :line"),
            {"line": line["id"]},
        )
    yield str(made)
    engine.dispose()


def test_it_is_made_ready_kept_longer_and_handed_out_for_its_code(
    at_shop: Run, served: Served, part: str
) -> None:
    ready = at_shop("fulfillment", "ready", part)
    kept = at_shop("fulfillment", "keep", part, "2026-12-20T18:00:00")
    code = served.get(f"/v1/fulfillment-orders/{part}")["pickup_code"]
    wrong = at_shop("fulfillment", "collect", part, "WRONG1")
    right = at_shop("fulfillment", "collect", part, code)

    assert "part 1 is ready to collect until" in ready.stdout
    assert code not in ready.stdout
    assert "is kept until 2026-12-20 18:00:00" in kept.stdout
    assert (wrong.exit_code, "not the code" in wrong.stderr) == (1, True)
    assert "part 1 is handed out" in right.stdout
    assert served.get(f"/v1/fulfillment-orders/{part}")["state"] == "closed"


def test_the_list_names_what_is_to_be_collected(at_shop: Run, part: str) -> None:
    listed = at_shop("fulfillment", "list", "--location", "LON", "--state", "released")
    exact = json.loads(at_shop("fulfillment", "list", "--json").stdout)

    (row,) = [line.split() for line in listed.stdout.splitlines() if part in line]
    assert row[2:7] == ["1", "LON", "pickup", "released", "2"]
    assert part in [one["id"] for one in exact["data"]]


@pytest.mark.parametrize("found", ["MUG", "MUG=", "MUG=x", "=1"])
def test_what_was_found_is_a_sku_and_units(at_shop: Run, part: str, found: str) -> None:
    answer = at_shop("fulfillment", "short", part, "--found", found, "--reason", "broken")

    assert answer.exit_code == 2


def test_nothing_missing_is_refused_in_words(at_shop: Run, part: str) -> None:
    answer = at_shop("fulfillment", "short", part, "--found", "MUG=2", "--reason", "broken")

    assert (answer.exit_code, "nothing is missing" in answer.stderr) == (1, True)


def test_there_are_no_purchases_yet_and_an_unknown_part_is_not_found(at_shop: Run, served: Served) -> None:
    listed = at_shop("fulfillment", "purchases", "--state", "sent")
    unknown = at_shop("fulfillment", "pick", UUID(int=7))

    assert listed.stdout.split()[:2] == ["Number", "Order"]
    assert json.loads(at_shop("fulfillment", "purchases", "--json").stdout)["data"] == []
    assert unknown.exit_code == 4


def test_what_nobody_can_ship_is_queued_with_its_reason_and_retried(
    at_shop: Run, part: str, module_database_url: str
) -> None:
    engine = create_engine(module_database_url)
    with engine.begin() as connection:
        task = connection.execute(
            text("""WITH held AS (
                      INSERT INTO holds (id, order_id, type, reason, at_deadline)
                      SELECT gen_random_uuid(), order_id, 'routing', 'unroutable', 'stay'
                        FROM fulfillment_orders WHERE id = :part RETURNING id, order_id)
                    INSERT INTO tasks (id, order_id, hold_id, kind, question)
                    SELECT gen_random_uuid(), order_id, id, 'routing', 'No location can ship 2 of MUG.'
                      FROM held RETURNING id"""),
            {"part": part},
        ).scalar_one()
    engine.dispose()

    listed = at_shop("tasks", "list", "--kind", "routing")
    others = at_shop("tasks", "list", "--kind", "approval")
    retried = at_shop("tasks", "approve", task, "--note", "Paris has some again")

    (row,) = [line for line in listed.stdout.splitlines() if str(task) in line]
    assert "unroutable" in row
    assert "No location can ship 2 of MUG." in row
    assert str(task) not in others.stdout
    assert "approve by" in retried.stdout
    assert str(task) not in at_shop("tasks", "list", "--kind", "routing").stdout
