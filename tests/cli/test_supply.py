"""`orderwright stock`: expected units, transfers, counts, adjustments, moves and differences by command."""

import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.cli.conftest import Run, Served

Json = dict[str, Any]  # Any: JSON


@pytest.fixture(scope="module")
def paris(served: Served) -> None:
    """A second place."""
    address = {"name": "P", "line1": "1 Rue", "city": "Paris", "postal_code": "75001", "country": "FR"}
    body = {
        "code": "PAR", "name": "Paris", "kind": "http", "address": address, "latitude": 48.9,
        "longitude": 2.4,
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    httpx2.post(f"{served.url}/v1/locations", json=body, headers=headers, timeout=20).raise_for_status()


def told(run: Run, *arguments: object) -> Json:
    """The exact answer of a command that succeeds."""
    done = run("stock", *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: Json = json.loads(done.stdout)
    return found


def on_hand(served: Served, location: str = "LON") -> int:
    rows = served.get(f"/v1/stock?sku=MUG&location={location}")["data"]
    return int(rows[0]["on_hand"]) if rows else 0


def test_expected_units_are_announced_received_and_called_off(at_shop: Run, served: Served) -> None:
    before = on_hand(served)
    made = told(at_shop, "expected", "announce", "PO-1", "MUG", "LON", 10, "--due", "2026-12-04")

    changed = at_shop("stock", "expected", "change", made["id"], "--due", "2026-12-07", "--units", 12)
    listed = at_shop("stock", "expected", "list", "--reference", "PO-1")
    part = at_shop("stock", "expected", "receive", made["id"], 4, "--once", "truck-1")
    told(at_shop, "expected", "receive", made["id"], 4, "--once", "truck-1")
    ended = at_shop("stock", "expected", "cancel", made["id"])
    late = at_shop("stock", "expected", "receive", made["id"], 1)

    assert changed.stdout == "0 of 12 MUG at LON, due 2026-12-07: open\n"
    assert listed.stdout.splitlines()[1].split()[1:] == [
        "PO-1", "MUG", "LON", "12", "0", "2026-12-07", "open",
    ]  # fmt: skip
    assert part.stdout == "4 of 12 MUG at LON, due 2026-12-07: open\n"
    assert ended.stdout.endswith(": closed\n")
    assert (late.exit_code, late.stderr.strip()) == (1, "it is closed (conflict)")
    assert on_hand(served) == before + 4
    assert told(at_shop, "expected", "list", "--all", "--sku", "MUG")["data"][0]["state"] == "closed"


def test_a_transfer_goes_its_way(at_shop: Run, served: Served, paris: None) -> None:
    at_shop("stock", "receive", "MUG", "LON", 10)
    before = on_hand(served)
    made = told(at_shop, "transfers", "request", "LON", "PAR", "MUG=4", "--due", "2026-12-04")

    shipped = at_shop("stock", "transfers", "ship", made["id"])
    unsaid = at_shop("stock", "transfers", "receive", made["id"], "MUG=3")
    came = at_shop("stock", "transfers", "receive", made["id"], "MUG=3", "--reason", "damaged")
    listed = at_shop("stock", "transfers", "list", "--location", "PAR", "--state", "closed")

    assert f"{made['id']}  LON to PAR, due 2026-12-04: shipped" in shipped.stdout
    assert (unsaid.exit_code, "give a reason that fits" in unsaid.stderr) == (1, True)
    assert came.stdout.splitlines()[-1].split()[:7] == ["MUG", "4", "received", "3", "1", "0", "damaged"]
    assert listed.stdout.splitlines()[1].split() == [
        made["id"], "LON", "PAR", "2026-12-04", "closed", "4", "MUG",
    ]  # fmt: skip
    assert (on_hand(served), on_hand(served, "PAR")) == (before - 4, 3)
    assert told(at_shop, "transfers", "show", made["id"])["state"] == "closed"


def test_a_transfer_is_called_off(at_shop: Run, served: Served, paris: None) -> None:
    made = told(at_shop, "transfers", "request", "LON", "PAR", "MUG=4", "--due", "2026-12-04")

    assert told(at_shop, "transfers", "cancel", made["id"])["state"] == "canceled"
    assert at_shop("stock", "transfers", "ship", made["id"]).exit_code == 1


@pytest.mark.parametrize("line", ["MUG", "MUG=x", "=3", "MUG=-1"])
def test_a_line_in_another_form_is_a_mistake_of_usage(at_shop: Run, line: str) -> None:
    refused = at_shop("stock", "transfers", "request", "LON", "PAR", "--due", "2026-12-04", "--", line)

    assert refused.exit_code == 2
    assert at_shop("stock", "transfers", "request", "LON", "PAR", "A=1", "A=1", "--due", "x").exit_code == 2


def test_a_count_is_entered_blind_and_approved_by_another_key(at_shop: Run, served: Served) -> None:
    at_shop("stock", "receive", "MUG", "LON", 30)
    before = on_hand(served)
    made = told(at_shop, "counts", "open", "LON", "--sku", "MUG", "--limit", 1000)

    entered = at_shop("stock", "counts", "enter", made["id"], f"MUG={before - 2}")
    submitted = at_shop("stock", "counts", "submit", made["id"])
    own = at_shop("stock", "counts", "approve", made["id"])
    held = on_hand(served)
    approved = at_shop("stock", "counts", "approve", made["id"], "--key", served.keys["admin"])

    assert entered.stdout.splitlines()[-1].split() == ["MUG", str(before - 2), "open", "local", "operations"]
    assert submitted.stdout.splitlines()[-1].split()[:6] == [
        "MUG", str(before - 2), str(before), "-2", "2500", "waiting",
    ]  # fmt: skip
    assert (own.exit_code, held) == (5, before)
    assert approved.stdout.splitlines()[0] == f"{made['id']}  LON: closed"
    assert on_hand(served) == before - 2
    assert told(at_shop, "counts", "show", made["id"])["lines"][0]["decided_by"] == "local admin"
    assert told(at_shop, "counts", "list", "--state", "closed")["data"][0]["id"] == made["id"]


def test_a_count_is_rejected_or_given_up(at_shop: Run, served: Served) -> None:
    before = on_hand(served)
    first, second = (told(at_shop, "counts", "open", "LON", "--limit", 0) for _ in range(2))
    told(at_shop, "counts", "enter", first["id"], f"MUG={before + 1}")
    told(at_shop, "counts", "submit", first["id"], "--partly")

    rejected = told(at_shop, "counts", "reject", first["id"], "--sku", "MUG")
    given_up = told(at_shop, "counts", "cancel", second["id"])

    assert (rejected["state"], rejected["lines"][0]["state"]) == ("closed", "rejected")
    assert given_up["state"] == "canceled"
    assert on_hand(served) == before


def test_an_adjustment_is_shown_among_the_moves(at_shop: Run) -> None:
    at_shop("stock", "receive", "MUG", "LON", 5)

    adjusted = at_shop("stock", "adjust", "MUG", "LON", "--reason", "theft", "--note", "till 3", "--", "-2")
    moves = at_shop("stock", "moves", "MUG", "--location", "LON", "--kind", "adjust", "--limit", 1)
    refused = at_shop("stock", "adjust", "MUG", "LON", "2", "--reason", "theft")

    assert adjusted.exit_code == 0, adjusted.output
    assert moves.stdout.splitlines()[1].split()[2:] == [
        "MUG", "LON", "adjust", "-2", "+0", "local", "operations", "theft:", "till", "3",
    ]  # fmt: skip
    assert (refused.exit_code, "theft is no reason for more units" in refused.stderr) == (1, True)


def test_lots_are_named_by_a_flag(at_shop: Run, served: Served, paris: None) -> None:
    tracked(served, "PILL")
    expected = told(at_shop, "expected", "announce", "PO-2", "PILL", "LON", 9, "--due", "2026-12-04")
    told(at_shop, "expected", "receive", expected["id"], 9, "--lot", "A=4=2199-01-31", "--lot", "B=5")
    made = told(at_shop, "transfers", "request", "LON", "PAR", "--lot", "PILL=B=3", "--due", "2026-12-04")
    told(at_shop, "transfers", "ship", made["id"])

    came = at_shop("stock", "transfers", "receive", made["id"], "--lot", "PILL=B=2", "--reason", "lost")
    count = told(at_shop, "counts", "open", "LON", "--sku", "PILL")
    told(at_shop, "counts", "enter", count["id"], "--lot", "PILL=A=3=2199-01-31", "--lot", "PILL=B=2")
    counted = at_shop("stock", "counts", "submit", count["id"])
    adjusted = at_shop("stock", "adjust", "PILL", "PAR", "--reason", "damaged", "--lot", "B", "--", "-1")
    moves = at_shop("stock", "moves", "PILL", "--kind", "adjust")

    assert came.stdout.splitlines()[-1].split()[-2:] == ["B", "2/3"]
    assert [row.split()[:3] for row in counted.stdout.splitlines()[-2:]] == [
        ["PILL", "A", "3"], ["PILL", "B", "2"],
    ]  # fmt: skip
    assert adjusted.exit_code == 0, adjusted.output
    assert moves.stdout.splitlines()[1].split()[2:6] == ["PILL", "PAR", "B", "adjust"]
    lots = served.get("/v1/stock/lots?sku=PILL")["data"]
    assert [(lot["location"], lot["lot"], lot["on_hand"]) for lot in lots] == [
        ("LON", "A", 3), ("LON", "B", 2), ("PAR", "B", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("lot", ["A", "A=3", "PILL=A", "PILL=A=x", "PILL=A=3=tomorrow"])
def test_a_lot_in_another_form_is_a_mistake_of_usage(at_shop: Run, lot: str) -> None:
    refused = at_shop("stock", "transfers", "request", "LON", "PAR", "--due", "2026-12-04", "--lot", lot)

    assert (refused.exit_code, "is not SKU=LOT=UNITS" in refused.stderr) == (2, True)
    assert at_shop("stock", "transfers", "request", "LON", "PAR", "--due", "2026-12-04").exit_code == 2


def tracked(served: Served, sku: str) -> None:
    """A product with lots, otherwise as the mug."""
    mug = served.get("/v1/products/MUG")
    body = {name: mug[name] for name in ("name", "price", "currency", "grams")} | {
        "sku": sku,
        "tracking": "lot",
    }
    headers = {"Authorization": f"Bearer {served.keys['operations']}"}
    httpx2.post(f"{served.url}/v1/products", json=body, headers=headers, timeout=20).raise_for_status()


def test_a_bent_level_is_found_by_command_and_repaired_by_nobody(
    at_shop: Run, served: Served, module_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERWRIGHT_DATABASE_URL", module_database_url)
    at_shop("stock", "receive", "MUG", "LON", 5)
    before = on_hand(served)
    clean = at_shop("stock", "reconcile")
    bend(module_database_url, "+ 3")

    found = at_shop("stock", "reconcile")
    listed = at_shop("stock", "differences")
    bent = on_hand(served)
    bend(module_database_url, "- 3")
    after = told(at_shop, "reconcile")

    assert (clean.exit_code, "all agree, 0 gone" in clean.stdout) == (0, True)
    assert (found.exit_code, "1 differences, 1 of them new" in found.stdout) == (1, True)
    assert listed.stdout.splitlines()[1].split()[2:] == [
        "on_hand", "MUG", "LON", str(before), str(before + 3), "open",
    ]  # fmt: skip
    assert bent == before + 3
    assert (after["open"], after["gone"]) == (0, 1)
    assert told(at_shop, "differences")["data"] == []
    assert told(at_shop, "differences", "--all")["data"][0]["state"] == "gone"


def bend(url: str, by: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as record:
        record.execute(
            text(f"UPDATE stock_levels SET on_hand = on_hand {by} WHERE sku = 'MUG' AND location = 'LON'")  # noqa: S608 - our own
        )
    engine.dispose()


def test_what_a_unit_costs_is_said_and_shown(at_shop: Run, served: Served) -> None:
    told(at_shop, "receive", "MUG", "LON", 1, "--unit-cost", 410)
    received = told(at_shop, "show", "MUG", "--location", "LON")["data"][0]["unit_cost"]

    said = at_shop("stock", "cost", "MUG", "LON", 395)

    assert (received, said.stdout) == (410, "MUG costs 3.95 GBP at LON\n")
    shown = at_shop("stock", "show", "MUG", "--location", "LON").stdout.splitlines()
    assert (shown[0].endswith("Unit cost"), shown[1].split()[-1]) == (True, "395")
    (hidden,) = told(at_shop, "show", "MUG", "--location", "LON", "--key", served.keys["storefront"])["data"]
    assert hidden["unit_cost"] is None
