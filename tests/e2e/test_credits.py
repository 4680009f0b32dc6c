"""A file's credits as returns of its orders: imported, delivered, sent back, refunded; with all processes."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import world
from tests.e2e.test_on_credit import command

Json = dict[str, Any]  # Any: JSON

FINDINGS = ("returned of", "0 orders placed", "0 returns opened, 3", "3 refunds")
FILE = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
900001,L900,LANTERN,6,2010-12-01 08:26:00,2.55,90001,United Kingdom
900001,B900,BOX,2,2010-12-01 08:26:00,7.65,90001,United Kingdom
900002,L900,LANTERN,5,2010-12-02 09:00:00,2.55,90002,France
900002,POST,POSTAGE,1,2010-12-02 09:00:00,18,90002,France
900003,L900,LANTERN,1,2010-12-02 10:00:00,2.55,90003,United Kingdom
C900004,L900,LANTERN,-2,2010-12-03 08:00:00,2.55,90001,United Kingdom
C900004,D,Discount,-1,2010-12-03 08:00:00,27.5,90001,United Kingdom
C900005,B900,BOX,-1,2010-12-04 08:00:00,7.00,90001,United Kingdom
C900006,L900,LANTERN,-5,2010-12-05 08:00:00,2.55,90002,France
C900007,L900,LANTERN,-1,2010-12-06 08:00:00,2.55,,United Kingdom
C900008,L900,LANTERN,-1,2011-03-01 08:00:00,2.55,90003,United Kingdom
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file is, and what is written of it."""
    made = tmp_path_factory.mktemp("credits")
    (made / "retail.csv").write_text(FILE)
    return made


@pytest.fixture(scope="module")
def sent_back(stack: Stack, api: httpx2.Client, folder: Path) -> Json:
    """What the command says of the file."""
    words = ("import", "online-retail", str(folder / "retail.csv"), "--returns", "--json")
    seen: Json = json.loads(command(stack, api, *words))
    return seen


def test_every_matched_credit_is_a_resolved_return_refunded_to_the_penny(sent_back: Json) -> None:
    seen = sent_back

    assert seen["period"] == {"since": "2010-12-01", "until": "2011-03-01"}
    assert (seen["orders"]["placed"], seen["orders"]["outcomes"]) == (2, {"completed": 2})
    assert (seen["returns"]["opened"], seen["returns"]["states"]) == (3, {"resolved": 3})
    assert seen["returned"] == {"invoices": 3, "lines": 3, "units": 8, "value": 2485}
    money = seen["money"]
    assert (money["in_the_file"], money["goods"], money["shipping"]) == (2485, 2550, 1800)
    assert (money["refunds"], money["credit_memos"]) == (3, 3)
    assert [(one["credit"], one["in_file"], one["refunded"]) for one in money["differing"]] == [
        ("C900005", 700, 765)
    ]
    assert [(one["line"], one["reason"].split(":")[0]) for one in seen["unmatched"]] == [
        (8, "a discount without a product"), (11, "a credit without a customer"),
    ]  # fmt: skip


def test_once_more_nothing_is_ordered_or_sent_back_again(
    stack: Stack, api: httpx2.Client, folder: Path, sent_back: Json
) -> None:
    report = folder / "report.csv"

    words = ("import", "online-retail", str(folder / "retail.csv"), "--returns", "--report", str(report))
    printed = re.sub(r" in \d+ s \(.*?\)", "", command(stack, api, *words)).splitlines()

    assert [line for line in printed if line.startswith(FINDINGS)] == [
        "returned of all: 3 of 5 rows (60.0 %), 8 of 10 units (80.0 %), 24.85 GBP of 54.90 GBP (45.3 %)",
        "returned of goods alone: 3 of 4 rows (75.0 %), 8 of 9 units (88.9 %), "
        "24.85 GBP of 27.40 GBP (90.7 %)",
        "0 orders placed, 2 were there before: 2 completed",
        "0 returns opened, 3 were there before: 3 resolved",
        "3 refunds with 3 credit memos: 24.85 GBP in the file, 25.50 GBP given back for the goods; "
        "differing: 1",
    ]
    with report.open() as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["line"], row["InvoiceNo"], row["outcome"]) for row in rows] == [
        ("8", "C900004", "listed"), ("11", "C900007", "listed"),
    ]  # fmt: skip
    policies = api.get("/v1/return-policies").raise_for_status().json()["data"]
    assert [one["note"] for one in policies].count("Online Retail") == 1
    assert policies[0]["note"] != "Online Retail"


def test_the_world_and_the_books_agree(stack: Stack, api: httpx2.Client, sent_back: Json) -> None:
    found = api.get("/v1/orders", params={"filter[channel]": "import", "limit": 200}).json()["data"]
    orders = {one["external_id"]: one for one in found if one["external_id"].startswith("9000")}

    checked = command(stack, api, "books", "check", "--simulator", stack.urls["simulator"], "--json")

    paid = {name: world(stack, order_id=one["id"])["payments"] for name, one in orders.items()}
    assert {name: [one["refunded"] for one in books] for name, books in paid.items()} == {
        "900001": [1275], "900002": [3075],
    }  # fmt: skip
    known = {*(one["number"] for one in orders.values()), *(one["id"] for one in orders.values())}
    assert [fault for fault in json.loads(checked)["faults"] if fault["subject"] in known] == []
    returned = api.get("/v1/returns", params={"limit": 200}).json()["data"]
    assert {one["state"] for one in returned if one["order_id"] in known} == {"resolved"}
