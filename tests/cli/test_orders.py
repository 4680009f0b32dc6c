"""`orderwright orders`, `tasks`, `stock` against the running API: what is shown, with which exit code."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, insert, select

from orderwright.domain.sourcing import Candidate, Constraint, Rejected, source
from orderwright.local.ports import free_port
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Order, SourcingDecision
from orderwright.services.sourcing import choosing, nowhere
from orderwright.services.sourcing.explaining import Then
from orderwright.services.sourcing.nowhere import Lack
from orderwright.services.stock import lacking
from tests.cli.conftest import Run, Served

ADA = ("--name", "Ada Lovelace", "--street", "12 Square", "--city", "London", "--postal-code", "SW1Y 4JH")


def taken(run: Run, *more: object) -> str:
    """Take an order; its number."""
    made = run("orders", "create", "--line", "MUG=2", *ADA, "--json", *more)
    assert made.exit_code == 0, made.output
    return str(json.loads(made.stdout)["number"])


def test_an_order_is_taken_from_flags_and_shown_as_the_api_has_it(at_shop: Run, served: Served) -> None:
    number = taken(at_shop, "--email", "ada@example.com")

    shown = at_shop("orders", "show", number, "--json")

    assert json.loads(shown.stdout) == served.get(f"/v1/orders/{number}")
    assert (json.loads(shown.stdout)["total"], json.loads(shown.stdout)["channel"]) == (3000, "phone")
    assert "Mug, blue" in at_shop("orders", "show", number).stdout


def test_an_order_is_taken_from_a_file_and_from_the_input(at_shop: Run, tmp_path: Path) -> None:
    body = {
        "customer": {"name": "Ada"}, "lines": [{"sku": "MUG", "quantity": 1}],
        "payment": {"method": "manual"},
        "ship_to": {"name": "A", "line1": "1", "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"},
    }  # fmt: skip
    file = tmp_path / "order.json"
    file.write_text(json.dumps(body))

    from_file = at_shop("orders", "create", "--file", file, "--json")
    from_input = at_shop("orders", "create", "--file", "-", "--json", input=json.dumps(body))

    assert (from_file.exit_code, from_input.exit_code) == (0, 0)
    assert json.loads(from_file.stdout)["id"] != json.loads(from_input.stdout)["id"]


def test_an_agreed_price_is_kept(at_shop: Run) -> None:
    made = at_shop("orders", "create", "--line", "MUG=3@1000", *ADA, "--json")

    assert json.loads(made.stdout)["subtotal"] == 3000


def test_a_list_is_the_api_s_page(at_shop: Run, served: Served) -> None:
    taken(at_shop)

    page = at_shop("orders", "list", "--channel", "phone", "--state", "submitted", "--limit", 1, "--json")

    answered = served.get("/v1/orders?filter[channel]=phone&filter[state]=submitted&limit=1")
    assert json.loads(page.stdout)["data"] == answered["data"]
    assert json.loads(page.stdout)["next"] == answered["next"]


def test_tables_off_a_terminal_are_whole_and_without_color(at_shop: Run) -> None:
    number = taken(at_shop)

    listed = at_shop("orders", "list").stdout

    assert listed.splitlines()[0].split() == [
        "Number", "Placed", "State", "Payment", "Goods", "Held", "by", "Total", "Channel",
    ]  # fmt: skip
    assert number in listed
    assert "\x1b" not in listed
    assert "30.00 GBP" in listed


def test_the_timeline_says_who_did_what(at_shop: Run, served: Served) -> None:
    number = taken(at_shop)

    told = at_shop("orders", "timeline", number, "--json")

    assert json.loads(told.stdout)["data"] == served.get(f"/v1/orders/{number}/timeline")["data"]
    assert "order.submitted" in at_shop("orders", "timeline", number).stdout


def test_canceling_twice_is_one_cancel(at_shop: Run) -> None:
    number = taken(at_shop)

    first = at_shop("orders", "cancel", number, "--reason", "ordered twice")
    again = at_shop("orders", "cancel", number)

    assert (first.exit_code, first.stdout) == (0, f"{number}: canceled\n")
    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_approving_what_waits_for_nobody_is_refused(at_shop: Run) -> None:
    number = taken(at_shop)

    refused = at_shop("orders", "approve", number)

    assert refused.exit_code in (1, 4)
    assert refused.stderr


def test_why_names_the_locations_to_choose_from_with_what_decided(
    at_shop: Run, module_database_url: str
) -> None:
    number = taken(at_shop)
    before = at_shop("orders", "why", number)
    _sourced(module_database_url, number)

    told = at_shop("orders", "why", number)

    assert "no location has been chosen yet" in before.stdout
    assert "no location has everything: 2 is the fewest (rules fewest-nearest/1; every" in told.stdout
    lines = told.stdout.splitlines()
    assert [line.strip().partition(" km")[0] for line in lines[1:5]] == [
        "LON ships 1 MUG: 3",
        "PAR ships 1 MUG: 340",
        "OSL was not chosen: has MUG: 0 of 2; 1150",
        "BER may not ship: is not active (1065",
    ]
    rows = [line.split("  ") for line in lines[6:]]
    assert [[cell.strip() for cell in row if cell] for row in rows] == [
        ["LON", "3 km", "0", "1 MUG", "1 MUG", "chosen"],
        ["PAR", "340 km", "0", "1 MUG", "1 MUG", "chosen"],
        ["OSL", "1150 km", "0", "-", "has MUG: 0 of 2"],
    ]


def _sourced(database_url: str, number: str) -> None:
    """What the worker writes when it has chosen, by its own rules."""
    wanted = {"MUG": 2}
    places = [("LON", 3, {"MUG": 1}), ("PAR", 340, {"MUG": 1}), ("OSL", 1150, {})]
    closed = Rejected("BER", "is not active", Constraint.INACTIVE, 1065, {"MUG": 5})
    plan = source(wanted, [Candidate(code, km, 0, free) for code, km, free in places], barred=[closed])
    engine = create_engine(database_url)
    with engine.begin() as connection:
        order_id = connection.scalar(select(Order.id).where(Order.number == number))
        connection.execute(
            insert(SourcingDecision).values(order_id=order_id, decision=choosing.explained(plan))
        )
    engine.dispose()


def test_orders_without_a_place_are_listed_with_the_reason_and_retried(
    at_shop: Run, module_database_url: str
) -> None:
    number = taken(at_shop)
    assert at_shop("orders", "retry", number).exit_code == 1
    _nowhere(module_database_url, number)

    listed, why = at_shop("orders", "unroutable"), at_shop("orders", "why", number)
    retried = at_shop("orders", "retry", number, "--note", "PAR is open again")

    (row,) = [line for line in listed.stdout.splitlines() if line.startswith(number)]
    assert "2 MUG" in row
    assert "not enough stock at the locations that may ship" in row
    assert "PAR: is not active" in row
    assert "No place for 2 MUG: a person is asked." in why.stdout
    assert "What may be done: open PAR again; then retry" in why.stdout
    assert (retried.exit_code, retried.stdout) == (
        0, f"{number}: looks for a place again; see `orders why`\n",
    )  # fmt: skip
    assert json.loads(at_shop("orders", "unroutable", "--json").stdout) == {"data": [], "next": None}


def _nowhere(database_url: str, number: str) -> None:
    """What the worker writes when Paris, which is closed, has the only mugs."""
    closed = Rejected("PAR", "is not active", Constraint.INACTIVE, 340, {"MUG": 5})
    plan = source({"MUG": 2}, [], barred=[closed])
    lack = Lack(plan.unplaced({"MUG": 2}), {"MUG": 2}, {"MUG": 2})

    async def write() -> None:
        db = Database(database_url)
        async with db.transaction() as session:
            order_id = (await session.scalars(select(Order.id).where(Order.number == number))).one()
            await nowhere.keep(session, order_id, lack, Then.ASKED)
            await lacking.ask(session, order_id, lack.missing, datetime.now(UTC))
        await db.close()

    asyncio.run(write())


def test_watching_prints_what_happens_and_gives_up_when_told(at_shop: Run) -> None:
    number = taken(at_shop)

    watched = at_shop("orders", "watch", number, "--for", "0.5")

    assert watched.exit_code == 1
    assert "order.submitted" in watched.stdout
    assert "has not ended" in watched.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("orders", "create"),
        ("orders", "create", "--line", "MUG", *ADA),
        ("orders", "create", "--line", "MUG=many", *ADA),
        ("orders", "create", "--line", "MUG=1"),
        ("orders", "list", "--state", "sleeping"),
        ("orders", "create", "--file", "/nowhere/order.json"),
        ("tasks", "show", "not-an-id"),
        ("orders", "paint", "ORD-1"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(at_shop: Run, arguments: tuple[str, ...]) -> None:
    refused = at_shop(*arguments)

    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_an_unknown_product_is_refused_by_a_rule(at_shop: Run) -> None:
    refused = at_shop("orders", "create", "--line", "TEAPOT=1", *ADA)

    assert refused.exit_code == 1
    assert "unknown_product" in refused.stderr


@pytest.mark.parametrize("what", [("orders", "show"), ("orders", "timeline"), ("orders", "cancel")])
def test_an_order_that_is_not_there_is_not_found(at_shop: Run, what: tuple[str, str]) -> None:
    assert at_shop(*what, "ORD-99999999").exit_code == 4


def test_a_task_that_is_not_there_is_not_found(at_shop: Run) -> None:
    assert at_shop("tasks", "approve", uuid4()).exit_code == 4


@pytest.mark.parametrize("key", ["owk_of_nobody", "warehouse"])
def test_a_key_without_the_right_is_not_allowed(at_shop: Run, served: Served, key: str) -> None:
    refused = at_shop("tasks", "list", "--key", served.keys.get(key, key))

    assert refused.exit_code == 5


def test_an_api_that_is_away_is_not_reachable(at_shop: Run) -> None:
    gone = at_shop("orders", "list", "--url", f"http://127.0.0.1:{free_port()}")

    assert gone.exit_code == 3
    assert "no answer" in gone.stderr


def test_another_server_is_not_taken_for_ours(at_shop: Run, mailbox: object, mail_catcher: object) -> None:
    elsewhere = at_shop("orders", "list", "--url", mail_catcher.url)  # type: ignore[attr-defined]  # a Mailbox

    assert elsewhere.exit_code in (3, 4)


def test_without_a_stack_the_next_step_is_said(run: Run) -> None:
    alone = run("orders", "list")

    assert alone.exit_code == 3
    assert "orderwright up" in alone.stderr


def test_tasks_are_listed(at_shop: Run) -> None:
    empty = at_shop("tasks", "list", "--json")

    assert json.loads(empty.stdout) == {"data": [], "next": None}


def test_stock_is_kept_back_and_shown(at_shop: Run) -> None:
    kept = at_shop("stock", "safety", "MUG", "LON", 2)
    buffered = at_shop("stock", "buffer", "market", "MUG", "LON", 3)
    allowed = at_shop("stock", "quota", "market", "MUG", 7)
    shown = [at_shop("stock", name, "--json") for name in ("buffers", "quotas", "lots")]
    table = at_shop("stock", "quotas")
    exact = json.loads(at_shop("stock", "safety", "MUG", "LON", 0, "--json").stdout)

    assert kept.exit_code == 0, kept.output
    assert "3 of MUG at LON are not sold to market" in buffered.stdout
    assert "market may have 7 of MUG, 0 are taken" in allowed.stdout
    assert [len(json.loads(one.stdout)["data"]) for one in shown] == [1, 1, 0]
    assert table.stdout.splitlines()[1].split() == ["market", "MUG", "7", "0"]
    assert exact["safety"] == 0


def test_stock_is_received_once_per_key_and_shown(at_shop: Run) -> None:
    first = at_shop("stock", "receive", "MUG", "LON", 5, "--once", "delivery-1")
    again = at_shop("stock", "receive", "MUG", "LON", 5, "--once", "delivery-1", "--json")
    gone = at_shop("stock", "receive", "MUG", "LON", "--reason", "broken", "--", "-1")

    assert first.exit_code == gone.exit_code == 0
    assert json.loads(again.stdout)["data"][0]["on_hand"] == 5
    shown = json.loads(at_shop("stock", "show", "MUG", "--json").stdout)
    assert shown["data"] == [
        {
            "sku": "MUG",
            "location": "LON",
            "on_hand": 4,
            "reserved": 0,
            "safety": 0,
            "available": 4,
            "unit_cost": 0,
        }
    ]


def test_more_than_there_is_cannot_be_taken_away(at_shop: Run) -> None:
    refused = at_shop("stock", "receive", "MUG", "LON", "--", "-100000")

    assert refused.exit_code == 1
    assert "insufficient_stock" in refused.stderr


def test_a_change_and_a_cancel_of_a_line_are_shown_and_then_made(at_shop: Run, served: Served) -> None:
    number = taken(at_shop)

    shown = at_shop("orders", "change", number, "--quantity", "MUG=5", "--preview", "--json")
    made = at_shop("orders", "change", number, "--quantity", "MUG=5")
    undone = at_shop("orders", "cancel", number, "--line", "MUG=1", "--preview")
    canceled = at_shop("orders", "cancel", number, "--line", "MUG=2")

    assert json.loads(shown.stdout)["before"]["total"] == 3000
    assert f"{number}: changed, total 3000 -> " in made.stdout
    assert undone.stdout.startswith(f"{number}: ")
    assert canceled.stdout == f"{number}: these units are canceled\n"
    assert [one["state"] for one in served.get(f"/v1/orders/{number}/changes")["data"]] == ["applied"] * 2
    assert [line["canceled"] for line in served.get(f"/v1/orders/{number}")["lines"]] == [0, 2]
