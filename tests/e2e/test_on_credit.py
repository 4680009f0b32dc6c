"""Cash at the door, on terms, a deposit by card, an answer that is lost: over HTTP, with all processes."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from orderwright.local.stack import Stack
from tests.e2e.conftest import DOCK
from tests.e2e.test_doorstep import order_when, placed, world

Json = dict[str, Any]  # Any: JSON
TOTAL = 2300
CARD = {"method": "card", "source": "pm_card_visa"}


@pytest.fixture(scope="module")
def shop(api: httpx2.Client) -> httpx2.Client:
    """Torches on the shelf of one warehouse."""
    place = {"code": "CRD", "name": "Credit", "kind": "http", "address": DOCK, "latitude": 51.5}
    torch = {"sku": "TORCH", "name": "Torch", "price": 900, "currency": "GBP", "grams": 300}
    api.post("/v1/locations", json={**place, "longitude": 0.0}).raise_for_status()
    api.post("/v1/products", json=torch).raise_for_status()
    api.post("/v1/stock/receipts", json={"sku": "TORCH", "location": "CRD", "units": 50}).raise_for_status()
    return api


def lamps(shop: httpx2.Client, email: str, **more: Any) -> Json:
    return placed(shop, email, lines=[{"sku": "TORCH", "quantity": 2}], **more)


def owed(shop: httpx2.Client, order: Json) -> list[tuple[str, int]]:
    """Method and amount of what is open of an order."""
    items = shop.get("/v1/receivables", params={"limit": 200}).raise_for_status().json()["data"]
    return [(item["method"], item["open"]) for item in items if item["order_id"] == order["id"]]


def command(stack: Stack, shop: httpx2.Client, *words: str) -> str:
    """What `orderwright …` prints."""
    key = shop.headers["authorization"].removeprefix("Bearer ")
    env = {**os.environ, **stack.env, "ORDERWRIGHT_URL": stack.urls["api"], "ORDERWRIGHT_KEY": key}
    run = [sys.executable, "-m", "orderwright.cli.main", *words]
    return subprocess.run(run, env=env, capture_output=True, text=True, check=False).stdout  # noqa: S603


def test_a_carrier_collects_and_pays_over_what_is_in_its_file(
    stack: Stack, shop: httpx2.Client, tmp_path: Path
) -> None:
    order = lamps(shop, "cash@example.com", payment={"method": "cash_on_delivery"})
    done = order_when(shop, order["id"], state="completed")
    before = owed(shop, order)
    file = tmp_path / "collected.csv"
    with file.open("w", newline="") as rows:
        csv.writer(rows).writerows([("parcel", "amount"), (done["shipments"][0]["tracking_code"], TOTAL)])

    listed = command(stack, shop, "books", "receivables")
    for _ in range(2):
        said = command(
            stack, shop, "remittances", "record", str(file), "--carrier", "UPS", "--reference", "R-1",
            "--currency", "GBP",
        )  # fmt: skip

    assert (before, owed(shop, order)) == ([("cash_on_delivery", TOTAL)], [])
    assert order["number"] in listed
    assert "matched" in said
    assert world(stack, order_id=order["id"])["payments"] == []


def test_a_deposit_by_card_then_an_invoice_that_a_transfer_pays(stack: Stack, shop: httpx2.Client) -> None:
    deposit = {**CARD, "percent": 20}
    order = lamps(shop, "terms@example.com", payment={"method": "manual"}, deposit=deposit)
    order_when(shop, order["id"], state="completed")
    papers = shop.get(f"/v1/orders/{order['id']}/documents").raise_for_status().json()["data"]
    [invoice] = [paper for paper in papers if paper["kind"] == "invoice"]
    before = owed(shop, order)

    transfer = {"bank_id": "e2e-1", "amount": 1840, "currency": "GBP", "reference": invoice["number"]}
    told = shop.post("/v1/transfers", json=transfer).raise_for_status().json()

    assert (before, told["state"], owed(shop, order)) == ([("manual", 1840)], "matched", [])
    assert invoice["due_on"] > invoice["issued_on"]
    [charge] = world(stack, order_id=order["id"])["payments"]
    assert (charge["amount"], charge["captured"], charge["refunded"]) == (460, 460, 0)


def test_a_lost_answer_is_told_in_the_timeline_and_charged_once(stack: Stack, shop: httpx2.Client) -> None:
    switch = {"provider": "stripe", "mode": "answer_lost", "operation": "payment_intents.create", "times": 1}
    httpx2.post(f"{stack.urls['simulator']}/_sim/switches", json=switch, timeout=5).raise_for_status()
    order = lamps(shop, "lost@example.com")
    order_when(shop, order["id"], state="completed")

    events = shop.get(f"/v1/orders/{order['id']}/timeline", params={"limit": 200}).json()["data"]

    told = [(one["kind"], one["data"].get("how")) for one in events if "outcome" in one["kind"]]
    assert told == [("payment.outcome_unknown", None), ("payment.outcome_known", "adopted")]
    [charge] = world(stack, order_id=order["id"])["payments"]
    assert charge["captured"] == TOTAL
    assert "known" in command(stack, shop, "orders", "show", order["number"])


def test_these_orders_are_proven_by_our_rows_and_by_the_simulators(stack: Stack, shop: httpx2.Client) -> None:
    order = lamps(shop, "proven@example.com", deposit={**CARD, "amount": 500}, payment=CARD)
    order_when(shop, order["id"], state="completed")

    found = command(stack, shop, "books", "check", "--simulator", stack.urls["simulator"], "--json")
    orders = shop.get("/v1/orders", params={"filter[sku]": "TORCH", "limit": 200}).json()["data"]

    known = {*(one["number"] for one in orders), *(one["id"] for one in orders)}
    assert order["number"] in known
    assert [fault for fault in json.loads(found)["faults"] if fault["subject"] in known] == []
