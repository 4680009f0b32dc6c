"""`orderwright books check`: the verdict, the exit code, and the simulator asked."""

import json

from sqlalchemy import NullPool, create_engine, text

from orderwright.reporting.outside import RULES
from tests.cli.conftest import Run
from tests.conftest import Mailbox


def test_empty_books_are_clean(on_record: Run) -> None:
    checked = on_record("books", "check")

    assert checked.exit_code == 0
    assert "the books are clean" in checked.stdout


def test_a_fault_is_listed_and_ends_with_1(on_record: Run, database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as record:
        record.execute(
            text("INSERT INTO products (sku, name, price, currency) VALUES ('MUG', 'Mug', 1, 'GBP')")
        )
        record.execute(
            text(
                "INSERT INTO locations (code, name, kind, address, latitude, longitude) "
                "VALUES ('LON', 'London', 'http', '{}', 0, 0)"
            )
        )
        record.execute(text("INSERT INTO stock_levels (sku, location, on_hand) VALUES ('MUG', 'LON', 3)"))

    checked = on_record("books", "check")
    found = json.loads(on_record("books", "check", "--json").stdout)

    assert checked.exit_code == 1
    assert "MUG at LON" in checked.stdout
    assert "1 not proven, 1 faults" in checked.stdout
    assert (found["proven"], found["faults"]) == (
        False,
        [{"rule": "stock is the sum of its moves", "subject": "MUG at LON",
          "reason": "level 3/0 on hand/reserved, moves 0/0"}],
    )  # fmt: skip


def test_the_world_is_compared_where_it_is_named(on_record: Run, sim: str, mailbox: Mailbox) -> None:
    checked = on_record("books", "check", "--simulator", sim, "--mail", mailbox.url, "--json")

    found = json.loads(checked.stdout)
    assert checked.exit_code == 0
    assert set(RULES) <= set(found["rules"])


def test_a_simulator_that_is_away_is_not_reachable(on_record: Run) -> None:
    gone = on_record("books", "check", "--simulator", "http://127.0.0.1:1")

    assert gone.exit_code == 3
